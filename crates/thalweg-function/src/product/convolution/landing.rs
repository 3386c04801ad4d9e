//! [`Landing`]: the columns of an image's phases, side by side again.

use std::ops::Range;
use std::slice::{from_raw_parts, from_raw_parts_mut};

use super::super::Number;

/// Where the products of a panel go: each row of them to every `step`-th place of every `step`-th row of a plane.
pub(super) struct Landing<'a> {
    /// Planes of the image.
    pub(super) rows: usize,
    pub(super) extent: [usize; 2],
    pub(super) step: [usize; 2],
    /// Of which row of phases these are.
    pub(super) row: usize,
    /// Places of each phase, and how far apart its rows of products are.
    pub(super) places: &'a Range<usize>,
    pub(super) width: usize,
}

impl Landing<'_> {
    /// Brings the products of all phases of the row, one phase after the other, to the image.
    ///
    /// # Safety
    /// `products` has the products, `image` is a whole one, and nobody else uses its numbers at these places.
    #[inline(always)]
    pub(super) unsafe fn land<F: Number>(&self, products: *const F, image: *mut F) {
        let [height, across] = self.extent;
        let step = self.step[1];
        let columns = across.div_ceil(step);
        let mut place = self.places.start;
        while place < self.places.end {
            let (i, j) = (place / columns, place % columns);
            let count = (self.places.end - place).min(columns - j);
            let line = (i * self.step[0] + self.row) * across + j * step;
            let length = (count * step).min(across - j * step);
            for plane in 0..self.rows {
                // SAFETY: as promised by the caller: the line ends with the plane's row, the products with the panel.
                unsafe {
                    let y = from_raw_parts_mut(image.add(plane * height * across + line), length);
                    let from = |phase: usize| {
                        let row = products.add((phase * self.rows + plane) * self.width);
                        from_raw_parts(row.add(place - self.places.start), count)
                    };
                    match step {
                        1 => y.copy_from_slice(from(0)),
                        2 => in_pairs(from(0), from(1), y),
                        _ => {
                            for phase in 0..step.min(length) {
                                let y = y[phase..].iter_mut().step_by(step);
                                y.zip(from(phase)).for_each(|(y, x)| *y = *x);
                            }
                        }
                    }
                }
            }
            place += count;
        }
    }
}

#[inline(always)]
fn in_pairs<F: Number>(even: &[F], odd: &[F], y: &mut [F]) {
    let (pairs, rest) = y.as_chunks_mut();
    let last = even.get(pairs.len()).copied();
    pairs.iter_mut().zip(even).zip(odd).for_each(|((pair, &even), &odd)| *pair = [even, odd]);
    rest.iter_mut().zip(last).for_each(|(y, x)| *y = x);
}
