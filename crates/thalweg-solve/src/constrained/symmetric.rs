//! [`Symmetric`]: an indefinite system and the signs of its eigenvalues.

use faer::linalg::solvers::{Lblt, Solve};
use faer::{Mat, Side};

/// Bunch and Kaufman's factors of a symmetric matrix.
pub(super) struct Symmetric {
    factors: Lblt<f64>,
    /// Negative eigenvalues.
    pub(super) negative: usize,
    /// Whether a pivot is 0.
    pub(super) singular: bool,
}

impl Symmetric {
    /// Factorises a matrix of `size` rows, of which the lower triangle is read; `None` if it is not finite.
    pub(super) fn factorise(matrix: &[f64], size: usize) -> Option<Self> {
        if matrix.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let factors = Mat::from_fn(size, size, |i, j| matrix[i * size + j]).lblt(Side::Lower);
        let (diagonal, beside) = (factors.B_diag(), factors.B_subdiag());
        let (mut negative, mut k) = (0, 0);
        let mut least = f64::INFINITY;
        while k < size {
            if k + 1 < size && beside[k] != 0.0 {
                // A pivot of two rows has a negative determinant.
                let (a, b, c) = (diagonal[k], beside[k], diagonal[k + 1]);
                let determinant = a * c - b * b;
                negative += if determinant < 0.0 { 1 } else { 2 * usize::from(a < 0.0) };
                least = least.min(determinant.abs().sqrt());
                k += 2;
            } else {
                let pivot = diagonal[k];
                negative += usize::from(pivot < 0.0);
                least = least.min(pivot.abs());
                k += 1;
            }
        }
        let singular = least.is_nan() || least <= 0.0;
        Some(Symmetric { factors, negative, singular })
    }

    /// A⁻¹b.
    pub(super) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut x = Mat::from_fn(b.len(), 1, |i, _| b[i]);
        self.factors.solve_in_place(&mut x);
        (0..b.len()).map(|i| x[(i, 0)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indefinite_system_is_solved_and_its_signs_are_counted() {
        // [[H, Aᵀ], [A, 0]] with H positive definite has as many negative eigenvalues as A has rows.
        let matrix = [2.0, 0.0, 1.0, 0.0, 3.0, 1.0, 1.0, 1.0, 0.0];
        let system = Symmetric::factorise(&matrix, 3).unwrap();
        assert!(system.negative == 1 && !system.singular);
        let x = system.solve(&[3.0, 4.0, 2.0]);
        for (row, b) in matrix.chunks(3).zip([3.0, 4.0, 2.0]) {
            let product: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            assert!((product - b).abs() < 1e-14);
        }
        assert!(Symmetric::factorise(&[1.0, 0.0, 0.0, 0.0], 2).unwrap().singular);
        assert_eq!(Symmetric::factorise(&[-1.0, 0.0, 0.0, -2.0], 2).unwrap().negative, 2);
    }
}
