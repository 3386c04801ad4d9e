//! The method of Levenberg and Marquardt with Moré's scaling, and that of Gauss and Newton.

use super::LeastSquaresOptions;
use super::factor::{Factor, times, trust_step};
use super::problem::{Problem, State, moved, scaled_norm};
use crate::{SolveError, Status};

/// The first radius is this times the scaled length of the start.
const FIRST_RADIUS: f64 = 1.0;

/// Steps of least ‖f + J p‖ within ‖D p‖ ≤ Δ, D the largest lengths that the columns of J have had.
///
/// Source: Moré, *The Levenberg–Marquardt Algorithm: Implementation and Theory*, in Watson (ed.), Numerical Analysis, Springer
/// (1978).
pub(super) fn levenberg_marquardt(
    problem: &mut Problem<'_>,
    mut state: State,
    options: &LeastSquaresOptions,
) -> Result<(State, Status, usize), SolveError> {
    let positive = |d: f64| if d > 0.0 { d } else { 1.0 };
    let mut d: Vec<f64> = state.column_norms().into_iter().map(positive).collect();
    let length = scaled_norm(&d, &state.x);
    let mut radius = FIRST_RADIUS * if length > 0.0 { length } else { 1.0 };
    let mut lambda = 0.0;
    let mut first = true;
    for steps in 0..options.steps {
        if problem.interrupted(steps, &state) {
            return Ok((state, Status::Interrupted, steps));
        }
        if state.cosine() <= options.grad_tol {
            return Ok((state, Status::ConvergedGradient, steps));
        }
        loop {
            let (p, multiplier) = trust_step(&state.jacobian, &state.residuals, &d, radius, lambda);
            lambda = multiplier;
            let norm = scaled_norm(&d, &p);
            if first {
                radius = radius.min(norm);
                first = false;
            }
            let linear: f64 = times(&state.jacobian, &p).iter().map(|v| v * v).sum();
            let damping = lambda * norm * norm;
            let predicted = linear + 2.0 * damping;
            let x = moved(&state.x, &p);
            let (value, residuals) = problem.value(&x)?;
            let actual = if value.is_finite() { state.value - value } else { -f64::INFINITY };
            let ratio = if predicted > 0.0 { actual / predicted } else { 0.0 };
            if ratio <= 0.25 {
                // The minimum of the parabola through both values and the slope, within limits.
                let slope = -(linear + damping);
                let parabola = if actual >= 0.0 { 0.5 } else { 0.5 * slope / (slope + 0.5 * actual) };
                let shrink = if parabola.is_finite() { parabola.clamp(0.1, 0.5) } else { 0.1 };
                radius = shrink * radius.min(norm / 0.1);
                lambda /= shrink;
            } else if lambda == 0.0 || ratio >= 0.75 {
                radius = norm / 0.5;
                lambda *= 0.5;
            }
            let small = options.value_tol * state.value;
            let accepted = ratio >= 1e-4;
            let value_met = actual.abs() <= small && predicted <= small && ratio <= 2.0;
            if accepted {
                state = problem.state(x, value, residuals)?;
                if !state.is_finite() {
                    return Ok((state, Status::Diverged, steps + 1));
                }
                for (d, norm) in d.iter_mut().zip(state.column_norms()) {
                    *d = d.max(norm);
                }
            }
            if value_met {
                return Ok((state, Status::ConvergedValue, steps + 1));
            }
            if radius <= options.step_tol * scaled_norm(&d, &state.x) {
                return Ok((state, Status::ConvergedStep, steps + 1));
            }
            if accepted {
                break;
            }
            if problem.evaluations >= options.evaluations {
                return Ok((state, Status::MaxSteps, steps + 1));
            }
        }
    }
    Ok((state, Status::MaxSteps, options.steps))
}

/// Full steps of least ‖f + J p‖, halved until the value falls by a ten-thousandth of what its slope promises.
pub(super) fn gauss_newton(
    problem: &mut Problem<'_>,
    mut state: State,
    options: &LeastSquaresOptions,
) -> Result<(State, Status, usize), SolveError> {
    for steps in 0..options.steps {
        if problem.interrupted(steps, &state) {
            return Ok((state, Status::Interrupted, steps));
        }
        if state.cosine() <= options.grad_tol {
            return Ok((state, Status::ConvergedGradient, steps));
        }
        let rhs: Vec<f64> = state.residuals.iter().map(|f| -f).collect();
        let factor = Factor::new(&state.jacobian, &rhs, state.x.len(), true);
        let mut p = factor.solve(factor.rank());
        let slope: f64 = 2.0 * state.half_gradient.iter().zip(&p).map(|(g, p)| g * p).sum::<f64>();
        let mut share = 1.0;
        let (x, value, residuals) = loop {
            let x = moved(&state.x, &p);
            let (value, residuals) = problem.value(&x)?;
            if value <= state.value + 1e-4 * share * slope {
                break (x, value, residuals);
            }
            let ones = vec![1.0; p.len()];
            if scaled_norm(&ones, &p) <= f64::EPSILON * scaled_norm(&ones, &state.x) {
                return Ok((state, Status::ConvergedStep, steps));
            }
            if problem.evaluations >= options.evaluations {
                return Ok((state, Status::MaxSteps, steps));
            }
            share *= 0.5;
            for p in &mut p {
                *p *= 0.5;
            }
        };
        let fell = state.value - value;
        let small = p.iter().zip(&x).all(|(p, x)| p.abs() <= options.step_tol * x.abs());
        let before = state.value;
        state = problem.state(x, value, residuals)?;
        if !state.is_finite() {
            return Ok((state, Status::Diverged, steps + 1));
        }
        if fell <= options.value_tol * before && -slope <= options.value_tol * before {
            return Ok((state, Status::ConvergedValue, steps + 1));
        }
        if small {
            return Ok((state, Status::ConvergedStep, steps + 1));
        }
    }
    Ok((state, Status::MaxSteps, options.steps))
}
