//! Small dense linear algebra in `f64`: solving, and the eigenvalues of symmetric matrices.
//!
//! A Newton step in two variables is needed once a start and step, so small matrices are treated in place, without
//! allocation; larger ones are `faer`'s.

use faer::{Mat, Side};

use crate::SolveError;

/// Up to this size Jacobi's rotations are used: as accurate, and nothing is allocated.
const SMALL: usize = 16;

/// Room for the eigenvalues and eigenvectors of a symmetric matrix.
#[derive(Debug, Clone)]
pub(crate) struct Eigen {
    dim: usize,
    matrix: Vec<f64>,
    /// Ascending.
    pub(crate) values: Vec<f64>,
    /// Eigenvector `k` is column `k`, row by row: component `i` at `i * dim + k`.
    pub(crate) vectors: Vec<f64>,
}

impl Eigen {
    pub(crate) fn new(dim: usize) -> Self {
        Eigen { dim, matrix: vec![0.0; dim * dim], values: vec![0.0; dim], vectors: vec![0.0; dim * dim] }
    }

    /// Decomposes a symmetric matrix given row by row. What is not finite gives NaN eigenvalues.
    pub(crate) fn decompose(&mut self, matrix: &[f64]) {
        if matrix.iter().any(|v| !v.is_finite()) || self.decomposed(matrix).is_none() {
            self.values.fill(f64::NAN);
            self.vectors.fill(f64::NAN);
        }
    }

    fn decomposed(&mut self, matrix: &[f64]) -> Option<()> {
        if self.dim <= SMALL {
            self.matrix.copy_from_slice(matrix);
            self.jacobi();
            self.sort();
        } else {
            let n = self.dim;
            let eigen = Mat::from_fn(n, n, |i, j| matrix[i * n + j]).self_adjoint_eigen(Side::Lower).ok()?;
            for k in 0..n {
                self.values[k] = eigen.S()[k];
                for i in 0..n {
                    self.vectors[i * n + k] = eigen.U()[(i, k)];
                }
            }
        }
        Some(())
    }

    /// By how much the smallest eigenvalue may be wrong because the elements of `matrix`, which was decomposed, are rounded: to first order
    /// nε Σ |vᵢ||aᵢⱼ||vⱼ|, v its eigenvector. That is far less than nε‖A‖ where variables are of very different size, and Jacobi's rotations
    /// are as accurate (Demmel and Veselić, *Jacobi's method is more accurate than QR*, 1992).
    pub(crate) fn uncertainty(&self, matrix: &[f64]) -> f64 {
        let n = self.dim;
        let size = if n <= SMALL {
            let v = |i: usize| self.vectors[i * n].abs();
            (0..n * n).map(|k| v(k / n) * matrix[k].abs() * v(k % n)).sum()
        } else {
            self.values.iter().fold(0.0_f64, |most, λ| most.max(λ.abs()))
        };
        size * f64::EPSILON * n as f64
    }

    /// Cyclic Jacobi: Golub and Van Loan, *Matrix Computations*, 4th ed., section 8.5.
    fn jacobi(&mut self) {
        let n = self.dim;
        self.vectors.fill(0.0);
        for i in 0..n {
            self.vectors[i * n + i] = 1.0;
        }
        for _sweep in 0..60 {
            let mut rotated = false;
            for p in 0..n {
                for q in p + 1..n {
                    rotated |= self.rotate(p, q);
                }
            }
            if !rotated {
                break;
            }
        }
        for i in 0..n {
            self.values[i] = self.matrix[i * n + i];
        }
    }

    /// Makes the element (p, q) zero, unless it is already nothing beside the diagonal.
    fn rotate(&mut self, p: usize, q: usize) -> bool {
        let n = self.dim;
        let a = &mut self.matrix;
        let (app, aqq, apq) = (a[p * n + p], a[q * n + q], a[p * n + q]);
        if apq == 0.0 || apq.abs() < f64::EPSILON / 8.0 * (app.abs() * aqq.abs()).sqrt() {
            return false;
        }
        let tau = (aqq - app) / (2.0 * apq);
        let t = if tau.is_finite() { 1.0_f64.copysign(tau) / (tau.abs() + tau.hypot(1.0)) } else { 0.0 };
        let c = 1.0 / t.hypot(1.0);
        let s = t * c;
        for k in 0..n {
            let (akp, akq) = (a[k * n + p], a[k * n + q]);
            (a[k * n + p], a[k * n + q]) = (c * akp - s * akq, s * akp + c * akq);
        }
        for k in 0..n {
            let (apk, aqk) = (a[p * n + k], a[q * n + k]);
            (a[p * n + k], a[q * n + k]) = (c * apk - s * aqk, s * apk + c * aqk);
        }
        (a[p * n + q], a[q * n + p]) = (0.0, 0.0);
        for k in 0..n {
            let (vkp, vkq) = (self.vectors[k * n + p], self.vectors[k * n + q]);
            (self.vectors[k * n + p], self.vectors[k * n + q]) = (c * vkp - s * vkq, s * vkp + c * vkq);
        }
        true
    }

    fn sort(&mut self) {
        let n = self.dim;
        for i in 1..n {
            let mut k = i;
            while k > 0 && self.values[k] < self.values[k - 1] {
                self.values.swap(k, k - 1);
                for row in 0..n {
                    self.vectors.swap(row * n + k, row * n + k - 1);
                }
                k -= 1;
            }
        }
    }

    /// `b ← R d(Λ) Rᵀ b`, with `d` applied to each eigenvalue.
    pub(crate) fn apply(&self, scale: impl Fn(f64) -> f64, b: &mut [f64], scratch: &mut [f64]) {
        let n = self.dim;
        for (k, y) in scratch.iter_mut().enumerate() {
            let projected: f64 = (0..n).map(|i| self.vectors[i * n + k] * b[i]).sum();
            *y = scale(self.values[k]) * projected;
        }
        for (i, b) in b.iter_mut().enumerate() {
            *b = (0..n).map(|k| self.vectors[i * n + k] * scratch[k]).sum();
        }
    }

    /// Gives each eigenvector the sign that makes its component of largest absolute value (the first of equals) positive.
    pub(crate) fn fix_signs(&mut self) {
        let n = self.dim;
        for k in 0..n {
            let mut largest = 0.0_f64;
            for i in 0..n {
                let v = self.vectors[i * n + k];
                // A tie within rounding goes to the first.
                if v.abs() > largest.abs() * (1.0 + 1e-12) {
                    largest = v;
                }
            }
            if largest < 0.0 {
                for i in 0..n {
                    self.vectors[i * n + k] = -self.vectors[i * n + k];
                }
            }
        }
    }
}

/// Solves `matrix · x = b` in place by elimination with partial pivoting; `false` if a pivot is zero, with both spoilt.
pub(crate) fn solve(matrix: &mut [f64], b: &mut [f64]) -> bool {
    let n = b.len();
    for k in 0..n {
        let mut pivot = k;
        for row in k + 1..n {
            if matrix[row * n + k].abs() > matrix[pivot * n + k].abs() {
                pivot = row;
            }
        }
        if matrix[pivot * n + k] == 0.0 {
            return false;
        }
        if pivot != k {
            for column in k..n {
                matrix.swap(pivot * n + column, k * n + column);
            }
            b.swap(pivot, k);
        }
        for row in k + 1..n {
            let factor = matrix[row * n + k] / matrix[k * n + k];
            for column in k + 1..n {
                matrix[row * n + column] -= factor * matrix[k * n + column];
            }
            b[row] -= factor * b[k];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| matrix[row * n + column] * b[column]).sum();
        b[row] = (b[row] - known) / matrix[row * n + row];
    }
    true
}

/// A square size that memory can hold.
pub(crate) fn square(dim: usize, lanes: usize) -> Result<usize, SolveError> {
    let numbers = dim as f64 * dim as f64 * lanes as f64;
    if numbers > 2e9 {
        let (gigabytes, limit) = (numbers * 8e-9, 16.0);
        let what = format!("the Hessian of a function of {dim} variables");
        return Err(SolveError::TooLarge { what, gigabytes, limit, remedy: "use a first-order method" });
    }
    Ok(dim * dim * lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second-difference matrix: eigenvalues 2 − 2 cos(kπ/(n + 1)) (closed form).
    fn second_difference(n: usize) -> Vec<f64> {
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            matrix[i * n + i] = 2.0;
            if i + 1 < n {
                (matrix[i * n + i + 1], matrix[(i + 1) * n + i]) = (-1.0, -1.0);
            }
        }
        matrix
    }

    #[test]
    fn eigenvalues_of_the_second_difference_matrix_match_the_closed_form_at_every_size() {
        for n in [1, 2, 5, 16, 17, 40] {
            let matrix = second_difference(n);
            let mut eigen = Eigen::new(n);
            eigen.decompose(&matrix);
            for k in 0..n {
                let angle = (k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64;
                let exact = 2.0 - 2.0 * angle.cos();
                assert!((eigen.values[k] - exact).abs() < 1e-13 * n as f64, "{n} {k}");
                for i in 0..n {
                    let product: f64 = (0..n).map(|j| matrix[i * n + j] * eigen.vectors[j * n + k]).sum();
                    assert!((product - exact * eigen.vectors[i * n + k]).abs() < 1e-13 * n as f64);
                }
            }
        }
    }

    #[test]
    fn a_matrix_with_a_nan_has_nan_eigenvalues() {
        let mut eigen = Eigen::new(2);
        eigen.decompose(&[1.0, f64::NAN, f64::NAN, 1.0]);
        assert!(eigen.values.iter().all(|v| v.is_nan()));
    }

    #[test]
    fn elimination_solves_a_system_that_needs_row_exchanges() {
        // x = (1, 2, 3) by construction.
        let mut matrix = [0.0, 1.0, 1.0, 2.0, 0.0, 1.0, 1.0, 1.0, 0.0];
        let mut b = [5.0, 5.0, 3.0];
        assert!(solve(&mut matrix, &mut b));
        assert_eq!(b, [1.0, 2.0, 3.0]);
        assert!(!solve(&mut [1.0, 2.0, 2.0, 4.0], &mut [1.0, 1.0]));
    }
}
