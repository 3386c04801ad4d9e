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
    /// ∇f − Jᵀλ, where it is looked at.
    rest: Vec<f64>,
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
    /// Whether the gradient in `out` is that of this point.
    has_gradient: bool,
}

impl<F: Scalar> Point<F> {
    /// A place for a point.
    pub(super) fn blank(dim: usize, count: usize) -> Self {
        let zeros = |n| vec![0.0; n];
        let out = vec![F::default(); dim + 1];
        let (c, j) = (zeros(count), zeros(dim * count));
        Point { x: zeros(dim), f: 0.0, g: zeros(dim), c, j, out, has_gradient: false }
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        let Point { x, f, g, c, j, out, has_gradient } = other;
        (self.f, self.has_gradient) = (*f, *has_gradient);
        for (to, from) in [(&mut self.x, x), (&mut self.g, g), (&mut self.c, c), (&mut self.j, j)] {
            to.copy_from_slice(from);
        }
        self.out.copy_from_slice(out);
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
            rest: vec![0.0; dim],
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

    /// Makes second derivatives ready, which [`hessian`](Self::hessian) needs.
    pub(super) fn prepare(&mut self) -> Result<(), SolveError> {
        self.matrix.resize(self.dim() * self.dim(), F::default());
        self.functions.prepare()
    }

    /// Scales the problem by what it is at the start; `false` if something is not finite there.
    pub(super) fn begin(&mut self, x: &[F], out: &[F], to: &mut Point<F>) -> Result<bool, SolveError> {
        self.x.copy_from_slice(x);
        to.out.copy_from_slice(out);
        if !self.complete(to)? {
            return Ok(false);
        }
        let factor = |gradient: &[f64]| {
            let largest = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            if largest > LARGEST_GRADIENT { (LARGEST_GRADIENT / largest).max(SMALLEST_SCALE) } else { 1.0 }
        };
        self.scale = factor(&to.g);
        for (i, row) in to.j.chunks_exact(self.dim()).enumerate() {
            self.scales[i] = factor(row);
            let (low, high) = self.functions.ends[i];
            self.ends[i] = (low * self.scales[i], high * self.scales[i]);
        }
        self.complete(to)
    }

    /// Everything at `self.x`, of which the objective is known already; whether it is finite.
    fn complete(&mut self, to: &mut Point<F>) -> Result<bool, SolveError> {
        to.has_gradient = true;
        to.x.iter_mut().zip(&self.x).for_each(|(to, &x)| *to = wide(x));
        self.functions.evaluate(&to.x, &mut to.c, &mut to.j)?;
        Ok(self.scale_values(to) & self.scale_slopes(to))
    }

    /// Value and functions in the units of the scaled problem; whether they are finite.
    fn scale_values(&self, to: &mut Point<F>) -> bool {
        to.f = self.scale * wide(to.out[0]);
        to.c.iter_mut().zip(&self.scales).for_each(|(c, scale)| *c *= scale);
        to.f.is_finite() && to.c.iter().all(|v| v.is_finite())
    }

    /// Gradient and Jacobian in the units of the scaled problem; whether they are finite.
    fn scale_slopes(&self, to: &mut Point<F>) -> bool {
        to.g.iter_mut().zip(&to.out[1..]).for_each(|(to, &g)| *to = self.scale * wide(g));
        for (row, scale) in to.j.chunks_exact_mut(self.dim()).zip(&self.scales) {
            for entry in row {
                *entry *= scale;
            }
        }
        to.g.iter().chain(&to.j).all(|v| v.is_finite())
    }

    /// `self.x ←` x + step·d, brought within the bounds.
    fn place(&mut self, (x, step, d): (&[f64], f64, &[f64])) {
        for (i, own) in self.x.iter_mut().enumerate() {
            let (low, high) = self.bounds[i];
            *own = narrow((x[i] + step * d[i]).max(low).min(high));
        }
    }

    /// `to ←` everything at x + step·d, brought within the bounds; `false` if something is not finite there.
    pub(super) fn visit(
        &mut self,
        oracle: &mut impl Oracle<F>,
        along: (&[f64], f64, &[f64]),
        to: &mut Point<F>,
    ) -> Result<bool, SolveError> {
        self.place(along);
        oracle.slope(&self.x, &mut to.out)?;
        self.complete(to)
    }

    /// As [`visit`](Self::visit), but value and functions alone: enough to refuse a trial. [`learn`](Self::learn) tells the rest.
    pub(super) fn look(
        &mut self,
        oracle: &mut impl Oracle<F>,
        along: (&[f64], f64, &[f64]),
        to: &mut Point<F>,
    ) -> Result<bool, SolveError> {
        self.place(along);
        to.has_gradient = oracle.value(&self.x, &mut to.out)?;
        to.x.iter_mut().zip(&self.x).for_each(|(to, &x)| *to = wide(x));
        self.functions.values(&to.x, &mut to.c, &mut to.j)?;
        Ok(self.scale_values(to))
    }

    /// Gradient and Jacobian of a point that was looked at; `false` if something is not finite there.
    pub(super) fn learn(
        &mut self,
        oracle: &mut impl Oracle<F>,
        at: &mut Point<F>,
    ) -> Result<bool, SolveError> {
        if !at.has_gradient {
            self.x.iter_mut().zip(&at.x).for_each(|(own, &x)| *own = narrow(x));
            oracle.gradient(&self.x, &mut at.out)?;
            at.has_gradient = true;
        }
        self.functions.slopes(&at.x, &mut at.c, &mut at.j)?;
        Ok(self.scale_slopes(at))
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
    pub(super) fn outside(&self, c: &[f64]) -> impl Iterator<Item = f64> {
        c.iter().zip(&self.ends).map(|(c, (low, high))| c - c.max(*low).min(*high))
    }

    /// ‖v‖ of these.
    pub(super) fn distance(&self, c: &[f64]) -> f64 {
        self.outside(c).map(|v| v * v).sum::<f64>().sqrt()
    }

    /// The largest of these, beside the end where that is beyond 1.
    pub(super) fn violation(&self, point: &Point<F>) -> f64 {
        self.outside(&point.c).zip(&self.ends).fold(0.0_f64, |most, (v, (low, high))| {
            let end = if v < 0.0 { low } else { high };
            if v == 0.0 { most } else { most.max(v.abs() / end.abs().max(1.0)) }
        })
    }

    /// As [`violation`](Self::violation), of the functions as they were given.
    pub(super) fn own_violation(&self, point: &Point<F>) -> f64 {
        self.outside(&point.c).zip(&self.scales).fold(0.0_f64, |most, (v, s)| most.max(v.abs() / s))
    }

    /// `z ←` the multipliers of bounds that are held exactly: what a projected step against ∇f − Jᵀλ would have taken back.
    pub(super) fn held_by_bounds(&mut self, point: &Point<F>, duals: &mut Duals) {
        gradient_of_lagrangian(point, &duals.λ, &mut self.rest);
        for (i, z) in duals.z.iter_mut().enumerate() {
            let ((low, high), x, r) = (self.bounds[i], point.x[i], self.rest[i]);
            *z = r - (x - (x - r).max(low).min(high));
        }
    }

    /// max |∇f − Jᵀλ − z|.
    pub(super) fn left(&mut self, point: &Point<F>, duals: &Duals) -> f64 {
        left_of(point, duals, &mut self.rest)
    }

    pub(super) fn residuals(&mut self, point: &Point<F>, duals: &Duals) -> Residuals {
        let sum: f64 = duals.λ.iter().chain(&duals.z).map(|v| v.abs()).sum();
        let mean = sum / (duals.λ.len() + duals.z.len()) as f64;
        let unit = (mean / 100.0).max(1.0);
        let stationarity = self.left(point, duals);
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

    /// What [`left`](Self::left) gives, in the units of the objective.
    pub(super) fn own_stationarity(&self, left: f64) -> f64 {
        left / self.scale
    }

    /// Multipliers of the problem as it was given.
    pub(super) fn own_duals(&self, duals: &Duals) -> Duals {
        Duals {
            λ: duals.λ.iter().zip(&self.scales).map(|(λ, s)| λ * s / self.scale).collect(),
            z: duals.z.iter().map(|z| z / self.scale).collect(),
        }
    }

    /// Whether no small step makes the violation smaller, though there is one: ½‖v‖² is stationary within the bounds.
    pub(super) fn is_stuck_outside(&mut self, point: &Point<F>, tolerance: f64) -> bool {
        let size = self.outside(&point.c).fold(0.0_f64, |most, v| most.max(v.abs()));
        // Far away the functions are rounding.
        let rounding = 1e-12 * largest(&point.x) * largest(&point.j);
        if size <= tolerance.max(1e-6) + rounding {
            return false;
        }
        let mut slope = std::mem::take(&mut self.rest);
        slope.fill(0.0);
        for (row, v) in point.j.chunks_exact(slope.len()).zip(self.outside(&point.c)) {
            add(row, v, &mut slope);
        }
        let left = slope.iter().zip(&point.x).zip(&self.bounds);
        let left = left
            .fold(0.0_f64, |most, ((s, x), (low, high))| most.max((x - (x - s).max(*low).min(*high)).abs()));
        self.rest = slope;
        left <= 1e-6 * size.min(1.0)
    }
}

/// max |∇f − Jᵀλ − z|; `rest` is room for ∇f − Jᵀλ.
pub(super) fn left_of<F>(point: &Point<F>, duals: &Duals, rest: &mut [f64]) -> f64 {
    gradient_of_lagrangian(point, &duals.λ, rest);
    rest.iter().zip(&duals.z).fold(0.0_f64, |most, (r, z)| most.max((r - z).abs()))
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

/// `to ← to + factor·a`.
pub(super) fn add(a: &[f64], factor: f64, to: &mut [f64]) {
    if factor != 0.0 {
        to.iter_mut().zip(a).for_each(|(to, a)| *to += factor * a);
    }
}

/// `to ← to + factor·Aᵀv`, A row by row.
pub(super) fn add_transposed(a: &[f64], v: &[f64], factor: f64, to: &mut [f64]) {
    for (row, v) in a.chunks_exact(to.len()).zip(v) {
        add(row, factor * v, to);
    }
}

/// `to ← A·v`, A row by row.
pub(super) fn times(a: &[f64], v: &[f64], to: &mut [f64]) {
    for (to, row) in to.iter_mut().zip(a.chunks_exact(v.len())) {
        *to = dot(row, v);
    }
}

/// `to ← ∇f − Jᵀλ`.
pub(super) fn gradient_of_lagrangian<F>(point: &Point<F>, λ: &[f64], to: &mut [f64]) {
    to.copy_from_slice(&point.g);
    add_transposed(&point.j, λ, -1.0, to);
}

/// `to ← x + step·d`.
pub(super) fn along(x: &[f64], step: f64, d: &[f64], to: &mut [f64]) {
    for ((to, x), d) in to.iter_mut().zip(x).zip(d) {
        *to = x + step * d;
    }
}
