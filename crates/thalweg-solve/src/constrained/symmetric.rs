//! [`Symmetric`]: an indefinite system and the signs of its eigenvalues.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::lblt;
use faer::perm::PermRef;
use faer::{Conj, Mat, Par, Spec};

/// Room for Bunch and Kaufman's factors of a symmetric matrix; nothing is allocated after it is made.
pub(super) struct Symmetric {
    size: usize,
    /// L, with ones on its diagonal.
    lower: Mat<f64>,
    diagonal: Diag<f64>,
    beside: Diag<f64>,
    order: Vec<usize>,
    places: Vec<usize>,
    right: Mat<f64>,
    room: MemBuffer,
    /// Negative eigenvalues.
    pub(super) negative: usize,
    /// Whether a pivot is 0.
    pub(super) singular: bool,
}

impl Symmetric {
    pub(super) fn new(size: usize) -> Self {
        let factors = lblt::factor::cholesky_in_place_scratch::<usize, f64>(size, Par::Seq, Spec::default());
        let solution = lblt::solve::solve_in_place_scratch::<usize, f64>(size, 1, Par::Seq);
        Symmetric {
            size,
            lower: Mat::zeros(size, size),
            diagonal: Diag::zeros(size),
            beside: Diag::zeros(size),
            order: vec![0; size],
            places: vec![0; size],
            right: Mat::zeros(size, 1),
            room: MemBuffer::new(factors.or(solution)),
            negative: 0,
            singular: true,
        }
    }

    /// Factorises a matrix given row by row, of which the lower triangle is read; `false` if it is not finite.
    pub(super) fn factorise(&mut self, matrix: &[f64]) -> bool {
        let size = self.size;
        if matrix.iter().any(|v| !v.is_finite()) {
            return false;
        }
        for j in 0..size {
            for i in j..size {
                self.lower[(i, j)] = matrix[i * size + j];
            }
        }
        // Only where pivots have two rows is it written to.
        self.beside.column_vector_mut().fill(0.0);
        lblt::factor::cholesky_in_place(
            self.lower.as_mut(),
            self.beside.as_mut(),
            &mut self.order,
            &mut self.places,
            Par::Seq,
            MemStack::new(&mut self.room),
            Spec::default(),
        );
        for k in 0..size {
            self.diagonal[k] = std::mem::replace(&mut self.lower[(k, k)], 1.0);
            for i in 0..k {
                self.lower[(i, k)] = 0.0;
            }
        }
        let (diagonal, beside) = (&self.diagonal, &self.beside);
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
        (self.negative, self.singular) = (negative, least.is_nan() || least <= 0.0);
        true
    }

    /// `b ← A⁻¹b`.
    pub(super) fn solve(&mut self, b: &mut [f64]) {
        for (i, b) in b.iter().enumerate() {
            self.right[(i, 0)] = *b;
        }
        lblt::solve::solve_in_place_with_conj(
            self.lower.as_ref(),
            self.diagonal.as_ref(),
            self.beside.as_ref(),
            Conj::No,
            PermRef::new_checked(&self.order, &self.places, self.size),
            self.right.as_mut(),
            Par::Seq,
            MemStack::new(&mut self.room),
        );
        for (i, b) in b.iter_mut().enumerate() {
            *b = self.right[(i, 0)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indefinite_system_is_solved_and_its_signs_are_counted() {
        // [[H, Aᵀ], [A, 0]] with H positive definite has as many negative eigenvalues as A has rows.
        let matrix = [2.0, 0.0, 1.0, 0.0, 3.0, 1.0, 1.0, 1.0, 0.0];
        let mut system = Symmetric::new(3);
        assert!(system.factorise(&matrix) && system.negative == 1 && !system.singular);
        let mut x = [3.0, 4.0, 2.0];
        system.solve(&mut x);
        for (row, b) in matrix.chunks(3).zip([3.0, 4.0, 2.0]) {
            let product: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            assert!((product - b).abs() < 1e-14);
        }
        let mut system = Symmetric::new(2);
        assert!(system.factorise(&[1.0, 0.0, 0.0, 0.0]) && system.singular);
        assert!(system.factorise(&[-1.0, 0.0, 0.0, -2.0]) && system.negative == 2);
        assert!(!system.factorise(&[f64::NAN, 0.0, 0.0, -2.0]));
    }
}
