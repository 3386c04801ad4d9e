//! Why a picture cannot be made.

use thiserror::Error;

use crate::figure;
use crate::function::FunctionError;
use crate::solve::SolveError;
use crate::train::run::TrainError;

/// Why a picture cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The function cannot be differentiated or run.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The function cannot be analysed.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// The network cannot be evaluated.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The figure cannot be drawn or written.
    #[error(transparent)]
    Figure(#[from] figure::Error),
    /// A picture for another number of variables.
    #[error("the function has {found} variables, this picture needs {expected}")]
    Variables {
        /// The function's variables.
        found: usize,
        /// What the picture is for.
        expected: usize,
    },
    /// Nothing says which part of the space to show.
    #[error(
        "a function of {0} variables has no plane of its own: add a run with a history, or show a function of 1 or 2"
    )]
    NoPlane(usize),
    /// A run without its iterates.
    #[error("the run `{0}` has no history; set `history: true` in its options")]
    NoHistory(String),
}
