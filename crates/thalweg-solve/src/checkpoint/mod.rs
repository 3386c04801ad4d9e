//! Runs at rest: on their way into a file and back.
//!
//! A run that goes on from a checkpoint has the bits of one that never stopped. What a run remembers is shown to a [`Keeper`] in one walk,
//! `memory`, which every struct that keeps numbers between steps has: the same walk saves and restores. `format` is how it stands in
//! bytes, `identity` which run it belongs to. When checkpoints are made is the matter of `run`.

#[cfg(feature = "checkpoints")]
mod file;
#[cfg(feature = "checkpoints")]
mod format;
#[cfg(feature = "checkpoints")]
mod identity;
mod keeper;

#[cfg(feature = "checkpoints")]
pub(crate) use file::{read, write};
#[cfg(feature = "checkpoints")]
pub(crate) use format::{from_bytes, to_bytes};
#[cfg(feature = "checkpoints")]
pub(crate) use identity::Identity;
pub(crate) use keeper::Keeper;

#[cfg(feature = "checkpoints")]
use std::path::PathBuf;

use crate::SolveError;

/// Where a run is saved, and how often: an option of [`minimize`](crate::minimize).
///
/// The file is written under a temporary name and then renamed, so that under its own name there is always a whole one: the last. It is written once
/// more when the run ends. [`Run::restore_from`](crate::Run::restore_from) goes on from it.
#[cfg(feature = "checkpoints")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The file.
    pub path: PathBuf,
    /// Steps between two checkpoints: at least 1.
    pub every: usize,
}

#[cfg(feature = "checkpoints")]
impl Checkpoint {
    pub(crate) fn check(&self) -> Result<(), SolveError> {
        if self.every == 0 {
            let found = "0".to_owned();
            return Err(SolveError::Option { name: "checkpoint_every", wanted: "at least 1", found });
        }
        Ok(())
    }
}

/// An error about a checkpoint's content.
pub(crate) fn wrong<T>(problem: impl Into<String>) -> Result<T, SolveError> {
    Err(SolveError::Checkpoint(problem.into()))
}
