//! [`Trained`]: the end of a run.

use super::{Status, Task};
use crate::{
    checkpoint::{Best, CheckpointError, Weights},
    history::History,
};
use thalweg_rule::Optimizer;

/// The end of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The whole optimiser, clipping and averaging included.
    pub optimizer: Optimizer,
    /// The seed.
    pub seed: u64,
    /// Why the run ended.
    pub status: Status,
    /// Steps made.
    pub steps: u64,
    /// The last parameters.
    pub parameters: Vec<f32>,
    /// What the rule says is better than the last parameters, such as their average.
    pub averaged: Option<Vec<f32>>,
    /// What the network keeps beside.
    pub buffers: Vec<f32>,
    /// The parameters with the lowest validation loss, if the run was to stop early.
    pub best: Option<Best>,
    /// What happened.
    pub history: History,
    /// How long it took, earlier parts of the run included.
    pub seconds: f64,
}

impl Trained {
    /// Parameters and buffers for use: the best if they were kept, else the average if there is one, else the last.
    pub fn for_use(&self) -> (&[f32], &[f32]) {
        match (&self.best, &self.averaged) {
            (Some(best), _) => (&best.parameters, &best.buffers),
            (None, Some(averaged)) => (averaged, &self.buffers),
            (None, None) => (&self.parameters, &self.buffers),
        }
    }

    /// The parameters for use, with their names, for files.
    ///
    /// # Errors
    /// They are not those of the task's network.
    pub fn weights(&self, task: &Task) -> Result<Weights, CheckpointError> {
        let (parameters, buffers) = self.for_use();
        Weights::new(task.network.parameters(), parameters, task.network.buffers(), buffers)
    }
}
