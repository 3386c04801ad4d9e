//! What can be wrong with checkpoints and weights.

use std::{io, path::Path};
use thiserror::Error;

/// Why a checkpoint or weights cannot be written or used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The operating system cannot read or write a file.
    #[error("{file}: {problem}")]
    Io {
        /// The file.
        file: String,
        /// The system's own words.
        problem: String,
    },
    /// The file is incomplete, changed, or no checkpoint.
    #[error("{file}: {problem}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// The checkpoint is of another run.
    #[error(
        "{file}: is a checkpoint of a run whose {what} is {found}, but here it is {wanted}; \
         give the run the same {what}, or another folder for its checkpoints"
    )]
    Other {
        /// The file.
        file: String,
        /// In what the runs differ.
        what: String,
        /// What the checkpoint has.
        found: String,
        /// What the run has.
        wanted: String,
    },
    /// A new run would mix its checkpoints with those of an old one.
    #[error("{dir}: has checkpoints of an earlier run; resume that run, or choose another folder")]
    Occupied {
        /// The folder.
        dir: String,
    },
    /// Weights are not those of the network.
    #[error("weights: {0}")]
    Weights(String),
}

impl CheckpointError {
    pub(super) fn io(file: &Path, error: &io::Error) -> Self {
        Self::Io { file: file.display().to_string(), problem: error.to_string() }
    }
}
