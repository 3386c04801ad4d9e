//! [`Secant`]: the Hessian of a Lagrangian learnt from steps, always positive definite.

use super::problem::{dot, times};
use crate::Scalar;
use crate::checkpoint::Keeper;

/// BFGS on the matrix itself, from the identity (the problem is scaled), damped as Powell does: where a step saw too little curvature, y is
/// moved towards Bs.
///
/// Powell, *A fast algorithm for nonlinearly constrained optimization calculations*, 1978; Nocedal and Wright, *Numerical
/// Optimization*, 2nd ed., procedure 18.2.
pub(super) struct Secant {
    dim: usize,
    pub(super) matrix: Vec<f64>,
    /// Whether a step has been seen.
    learnt: bool,
    /// Bs and r of a step.
    bs: Vec<f64>,
    r: Vec<f64>,
}

impl Secant {
    pub(super) fn new(dim: usize) -> Self {
        let mut secant = Secant {
            dim,
            matrix: vec![0.0; dim * dim],
            learnt: false,
            bs: vec![0.0; dim],
            r: vec![0.0; dim],
        };
        secant.forget();
        secant
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.numbers("secant", &mut self.matrix);
        keeper.flag("secant_learnt", &mut self.learnt);
    }

    /// Back to the identity.
    pub(super) fn forget(&mut self) {
        self.matrix.fill(0.0);
        for entry in self.matrix.iter_mut().step_by(self.dim + 1) {
            *entry = 1.0;
        }
        self.learnt = false;
    }

    /// Whether there is nothing to forget.
    pub(super) fn is_blank(&self) -> bool {
        !self.learnt
    }

    /// Learns from a step and the change of the Lagrangian's gradient along it.
    pub(super) fn learn(&mut self, s: &[f64], y: &[f64]) {
        let (curvature, square) = (dot(s, y), dot(s, s));
        if !(square.is_normal() && curvature.is_finite()) {
            return;
        }
        self.learnt = true;
        times(&self.matrix, s, &mut self.bs);
        let through = dot(s, &self.bs);
        if !(through > 0.0 && through.is_finite()) {
            return self.forget();
        }
        let part = if curvature < 0.2 * through { 0.8 * through / (through - curvature) } else { 1.0 };
        let (n, bs, r) = (self.dim, &self.bs, &mut self.r);
        for ((r, y), bs) in r.iter_mut().zip(y).zip(bs) {
            *r = part * y + (1.0 - part) * bs;
        }
        let sr = dot(s, r);
        for i in 0..n {
            for k in 0..n {
                self.matrix[i * n + k] += r[i] * r[k] / sr - bs[i] * bs[k] / through;
            }
        }
        if self.matrix.iter().any(|v| !v.is_finite()) {
            self.forget();
        }
    }
}
