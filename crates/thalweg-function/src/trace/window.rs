//! Windows that slide over images of [`Var`]s: convolution and pooling.
//!
//! Images are `[N, C, H, W]`: examples, channels, rows, columns. A window of length k along an axis of length n with padding p and
//! stride s has ⌊(n + 2p − k)/s⌋ + 1 places.

use std::panic::Location;

use super::{Var, record_array};
use crate::primitive::{ArrayOp, Axes, Side, Window};
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// The two-dimensional convolution of neural networks (the kernel is not turned over): images `[N, C, H, W]`, which count as
    /// surrounded by `padding` zeros, with `kernel` `[O, C, kh, kw]` give `[N, O, oh, ow]`,
    ///
    /// y\[n, o, i, j\] = Σ x\[n, c, i·s + a − p, j·s′ + b − p′\]·k\[o, c, a, b\] over c, a, b.
    ///
    /// ```
    /// use thalweg_function::trace;
    ///
    /// let layer = trace([[8, 3, 32, 32].into(), [16, 3, 5, 5].into()], |x| {
    ///     x[0].conv2d(x[1], [1, 1], [2, 2]).relu().max_pool([2, 2], [2, 2])
    /// })?;
    /// assert_eq!(layer.output_shapes().next(), Some([8, 16, 16, 16].into()));
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    ///
    /// Other shapes, a kernel larger than the padded image, and lengths above 255 make the trace an error.
    #[track_caller]
    pub fn conv2d(self, kernel: Var, stride: [usize; 2], padding: [usize; 2]) -> Var {
        record_array("conv2d", &[self, kernel], Location::caller(), |b, x| {
            let image = image_of(b.shape(x[0]))?;
            let kernel = b.shape(x[1]);
            let &[outputs, channels, height, width] = kernel.axes().collect::<Vec<_>>().as_slice() else {
                return Err("a kernel [O, C, kh, kw] is needed".to_owned());
            };
            if channels != image[1] {
                return Err(format!("the images have {} channels, the kernel has {channels}", image[1]));
            }
            let (window, places) = window([height, width], stride, padding, image)?;
            let shape = Shape::of([image[0], outputs, places[0], places[1]]);
            Ok(b.array(ArrayOp::Convolve(window, Side::Results), &[x[0], x[1]], shape))
        })
    }

    /// The largest element in each place of a window of `size` over images `[N, C, H, W]`: `[N, C, oh, ow]`. Equal ones share the
    /// derivative.
    ///
    /// ```
    /// use thalweg_function::{Executable, trace};
    ///
    /// let pool = trace([[1, 1, 2, 4].into()], |x| x[0].max_pool([2, 2], [2, 2]))?;
    /// let mut y = [0.0; 2];
    /// Executable::<f64>::new(&pool)?.run(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &mut y)?;
    /// assert_eq!(y, [6.0, 8.0]);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    #[track_caller]
    pub fn max_pool(self, size: [usize; 2], stride: [usize; 2]) -> Var {
        self.pooled("max_pool", size, stride, |b, image, window, shape| {
            b.array(ArrayOp::MaxPool(window), &[image], shape)
        })
    }

    /// The mean over each place of a window of `size` over images `[N, C, H, W]`: `[N, C, oh, ow]`.
    #[track_caller]
    pub fn avg_pool(self, size: [usize; 2], stride: [usize; 2]) -> Var {
        self.pooled("avg_pool", size, stride, |b, image, window, shape| {
            // Over whole planes it is a sum like any other, which is fused with what is done before.
            let images = b.shape(image);
            let sum = if [shape.axis(2), shape.axis(3)] == [1, 1]
                && window.elements() == images.axis(2) * images.axis(3)
            {
                b.sum(image, Axes::of([2, 3]))
            } else {
                b.array(ArrayOp::SumPool(window), &[image], shape)
            };
            let count = b.constant(window.elements() as f64);
            let mean = b.div(sum, count);
            b.reshape(mean, shape)
        })
    }

    #[track_caller]
    fn pooled(
        self,
        name: &'static str,
        size: [usize; 2],
        stride: [usize; 2],
        pool: impl FnOnce(&mut Builder, NodeId, Window, Shape) -> NodeId,
    ) -> Var {
        record_array(name, &[self], Location::caller(), |b, x| {
            let image = image_of(b.shape(x[0]))?;
            let (window, places) = window(size, stride, [0, 0], image)?;
            let [examples, channels, ..] = image;
            let shape = Shape::of([examples, channels, places[0], places[1]]);
            Ok(pool(b, x[0], window, shape))
        })
    }
}

fn image_of(shape: Shape) -> Result<[usize; 4], String> {
    let axes: Vec<_> = shape.axes().collect();
    axes.try_into().map_err(|_| "images [N, C, H, W] are needed".to_owned())
}

/// The window, and how many places it has over the image.
fn window(
    size: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    [_, _, height, width]: [usize; 4],
) -> Result<(Window, [usize; 2]), String> {
    let small = |[a, b]: [usize; 2], least: u8, what: &str| match (u8::try_from(a), u8::try_from(b)) {
        (Ok(a), Ok(b)) if a >= least && b >= least => Ok([a, b]),
        _ => Err(format!("a {what} of [{a}, {b}]; from {least} to {} would be right", u8::MAX)),
    };
    let window = Window {
        size: small(size, 1, "window size")?,
        stride: small(stride, 1, "stride")?,
        padding: small(padding, 0, "padding")?,
    };
    let places = window.places([height, width]).ok_or_else(|| {
        let [a, b] = [height + 2 * padding[0], width + 2 * padding[1]];
        format!("a window of {size:?} does not fit into [{a}, {b}], the image with its padding")
    })?;
    Ok((window, places))
}
