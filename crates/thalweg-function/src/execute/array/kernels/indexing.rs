//! Elements by index, and sums by index.
//!
//! An index is a number of the array's type: `f32` tells apart indices up to 2²⁴.

use super::axis::{Line, add_to};
use super::split::{Nothing, split};
use crate::error::FunctionError;
use crate::execute::Float;
use crate::program::Shape;

/// The index as a place along an axis of this length.
fn place<F: Float>(operation: &'static str, index: F, length: usize) -> Result<usize, FunctionError> {
    let number = index.to_f64();
    // What is negative or NaN becomes 0 here, which it does not equal.
    let place = number as usize;
    if place < length && place as f64 == number {
        Ok(place)
    } else {
        Err(FunctionError::Index { operation, index: number, length })
    }
}

pub(super) fn take<F: Float>(
    [x, indices, _]: [&[F]; 3],
    shape: Shape,
    axis: usize,
    y: &mut [F],
    threads: usize,
) -> Result<(), FunctionError> {
    let line = Line::new(shape, axis);
    let mut none: Nothing = [(); 1 << 10];
    let work = y.len();
    split(y, line.inner, work, threads, &mut none, |first, part, ()| {
        for (row, y) in (first..).zip(part.chunks_mut(line.inner)) {
            let (outer, i) = (row / indices.len(), row % indices.len());
            let from = outer * line.length + place("take", indices[i], line.length)?;
            y.copy_from_slice(&x[from * line.inner..][..line.inner]);
        }
        Ok(())
    })
}

/// Each thread adds to rows of its own, in the order of the indices.
pub(super) fn scatter_add<F: Float>(
    [x, indices, _]: [&[F]; 3],
    shape: Shape,
    axis: usize,
    y: &mut [F],
    threads: usize,
) -> Result<(), FunctionError> {
    let line = Line::new(shape, axis);
    for &index in indices {
        place("scatter_add", index, line.length)?;
    }
    y.fill(F::default());
    let mut none: Nothing = [(); 1 << 10];
    let work = x.len();
    split(y, line.inner, work, threads, &mut none, |first, part, ()| {
        let rows = first..first + part.len() / line.inner;
        for outer in rows.start / line.length..rows.end.div_ceil(line.length) {
            for (i, &index) in indices.iter().enumerate() {
                let row = outer * line.length + place("scatter_add", index, line.length)?;
                if rows.contains(&row) {
                    let added = &x[(outer * indices.len() + i) * line.inner..][..line.inner];
                    add_to(&mut part[(row - first) * line.inner..][..line.inner], added);
                }
            }
        }
        Ok(())
    })
}

pub(super) fn take_along<F: Float>(
    [x, indices, _]: [&[F]; 3],
    from: Shape,
    to: Shape,
    axis: usize,
    y: &mut [F],
    threads: usize,
) -> Result<(), FunctionError> {
    let (source, line) = (Line::new(from, axis), Line::new(to, axis));
    let mut none: Nothing = [(); 1 << 10];
    let work = y.len();
    split(y, line.inner, work, threads, &mut none, |first, part, ()| {
        let indices = &indices[first * line.inner..][..part.len()];
        let rows = part.chunks_mut(line.inner).zip(indices.chunks(line.inner));
        for (row, (y, indices)) in (first..).zip(rows) {
            let x = &x[row / line.length * source.block()..][..source.block()];
            for (j, (y, &index)) in y.iter_mut().zip(indices).enumerate() {
                *y = x[place("take_along", index, source.length)? * line.inner + j];
            }
        }
        Ok(())
    })
}

pub(super) fn scatter_along<F: Float>(
    [x, indices, _]: [&[F]; 3],
    from: Shape,
    to: Shape,
    axis: usize,
    y: &mut [F],
    threads: usize,
) -> Result<(), FunctionError> {
    let (source, line) = (Line::new(from, axis), Line::new(to, axis));
    y.fill(F::default());
    if x.is_empty() {
        return Ok(());
    }
    if let (Some(&index), true) = (indices.first(), y.is_empty()) {
        return place("scatter_along", index, 0).map(|_| ());
    }
    let mut none: Nothing = [(); 1 << 10];
    split(y, line.block(), x.len(), threads, &mut none, |first, part, ()| {
        for (outer, y) in (first..).zip(part.chunks_mut(line.block())) {
            let block = outer * source.block()..(outer + 1) * source.block();
            for (i, (&x, &index)) in x[block.clone()].iter().zip(&indices[block]).enumerate() {
                let row = place("scatter_along", index, line.length)?;
                let y = &mut y[row * line.inner + i % line.inner];
                *y = y.add(x);
            }
        }
        Ok(())
    })
}
