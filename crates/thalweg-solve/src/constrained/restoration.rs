//! [`restore`]: a step towards less violation, whatever becomes of the value.

use super::barrier::{Iterate, Pair, Step, gaps};
use super::problem::{Problem, add_transposed, dot, norm};
use super::symmetric::Symmetric;
use crate::objective::Oracle;
use crate::{Scalar, SolveError};

/// The damping beside the diagonal of the system, from nearly Gauss and Newton's step to nearly the steepest.
const DAMPING: [f64; 4] = [1e-8, 1e-3, 1.0, 1e3];

/// Trials for each damping.
const TRIALS: u32 = 30;

/// One step of Levenberg and Marquardt's on ½‖c − s‖² in variables and slacks, scaled by the distances to their bounds; `None` where
/// that is stationary.
pub(super) fn restore<F: Scalar>(
    problem: &mut Problem<F>,
    oracle: &mut impl Oracle<F>,
    now: &Iterate<F>,
) -> Result<Option<Iterate<F>>, SolveError> {
    let (n, m) = (now.point.x.len(), now.s.len());
    let e = now.equations();
    let scale = |value: f64, ends: (f64, f64)| {
        let (low, high) = gaps(value, ends);
        if ends.0 == ends.1 { 0.0 } else { low.min(high).min(value.abs().max(1.0)) }
    };
    let scale_x: Vec<f64> =
        now.point.x.iter().zip(&problem.bounds).map(|(x, ends)| scale(*x, *ends)).collect();
    let scale_s: Vec<f64> = now.s.iter().zip(now.ends.iter()).map(|(s, ends)| scale(*s, *ends)).collect();
    let rows: Vec<f64> = now.point.j.iter().enumerate().map(|(k, j)| j * scale_x[k % n]).collect();
    let mut normal = vec![0.0; m * m];
    let mut most = 0.0_f64;
    for i in 0..m {
        for k in 0..m {
            normal[i * m + k] = dot(&rows[i * n..(i + 1) * n], &rows[k * n..(k + 1) * n]);
        }
        normal[i * (m + 1)] += scale_s[i] * scale_s[i];
        most = most.max(normal[i * (m + 1)]);
    }
    let size = norm(&e);
    for damping in DAMPING {
        let mut damped = normal.clone();
        for entry in damped.iter_mut().step_by(m + 1) {
            *entry += damping * most.max(1e-12);
        }
        let Some(system) = Symmetric::factorise(&damped, m) else { return Ok(None) };
        let u = system.solve(&e);
        let mut x = vec![0.0; n];
        add_transposed(&rows, &u, -1.0, &mut x);
        for (x, scale) in x.iter_mut().zip(&scale_x) {
            *x *= scale;
        }
        let s: Vec<f64> = u.iter().zip(&scale_s).map(|(u, scale)| u * scale * scale).collect();
        // The slope of ½‖e‖² along the step.
        let slope: f64 = {
            let mut gradient = vec![0.0; n];
            add_transposed(&now.point.j, &e, 1.0, &mut gradient);
            dot(&gradient, &x) - dot(&e, &s)
        };
        if slope.is_nan() || slope >= -1e-14 * size * size {
            continue;
        }
        let step = Step { x, s, y: Vec::new(), z: Pair::default(), v: Pair::default() };
        let mut length = now.longest(problem, &step, 0.99);
        for _ in 0..TRIALS {
            if let Some(next) = now.moved(problem, oracle, &step, length)? {
                let then = norm(&next.equations());
                if then * then <= size * size + 1e-4 * 2.0 * length * slope {
                    return Ok(Some(next));
                }
            }
            length *= 0.4;
        }
    }
    Ok(None)
}
