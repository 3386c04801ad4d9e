//! Sums and extremes of rows, always in the same order: whatever the registers' width and the number of threads.

use super::plan::Reduction;
use crate::execute::Float;

/// A row is reduced by this many accumulators side by side, which are then brought together by halves.
const ACCUMULATORS: usize = 32;

impl Reduction {
    /// What the reduction of nothing is.
    pub(super) fn empty<F: Float>(self) -> F {
        F::from_f64(match self {
            Reduction::Sum => 0.0,
            Reduction::Largest => f64::NEG_INFINITY,
            Reduction::Smallest => f64::INFINITY,
        })
    }

    /// Two values brought together; NaN if one of them is.
    #[inline(always)]
    pub(super) fn combine<F: Float>(self, a: F, b: F) -> F {
        match self {
            Reduction::Sum => a.add(b),
            Reduction::Largest => {
                if a > b || is_nan(a) {
                    a
                } else {
                    b
                }
            }
            Reduction::Smallest => {
                if a < b || is_nan(a) {
                    a
                } else {
                    b
                }
            }
        }
    }

    /// The elements of a row brought together.
    #[inline(always)]
    pub(super) fn row<F: Float>(self, row: &[F]) -> F {
        match self {
            Reduction::Sum => reduce(row, self.empty(), |a, b| Reduction::Sum.combine(a, b)),
            Reduction::Largest => reduce(row, self.empty(), |a, b| Reduction::Largest.combine(a, b)),
            Reduction::Smallest => reduce(row, self.empty(), |a, b| Reduction::Smallest.combine(a, b)),
        }
    }

    /// Brings each element of `row` into the accumulator at its place.
    #[inline(always)]
    pub(super) fn accumulate<F: Float>(self, accumulators: &mut [F], row: &[F]) {
        match self {
            Reduction::Sum => each(accumulators, row, |a, b| Reduction::Sum.combine(a, b)),
            Reduction::Largest => each(accumulators, row, |a, b| Reduction::Largest.combine(a, b)),
            Reduction::Smallest => each(accumulators, row, |a, b| Reduction::Smallest.combine(a, b)),
        }
    }

    /// Partial results brought together by halves, so that rounding errors grow with their logarithm only.
    pub(super) fn halves<F: Float>(self, parts: &[F]) -> F {
        match parts {
            [] => self.empty(),
            [one] => *one,
            _ => {
                let (left, right) = parts.split_at(parts.len().div_ceil(2));
                self.combine(self.halves(left), self.halves(right))
            }
        }
    }
}

#[inline(always)]
fn is_nan<F: Float>(x: F) -> bool {
    x.partial_cmp(&x).is_none()
}

#[inline(always)]
fn each<F: Float>(accumulators: &mut [F], row: &[F], combine: impl Fn(F, F) -> F) {
    for (a, &x) in accumulators.iter_mut().zip(row) {
        *a = combine(*a, x);
    }
}

#[inline(always)]
fn reduce<F: Float>(row: &[F], empty: F, combine: impl Fn(F, F) -> F) -> F {
    let (blocks, rest) = row.as_chunks::<ACCUMULATORS>();
    let mut result = empty;
    if let Some((first, blocks)) = blocks.split_first() {
        let mut accumulators = *first;
        for block in blocks {
            for k in 0..ACCUMULATORS {
                accumulators[k] = combine(accumulators[k], block[k]);
            }
        }
        let mut width = ACCUMULATORS;
        while width > 1 {
            width /= 2;
            for k in 0..width {
                accumulators[k] = combine(accumulators[k], accumulators[k + width]);
            }
        }
        result = accumulators[0];
    }
    for (k, &x) in rest.iter().enumerate() {
        result = if k == 0 && row.len() < ACCUMULATORS { x } else { combine(result, x) };
    }
    result
}
