//! What can keep a network from being trained.

use crate::{checkpoint::CheckpointError, data::DataError, network::NetworkError};
use thalweg_function::FunctionError;
use thalweg_rule::RuleError;
use thiserror::Error;

/// Why a run cannot begin or go on. A run whose loss is no longer finite is no error: its [`Status`](super::Status) says so.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The network, the loss and the data do not fit together.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The optimiser cannot be built or cannot step.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A program cannot be made or run.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// A checkpoint cannot be written, read or used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An option is out of its range.
    #[error("option: {what} is {found}, must be {wanted}")]
    Option {
        /// Which one.
        what: String,
        /// What it is.
        found: String,
        /// What would be right.
        wanted: String,
    },
}

impl TrainError {
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts made on the spot alike")]
    pub(crate) fn option(what: &str, found: impl ToString, wanted: impl Into<String>) -> Self {
        Self::Option { what: what.into(), found: found.to_string(), wanted: wanted.into() }
    }
}
