//! [`Problem`]: objective, functions and bounds of one run, scaled, and how far a point is from a minimum of it.
//!
//! Objective and functions are divided by what brings their gradients at the start down to 100, if they are larger (Wächter and Biegler
//! 2006, section 3.8). Everything below this file works on the scaled problem in `f64`; multipliers are scaled back at the end.

use super::functions::Functions;
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::scalar::{narrow, wide};
use crate::{Bounds, Constraint, Scalar, SolveError};

/// Gradients at the start are scaled down to this.
const LARGEST_GRADIENT: f64 = 100.0;

/// No function is scaled by less.
const SMALLEST_SCALE: f64 = 1e-8;

/// Coordinates beyond this have left every minimum behind.
pub(super) const FAR: f64 = 1e15;

pub(crate) struct Problem<F> {
    functions: Functions,
    /// Ends of the functions.
    pub(super) ends: Vec<(f64, f64)>,
    /// Bounds of the variables.
    pub(super) bounds: Vec<(f64, f64)>,
    scale: f64,
    scales: Vec<f64>,
    /// Whether the objective has a Hessian and all functions theirs.
    pub(super) has_hessian: bool,
    x: Vec<F>,
    matrix: Vec<F>,
    weights: Vec<f64>,
}

/// What is known at a point of the scaled problem.
#[derive(Debug, Clone)]
pub(super) struct Point<F> {
    pub(super) x: Vec<f64>,
    pub(super) f: f64,
    /// ∇f.
    pub(super) g: Vec<f64>,
    /// The functions.
    pub(super) c: Vec<f64>,
    /// Their Jacobian, row by row.
    pub(super) j: Vec<f64>,
    /// Value and gradient of the objective as it gave them.
    pub(super) out: Vec<F>,
}

impl<F: Scalar> Point<F> {
    /// A place for a point to be restored.
    pub(super) fn blank(dim: usize, count: usize) -> Self {
        let zeros = |n| vec![0.0; n];
        let out = vec![F::default(); dim + 1];
        Point { x: zeros(dim), f: 0.0, g: zeros(dim), c: zeros(count), j: zeros(dim * count), out }
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.numbers("x", &mut self.x);
        keeper.number("f", &mut self.f);
        keeper.numbers("g", &mut self.g);
        keeper.numbers("c", &mut self.c);
        keeper.numbers("j", &mut self.j);
        keeper.vector("out", &mut self.out);
    }
}

/// Multipliers of the functions and of the bounds: ∇f = Jᵀλ + z where a run is at rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Duals {
    pub(super) λ: Vec<f64>,
    pub(super) z: Vec<f64>,
}

/// How far a point is from the conditions of Karush, Kuhn and Tucker.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Residuals {
    /// max |∇f − Jᵀλ − z|, multipliers beyond 100 taken for a unit.
    pub(super) stationarity: f64,
    /// How far functions and variables are outside of their ends.
    pub(super) violation: f64,
    /// The largest of a multiplier times the distance to its end.
    pub(super) complementarity: f64,
}

impl Residuals {
    pub(super) fn largest(&self) -> f64 {
        self.stationarity.max(self.violation).max(self.complementarity)
    }
}

impl<F: Scalar> Problem<F> {
    pub(super) fn new(
        constraints: &[Constraint],
        bounds: Option<&Bounds>,
        dim: usize,
        objective_has_hessian: bool,
    ) -> Result<Self, SolveError> {
        let functions = Functions::new(constraints, dim)?;
        let ends = functions.ends.clone();
        let whole = (f64::NEG_INFINITY, f64::INFINITY);
        Ok(Problem {
            has_hessian: objective_has_hessian && functions.has_hessian,
            scale: 1.0,
            scales: vec![1.0; ends.len()],
            bounds: (0..dim).map(|i| bounds.map_or(whole, |bounds| bounds.interval(i))).collect(),
            x: vec![F::default(); dim],
            matrix: Vec::new(),
            weights: vec![0.0; ends.len()],
            functions,
            ends,
        })
    }

    pub(super) fn dim(&self) -> usize {
        self.bounds.len()
    }

    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.number("scale", &mut self.scale);
        keeper.numbers("scales", &mut self.scales);
        for ((scaled, own), scale) in self.ends.iter_mut().zip(&self.functions.ends).zip(&self.scales) {
            *scaled = (own.0 * scale, own.1 * scale);
        }
    }

    /// Scales the problem by what it is at the start.
    pub(super) fn begin(&mut self, x: &[F], out: &[F]) -> Result<Option<Point<F>>, SolveError> {
        let Some(point) = self.known(x, out)? else { return Ok(None) };
        let factor = |gradient: &[f64]| {
            let largest = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            if largest > LARGEST_GRADIENT { (LARGEST_GRADIENT / largest).max(SMALLEST_SCALE) } else { 1.0 }
        };
        self.scale = factor(&point.g);
        for (i, row) in point.j.chunks_exact(self.dim()).enumerate() {
            self.scales[i] = factor(row);
            let (low, high) = self.functions.ends[i];
            self.ends[i] = (low * self.scales[i], high * self.scales[i]);
        }
        self.known(x, out)
    }

    /// A point where the objective is known already.
    fn known(&mut self, x: &[F], out: &[F]) -> Result<Option<Point<F>>, SolveError> {
        let (n, m) = (self.dim(), self.count());
        let mut point = Point {
            x: x.iter().map(|&x| wide(x)).collect(),
            f: self.scale * wide(out[0]),
            g: out[1..].iter().map(|&g| self.scale * wide(g)).collect(),
            c: vec![0.0; m],
            j: vec![0.0; m * n],
            out: out.to_vec(),
        };
        self.functions.evaluate(&point.x, &mut point.c, &mut point.j)?;
        for (i, scale) in self.scales.iter().enumerate() {
            point.c[i] *= scale;
            for entry in &mut point.j[i * n..(i + 1) * n] {
                *entry *= scale;
            }
        }
        let finite = |numbers: &[f64]| numbers.iter().all(|v| v.is_finite());
        let sound = point.f.is_finite() && finite(&point.g) && finite(&point.c) && finite(&point.j);
        Ok(sound.then_some(point))
    }

    /// Everything at x, brought within the bounds; `None` if something is not finite there.
    pub(super) fn visit(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[f64],
    ) -> Result<Option<Point<F>>, SolveError> {
        for ((own, &x), &(low, high)) in self.x.iter_mut().zip(x).zip(&self.bounds) {
            *own = narrow(x.max(low).min(high));
        }
        let mut out = vec![F::default(); self.dim() + 1];
        oracle.slope(&self.x, &mut out)?;
        let x = self.x.clone();
        self.known(&x, &out)
    }

    /// ∇²f − Σ λᵢ∇²cᵢ; whether it is finite.
    pub(super) fn hessian(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[f64],
        λ: &[f64],
        h: &mut [f64],
    ) -> Result<bool, SolveError> {
        for (own, &x) in self.x.iter_mut().zip(x) {
            *own = narrow(x);
        }
        self.matrix.resize(h.len(), F::default());
        oracle.hessian(&self.x, &mut self.matrix)?;
        for (h, &own) in h.iter_mut().zip(&self.matrix) {
            *h = self.scale * wide(own);
        }
        for ((weight, λ), scale) in self.weights.iter_mut().zip(λ).zip(&self.scales) {
            *weight = -λ * scale;
        }
        self.functions.add_curvature(x, &self.weights, h)?;
        Ok(h.iter().all(|v| v.is_finite()))
    }

    /// How far each function is outside of its ends: negative below.
    pub(super) fn outside(&self, c: &[f64]) -> Vec<f64> {
        c.iter().zip(&self.ends).map(|(c, (low, high))| c - c.max(*low).min(*high)).collect()
    }

    /// The largest of these, beside the end where that is beyond 1.
    pub(super) fn violation(&self, point: &Point<F>) -> f64 {
        let pairs = self.outside(&point.c).into_iter().zip(&self.ends);
        pairs.fold(0.0_f64, |most, (v, (low, high))| {
            let end = if v < 0.0 { low } else { high };
            if v == 0.0 { most } else { most.max(v.abs() / end.abs().max(1.0)) }
        })
    }

    /// As [`violation`](Self::violation), of the functions as they were given.
    pub(super) fn own_violation(&self, point: &Point<F>) -> f64 {
        self.outside(&point.c).iter().zip(&self.scales).fold(0.0_f64, |most, (v, s)| most.max(v.abs() / s))
    }

    /// z where the bounds are held exactly: what a projected step against ∇f − Jᵀλ would have taken back.
    pub(super) fn held_by_bounds(&self, point: &Point<F>, λ: &[f64]) -> Vec<f64> {
        let rest = gradient_of_lagrangian(point, λ);
        let held =
            |((r, x), (low, high)): ((&f64, &f64), &(f64, f64))| r - (x - (x - r).max(*low).min(*high));
        rest.iter().zip(&point.x).zip(&self.bounds).map(held).collect()
    }

    pub(super) fn residuals(&self, point: &Point<F>, duals: &Duals) -> Residuals {
        let rest = gradient_of_lagrangian(point, &duals.λ);
        let sum: f64 = duals.λ.iter().chain(&duals.z).map(|v| v.abs()).sum();
        let mean = sum / (duals.λ.len() + duals.z.len()) as f64;
        let unit = (mean / 100.0).max(1.0);
        let stationarity = rest.iter().zip(&duals.z).fold(0.0_f64, |most, (r, z)| most.max((r - z).abs()));
        let pairs = duals.λ.iter().zip(&point.c).zip(&self.ends);
        let pairs = pairs.chain(duals.z.iter().zip(&point.x).zip(&self.bounds));
        let complementarity = pairs.fold(0.0_f64, |most, ((dual, value), &(low, high))| {
            if low == high {
                return most;
            }
            // Beyond an end there is violation, not distance.
            let gap = if *dual > 0.0 { value - low } else { high - value }.max(0.0);
            // Infinite ends have no multiplier.
            let product = if gap.is_finite() { dual.abs() * gap } else { dual.abs() };
            most.max(product.min(dual.abs()).min(gap))
        });
        Residuals {
            stationarity: stationarity / unit,
            violation: self.violation(point),
            complementarity: complementarity / unit,
        }
    }

    /// max |∇f − Jᵀλ − z| in the units of the objective.
    pub(super) fn own_stationarity(&self, point: &Point<F>, duals: &Duals) -> f64 {
        let rest = gradient_of_lagrangian(point, &duals.λ);
        rest.iter().zip(&duals.z).fold(0.0_f64, |most, (r, z)| most.max((r - z).abs())) / self.scale
    }

    /// Multipliers of the problem as it was given.
    pub(super) fn own_duals(&self, duals: &Duals) -> Duals {
        Duals {
            λ: duals.λ.iter().zip(&self.scales).map(|(λ, s)| λ * s / self.scale).collect(),
            z: duals.z.iter().map(|z| z / self.scale).collect(),
        }
    }

    /// Whether no small step makes the violation smaller, though there is one: ½‖v‖² is stationary within the bounds.
    pub(super) fn is_stuck_outside(&self, point: &Point<F>, tolerance: f64) -> bool {
        let v = self.outside(&point.c);
        let size = largest(&v);
        // Far away the functions are rounding.
        let rounding = 1e-12 * largest(&point.x) * largest(&point.j);
        if size <= tolerance.max(1e-6) + rounding {
            return false;
        }
        let mut slope = vec![0.0; self.dim()];
        add_transposed(&point.j, &v, 1.0, &mut slope);
        let left = slope.iter().zip(&point.x).zip(&self.bounds);
        let left = left
            .fold(0.0_f64, |most, ((s, x), (low, high))| most.max((x - (x - s).max(*low).min(*high)).abs()));
        left <= 1e-6 * size.min(1.0)
    }
}

/// max |vᵢ|.
pub(super) fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0_f64, |most, v| most.max(v.abs()))
}

/// aᵀb.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ‖v‖.
pub(super) fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

/// `to ← to + factor·Aᵀv`, A row by row.
pub(super) fn add_transposed(a: &[f64], v: &[f64], factor: f64, to: &mut [f64]) {
    for (row, v) in a.chunks_exact(to.len()).zip(v) {
        if *v != 0.0 {
            for (to, a) in to.iter_mut().zip(row) {
                *to += factor * v * a;
            }
        }
    }
}

/// A·v, A row by row.
pub(super) fn times(a: &[f64], v: &[f64]) -> Vec<f64> {
    a.chunks_exact(v.len()).map(|row| dot(row, v)).collect()
}

/// ∇f − Jᵀλ.
pub(super) fn gradient_of_lagrangian<F>(point: &Point<F>, λ: &[f64]) -> Vec<f64> {
    let mut rest = point.g.clone();
    add_transposed(&point.j, λ, -1.0, &mut rest);
    rest
}

/// x + step·d.
pub(super) fn along(x: &[f64], step: f64, d: &[f64]) -> Vec<f64> {
    x.iter().zip(d).map(|(x, d)| x + step * d).collect()
}
