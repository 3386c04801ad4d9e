//! What can be wrong when something is to be minimised, worded for the person who asked.

use thalweg_function::{FunctionError, ParseError};
use thalweg_rule::RuleError;
use thalweg_spec::SpecError;
use thiserror::Error;

/// Why a run cannot be made. How a run *ends* is no error: see [`Status`](crate::Status).
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SolveError {
    /// The function cannot be traced, differentiated or run.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The rule cannot be built or stepped.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A method, constraint or box is written wrongly.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The function of a constraint cannot be read.
    #[error("the constraint's function, {0}")]
    Expression(#[from] ParseError),
    /// A vector with another number of coordinates than the function has variables.
    #[error("{what}: found {found} coordinates, the function has {expected} variables")]
    Dimension {
        /// Which vector, such as "start 3".
        what: String,
        /// Its length.
        found: usize,
        /// The right length.
        expected: usize,
    },
    /// A coordinate that is not a finite number.
    #[error("{what}: coordinate {} is {found}, must be finite", index + 1)]
    NotFinite {
        /// Which vector, such as "start 3".
        what: String,
        /// Which coordinate, from 0.
        index: usize,
        /// The coordinate.
        found: f64,
    },
    /// An option outside its range.
    #[error("{name} must be {wanted}, found {found}")]
    Option {
        /// The option.
        name: &'static str,
        /// What would be right.
        wanted: &'static str,
        /// What was found.
        found: String,
    },
    /// An interval that is empty, or infinite where it must not be.
    #[error("bounds of variable {}: {low}..{high} {problem}", variable + 1)]
    Interval {
        /// Which variable, from 0.
        variable: usize,
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two constraints that cannot be kept together.
    #[error("{first} and {second} cannot be kept together; choose one of them")]
    Conflict {
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A search that does not work with a descent.
    #[error("{descent} does not go with that search: {reason}")]
    Pair {
        /// The descent.
        descent: &'static str,
        /// Why not, and what would be right.
        reason: &'static str,
    },
    /// A preconditioner that does not work with a descent.
    #[error("the preconditioner of {descent} {reason}")]
    Preconditioned {
        /// The descent.
        descent: &'static str,
        /// Why not, and what would be right.
        reason: &'static str,
    },
    /// A method that has no place for something that was asked for.
    #[error("{method} does not take {what}; {remedy}")]
    Refused {
        /// The method.
        method: &'static str,
        /// What it does not take.
        what: &'static str,
        /// What would be right.
        remedy: &'static str,
    },
    /// The objective cannot give what the method needs.
    #[error(
        "{needs} needs {what}, which this objective does not have; use a traced function or a first-order method"
    )]
    Missing {
        /// What asked for it.
        needs: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// A result that would not fit in memory.
    #[error("{what} needs about {gigabytes:.0} GB, the limit is {limit:.0} GB; {remedy}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// Its size.
        gigabytes: f64,
        /// The limit.
        limit: f64,
        /// What would be right.
        remedy: &'static str,
    },
    /// A grid with more points than allowed.
    #[error(
        "a grid of {points} points would take about {}; the limit is {limit} points: use fewer points per axis, or raise it",
        crate::grid::duration(*seconds)
    )]
    Grid {
        /// The number of points.
        points: u128,
        /// The estimated time in seconds.
        seconds: f64,
        /// The limit in force.
        limit: u64,
    },
    /// A checkpoint that is damaged, or of another run.
    #[error("the checkpoint {0}")]
    Checkpoint(String),
    /// The operating system cannot read or write a file.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// The system's own words.
        problem: String,
    },
    /// Data that do not fit together.
    #[error("data: {0}")]
    Data(String),
    /// A hand-written objective failed.
    #[error("the objective failed: {0}")]
    Objective(String),
}

/// Whether a vector has the right length and finite coordinates.
pub(crate) fn check_point<F: crate::Scalar>(
    what: impl Fn() -> String,
    point: &[F],
    dim: usize,
) -> Result<(), SolveError> {
    if point.len() != dim {
        return Err(SolveError::Dimension { what: what(), found: point.len(), expected: dim });
    }
    match point.iter().position(|&v| !crate::scalar::is_finite(v)) {
        None => Ok(()),
        Some(index) => {
            Err(SolveError::NotFinite { what: what(), index, found: crate::scalar::wide(point[index]) })
        }
    }
}
