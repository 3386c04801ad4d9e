//! Along one axis: indices, largest elements, running sums, order.

use std::cmp::Ordering;

use super::split::{share, split};
use crate::execute::Float;
use crate::program::Shape;

/// An array seen from one of its axes: blocks of `length` rows of `inner` numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) length: usize,
    pub(super) inner: usize,
}

impl Line {
    pub(super) fn new(shape: Shape, axis: usize) -> Self {
        Line { length: shape.axis(axis), inner: shape.axes().skip(axis + 1).product() }
    }

    pub(super) fn block(self) -> usize {
        self.length * self.inner
    }
}

pub(super) fn iota<F: Float>(shape: Shape, axis: usize, y: &mut [F]) {
    let Line { length, inner, .. } = Line::new(shape, axis);
    for (i, row) in y.chunks_mut(inner.max(1)).enumerate() {
        row.fill(F::from_f64((i % length.max(1)) as f64));
    }
}

/// The index of the first largest element; a NaN counts as the largest.
pub(super) fn argmax<F: Float>(x: &[F], shape: Shape, axis: usize, y: &mut [F], threads: usize) {
    let line = Line::new(shape, axis);
    share(y, line.inner, x.len(), threads, |first, part| {
        for (block, y) in part.chunks_mut(line.inner).enumerate() {
            let x = &x[(first + block) * line.block()..][..line.block()];
            for (j, y) in y.iter_mut().enumerate() {
                let mut best = 0;
                for k in 1..line.length {
                    let (candidate, leader) = (x[k * line.inner + j], x[best * line.inner + j]);
                    if candidate > leader || (is_nan(candidate) && !is_nan(leader)) {
                        best = k;
                    }
                }
                *y = F::from_f64(best as f64);
            }
        }
    });
}

fn is_nan<F: Float>(x: F) -> bool {
    x.partial_cmp(&x).is_none()
}

pub(super) fn cumsum<F: Float>(
    x: &[F],
    shape: Shape,
    axis: usize,
    backwards: bool,
    y: &mut [F],
    threads: usize,
) {
    let line = Line::new(shape, axis);
    share(y, line.block(), x.len(), threads, |first, part| {
        let x = &x[first * line.block()..][..part.len()];
        for (y, x) in part.chunks_mut(line.block()).zip(x.chunks(line.block())) {
            running_sums(x, line.inner, backwards, y);
        }
    });
}

fn running_sums<F: Float>(x: &[F], inner: usize, backwards: bool, y: &mut [F]) {
    y.copy_from_slice(x);
    let rows = y.len() / inner;
    for k in 1..rows {
        if backwards {
            let (row, next) = y[(rows - 1 - k) * inner..][..2 * inner].split_at_mut(inner);
            add_to(row, next);
        } else {
            let (previous, row) = y[(k - 1) * inner..][..2 * inner].split_at_mut(inner);
            add_to(row, previous);
        }
    }
}

/// `y += x`.
pub(super) fn add_to<F: Float>(y: &mut [F], x: &[F]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = y.add(x);
    }
}

pub(super) fn argsort<F: Float>(
    x: &[F],
    shape: Shape,
    axis: usize,
    y: &mut [F],
    pairs: &mut [Vec<(F, u32)>],
    threads: usize,
) {
    let line = Line::new(shape, axis);
    let operations = x.len() * (usize::BITS - line.length.leading_zeros()) as usize;
    let done = split(y, line.block(), operations, threads, pairs, |first, part, pairs| {
        for (block, y) in part.chunks_mut(line.block()).enumerate() {
            let x = &x[(first + block) * line.block()..][..line.block()];
            for j in 0..line.inner {
                let column = x[j..].iter().step_by(line.inner);
                for ((pair, &x), i) in pairs.iter_mut().zip(column).zip(0..) {
                    *pair = (x, i);
                }
                // Equal elements are told apart by where they come from: a stable order without the memory of a merge.
                pairs.sort_unstable_by(|a, b| rising(a.0, b.0).then(a.1.cmp(&b.1)));
                for (y, &(_, i)) in y[j..].iter_mut().step_by(line.inner).zip(pairs.iter()) {
                    *y = F::from_f64(f64::from(i));
                }
            }
        }
        Ok(())
    });
    debug_assert!(done.is_ok());
}

/// NaN after all numbers; −0 and 0 are equal.
fn rising<F: Float>(a: F, b: F) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b)))
}
