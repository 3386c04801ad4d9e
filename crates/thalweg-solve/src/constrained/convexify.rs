//! [`Convexify`]: a positive definite matrix in place of the Hessian of a Lagrangian.

use super::problem::{dot, times};
use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::dense::Eigen;

/// What J_aᵀJ_a is multiplied by, as shares of the largest eigenvalue. Where steps along the functions bend little a small one is not enough.
const SHARES: [f64; 4] = [2.0, 20.0, 200.0, 2000.0];

/// Adds a multiple of J_aᵀJ_a, J_a the gradients of the active functions, which changes no step that stays on them; then takes the
/// absolute values of the eigenvalues, so that directions of negative curvature are not followed upwards.
pub(super) struct Convexify {
    eigen: Eigen,
    /// For each function what its gradient's square is multiplied by, once for a unit of `factor`; 0 where it is not active.
    weights: Vec<f64>,
    j: Vec<f64>,
    factor: f64,
    /// The matrix before anything is added.
    plain: Vec<f64>,
    raised: Vec<f64>,
}

impl Convexify {
    pub(super) fn new(dim: usize) -> Self {
        let (weights, j) = (Vec::new(), Vec::new());
        let (plain, raised) = (Vec::with_capacity(dim * dim), vec![0.0; dim]);
        Convexify { eigen: Eigen::new(dim), weights, j, factor: 0.0, plain, raised }
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.list("active", &mut self.weights, usize::MAX);
        keeper.list("active_gradients", &mut self.j, usize::MAX);
    }

    /// Remembers the gradients of the functions that are active: those with a multiplier.
    pub(super) fn active(&mut self, dim: usize, j: &[f64], λ: &[f64]) {
        self.weights.clear();
        for (row, λ) in j.chunks_exact(dim).zip(λ) {
            let square = dot(row, row);
            self.weights.push(if *λ != 0.0 && square.is_normal() { 1.0 / square } else { 0.0 });
        }
        self.j.clear();
        self.j.extend_from_slice(j);
    }

    /// Makes the matrix positive definite; eigenvalues are at least `floor`.
    pub(super) fn apply(&mut self, matrix: &mut [f64], floor: f64) {
        let n = self.eigen.values.len();
        self.factor = 0.0;
        self.eigen.decompose(matrix);
        let largest = self.eigen.values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        if self.eigen.values[0] < 0.0 && self.weights.iter().any(|w| *w > 0.0) {
            self.plain.clear();
            self.plain.extend_from_slice(matrix);
            // The least multiple that does; the first, if none does.
            for share in SHARES.into_iter().chain([SHARES[0]]) {
                self.factor = share * largest;
                matrix.copy_from_slice(&self.plain);
                self.add(matrix);
                self.eigen.decompose(matrix);
                if self.eigen.values[0] >= 0.0 {
                    break;
                }
            }
        }
        let floor = floor.max(1e-9 * largest).max(1e-30);
        if self.eigen.values.iter().all(|v| *v >= floor) {
            return;
        }
        let raised = &mut self.raised;
        raised.iter_mut().zip(&self.eigen.values).for_each(|(to, v)| *to = v.abs().max(floor));
        for i in 0..n {
            for k in 0..=i {
                let vectors = &self.eigen.vectors;
                let entry: f64 = (0..n).map(|e| raised[e] * vectors[i * n + e] * vectors[k * n + e]).sum();
                matrix[i * n + k] = entry;
                matrix[k * n + i] = entry;
            }
        }
    }

    /// Adds the multiple of J_aᵀJ_a.
    fn add(&self, matrix: &mut [f64]) {
        let n = self.eigen.values.len();
        for (row, weight) in self.j.chunks_exact(n).zip(&self.weights) {
            for (i, a) in row.iter().enumerate() {
                for (k, b) in row.iter().enumerate() {
                    matrix[i * n + k] += self.factor * weight * a * b;
                }
            }
        }
    }

    /// Takes what was added to the matrix out of the multipliers of a step d; `jd` is room for a number of each function.
    pub(super) fn correct(&self, d: &[f64], λ: &mut [f64], jd: &mut [f64]) {
        if self.factor == 0.0 {
            return;
        }
        times(&self.j, d, jd);
        for ((λ, along), weight) in λ.iter_mut().zip(jd).zip(&self.weights) {
            if *λ != 0.0 {
                *λ -= self.factor * weight * *along;
            }
        }
    }
}
