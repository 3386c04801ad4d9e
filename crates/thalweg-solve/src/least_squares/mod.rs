//! Least squares: parameters x that make Σ r(x)² small, or a loss of the residuals that outliers do not rule.
//!
//! [`least_squares`] takes [`Residuals`] (traced, written by hand, or those of a curve through data) and returns [`LeastSquares`] with
//! covariance and standard errors. What never lives here: fits by mini-batches, which are [`fit`](crate::fit()).

mod curve;
mod factor;
mod fitted;
mod levenberg;
mod loss;
mod problem;
mod reflective;
mod residuals;
mod student;
mod text;

pub use curve::CurveResiduals;
pub use fitted::{LeastSquares, Prediction};
pub use loss::Loss;
pub use residuals::{ClosureResiduals, Residuals, TracedResiduals};

use std::ops::ControlFlow;

use crate::error::check_point;
use crate::{Bounds, Observer, SolveError, State, Status};
use problem::Problem;

/// How the steps are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LeastSquaresMethod {
    /// Levenberg and Marquardt with Moré's scaling; with bounds, the reflective trust region.
    #[default]
    Automatic,
    /// Gauss and Newton with halved steps: for problems that are nearly linear.
    GaussNewton,
    /// Levenberg and Marquardt as a trust region with Moré's scaling.
    LevenbergMarquardt,
    /// The trust region of Branch, Coleman and Li, which turns steps back at bounds.
    Reflective,
}

/// How a least-squares run goes.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastSquaresOptions {
    /// The method.
    pub method: LeastSquaresMethod,
    /// What is summed over the residuals.
    pub loss: Loss,
    /// Where the parameters stay.
    pub bounds: Option<Bounds>,
    /// The most steps.
    pub steps: usize,
    /// The most evaluations of the residuals.
    pub evaluations: u64,
    /// Converged when the value falls, and was promised to fall, by at most this much of it.
    pub value_tol: f64,
    /// Converged when the parameters move, in their scales, by at most this much of them.
    pub step_tol: f64,
    /// Converged when the cosine of the angle between the residuals and each column of the Jacobian is at most this.
    pub grad_tol: f64,
}

impl Default for LeastSquaresOptions {
    fn default() -> Self {
        LeastSquaresOptions {
            method: LeastSquaresMethod::Automatic,
            loss: Loss::Squares,
            bounds: None,
            steps: 2000,
            evaluations: 20_000,
            value_tol: 1e-15,
            step_tol: 1e-12,
            grad_tol: 1e-13,
        }
    }
}

/// Minimises the sum of the squares of residuals, or of another [`Loss`] of them.
///
/// ```
/// use thalweg_landscape::Landscape;
/// use thalweg_solve::{LeastSquaresOptions, TracedResiduals, least_squares};
///
/// let problem = Landscape::parse("misra1a(start=1)")?;
/// let mut residuals = TracedResiduals::new(problem.residuals().unwrap())?;
/// let fit = least_squares(&mut residuals, problem.start(), &LeastSquaresOptions::default())?;
/// let certified = problem.regression().unwrap();
/// assert!((fit.x[0] / certified.parameters[0] - 1.0).abs() < 1e-9);
/// assert!((fit.standard_errors().unwrap()[0] / certified.deviations[0] - 1.0).abs() < 1e-7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The start has another number of coordinates than the problem or is not finite; bounds have another number of variables, or come
/// with a method that does not keep them; the loss has a scale that is not positive; the residuals cannot be computed.
pub fn least_squares(
    residuals: &mut dyn Residuals,
    start: &[f64],
    options: &LeastSquaresOptions,
) -> Result<LeastSquares, SolveError> {
    least_squares_observed(residuals, start, options, &mut |_: &State<'_, f64>| ControlFlow::Continue(()))
}

/// [`least_squares`], watched by an observer that sees the start and every step, and may end the run. The values it sees are sums of
/// losses.
///
/// # Errors
/// As [`least_squares`].
pub fn least_squares_observed(
    residuals: &mut dyn Residuals,
    start: &[f64],
    options: &LeastSquaresOptions,
    observer: &mut dyn Observer<f64>,
) -> Result<LeastSquares, SolveError> {
    check_point(|| "the start".to_owned(), start, residuals.dim())?;
    let scale = options.loss.scale();
    if !(scale > 0.0 && scale.is_finite()) {
        let found = scale.to_string();
        return Err(SolveError::Option { name: "the loss's scale", wanted: "positive and finite", found });
    }
    let method = match (options.method, &options.bounds) {
        (LeastSquaresMethod::Automatic, None) => LeastSquaresMethod::LevenbergMarquardt,
        (LeastSquaresMethod::Automatic, Some(_)) => LeastSquaresMethod::Reflective,
        (LeastSquaresMethod::GaussNewton, Some(_)) => {
            return Err(SolveError::Conflict { first: "bounds", second: "the method of Gauss and Newton" });
        }
        (LeastSquaresMethod::LevenbergMarquardt, Some(_)) => {
            return Err(SolveError::Conflict {
                first: "bounds",
                second: "the method of Levenberg and Marquardt",
            });
        }
        (method, _) => method,
    };
    let mut problem = Problem { residuals, loss: options.loss, evaluations: 0, jacobians: 0, observer };
    let limits = reflective::limits(start.len(), options.bounds.as_ref())?;
    let start = if method == LeastSquaresMethod::Reflective { limits.inside(start) } else { start.to_vec() };
    let (value, first) = problem.value(&start)?;
    let state = problem.state(start, value, first)?;
    let (state, status, steps) = if state.is_finite() {
        match method {
            LeastSquaresMethod::GaussNewton => levenberg::gauss_newton(&mut problem, state, options)?,
            LeastSquaresMethod::Reflective => reflective::reflective(&mut problem, state, &limits, options)?,
            _ => levenberg::levenberg_marquardt(&mut problem, state, options)?,
        }
    } else {
        (state, Status::Diverged, 0)
    };
    let (evaluations, jacobians) = (problem.evaluations, problem.jacobians);
    let mut raw = (vec![0.0; residuals.count()], state.jacobian);
    residuals.residuals(&state.x, &mut raw.0)?;
    residuals.jacobian(&state.x, &mut raw.1)?;
    Ok(LeastSquares {
        x: state.x,
        value: state.value,
        residuals: raw.0,
        jacobian: raw.1,
        loss: options.loss,
        status,
        steps,
        evaluations,
        jacobians,
    })
}
