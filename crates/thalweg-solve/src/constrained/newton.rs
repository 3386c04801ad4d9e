//! [`Newton`]: the linear system of an interior-point step, made to have the signs of a minimum.

use super::barrier::{Iterate, Pair, Step, gaps};
use super::problem::{Problem, dot, largest, times};
use super::symmetric::Symmetric;
use crate::Scalar;
use crate::checkpoint::Keeper;

/// Slacks are eliminated from the system, so it has a row for each variable and one for each function:
///
/// ```text
/// ⎡ W + Σ_x + δI   Jᵀ ⎤ ⎡ dx ⎤      ⎡ ∇φ + Jᵀy ⎤
/// ⎣ J             −D  ⎦ ⎣ dy ⎦ = −  ⎣ e + D r_s ⎦
/// ```
///
/// with D = (Σ_s + δ)⁻¹ for functions with a slack, and next to nothing for equations, against dependent ones.
pub(super) struct Newton {
    size: usize,
    dim: usize,
    matrix: Vec<f64>,
    system: Symmetric,
    /// Whether the system is factorised.
    ready: bool,
    /// Σ_s + δ; infinite for equations.
    slack: Vec<f64>,
    /// The last δ that was needed.
    last: f64,
    /// The right-hand side, its solution, and what that leaves.
    b: Vec<f64>,
    solved: Vec<f64>,
    left: Vec<f64>,
    /// What the slacks' part of the right-hand side is.
    rest: Vec<f64>,
    /// For estimates: J with zeros for fixed variables, and the normal equations.
    rows: Vec<f64>,
    normal: Vec<f64>,
    square: Symmetric,
}

/// First, least and most δ, and what it grows by the first time, later, and shrinks by.
const FIRST: f64 = 1e-4;
const LEAST: f64 = 1e-20;
const MOST: f64 = 1e40;
const GROW_FIRST: f64 = 100.0;
const GROW: f64 = 8.0;
const SHRINK: f64 = 1.0 / 3.0;

/// D of an equation.
const EQUATION: f64 = 1e-10;

/// Estimates of multipliers beyond this are worth nothing.
const ESTIMATED: f64 = 1e3;

impl Newton {
    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.number("last_shift", &mut self.last);
    }

    pub(super) fn new(dim: usize, count: usize) -> Self {
        let (size, zeros) = (dim + count, |n| vec![0.0; n]);
        Newton {
            size,
            dim,
            matrix: zeros(size * size),
            system: Symmetric::new(size),
            ready: false,
            slack: zeros(count),
            last: 0.0,
            b: zeros(size),
            solved: zeros(size),
            left: zeros(size),
            rest: zeros(count),
            rows: zeros(dim * count),
            normal: zeros(count * count),
            square: Symmetric::new(count),
        }
    }

    /// Factorises the system at an iterate with W the Hessian of the Lagrangian; `false` if no δ was enough.
    pub(super) fn factorise<F: Scalar>(&mut self, problem: &Problem<F>, now: &Iterate<F>, w: &[f64]) -> bool {
        if self.attempt(problem, now, w, 0.0) {
            return true;
        }
        let again = self.last > 0.0;
        let mut δ = if again { (SHRINK * self.last).max(LEAST) } else { FIRST };
        while δ <= MOST {
            if self.attempt(problem, now, w, δ) {
                self.last = δ;
                return true;
            }
            δ *= if again { GROW } else { GROW_FIRST };
        }
        self.ready = false;
        false
    }

    fn attempt<F: Scalar>(&mut self, problem: &Problem<F>, now: &Iterate<F>, w: &[f64], δ: f64) -> bool {
        let (n, size) = (self.dim, self.size);
        self.matrix.fill(0.0);
        for i in 0..n {
            let ends = problem.bounds[i];
            if ends.0 == ends.1 {
                self.matrix[i * size + i] = 1.0;
                continue;
            }
            for k in (0..n).filter(|&k| problem.bounds[k].0 < problem.bounds[k].1) {
                self.matrix[i * size + k] = w[i * n + k];
            }
            let (low, high) = gaps(now.point.x[i], ends);
            self.matrix[i * size + i] += now.z.low[i] / low + now.z.high[i] / high + δ;
        }
        for (r, row) in now.point.j.chunks_exact(n).enumerate() {
            let at = n + r;
            for i in (0..n).filter(|&i| problem.bounds[i].0 < problem.bounds[i].1) {
                self.matrix[at * size + i] = row[i];
                self.matrix[i * size + at] = row[i];
            }
            let ends = now.ends[r];
            let (low, high) = gaps(now.s[r], ends);
            let equation = ends.0 == ends.1;
            self.slack[r] =
                if equation { f64::INFINITY } else { now.v.low[r] / low + now.v.high[r] / high + δ };
            self.matrix[at * size + at] = if equation { -EQUATION } else { -1.0 / self.slack[r] };
        }
        let system = &mut self.system;
        self.ready = system.factorise(&self.matrix);
        self.ready && system.negative == size - n && !system.singular
    }

    /// `step ←` that for functions at `e`, in place of c − s; `false` if there is none.
    pub(super) fn solve<F: Scalar>(
        &mut self,
        problem: &Problem<F>,
        now: &Iterate<F>,
        e: &[f64],
        μ: f64,
        step: &mut Step,
    ) -> bool {
        if !self.ready {
            return false;
        }
        let (n, m) = (self.dim, e.len());
        let (of_x, of_y) = self.b.split_at_mut(n);
        now.gradient(&now.y, of_x);
        for ((b, &ends), x) in of_x.iter_mut().zip(&problem.bounds).zip(&now.point.x) {
            let (low, high) = gaps(*x, ends);
            *b = if ends.0 == ends.1 { 0.0 } else { -(*b - μ / low + μ / high) };
        }
        for i in 0..m {
            let (low, high) = gaps(now.s[i], now.ends[i]);
            self.rest[i] = -now.y[i] - μ / low + μ / high;
            of_y[i] = if self.slack[i].is_finite() { -e[i] - self.rest[i] / self.slack[i] } else { -e[i] };
        }
        self.solved.copy_from_slice(&self.b);
        self.system.solve(&mut self.solved);
        // Once refined.
        times(&self.matrix, &self.solved, &mut self.left);
        self.left.iter_mut().zip(&self.b).for_each(|(ax, b)| *ax = b - *ax);
        self.system.solve(&mut self.left);
        for (x, d) in self.solved.iter_mut().zip(&self.left) {
            *x += d;
        }
        if self.solved.iter().any(|v| !v.is_finite()) {
            return false;
        }
        step.x.copy_from_slice(&self.solved[..n]);
        step.y.copy_from_slice(&self.solved[n..]);
        for (i, s) in step.s.iter_mut().enumerate() {
            *s = if self.slack[i].is_finite() { (step.y[i] - self.rest[i]) / self.slack[i] } else { 0.0 };
        }
        let duals = |values: &[f64], steps: &[f64], ends: &[(f64, f64)], own: &Pair, to: &mut Pair| {
            for i in 0..steps.len() {
                let (below, above) = gaps(values[i], ends[i]);
                to.low[i] = μ / below - own.low[i] - own.low[i] / below * steps[i];
                to.high[i] = μ / above - own.high[i] + own.high[i] / above * steps[i];
            }
        };
        duals(&now.point.x, &step.x, &problem.bounds, &now.z, &mut step.z);
        duals(&now.s, &step.s, &now.ends, &now.v, &mut step.v);
        true
    }

    /// `y ←` the multipliers that leave least of the gradient of the Lagrangian; 0 where they are beyond reason.
    pub(super) fn estimate_multipliers<F: Scalar>(&mut self, problem: &Problem<F>, now: &mut Iterate<F>) {
        let (n, m) = (self.dim, now.s.len());
        if m == 0 {
            return;
        }
        let open = |i: usize| problem.bounds[i].0 < problem.bounds[i].1;
        let (rows, rest) = (&mut self.rows, &mut self.solved[..n]);
        for (i, rest) in rest.iter_mut().enumerate() {
            *rest = if open(i) { now.point.g[i] - now.z.low[i] + now.z.high[i] } else { 0.0 };
        }
        for (k, (row, entry)) in rows.iter_mut().zip(&now.point.j).enumerate() {
            *row = if open(k % n) { *entry } else { 0.0 };
        }
        times(rows, rest, &mut now.y);
        for i in 0..m {
            for k in 0..m {
                self.normal[i * m + k] = dot(&rows[i * n..(i + 1) * n], &rows[k * n..(k + 1) * n]);
            }
            let slack = now.ends[i].0 < now.ends[i].1;
            self.normal[i * m + i] += if slack { 1.0 } else { 1e-10 };
            now.y[i] = -(now.y[i] + if slack { now.v.low[i] - now.v.high[i] } else { 0.0 });
        }
        let solved = self.square.factorise(&self.normal);
        if solved {
            self.square.solve(&mut now.y);
        }
        if !(solved && largest(&now.y) <= ESTIMATED && now.y.iter().all(|v| v.is_finite())) {
            now.y.fill(0.0);
        }
    }
}
