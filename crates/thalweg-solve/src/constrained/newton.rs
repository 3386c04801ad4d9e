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
    system: Option<Symmetric>,
    /// Σ_s + δ; infinite for equations.
    slack: Vec<f64>,
    /// The last δ that was needed.
    last: f64,
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
        let size = dim + count;
        Newton { size, dim, matrix: vec![0.0; size * size], system: None, slack: vec![0.0; count], last: 0.0 }
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
        self.system = None;
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
        let Some(system) = Symmetric::factorise(&self.matrix, size) else { return false };
        let right = system.negative == size - n && !system.singular;
        self.system = Some(system);
        right
    }

    /// The step for functions at `e`, in place of c − s.
    pub(super) fn solve<F: Scalar>(
        &self,
        problem: &Problem<F>,
        now: &Iterate<F>,
        e: &[f64],
        μ: f64,
    ) -> Option<Step> {
        let system = self.system.as_ref()?;
        let (n, m) = (self.dim, e.len());
        let mut b = now.gradient(&now.y);
        for ((b, &ends), x) in b.iter_mut().zip(&problem.bounds).zip(&now.point.x) {
            let (low, high) = gaps(*x, ends);
            *b = if ends.0 == ends.1 { 0.0 } else { -(*b - μ / low + μ / high) };
        }
        let mut rest_s = vec![0.0; m];
        for i in 0..m {
            let (low, high) = gaps(now.s[i], now.ends[i]);
            rest_s[i] = -now.y[i] - μ / low + μ / high;
            b.push(if self.slack[i].is_finite() { -e[i] - rest_s[i] / self.slack[i] } else { -e[i] });
        }
        let mut solved = system.solve(&b);
        // Once refined.
        let left: Vec<f64> = b.iter().zip(times(&self.matrix, &solved)).map(|(b, ax)| b - ax).collect();
        for (x, d) in solved.iter_mut().zip(system.solve(&left)) {
            *x += d;
        }
        if solved.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let y = solved.split_off(n);
        let s: Vec<f64> = (0..m)
            .map(|i| if self.slack[i].is_finite() { (y[i] - rest_s[i]) / self.slack[i] } else { 0.0 })
            .collect();
        let duals = |values: &[f64], steps: &[f64], ends: &[(f64, f64)], own: &Pair| {
            let (mut low, mut high) = (Vec::with_capacity(steps.len()), Vec::with_capacity(steps.len()));
            for i in 0..steps.len() {
                let (below, above) = gaps(values[i], ends[i]);
                low.push(μ / below - own.low[i] - own.low[i] / below * steps[i]);
                high.push(μ / above - own.high[i] + own.high[i] / above * steps[i]);
            }
            Pair { low, high }
        };
        Some(Step {
            z: duals(&now.point.x, &solved, &problem.bounds, &now.z),
            v: duals(&now.s, &s, &now.ends, &now.v),
            x: solved,
            s,
            y,
        })
    }

    /// `y ←` the multipliers that leave least of the gradient of the Lagrangian; 0 where they are beyond reason.
    pub(super) fn estimate_multipliers<F: Scalar>(&self, problem: &Problem<F>, now: &mut Iterate<F>) {
        let (n, m) = (self.dim, now.s.len());
        if m == 0 {
            return;
        }
        let open = |i: usize| problem.bounds[i].0 < problem.bounds[i].1;
        let rest: Vec<f64> = (0..n)
            .map(|i| if open(i) { now.point.g[i] - now.z.low[i] + now.z.high[i] } else { 0.0 })
            .collect();
        let rows: Vec<f64> =
            now.point.j.iter().enumerate().map(|(k, entry)| if open(k % n) { *entry } else { 0.0 }).collect();
        let mut normal = vec![0.0; m * m];
        let mut b = times(&rows, &rest);
        for i in 0..m {
            for k in 0..m {
                normal[i * m + k] = dot(&rows[i * n..(i + 1) * n], &rows[k * n..(k + 1) * n]);
            }
            let slack = now.ends[i].0 < now.ends[i].1;
            normal[i * m + i] += if slack { 1.0 } else { 1e-10 };
            b[i] = -(b[i] + if slack { now.v.low[i] - now.v.high[i] } else { 0.0 });
        }
        let y = Symmetric::factorise(&normal, m).map(|system| system.solve(&b)).unwrap_or_default();
        let sound = y.len() == m && largest(&y) <= ESTIMATED && y.iter().all(|v| v.is_finite());
        now.y = if sound { y } else { vec![0.0; m] };
    }
}
