//! [`Restoration`]: a step towards less violation, whatever becomes of the value.

use super::barrier::{Iterate, gaps};
use super::problem::{Problem, add_transposed, dot, norm};
use super::symmetric::Symmetric;
use crate::objective::Oracle;
use crate::{Scalar, SolveError};

/// The damping beside the diagonal of the system, from nearly Gauss and Newton's step to nearly the steepest.
const DAMPING: [f64; 4] = [1e-8, 1e-3, 1.0, 1e3];

/// Trials for each damping.
const TRIALS: u32 = 30;

/// Room for such steps.
pub(super) struct Restoration {
    /// c − s.
    e: Vec<f64>,
    scale_x: Vec<f64>,
    scale_s: Vec<f64>,
    rows: Vec<f64>,
    normal: Vec<f64>,
    damped: Vec<f64>,
    system: Symmetric,
    u: Vec<f64>,
    x: Vec<f64>,
    s: Vec<f64>,
    /// The gradient of ½‖e‖².
    gradient: Vec<f64>,
}

impl Restoration {
    pub(super) fn new(dim: usize, count: usize) -> Self {
        let zeros = |n| vec![0.0; n];
        Restoration {
            e: zeros(count),
            scale_x: zeros(dim),
            scale_s: zeros(count),
            rows: zeros(dim * count),
            normal: zeros(count * count),
            damped: zeros(count * count),
            system: Symmetric::new(count),
            u: zeros(count),
            x: zeros(dim),
            s: zeros(count),
            gradient: zeros(dim),
        }
    }

    /// `next ←` one step of Levenberg and Marquardt's on ½‖c − s‖² in variables and slacks, scaled by the distances to their bounds; `false`
    /// where that is stationary.
    pub(super) fn restore<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
        next: &mut Iterate<F>,
    ) -> Result<bool, SolveError> {
        let (n, m) = (now.point.x.len(), now.s.len());
        let scale = |value: f64, ends: (f64, f64)| {
            let (low, high) = gaps(value, ends);
            if ends.0 == ends.1 { 0.0 } else { low.min(high).min(value.abs().max(1.0)) }
        };
        self.e.iter_mut().zip(now.equations()).for_each(|(to, e)| *to = e);
        for (i, to) in self.scale_x.iter_mut().enumerate() {
            *to = scale(now.point.x[i], problem.bounds[i]);
        }
        for (i, to) in self.scale_s.iter_mut().enumerate() {
            *to = scale(now.s[i], now.ends[i]);
        }
        for (k, (row, j)) in self.rows.iter_mut().zip(&now.point.j).enumerate() {
            *row = j * self.scale_x[k % n];
        }
        let (rows, normal) = (&self.rows, &mut self.normal);
        let mut most = 0.0_f64;
        for i in 0..m {
            for k in 0..m {
                normal[i * m + k] = dot(&rows[i * n..(i + 1) * n], &rows[k * n..(k + 1) * n]);
            }
            normal[i * (m + 1)] += self.scale_s[i] * self.scale_s[i];
            most = most.max(normal[i * (m + 1)]);
        }
        self.gradient.fill(0.0);
        add_transposed(&now.point.j, &self.e, 1.0, &mut self.gradient);
        let size = norm(&self.e);
        for damping in DAMPING {
            self.damped.copy_from_slice(&self.normal);
            for entry in self.damped.iter_mut().step_by(m + 1) {
                *entry += damping * most.max(1e-12);
            }
            if !self.system.factorise(&self.damped) {
                return Ok(false);
            }
            self.u.copy_from_slice(&self.e);
            self.system.solve(&mut self.u);
            self.x.fill(0.0);
            add_transposed(&self.rows, &self.u, -1.0, &mut self.x);
            self.x.iter_mut().zip(&self.scale_x).for_each(|(x, scale)| *x *= scale);
            for (s, (u, scale)) in self.s.iter_mut().zip(self.u.iter().zip(&self.scale_s)) {
                *s = u * scale * scale;
            }
            // The slope of ½‖e‖² along the step.
            let slope = dot(&self.gradient, &self.x) - dot(&self.e, &self.s);
            if slope.is_nan() || slope >= -1e-14 * size * size {
                continue;
            }
            let mut length = now.longest(problem, (&self.x, &self.s), 0.99);
            for _ in 0..TRIALS {
                if now.moved(problem, oracle, (length, &self.x, &self.s), next)? {
                    let then = next.equations().map(|e| e * e).sum::<f64>().sqrt();
                    let enough = then * then <= size * size + 1e-4 * 2.0 * length * slope;
                    if enough && problem.learn(oracle, &mut next.point)? {
                        return Ok(true);
                    }
                }
                length *= 0.4;
            }
        }
        Ok(false)
    }
}
