//! [`Cholesky`]: the factors of a symmetric matrix, or of a positive definite one near it.

use crate::Scalar;
use crate::checkpoint::Keeper;

/// `A + E = P L D Lᵀ Pᵀ`, E diagonal and zero where A is safely positive definite.
///
/// Gill, Murray and Wright, *Practical Optimization*, 1981, section 4.4.2.2.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    dim: usize,
    /// L below the diagonal, D on it, row by row, in the order of `order`.
    factors: Vec<f64>,
    order: Vec<usize>,
    scratch: Vec<f64>,
    /// Whether E is not zero.
    pub(crate) modified: bool,
}

impl Cholesky {
    pub(crate) fn new(dim: usize) -> Self {
        Cholesky {
            dim,
            factors: vec![0.0; dim * dim],
            order: (0..dim).collect(),
            scratch: vec![0.0; dim],
            modified: false,
        }
    }

    /// Makes room for matrices of another size; nothing is allocated for one that is no larger than the first.
    pub(crate) fn resize(&mut self, dim: usize) {
        self.dim = dim;
        self.factors.resize(dim * dim, 0.0);
        self.order.resize(dim, 0);
        self.scratch.resize(dim, 0.0);
    }

    pub(crate) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.numbers("factors", &mut self.factors);
        let mut order: Vec<f64> = self.order.iter().map(|&place| place as f64).collect();
        keeper.numbers("order", &mut order);
        let last = self.dim.saturating_sub(1);
        self.order.iter_mut().zip(order).for_each(|(place, saved)| *place = (saved as usize).min(last));
        keeper.flag("modified", &mut self.modified);
    }

    /// Factorises a matrix given row by row; `false` if it is not finite.
    pub(crate) fn factorise(&mut self, matrix: &[f64]) -> bool {
        let n = self.dim;
        if matrix.iter().any(|v| !v.is_finite()) {
            return false;
        }
        self.factors.copy_from_slice(matrix);
        for (i, place) in self.order.iter_mut().enumerate() {
            *place = i;
        }
        self.modified = false;
        let (mut diagonal, mut beside) = (0.0_f64, 0.0_f64);
        for i in 0..n {
            diagonal = diagonal.max(matrix[i * n + i].abs());
            beside = matrix[i * n..i * n + i].iter().fold(beside, |most, v| most.max(v.abs()));
        }
        let spread = ((n * n) as f64 - 1.0).max(1.0).sqrt();
        let bound = diagonal.max(beside / spread).max(f64::MIN_POSITIVE);
        let smallest = (f64::EPSILON * (diagonal + beside)).max(f64::MIN_POSITIVE);
        for j in 0..n {
            self.pivot(j);
            self.column(j, bound, smallest);
        }
        true
    }

    /// Brings the largest diagonal element that is left to place j.
    fn pivot(&mut self, j: usize) {
        let n = self.dim;
        let size = |a: &[f64], i: usize| a[i * n + i].abs();
        let largest = (j..n)
            .reduce(|most, i| if size(&self.factors, i) > size(&self.factors, most) { i } else { most });
        let Some(q) = largest.filter(|&q| q != j) else { return };
        let a = &mut self.factors;
        for k in 0..j {
            a.swap(j * n + k, q * n + k);
        }
        for k in j + 1..q {
            a.swap(k * n + j, q * n + k);
        }
        for k in q + 1..n {
            a.swap(k * n + j, k * n + q);
        }
        a.swap(j * n + j, q * n + q);
        self.order.swap(j, q);
    }

    /// The pivot of column j, its column of L, and what it takes from the rest of the lower triangle.
    fn column(&mut self, j: usize, bound: f64, smallest: f64) {
        let n = self.dim;
        let a = &mut self.factors;
        let own = a[j * n + j];
        let below = (j + 1..n).fold(0.0_f64, |most, i| most.max(a[i * n + j].abs()));
        let pivot = own.abs().max(below * below / bound).max(smallest);
        self.modified |= pivot != own;
        a[j * n + j] = pivot;
        for i in j + 1..n {
            self.scratch[i] = a[i * n + j];
            a[i * n + j] /= pivot;
        }
        for i in j + 1..n {
            let factor = a[i * n + j];
            let row = &mut a[i * n + j + 1..=i * n + i];
            for (entry, c) in row.iter_mut().zip(&self.scratch[j + 1..=i]) {
                *entry -= factor * c;
            }
        }
    }

    /// `b ← (A + E)⁻¹ b`.
    pub(crate) fn solve(&mut self, b: &mut [f64]) {
        let n = self.dim;
        for (y, &place) in self.scratch.iter_mut().zip(&self.order) {
            *y = b[place];
        }
        let y = &mut self.scratch;
        for i in 0..n {
            let known: f64 = self.factors[i * n..i * n + i].iter().zip(&*y).map(|(l, y)| l * y).sum();
            y[i] -= known;
        }
        for (i, y) in y.iter_mut().enumerate() {
            *y /= self.factors[i * n + i];
        }
        for i in (0..n).rev() {
            let known = y[i];
            for (y, l) in y.iter_mut().zip(&self.factors[i * n..i * n + i]) {
                *y -= l * known;
            }
        }
        for (y, &place) in self.scratch.iter().zip(&self.order) {
            b[place] = *y;
        }
    }

    /// vᵀ(A + E)v.
    pub(crate) fn form(&self, v: &[f64]) -> f64 {
        let n = self.dim;
        let row = |k: usize| {
            let below: f64 = (k + 1..n).map(|i| self.factors[i * n + k] * v[self.order[i]]).sum();
            v[self.order[k]] + below
        };
        (0..n).map(|k| self.factors[k * n + k] * row(k).powi(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(matrix: &[f64], v: &[f64]) -> Vec<f64> {
        let n = v.len();
        (0..n).map(|i| (0..n).map(|j| matrix[i * n + j] * v[j]).sum()).collect()
    }

    #[test]
    fn a_positive_definite_matrix_is_solved_as_it_is() {
        // The Hilbert matrix shifted by the identity: no ties, all kinds of pivots.
        let n = 9;
        let matrix: Vec<f64> = (0..n * n)
            .map(|k| 1.0 / (1 + k / n + k % n) as f64 + f64::from(u8::from(k / n == k % n)))
            .collect();
        let x: Vec<f64> = (0..n).map(|i| i as f64 - 3.5).collect();
        let mut b = times(&matrix, &x);
        let mut cholesky = Cholesky::new(n);
        assert!(cholesky.factorise(&matrix) && !cholesky.modified);
        let form: f64 = x.iter().zip(&b).map(|(x, b)| x * b).sum();
        assert!((cholesky.form(&x) - form).abs() < 1e-12 * form);
        cholesky.solve(&mut b);
        assert!(b.iter().zip(&x).all(|(b, x)| (b - x).abs() < 1e-13), "{b:?}");
    }

    #[test]
    fn an_indefinite_matrix_becomes_a_positive_definite_one() {
        // Gill, Murray and Wright's example 4.7: eigenvalues 5.90, 0.11 and −3.0.
        let matrix = [1.0, 1.0, 2.0, 1.0, 1.0, 3.0, 2.0, 3.0, 1.0];
        let mut cholesky = Cholesky::new(3);
        assert!(cholesky.factorise(&matrix) && cholesky.modified);
        for v in [[1.0, 0.0, 0.0], [0.3, -1.0, 0.5], [1.0, 1.0, -1.5]] {
            let mut solved = v;
            cholesky.solve(&mut solved);
            assert!(solved.iter().zip(v).map(|(a, b)| a * b).sum::<f64>() > 0.0);
            let form = cholesky.form(&solved);
            let product: f64 = solved.iter().zip(v).map(|(a, b)| a * b).sum();
            assert!((form - product).abs() < 1e-12 * form.abs());
        }
        assert!(!cholesky.factorise(&[f64::NAN; 9]));
    }
}
