//! [`Convolution`]: products of a kernel with what its window covers, which is never stored as a whole.
//!
//! With the kernel as a matrix of O rows and C·kh·kw columns, and for each image what the window covers at each place in the
//! columns of another, results are the product of the two; the slope along the images is a convolution of the results with the
//! kernel turned over, or as many as the stride has phases, with a part of it each; the slope along the kernel is the sum over images of
//! results times the transpose of what is covered. All three bring a few columns at a time to where the innermost loop reads them
//! ([`staged`] says how), and never write them anywhere else.
//!
//! Every element is summed in an order that depends on the shapes alone, so its bits do not depend on the number of threads.

mod images;
mod kernel;
mod landing;
mod staged;
#[cfg(test)]
mod tests;

use super::Number;
use crate::kernel::half::Half;
use crate::kernel::isa::Isa;
use images::Images;
use kernel::Kernel;

/// Below this many multiplications, one thread is faster than several.
const THREADING_PAYS: usize = 1 << 18;

/// With what a convolution is computed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Means {
    pub(crate) isa: Isa,
    /// How products of numbers rounded to bf16 are computed, if operands are to be rounded; only of `f32`.
    pub(crate) half: Option<Half>,
    /// At most so many threads.
    pub(crate) threads: usize,
}

/// A kernel `[outputs, channels, size…]` over images `[images, channels, extent…]` surrounded by zeros.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sliding {
    pub(crate) images: usize,
    pub(crate) channels: usize,
    pub(crate) outputs: usize,
    pub(crate) extent: [usize; 2],
    pub(crate) size: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
    pub(crate) places: [usize; 2],
}

impl Sliding {
    fn elements(&self) -> usize {
        self.size[0] * self.size[1]
    }

    fn image(&self) -> usize {
        self.channels * self.extent[0] * self.extent[1]
    }

    fn result(&self) -> usize {
        self.outputs * self.places[0] * self.places[1]
    }

    fn kernel(&self) -> usize {
        self.outputs * self.channels * self.elements()
    }

    /// How many multiplications a side of the convolution takes.
    pub(crate) fn products(&self) -> usize {
        self.images.saturating_mul(self.result()).saturating_mul(self.channels * self.elements())
    }

    fn is_empty(&self) -> bool {
        self.products() == 0
    }

    fn threads(&self, threads: usize) -> usize {
        let pays = self.products() >= THREADING_PAYS && cfg!(feature = "threads");
        if pays { threads.max(1) } else { 1 }
    }
}

/// One side of a convolution made ready, with what it works in: running it allocates nothing.
#[derive(Debug)]
pub(crate) struct Convolution {
    sliding: Sliding,
    side: Side,
}

#[derive(Debug)]
enum Side {
    Images(Box<Images>),
    Kernel(Box<Kernel>),
}

impl Convolution {
    /// From images and kernel to results.
    pub(crate) fn results<F: Number>(means: Means, sliding: Sliding) -> Self {
        Convolution { sliding, side: Side::Images(Box::new(Images::forward::<F>(means, &sliding))) }
    }

    /// From results and kernel to images.
    pub(crate) fn images<F: Number>(means: Means, sliding: Sliding) -> Self {
        Convolution { sliding, side: Side::Images(Box::new(Images::backward::<F>(means, &sliding))) }
    }

    /// From images and results to the kernel.
    pub(crate) fn kernel<F: Number>(means: Means, sliding: Sliding) -> Self {
        Convolution { sliding, side: Side::Kernel(Box::new(Kernel::new::<F>(means, &sliding))) }
    }

    /// Bytes of memory that it works in.
    pub(crate) fn bytes(&self) -> usize {
        match &self.side {
            Side::Images(images) => images.bytes(),
            Side::Kernel(kernel) => kernel.bytes(),
        }
    }

    /// Computes this side, `y`, from the two others; `F` is the type of number it was made for.
    ///
    /// # Panics
    /// If the lengths are not those of the shapes.
    pub(crate) fn run<F: Number>(&mut self, x: [&[F]; 2], y: &mut [F], threads: usize) {
        let Sliding { images, .. } = self.sliding;
        let [image, result] = [images * self.sliding.image(), images * self.sliding.result()];
        let [first, second, third] = match &self.side {
            Side::Images(side) if side.is_forward() => [image, self.sliding.kernel(), result],
            Side::Images(_) => [result, self.sliding.kernel(), image],
            Side::Kernel(_) => [image, result, self.sliding.kernel()],
        };
        assert!(
            x[0].len() == first && x[1].len() == second && y.len() == third,
            "arrays of {}, {} and {} numbers, not {first}, {second} and {third}",
            x[0].len(),
            x[1].len(),
            y.len()
        );
        if self.sliding.is_empty() {
            y.fill(F::splat(0.0));
            return;
        }
        let threads = self.sliding.threads(threads);
        match &mut self.side {
            Side::Images(images) => images.run(x, y, threads),
            Side::Kernel(kernel) => kernel.run(x, y, threads),
        }
    }
}
