//! Where a problem's matrices lie, and their way into rooms of their own and back.

use std::ops::Range;

use faer::{MatMut, MatRef};

use super::dense::average_gram;
use crate::pass::Problem;
use crate::{Leaf, Real, RuleError};

/// A part of the parameters as a matrix, side by side with those of other problems.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) lanes: usize,
    /// The elements of all problems.
    pub(super) range: Range<usize>,
}

impl Place {
    pub(super) fn new(leaf: &Leaf, problem: &Problem) -> Self {
        let (rows, columns) = leaf.matrix();
        let lanes = problem.shape.lanes;
        let range = leaf.range.start * lanes..leaf.range.end * lanes;
        Place { name: leaf.name.clone(), rows, columns, lanes, range }
    }

    /// Elements of one problem.
    pub(super) fn size(&self) -> usize {
        self.rows * self.columns
    }

    /// One problem's elements of a vector laid out as the parameters are, side by side.
    pub(super) fn gather<F: Real>(&self, lane: usize, from: &[F], to: &mut [F]) {
        let from = &from[self.range.clone()];
        if self.lanes == 1 {
            return to.copy_from_slice(from);
        }
        for (to, from) in to.iter_mut().zip(from[lane..].iter().step_by(self.lanes)) {
            *to = *from;
        }
    }

    /// Back to their places.
    pub(super) fn scatter<F: Real>(&self, lane: usize, from: &[F], to: &mut [F]) {
        let to = &mut to[self.range.clone()];
        if self.lanes == 1 {
            return to.copy_from_slice(from);
        }
        for (to, from) in to[lane..].iter_mut().step_by(self.lanes).zip(from) {
            *to = *from;
        }
    }
}

/// An axis of one problem's part, between what runs slower and what runs faster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) before: usize,
    pub(super) size: usize,
    pub(super) after: usize,
}

impl Axis {
    /// All of a part; a single number has one, of length 1.
    pub(super) fn all(leaf: &Leaf) -> Vec<Axis> {
        let shape = if leaf.shape.is_empty() { &[1][..] } else { &leaf.shape };
        let product = |axes: &[usize]| axes.iter().product::<usize>();
        let axis =
            |k: usize| Axis { before: product(&shape[..k]), size: shape[k], after: product(&shape[k + 1..]) };
        (0..shape.len()).map(axis).collect()
    }

    /// `to ← keep · to + factor · Σ over all fibres along the axis of fibre · fibreᵀ`
    pub(super) fn average<F: Real>(&self, to: &mut [F], keep: f64, part: &[F], factor: f64) {
        let Axis { before, size, after } = *self;
        if after == 1 {
            let part = MatRef::from_row_major_slice(part, before, size);
            return average_gram(to, keep, part.transpose(), factor);
        }
        for (i, matrix) in part.chunks_exact(size * after).enumerate() {
            let matrix = MatRef::from_row_major_slice(matrix, size, after);
            average_gram(to, if i == 0 { keep } else { 1.0 }, matrix, factor);
        }
    }

    /// Every fibre along the axis times a matrix.
    pub(super) fn multiply<F: Real>(&self, matrix: MatRef<'_, F>, part: &[F], to: &mut [F]) {
        let Axis { before, size, after } = *self;
        if after == 1 {
            let part = MatRef::from_row_major_slice(part, before, size);
            return F::product(MatMut::from_row_major_slice_mut(to, before, size), part, matrix.transpose());
        }
        for (part, to) in part.chunks_exact(size * after).zip(to.chunks_exact_mut(size * after)) {
            let part = MatRef::from_row_major_slice(part, size, after);
            F::product(MatMut::from_row_major_slice_mut(to, size, after), matrix, part);
        }
    }
}

/// Zeros, as many for every problem.
pub(super) fn zeros<F: Real>(problem: &Problem, each: Option<usize>) -> Result<Vec<F>, RuleError> {
    let shape = problem.shape;
    let length = each.and_then(|each| each.checked_mul(shape.lanes));
    let bytes = length.and_then(|length| length.checked_mul(size_of::<F>()));
    match (length, bytes) {
        (Some(length), Some(bytes)) if isize::try_from(bytes).is_ok() => Ok(vec![F::of(0.0); length]),
        _ => Err(RuleError::TooLarge { dim: shape.dim, lanes: shape.lanes }),
    }
}
