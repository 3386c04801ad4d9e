//! The end of a run: [`Solution`], its [`Status`] and its [`History`].

use std::fmt;

use crate::checkpoint::Keeper;
use crate::{Choice, Scalar};

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The gradient is as small as asked for.
    ConvergedGradient,
    /// The value changed as little as asked for.
    ConvergedValue,
    /// The point moved as little as asked for.
    ConvergedStep,
    /// All steps were made.
    MaxSteps,
    /// All evaluations were made.
    MaxEvaluations,
    /// The time was up.
    MaxSeconds,
    /// A coordinate, the value or the gradient was no longer finite, or a descent came so far down that there is no minimum.
    Diverged,
    /// No step along the direction lowered the value.
    LineSearchFailed,
    /// An observer ended the run.
    Interrupted,
    /// Functions to hold cannot be held near this point: their violation is stationary, and not 0.
    Infeasible,
}

impl Status {
    /// The name in files and on the command line: `converged_gradient`, `max_steps`, ….
    pub fn as_str(self) -> &'static str {
        match self {
            Status::ConvergedGradient => "converged_gradient",
            Status::ConvergedValue => "converged_value",
            Status::ConvergedStep => "converged_step",
            Status::MaxSteps => "max_steps",
            Status::MaxEvaluations => "max_evaluations",
            Status::MaxSeconds => "max_seconds",
            Status::Diverged => "diverged",
            Status::LineSearchFailed => "line_search_failed",
            Status::Interrupted => "interrupted",
            Status::Infeasible => "infeasible",
        }
    }

    /// Whether a tolerance that was asked for has been met.
    pub fn converged(self) -> bool {
        matches!(self, Status::ConvergedGradient | Status::ConvergedValue | Status::ConvergedStep)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How often a function was asked for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evaluations {
    /// Values. Descents take each with a gradient, those of rejected trials too; `sqp` and `interior_point` take values
    /// alone first.
    pub value: u64,
    /// Gradients: one at the start and one a step or trial (where values are taken alone first, a step), more for a rule that takes gradients
    /// elsewhere, one for an average at the end.
    pub gradient: u64,
    /// Hessians.
    pub hessian: u64,
    /// Hessian-vector products.
    pub hessian_vector: u64,
}

impl Evaluations {
    pub(crate) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.count("values", &mut self.value, u64::MAX >> 1);
        keeper.count("gradients", &mut self.gradient, u64::MAX >> 1);
        keeper.count("hessians", &mut self.hessian, u64::MAX >> 1);
        keeper.count("hessian_vectors", &mut self.hessian_vector, u64::MAX >> 1);
    }
}

/// The end of a run from one start.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution<F> {
    /// Where the run was started.
    pub start: Vec<F>,
    /// The last iterate; of a diverged run, `best_x`. Of a rule that has better parameters than the last ones, such as their average,
    /// those, if the value there is finite and no tolerance was met before.
    pub x: Vec<F>,
    /// f(x).
    pub value: F,
    /// ‖∇f(x)‖, the Euclidean norm, of f alone even under a constraint.
    pub gradient_norm: F,
    /// Why the run ended.
    pub status: Status,
    /// The number of steps made.
    pub steps: usize,
    /// What was asked of the function.
    pub evaluations: Evaluations,
    /// Wall time; of a start run together with others, that of all of them.
    pub seconds: f64,
    /// The point with the lowest value seen; where that was not tracked, the last finite one. An average is seen once, at the end.
    pub best_x: Vec<F>,
    /// f(best_x).
    pub best_value: F,
    /// The Lagrange multiplier at the end, if there is one.
    pub multiplier: Option<F>,
    /// Multipliers of functions and bounds at the end, and how well the conditions hold, of the methods for functions.
    pub kkt: Option<Kkt<F>>,
    /// The method that was chosen and why, if none was asked for.
    pub choice: Option<Choice>,
    /// Every iterate, if asked for.
    pub history: Option<History<F>>,
}

/// How well the conditions of Karush, Kuhn and Tucker hold, and their multipliers.
///
/// ```text
/// ∇f(x) = J(x)ᵀλ + z
/// ```
///
/// with λ for the functions and z for the bounds; ≥ 0 at a lower end, ≤ 0 at an upper one, 0 in between. λᵢ is the change of the lowest
/// value for each unit that the end of cᵢ is raised by.
#[derive(Debug, Clone, PartialEq)]
pub struct Kkt<F> {
    /// λ: a list for each of [`Options::constraints`](crate::Options::constraints), empty for a box.
    pub multipliers: Vec<Vec<F>>,
    /// z: one for each variable.
    pub bounds: Vec<F>,
    /// By how much a function is outside of its ends, at most.
    pub violation: F,
    /// max |∇f − Jᵀλ − z|.
    pub stationarity: F,
}

/// Every iterate of a run, the start first: `steps + 1` entries.
#[derive(Debug, Clone, PartialEq)]
pub struct History<F> {
    /// The number of coordinates of a point.
    pub dim: usize,
    /// The points, one after the other.
    pub x: Vec<F>,
    /// f at each.
    pub value: Vec<F>,
    /// ‖∇f‖ at each.
    pub gradient_norm: Vec<F>,
    /// The seed that the noise came from.
    pub seed: u64,
}

impl<F: Scalar> History<F> {
    /// The number of iterates.
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Never true of a run's history: the start is always there.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// The iterate after `step` steps.
    pub fn point(&self, step: usize) -> &[F] {
        &self.x[step * self.dim..(step + 1) * self.dim]
    }

    /// All iterates in order.
    pub fn points(&self) -> impl ExactSizeIterator<Item = &[F]> {
        self.x.chunks_exact(self.dim)
    }
}
