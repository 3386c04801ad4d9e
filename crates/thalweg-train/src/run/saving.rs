//! A run's way to a checkpoint and back.

use super::{Options, Run, Series, Task, TrainError};
use crate::{
    checkpoint::{CheckpointError, Identity},
    data::Dataset,
};
use std::path::PathBuf;

/// Where a run resumes.
#[derive(Debug)]
pub struct Resumed {
    /// The checkpoint; none if there was none that is whole, so that the run begins.
    pub from: Option<PathBuf>,
    /// What is wrong with newer checkpoints, which were passed over.
    pub damaged: Vec<CheckpointError>,
}

/// What makes a run the run it is. How long it goes on, and what is written on the way, is no part of it.
pub(super) fn identity(task: &Task, options: &Options) -> Identity {
    let data = |data: &Dataset| {
        format!("{} examples of shape {:?} with checksum {:08x}", data.len(), data.shape(), data.checksum())
    };
    let (network, loss) = (task.network.layers(), &task.loss);
    let mut identity = vec![
        ("network".to_owned(), format!("{network:?} for examples of shape {:?}", task.network.input())),
        ("loss".to_owned(), format!("{loss:?}")),
        ("penalty".to_owned(), options.penalty.map_or("none".to_owned(), |l2| l2.factor.to_string())),
        ("optimizer".to_owned(), options.chain().to_string()),
        ("training data".to_owned(), data(&task.train)),
        ("batch size".to_owned(), options.batch.to_string()),
        ("sampling".to_owned(), options.sampling.to_string()),
        (
            "treatment of the last batch".to_owned(),
            if options.drops_last() { "left out" } else { "kept" }.to_owned(),
        ),
        ("seed".to_owned(), options.seed.to_string()),
        ("precision".to_owned(), options.precision.to_string()),
    ];
    if let (Some(validation), Some(_)) = (&task.validation, options.patience) {
        // What is validated decides when such a run ends, and which parameters are its best.
        identity.push(("validation data".to_owned(), data(validation)));
    }
    identity
}

impl Run {
    /// The run that was interrupted, from its newest checkpoint that is whole; a new one if there is none. The parameters it ends with
    /// have the bits of a run that was never interrupted.
    ///
    /// # Errors
    /// As [`Run::new`]; no folder for checkpoints is given; the checkpoint is of another network, optimiser, seed or of other data.
    pub fn resume(task: &Task, options: &Options) -> Result<(Self, Resumed), TrainError> {
        Series::new(task).resume(options)
    }

    /// Continues from a checkpoint in one file, whatever folder it is in.
    ///
    /// # Errors
    /// As [`Run::resume`]; the file cannot be read or is damaged.
    pub fn resume_from(task: &Task, options: &Options, path: impl Into<PathBuf>) -> Result<Self, TrainError> {
        Series::new(task).resume_from(options, path)
    }
}
