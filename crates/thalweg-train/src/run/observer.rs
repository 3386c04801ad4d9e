//! Watching a run, and ending it.

use crate::history::Record;
use std::{ops::ControlFlow, path::Path};

/// What is shown to an [`Observer`] after each step.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// Steps made so far.
    pub step: u64,
    /// Steps there will be, if nothing ends the run before.
    pub steps: u64,
    /// Passes over the data so far, as a fraction.
    pub epoch: f64,
    /// The loss of the last batch, before the step.
    pub loss: f32,
    /// The fraction of the last batch's examples that were right, if the loss knows.
    pub accuracy: Option<f32>,
    /// The record that this step has made, if it has.
    pub record: Option<&'a Record>,
    /// The checkpoint that has come to the disk since the step before, if one has; of several the newest.
    pub checkpoint: Option<&'a Path>,
    /// The parameters, in the layout of the network.
    pub parameters: &'a [f32],
}

/// Watches a run. Closures `FnMut(&State) -> ControlFlow<()>` are observers.
pub trait Observer {
    /// Called after each step; [`ControlFlow::Break`] ends the run as [`Interrupted`](super::Status::Interrupted), with a checkpoint
    /// where there are some.
    fn observe(&mut self, state: &State<'_>) -> ControlFlow<()>;
}

impl<T: FnMut(&State<'_>) -> ControlFlow<()>> Observer for T {
    fn observe(&mut self, state: &State<'_>) -> ControlFlow<()> {
        self(state)
    }
}
