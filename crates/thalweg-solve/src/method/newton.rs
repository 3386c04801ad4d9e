//! Newton's method, damped.

use std::fmt;

use thalweg_spec::{Call, Options, SpecError};

use crate::dense::{self, Eigen};
use crate::scalar::{narrow, wide};
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "newton";
pub(super) const SUMMARY: &str = "Newton's method: the gradient divided by the damped Hessian";

/// Newton's method: `x ← x − lr · (H + damping·I)⁻¹ ∇f(x)`, H the Hessian at x.
///
/// With `absolute`, H is replaced by |H|, its eigenvalues made positive: saddle points repel instead of attract (Dauphin et al.,
/// *Identifying and attacking the saddle point problem*, NIPS 2014). Where the matrix is singular, directions whose eigenvalue
/// is zero to working precision get no step (the pseudo-inverse).
///
/// Nocedal and Wright, *Numerical Optimization*, 2nd ed., section 3.4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Newton {
    /// The fraction of the full step taken.
    pub lr: f64,
    /// The multiple of the identity added to the Hessian.
    pub damping: f64,
    /// Whether eigenvalues are replaced by their absolute values before damping.
    pub absolute: bool,
}

impl Default for Newton {
    fn default() -> Self {
        Newton { lr: 1.0, damping: 0.0, absolute: false }
    }
}

impl Newton {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["lr", "damping", "absolute"])?;
        let blank = Newton::default();
        let wanted = "finite and at least 0";
        let fits = |v: f64| v.is_finite() && v >= 0.0;
        Ok(Newton {
            lr: options.number_where("lr", blank.lr, wanted, fits)?,
            damping: options.number_where("damping", blank.damping, wanted, fits)?,
            absolute: options.flag("absolute")?.unwrap_or(blank.absolute),
        })
    }

    pub(crate) fn check(&self) -> Result<(), SolveError> {
        for (name, value) in [("newton's lr", self.lr), ("newton's damping", self.damping)] {
            if !(value.is_finite() && value >= 0.0) {
                let found = value.to_string();
                return Err(SolveError::Option { name, wanted: "finite and at least 0", found });
            }
        }
        Ok(())
    }
}

impl fmt::Display for Newton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Call::new(NAME)
            .with("lr", self.lr)
            .with("damping", self.damping)
            .with("absolute", self.absolute)
            .fmt(f)
    }
}

/// Newton's method at work, for any number of problems side by side.
#[derive(Debug, Clone)]
pub(crate) struct NewtonStep {
    settings: Newton,
    dim: usize,
    lanes: usize,
    matrix: Vec<f64>,
    direction: Vec<f64>,
    scratch: Vec<f64>,
    eigen: Eigen,
}

impl NewtonStep {
    pub(crate) fn new(settings: Newton, dim: usize, lanes: usize) -> Self {
        NewtonStep {
            settings,
            dim,
            lanes,
            matrix: vec![0.0; dim * dim],
            direction: vec![0.0; dim],
            scratch: vec![0.0; dim],
            eigen: Eigen::new(dim),
        }
    }

    pub(crate) fn step<F: Scalar>(&mut self, x: &mut [F], gradient: &[F], hessian: &[F]) {
        for lane in 0..self.lanes {
            for (j, d) in self.direction.iter_mut().enumerate() {
                *d = wide(gradient[j * self.lanes + lane]);
            }
            self.solve(hessian, lane);
            for (j, d) in self.direction.iter().enumerate() {
                let x = &mut x[j * self.lanes + lane];
                *x = narrow(wide(*x) - self.settings.lr * d);
            }
        }
    }

    /// `direction ← (H + damping·I)⁻¹ direction`
    fn solve<F: Scalar>(&mut self, hessian: &[F], lane: usize) {
        let damping = self.settings.damping;
        self.gather(hessian, lane);
        if !self.settings.absolute {
            for i in 0..self.dim {
                self.matrix[i * self.dim + i] += damping;
            }
            self.scratch.copy_from_slice(&self.direction);
            if dense::solve(&mut self.matrix, &mut self.direction) {
                return;
            }
            self.direction.copy_from_slice(&self.scratch);
            self.gather(hessian, lane);
        }
        self.eigen.decompose(&self.matrix);
        let absolute = self.settings.absolute;
        let damped = |λ: f64| damping + if absolute { λ.abs() } else { λ };
        let largest = self.eigen.values.iter().fold(0.0_f64, |m, &λ| m.max(damped(λ).abs()));
        let negligible = largest * f64::EPSILON * self.dim as f64;
        let inverse = |λ: f64| if damped(λ).abs() <= negligible { 0.0 } else { 1.0 / damped(λ) };
        self.eigen.apply(inverse, &mut self.direction, &mut self.scratch);
    }

    fn gather<F: Scalar>(&mut self, hessian: &[F], lane: usize) {
        for (k, entry) in self.matrix.iter_mut().enumerate() {
            *entry = wide(hessian[k * self.lanes + lane]);
        }
    }
}
