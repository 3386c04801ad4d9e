//! The sum of the singular values of matrices.

use std::ops::Range;

use faer::Mat;
use thalweg_rule::Layout;

use crate::scalar::{narrow, wide};
use crate::{Scalar, SolveError};

/// Which variables are matrices.
pub(crate) struct Matrices {
    weight: f64,
    /// Where they lie, and their numbers of columns.
    places: Vec<(Range<usize>, usize)>,
}

impl Matrices {
    pub(super) fn new(weight: f64, layout: &Layout) -> Result<Self, SolveError> {
        let matrices = layout.leaves().iter().filter(|leaf| leaf.shape.len() == 2 && !leaf.range.is_empty());
        let places: Vec<_> = matrices.map(|leaf| (leaf.range.clone(), leaf.shape[1])).collect();
        if places.is_empty() {
            let wanted = "of a function with a variable that is a matrix";
            return Err(SolveError::Option { name: "nuclear", wanted, found: "none".to_owned() });
        }
        Ok(Matrices { weight, places })
    }

    pub(super) fn value<F: Scalar>(&self, x: &[F]) -> f64 {
        let one = |(range, columns): &(Range<usize>, usize)| {
            let values = matrix(&x[range.clone()], *columns).singular_values();
            values.map_or(f64::NAN, |values| values.iter().sum::<f64>())
        };
        self.weight * self.places.iter().map(one).sum::<f64>()
    }

    pub(super) fn shrink<F: Scalar>(&self, step: f64, x: &mut [F]) {
        for (range, columns) in &self.places {
            let x = &mut x[range.clone()];
            let Ok(svd) = matrix(x, *columns).thin_svd() else {
                // A matrix without singular values is not finite: let that be seen.
                x.fill(narrow(f64::NAN));
                continue;
            };
            let count = (x.len() / columns).min(*columns);
            let kept = (0..count).map(|k| (svd.S()[k] - step * self.weight).max(0.0));
            let kept: Vec<f64> = kept.take_while(|&value| value > 0.0).collect();
            for (at, x) in x.iter_mut().enumerate() {
                let (i, j) = (at / columns, at % columns);
                let sum = |(k, value): (usize, &f64)| svd.U()[(i, k)] * value * svd.V()[(j, k)];
                *x = narrow(kept.iter().enumerate().map(sum).sum());
            }
        }
    }
}

fn matrix<F: Scalar>(x: &[F], columns: usize) -> Mat<f64> {
    Mat::from_fn(x.len() / columns, columns, |i, j| wide(x[i * columns + j]))
}
