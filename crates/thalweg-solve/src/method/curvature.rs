//! Gradient descent with the learning rate divided by the curvature.

use std::fmt;

use thalweg_spec::{Call, Options, SpecError};

use crate::checkpoint::Keeper;
use crate::dense::Eigen;
use crate::random::{Purpose, normals, words};
use crate::scalar::{narrow, wide};
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "curvature_scaled";
pub(super) const SUMMARY: &str = "gradient descent with lr divided by the curvature of the Hessian";

/// Which measure of the Hessian's eigenvalues λ₁ ≤ … ≤ λₙ divides the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// |λₙ|: the largest eigenvalue.
    Max,
    /// |λₙ| + |λ₁|: the largest and the smallest.
    Sum,
    /// κ = max|λ| / min|λ|: the condition number.
    Condition,
}

/// How the eigenvalues are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// From the whole Hessian.
    Exact,
    /// By power iteration, from Hessian-vector products alone, which finds well separated eigenvalues soonest; each step starts from the last step's eigenvectors.
    Power,
}

/// Gradient descent scaled by curvature: `x ← x − lr/(s(H) + eps) · ∇f(x)`, s as [`By`] says, H the Hessian at x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvatureScaled {
    /// The learning rate before division.
    pub lr: f64,
    /// The measure that divides it.
    pub by: By,
    /// How that measure is found.
    pub estimate: Estimate,
    /// Iterations for each of the two eigenvalues, a step, with [`Estimate::Power`]. An iteration is a Hessian-vector product; for
    /// the eigenvalue nearest to zero, which the condition number needs, it is two.
    pub iterations: u32,
    /// Added to the measure, against division by zero.
    pub eps: f64,
}

impl Default for CurvatureScaled {
    fn default() -> Self {
        CurvatureScaled { lr: 0.1, by: By::Max, estimate: Estimate::Exact, iterations: 20, eps: 1e-12 }
    }
}

impl CurvatureScaled {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["lr", "by", "estimate", "iterations", "eps"])?;
        let blank = CurvatureScaled::default();
        let wanted = "finite and at least 0";
        let fits = |v: f64| v.is_finite() && v >= 0.0;
        Ok(CurvatureScaled {
            lr: options.number_where("lr", blank.lr, wanted, fits)?,
            by: match options.choice("by", &["max", "sum", "condition"])? {
                Some("sum") => By::Sum,
                Some("condition") => By::Condition,
                _ => By::Max,
            },
            estimate: match options.choice("estimate", &["exact", "power"])? {
                Some("power") => Estimate::Power,
                _ => Estimate::Exact,
            },
            iterations: options.whole("iterations", 1, 100_000)?.map_or(blank.iterations, |n| n as u32),
            eps: options.number_where("eps", blank.eps, wanted, fits)?,
        })
    }

    /// Hessian-vector products a step, with [`Estimate::Power`].
    pub(crate) fn products(&self) -> u64 {
        u64::from(self.iterations) * if self.by == By::Condition { 3 } else { 2 }
    }

    pub(crate) fn check(&self) -> Result<(), SolveError> {
        for (name, value) in [("curvature_scaled's lr", self.lr), ("curvature_scaled's eps", self.eps)] {
            if !(value.is_finite() && value >= 0.0) {
                let found = value.to_string();
                return Err(SolveError::Option { name, wanted: "finite and at least 0", found });
            }
        }
        if self.iterations == 0 {
            let name = "curvature_scaled's iterations";
            return Err(SolveError::Option { name, wanted: "at least 1", found: "0".to_owned() });
        }
        Ok(())
    }

    fn measure(&self, smallest: f64, largest: f64, eigenvalues: &[f64]) -> f64 {
        match self.by {
            By::Max => largest.abs(),
            By::Sum => largest.abs() + smallest.abs(),
            By::Condition => condition_number(eigenvalues),
        }
    }
}

/// max|λ| / min|λ|: ∞ for a singular matrix.
pub(crate) fn condition_number(eigenvalues: &[f64]) -> f64 {
    let largest = eigenvalues.iter().fold(0.0_f64, |m, λ| m.max(λ.abs()));
    let smallest = eigenvalues.iter().fold(f64::INFINITY, |m, λ| m.min(λ.abs()));
    if smallest == 0.0 { f64::INFINITY } else { largest / smallest }
}

impl fmt::Display for CurvatureScaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            By::Max => "max",
            By::Sum => "sum",
            By::Condition => "condition",
        };
        let estimate = match self.estimate {
            Estimate::Exact => "exact",
            Estimate::Power => "power",
        };
        Call::new(NAME)
            .with("lr", self.lr)
            .with("by", Call::new(by))
            .with("estimate", Call::new(estimate))
            .with("iterations", f64::from(self.iterations))
            .with("eps", self.eps)
            .fmt(f)
    }
}

/// The method at work, for any number of problems side by side.
#[derive(Debug, Clone)]
pub(crate) struct CurvatureStep<F> {
    settings: CurvatureScaled,
    dim: usize,
    lanes: usize,
    matrix: Vec<f64>,
    eigen: Eigen,
    /// For the dominant eigenvalue and for the other end: an estimate of the eigenvector, and its eigenvalue, a lane.
    vectors: [Vec<F>; 2],
    values: [Vec<f64>; 2],
    product: Vec<F>,
    /// H²·v, where that is asked for.
    square: Vec<F>,
}

impl<F: Scalar> CurvatureStep<F> {
    pub(crate) fn new(settings: CurvatureScaled, dim: usize, lanes: usize) -> Self {
        let exact = settings.estimate == Estimate::Exact;
        let size = if exact { 0 } else { dim * lanes };
        CurvatureStep {
            settings,
            dim,
            lanes,
            matrix: vec![0.0; if exact { dim * dim } else { 0 }],
            eigen: Eigen::new(if exact { dim } else { 0 }),
            vectors: [0, 1].map(|k| beginning(k, dim, if exact { 0 } else { lanes })),
            values: [vec![0.0; lanes], vec![0.0; lanes]],
            product: vec![F::default(); size],
            square: vec![F::default(); if settings.by == By::Condition { size } else { 0 }],
        }
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        let [dominant, other] = &mut self.vectors;
        keeper.vector("dominant_vector", dominant);
        keeper.vector("other_vector", other);
        let [dominant, other] = &mut self.values;
        keeper.numbers("dominant", dominant);
        keeper.numbers("other", other);
    }

    /// One step with the Hessian known.
    pub(crate) fn step_exact(&mut self, x: &mut [F], gradient: &[F], hessian: &[F]) {
        for lane in 0..self.lanes {
            for (k, entry) in self.matrix.iter_mut().enumerate() {
                *entry = wide(hessian[k * self.lanes + lane]);
            }
            self.eigen.decompose(&self.matrix);
            let λ = &self.eigen.values;
            let scale = self.settings.measure(λ[0], λ[self.dim - 1], λ);
            self.descend(lane, scale, x, gradient);
        }
    }

    /// One step from Hessian-vector products: `multiply` writes H·v for all problems.
    pub(crate) fn step_power(
        &mut self,
        x: &mut [F],
        gradient: &[F],
        mut multiply: impl FnMut(&[F], &mut [F]) -> Result<(), SolveError>,
    ) -> Result<(), SolveError> {
        for _ in 0..self.settings.iterations {
            multiply(&self.vectors[0], &mut self.product)?;
            for lane in 0..self.lanes {
                self.refine(0, lane);
            }
        }
        let near_zero = self.settings.by == By::Condition;
        for _ in 0..self.settings.iterations {
            multiply(&self.vectors[1], &mut self.product)?;
            if near_zero {
                multiply(&self.product, &mut self.square)?;
            }
            for lane in 0..self.lanes {
                if near_zero {
                    self.refine_near_zero(lane);
                } else {
                    self.refine(1, lane);
                }
            }
        }
        for lane in 0..self.lanes {
            let (a, b) = (self.values[0][lane], self.values[1][lane]);
            let scale = self.settings.measure(a.min(b), a.max(b), &[a, b]);
            self.descend(lane, scale, x, gradient);
        }
        Ok(())
    }

    /// From v, Hv and H²v to ‖Hv‖, an estimate of min|λ|, and the next v: the dominant eigenvector of λ²I − H², λ the dominant
    /// eigenvalue of H, belongs to the eigenvalue of H nearest to zero.
    fn refine_near_zero(&mut self, lane: usize) {
        let lanes = self.lanes;
        let shift = self.values[0][lane].powi(2);
        let vector = &mut self.vectors[1];
        let next = |v: F, hhv: F| shift * wide(v) - wide(hhv);
        let (mut product, mut square) = (0.0, 0.0);
        for at in (0..self.dim).map(|j| j * lanes + lane) {
            product += wide(self.product[at]).powi(2);
            square += next(vector[at], self.square[at]).powi(2);
        }
        self.values[1][lane] = product.sqrt();
        if !square.is_normal() {
            // All eigenvalues have the same size, or the Hessian is not finite: keep v.
            return;
        }
        let length = square.sqrt();
        for at in (0..self.dim).map(|j| j * lanes + lane) {
            vector[at] = narrow(next(vector[at], self.square[at]) / length);
        }
    }

    /// From v and Hv to the Rayleigh quotient vᵀHv and the next v, which is (H − shift·I)v scaled to length 1. The dominant
    /// eigenvalue λ is one end of the spectrum; the dominant one of H − λI leads to the other.
    fn refine(&mut self, end: usize, lane: usize) {
        let lanes = self.lanes;
        let shift = if end == 0 { 0.0 } else { self.values[0][lane] };
        let vector = &mut self.vectors[end];
        let (mut quotient, mut square) = (0.0, 0.0);
        for at in (0..self.dim).map(|j| j * lanes + lane) {
            let (v, hv) = (wide(vector[at]), wide(self.product[at]));
            quotient += v * hv;
            square += (hv - shift * v).powi(2);
        }
        self.values[end][lane] = quotient;
        if !square.is_normal() {
            // v is an eigenvector of a vanishing eigenvalue, or the Hessian is not finite: keep it.
            return;
        }
        let length = square.sqrt();
        for at in (0..self.dim).map(|j| j * lanes + lane) {
            vector[at] = narrow((wide(self.product[at]) - shift * wide(vector[at])) / length);
        }
    }

    fn descend(&self, lane: usize, scale: f64, x: &mut [F], gradient: &[F]) {
        let rate = self.settings.lr / (scale + self.settings.eps);
        for at in (0..self.dim).map(|j| j * self.lanes + lane) {
            x[at] = narrow(wide(x[at]) - rate * wide(gradient[at]));
        }
    }
}

/// A fixed random direction of length 1, the same for every problem.
fn beginning<F: Scalar>(stream: u64, dim: usize, lanes: usize) -> Vec<F> {
    let component = |j: usize| normals(words(0, Purpose::Directions, stream, 0, j as u32))[0];
    let length = (0..dim).map(|j| component(j).powi(2)).sum::<f64>().sqrt();
    (0..dim * lanes).map(|at| narrow(component(at / lanes) / length)).collect()
}
