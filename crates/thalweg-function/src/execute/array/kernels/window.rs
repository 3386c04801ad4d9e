//! What a window covers at each of its places, and the transpose.
//!
//! `[…, c, h, w]` becomes `[…, c·kh·kw, oh·ow]`; row `(c·kh + i)·kw + j` holds what the window's element (i, j) covers in plane
//! `c`, with the window's places in the columns, row by row.

use std::ops::Range;

use super::split::share;
use crate::execute::Float;
use crate::primitive::Window;
use crate::program::Shape;

/// The window over planes of a certain extent.
#[derive(Debug, Clone, Copy)]
struct Cover {
    window: Window,
    extent: [usize; 2],
    places: [usize; 2],
}

impl Cover {
    fn new(window: Window, shape: Shape) -> Self {
        let extent = [shape.axis(shape.rank() - 2), shape.axis(shape.rank() - 1)];
        Cover { window, extent, places: window.places(extent).unwrap_or_default() }
    }

    fn plane(&self) -> usize {
        self.extent[0] * self.extent[1]
    }

    fn columns(&self) -> usize {
        self.places[0] * self.places[1]
    }

    fn elements(&self) -> usize {
        usize::from(self.window.size[0]) * usize::from(self.window.size[1])
    }

    /// Along axis `k`: at which places element `i` of the window lies inside, and what it covers at the first of them.
    fn inside(&self, k: usize, i: usize) -> (Range<usize>, usize) {
        let (stride, padding) =
            (usize::from(self.window.stride[k]).max(1), usize::from(self.window.padding[k]));
        let first = padding.saturating_sub(i).div_ceil(stride);
        let end = (self.extent[k] + padding).saturating_sub(i).div_ceil(stride).min(self.places[k]);
        (first..end.max(first), (first * stride + i).saturating_sub(padding))
    }

    /// Calls `visit(column, offset, length)` for each run of consecutive columns with element (i, j) inside: the first covers
    /// `offset` of the plane, the next ones lie the stride further.
    fn runs(&self, element: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let width = usize::from(self.window.size[1]);
        let (rows, top) = self.inside(0, element / width);
        let (columns, left) = self.inside(1, element % width);
        for (k, row) in rows.enumerate() {
            let covered = top + k * usize::from(self.window.stride[0]).max(1);
            let start = row * self.places[1] + columns.start;
            visit(start, covered * self.extent[1] + left, columns.len());
        }
    }

    fn step(&self) -> usize {
        usize::from(self.window.stride[1]).max(1)
    }
}

pub(super) fn patches<F: Float>(window: Window, x: &[F], shape: Shape, y: &mut [F], threads: usize) {
    let cover = Cover::new(window, shape);
    let (plane, columns, elements) = (cover.plane(), cover.columns(), cover.elements());
    let work = y.len();
    share(y, columns, work, threads, |first, part| {
        for (row, y) in (first..).zip(part.chunks_mut(columns)) {
            let x = &x[row / elements * plane..][..plane];
            y.fill(F::default());
            cover.runs(row % elements, |column, offset, length| {
                let y = &mut y[column..column + length];
                if cover.step() == 1 {
                    y.copy_from_slice(&x[offset..offset + length]);
                } else {
                    for (y, x) in y.iter_mut().zip(x[offset.min(plane)..].iter().step_by(cover.step())) {
                        *y = *x;
                    }
                }
            });
        }
    });
}

/// Each plane sums, element by element of the window, in the order of its places.
pub(super) fn unpatch<F: Float>(window: Window, x: &[F], shape: Shape, y: &mut [F], threads: usize) {
    let cover = Cover::new(window, shape);
    let (plane, columns, elements) = (cover.plane(), cover.columns(), cover.elements());
    share(y, plane, x.len(), threads, |first, part| {
        for (k, y) in (first..).zip(part.chunks_mut(plane)) {
            y.fill(F::default());
            for element in 0..elements {
                let x = &x[(k * elements + element) * columns..][..columns];
                cover.runs(element, |column, offset, length| {
                    let covered = y[offset.min(plane)..].iter_mut().step_by(cover.step());
                    for (y, &x) in covered.zip(&x[column..column + length]) {
                        *y = y.add(x);
                    }
                });
            }
        }
    });
}
