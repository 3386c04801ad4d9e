//! [`Series`]: runs of one task that share what is compiled.

use super::{Options, Resumed, Run, Task, TrainError, Trained, engine::Engine, machine::sampler};
use crate::checkpoint::{CheckpointError, Found, Saved};
use std::{fs, path::PathBuf};

/// Runs of one task, one after the other, with programs that are compiled once: for other optimisers, seeds, lengths. A run takes them
/// along, and gives them back when it is [finished](Series::finish) here.
///
/// ```
/// use thalweg_train::{data::Dataset, loss::CrossEntropy, network::Model};
/// use thalweg_train::run::{Length, Options, Series, Task};
///
/// let network = "mlp(16)".parse::<Model>()?.network(&[8, 8], 10)?;
/// let mut series = Series::new(&Task::new(network, CrossEntropy::default(), Dataset::digits()));
/// let mut losses = Vec::new();
/// for seed in 0..3 {
///     let options = Options { seed, length: Length::Steps(20), ..Options::new("adam(lr=0.01)".parse()?) };
///     let mut run = series.begin(&options)?;
///     while run.status().is_none() {
///         run.step()?;
///     }
///     losses.push(series.finish(run).history.last().map(|record| record.loss));
/// }
/// assert!(losses[0] != losses[1] && losses.iter().all(|loss| *loss < Some(2.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Series {
    task: Task,
    /// While no run has it.
    engine: Option<Engine>,
}

impl Series {
    /// Nothing is compiled yet.
    pub fn new(task: &Task) -> Self {
        Self { task: task.clone(), engine: None }
    }

    /// A run at its beginning: as [`Run::new`].
    ///
    /// # Errors
    /// As [`Run::new`].
    pub fn begin(&mut self, options: &Options) -> Result<Run, TrainError> {
        if let Some(folder) = options.checkpoints.as_ref().map(super::Checkpoints::folder)
            && !folder.is_empty()?
        {
            let dir = folder.dir().display().to_string();
            return Err(CheckpointError::Occupied { dir }.into());
        }
        self.make(options)
    }

    /// The run that was interrupted, from its newest checkpoint that is whole: as [`Run::resume`].
    ///
    /// # Errors
    /// As [`Run::resume`].
    pub fn resume(&mut self, options: &Options) -> Result<(Run, Resumed), TrainError> {
        let Some(folder) = options.checkpoints.as_ref().map(super::Checkpoints::folder) else {
            return Err(TrainError::option("checkpoints", "not given", "given, to resume from them"));
        };
        let Found { newest, damaged } = folder.newest()?;
        let (run, from) = match newest {
            None => (self.make(options)?, None),
            Some((path, saved)) => (self.restore(options, saved, path.clone())?, Some(path)),
        };
        Ok((run, Resumed { from, damaged }))
    }

    /// Continues from a checkpoint in one file: as [`Run::resume_from`].
    ///
    /// # Errors
    /// As [`Run::resume_from`].
    pub fn resume_from(&mut self, options: &Options, path: impl Into<PathBuf>) -> Result<Run, TrainError> {
        let path = path.into();
        let file = path.display().to_string();
        let bytes = fs::read(&path)
            .map_err(|error| CheckpointError::Io { file: file.clone(), problem: error.to_string() })?;
        let saved =
            Saved::from_bytes(&bytes).map_err(|problem| CheckpointError::Damaged { file, problem })?;
        self.restore(options, saved, path)
    }

    /// The end of a run, wherever it is. What it has compiled serves the next.
    pub fn finish(&mut self, run: Run) -> Trained {
        let (trained, engine) = run.into_parts();
        self.engine = Some(engine);
        trained
    }

    fn restore(&mut self, options: &Options, saved: Saved, path: PathBuf) -> Result<Run, TrainError> {
        let mut run = self.make(options)?;
        if let Some([what, found, wanted]) = saved.differs(run.identity()) {
            let [what, found, wanted] = [what, found, wanted].map(str::to_owned);
            return Err(
                CheckpointError::Other { file: path.display().to_string(), what, found, wanted }.into()
            );
        }
        run.restore(saved, path)?;
        Ok(run)
    }

    /// Whatever the folder for checkpoints has in it.
    pub(super) fn make(&mut self, options: &Options) -> Result<Run, TrainError> {
        options.check(self.task.validation.is_some())?;
        // Before anything is compiled for batches of that size.
        let sampler = sampler(&self.task, options)?;
        let engine = match self.engine.take() {
            Some(engine) if engine.serves(&self.task, options) => engine.validating_on(options),
            _ => Engine::new(&self.task, options)?,
        };
        Run::with(engine, sampler, options)
    }
}
