//! [`Run`]: training as a state machine.

use super::{
    Observer, Options, Series, State, Status, Task, TrainError, Trained, engine::Engine, options::Length,
    recall::Recall, saving::identity,
};
use crate::{
    checkpoint::{Best, CheckpointError, Identity, Saved, Tally, Writer},
    data::{DataError, Dataset, Loader, Sampler},
    history::History,
    learn::Metrics,
};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use thalweg_rule::Rule;

/// Trains a network.
///
/// # Errors
/// As [`Run::new`] and [`Run::step`].
pub fn train(task: &Task, options: &Options) -> Result<Trained, TrainError> {
    let mut run = Run::new(task, options)?;
    while run.status().is_none() {
        run.step()?;
    }
    Ok(run.finish())
}

/// A network in training.
///
/// ```
/// use thalweg_train::{data::Dataset, loss::CrossEntropy, network::Model};
/// use thalweg_train::run::{Length, Options, Run, Status, Task};
///
/// let network = "mlp(16)".parse::<Model>()?.network(&[8, 8], 10)?;
/// let task = Task::new(network, CrossEntropy::default(), Dataset::digits());
/// let options = Options { length: Length::Steps(3), ..Options::new("sgd(lr=0.1)".parse()?) };
/// let mut run = Run::new(&task, &options)?;
/// while run.status().is_none() {
///     run.step()?;
///     println!("{}", run.state().loss);
/// }
/// assert_eq!(run.status(), Some(&Status::Finished));
/// assert_eq!(run.history().records().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Run {
    pub(super) options: Options,
    pub(super) identity: Identity,
    pub(super) writer: Option<Writer>,
    pub(super) engine: Engine,
    pub(super) loader: Loader,
    pub(super) recall: Recall,
    pub(super) rule: Box<dyn Rule<f32>>,
    pub(super) parameters: Vec<f32>,
    pub(super) buffers: Vec<f32>,
    /// Buffers after the step.
    pub(super) kept: Vec<f32>,
    /// Where the rule wants its gradient, and later its average.
    pub(super) ahead: Vec<f32>,
    pub(super) probe: Vec<f32>,
    pub(super) product: Vec<f32>,
    pub(super) steps: u64,
    pub(super) batches: u64,
    pub(super) loss: f32,
    pub(super) accuracy: Option<f32>,
    pub(super) tally: Tally,
    begun: Instant,
    /// Seconds before `begun`.
    before: f64,
    pub(super) best: Option<(Best, u64)>,
    /// Whether a validation loss was below the one wanted.
    pub(super) reached: bool,
    pub(super) history: History,
    /// Whether the last step has made a record.
    pub(super) recorded: bool,
    /// The newest checkpoint on the disk, and whether it was not there before the last step.
    pub(super) saved: Option<PathBuf>,
    pub(super) saved_now: bool,
    /// The step of the last checkpoint that was made, on the disk or on its way.
    pub(super) handed_over: Option<u64>,
    flag: Option<Arc<AtomicBool>>,
    pub(super) status: Option<Status>,
}

impl Run {
    /// A run at its beginning.
    ///
    /// # Errors
    /// The network, the loss and the data do not fit together; an option is out of its range; the folder for checkpoints has some of
    /// an earlier run.
    pub fn new(task: &Task, options: &Options) -> Result<Self, TrainError> {
        Series::new(task).begin(options)
    }

    /// With what is compiled for its task and options.
    pub(super) fn with(engine: Engine, sampler: Sampler, options: &Options) -> Result<Self, TrainError> {
        let task = engine.task();
        let layout = task.network.parameters();
        let chain = options.chain();
        let rule = chain.rule_for::<f32>(layout)?;
        let probed = if rule.needs().hessian_vector { layout.len() } else { 0 };
        let loader = Loader::new(task.train.clone(), sampler, options.ahead)?;
        let (parameters, buffers) = (task.network.initialize(options.seed), task.network.initial_buffers());
        Ok(Self {
            options: options.clone(),
            identity: identity(task, options),
            writer: options.checkpoints.as_ref().map(|to| Writer::new(to.folder())),
            loader,
            recall: Recall::default(),
            rule,
            ahead: vec![0.0; parameters.len()],
            parameters,
            kept: buffers.clone(),
            buffers,
            probe: vec![0.0; probed],
            product: vec![0.0; probed],
            steps: 0,
            batches: 0,
            loss: f32::NAN,
            accuracy: None,
            tally: Tally::default(),
            begun: Instant::now(),
            before: 0.0,
            best: None,
            reached: false,
            history: History::default(),
            recorded: false,
            saved: None,
            saved_now: false,
            handed_over: None,
            flag: None,
            status: None,
            engine,
        })
    }

    pub(super) fn restore(&mut self, saved: Saved, path: PathBuf) -> Result<(), TrainError> {
        saved.rule.restore(&mut *self.rule, &mut self.parameters)?;
        let task = self.engine.task();
        if saved.buffers.len() != self.buffers.len() {
            let problem = "has other buffers than the network".to_owned();
            return Err(CheckpointError::Damaged { file: path.display().to_string(), problem }.into());
        }
        let mut sampler = sampler(task, &self.options)?;
        sampler.seek(saved.position)?;
        self.loader = Loader::new(task.train.clone(), sampler, self.options.ahead)?;
        self.buffers = saved.buffers;
        (self.steps, self.batches) = (saved.steps, saved.batches);
        (self.tally, self.before, self.begun) = (saved.tally, saved.seconds, Instant::now());
        (self.best, self.history) = (saved.best, saved.history);
        let below = |threshold| self.history.first_below(threshold).is_some();
        self.reached = self.options.stop_below.is_some_and(below);
        (self.saved, self.handed_over) = (Some(path), Some(self.steps));
        self.loss = self.history.last().map_or(f32::NAN, |record| record.loss as f32);
        self.status = self.ended();
        Ok(())
    }

    /// Ends the run after the step during which this flag becomes true.
    pub fn interrupt_by(&mut self, flag: Arc<AtomicBool>) {
        self.flag = Some(flag);
    }

    /// Ends the run here, with a checkpoint where there are some.
    ///
    /// # Errors
    /// The checkpoint cannot be written.
    pub fn interrupt(&mut self) -> Result<(), TrainError> {
        if self.status.is_none() {
            self.status = Some(Status::Interrupted);
            if self.steps > 0 && self.handed_over != Some(self.steps) {
                self.save()?;
            }
            self.settle(true)?;
        }
        Ok(())
    }

    /// Makes steps until the run ends, watched by an observer that sees every step.
    ///
    /// # Errors
    /// As [`Run::step`].
    pub fn run(&mut self, observer: &mut dyn Observer) -> Result<&Status, TrainError> {
        while self.status.is_none() {
            self.step()?;
            if observer.observe(&self.state()).is_break() {
                self.interrupt()?;
            }
        }
        Ok(self.status.as_ref().expect("the loop ends with one"))
    }

    /// Makes one step: one change of the parameters, by as many batches as the optimiser takes to it. With it go a record, a
    /// validation and a checkpoint where the options say so. Does nothing when the run has ended.
    ///
    /// # Errors
    /// A program or the rule fails, which good options do not bring about; a checkpoint could not be written, one of an earlier step or, when
    /// the run ends, of this one.
    pub fn step(&mut self) -> Result<(), TrainError> {
        if self.status.is_some() {
            return Ok(());
        }
        (self.recorded, self.saved_now) = (false, false);
        let begun = Instant::now();
        let lr = self.lr_due();
        let made = self.rule.steps();
        while self.rule.steps() == made && self.status.is_none() {
            self.take_batch()?;
        }
        self.tally.seconds += begun.elapsed().as_secs_f64();
        if self.status.is_some() {
            return Ok(());
        }
        self.steps += 1;
        let mut ended = self.ended();
        let flagged = self.flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed));
        if flagged && ended.is_none() {
            ended = Some(Status::Interrupted);
        }
        let last = matches!(ended, Some(Status::Finished));
        let every = |every: u64, steps: u64| every > 0 && steps.is_multiple_of(every);
        let validation =
            if every(self.options.validate_every, self.steps) || last { self.validate()? } else { None };
        if last || validation.is_some() || every(self.options.record_every, self.steps) {
            self.record(lr, validation);
        }
        let ended = ended.or_else(|| self.ended());
        let due = self.options.checkpoints.as_ref().is_some_and(|to| every(to.every, self.steps));
        self.status = ended;
        if due || self.status.is_some() {
            self.save()?;
        }
        self.settle(self.status.is_some())
    }

    /// Why the run ends after the steps made, if it does.
    pub(super) fn ended(&self) -> Option<Status> {
        let done = match self.options.length {
            Length::Steps(steps) => self.steps >= steps,
            Length::Epochs(epochs) => self.batches >= epochs.saturating_mul(self.loader.steps()),
        };
        let patience = self.options.patience.unwrap_or(u64::MAX);
        let stopped = self.best.as_ref().is_some_and(|(_, since)| *since >= patience);
        // A run that has made all its steps has not been stopped.
        match (done, self.reached, stopped) {
            (true, ..) => Some(Status::Finished),
            (_, true, _) => Some(Status::Reached),
            (.., true) => Some(Status::StoppedEarly),
            _ => None,
        }
    }

    /// What an observer would see now.
    pub fn state(&self) -> State<'_> {
        State {
            step: self.steps,
            steps: self.planned(),
            epoch: self.epoch(),
            loss: self.loss,
            accuracy: self.accuracy,
            record: self.history.last().filter(|_| self.recorded),
            checkpoint: self.saved.as_deref().filter(|_| self.saved_now),
            parameters: &self.parameters,
        }
    }

    /// Why the run has ended, if it has.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    /// What happened so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The parameters, in the layout of the network.
    pub fn parameters(&self) -> &[f32] {
        &self.parameters
    }

    /// What the network keeps beside.
    pub fn buffers(&self) -> &[f32] {
        &self.buffers
    }

    /// What makes this run the run it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Loss and accuracy on other examples, with the parameters for use at this moment: their average, if there is one.
    ///
    /// # Errors
    /// The data are not what network and loss take.
    pub fn evaluate(&mut self, data: &Dataset) -> Result<Metrics, TrainError> {
        let averaged = self.rule.averaged(&self.parameters, &mut self.ahead);
        let parameters = if averaged { &self.ahead } else { &self.parameters };
        self.engine.evaluate(parameters, &self.buffers, data)
    }

    /// The end of the run, wherever it is.
    pub fn finish(self) -> Trained {
        self.into_parts().0
    }

    /// The end of the run, and what it has compiled.
    pub(super) fn into_parts(mut self) -> (Trained, Engine) {
        let averaged = self.rule.averaged(&self.parameters, &mut self.ahead).then_some(self.ahead);
        let seconds = self.before + self.begun.elapsed().as_secs_f64();
        let trained = Trained {
            optimizer: self.options.chain(),
            seed: self.options.seed,
            status: self.status.unwrap_or(Status::Interrupted),
            steps: self.steps,
            parameters: self.parameters,
            averaged,
            buffers: self.buffers,
            best: self.best.map(|(best, _)| best),
            history: self.history,
            seconds,
        };
        (trained, self.engine)
    }

    /// The rule at work, so that its hyperparameters can be set on the way; a run in which that was done resumes without it.
    pub(super) fn rule(&mut self) -> &mut dyn Rule<f32> {
        &mut *self.rule
    }

    pub(super) fn planned(&self) -> u64 {
        match self.options.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => {
                epochs.saturating_mul(self.loader.steps()).div_ceil(self.options.accumulate)
            }
        }
    }

    pub(super) fn epoch(&self) -> f64 {
        let position = self.loader.position();
        position.epoch as f64 + position.step as f64 / self.loader.steps() as f64
    }

    pub(super) fn seconds(&self) -> f64 {
        self.before + self.begun.elapsed().as_secs_f64()
    }
}

/// The key and the value of a rule's learning rate; of several the last link's.
pub(super) fn learning_rate(rule: &dyn Rule<f32>) -> Option<(String, f64)> {
    rule.hyperparameters().into_iter().rev().find(|(key, _)| key.rsplit('.').next() == Some("lr"))
}

/// The examples of every batch, from the first on.
pub(super) fn sampler(task: &Task, options: &Options) -> Result<Sampler, DataError> {
    let sampler = Sampler::new(task.train.len(), options.batch, options.sampling, options.seed)?;
    Ok(if options.drops_last() { sampler.drop_last() } else { sampler })
}
