//! [`Run`]: training as a state machine.

use super::{
    NonFinite, Observer, Options, State, Status, Task, TrainError, Trained, engine::Engine, options::Length,
    saving::identity, status::first,
};
use crate::{
    checkpoint::{Best, CheckpointError, Folder, Identity, Saved, Tally},
    data::{DataError, Dataset, Loader, Sampler},
    history::{History, Record},
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
use thalweg_rule::{Checkpoint, Evaluation, Memory, Rule};

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
    options: Options,
    identity: Identity,
    folder: Option<Folder>,
    engine: Engine,
    loader: Loader,
    rule: Box<dyn Rule<f32>>,
    parameters: Vec<f32>,
    buffers: Vec<f32>,
    /// Buffers after the step.
    kept: Vec<f32>,
    /// Where the rule wants its gradient, and later its average.
    ahead: Vec<f32>,
    probe: Vec<f32>,
    product: Vec<f32>,
    manner: Manner,
    steps: u64,
    batches: u64,
    loss: f32,
    accuracy: Option<f32>,
    tally: Tally,
    begun: Instant,
    /// Seconds before `begun`.
    before: f64,
    best: Option<(Best, u64)>,
    history: History,
    /// Whether the last step has made a record.
    recorded: bool,
    /// The last checkpoint, and whether the last step has made it.
    saved: Option<PathBuf>,
    saved_now: bool,
    flag: Option<Arc<AtomicBool>>,
    status: Option<Status>,
}

/// What a rule does beside steps.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// It may want several gradients of one batch.
    uphill: bool,
    /// It takes batches that are not finite upon itself.
    skips: bool,
}

impl Run {
    /// A run at its beginning.
    ///
    /// # Errors
    /// The network, the loss and the data do not fit together; an option is out of its range; the folder for checkpoints has some of
    /// an earlier run.
    pub fn new(task: &Task, options: &Options) -> Result<Self, TrainError> {
        let run = Self::begin(task, options)?;
        run.unoccupied()?;
        Ok(run)
    }

    pub(super) fn begin(task: &Task, options: &Options) -> Result<Self, TrainError> {
        options.check(task.validation.is_some())?;
        // Before anything is compiled for batches of that size.
        sampler(task, options)?;
        Self::with(Engine::new(task, options)?, options)
    }

    /// With what another run has compiled, for the same task, size of batches, penalty and examples for validation.
    pub(super) fn with(engine: Engine, options: &Options) -> Result<Self, TrainError> {
        let task = engine.task();
        let layout = task.network.parameters();
        let chain = options.chain();
        let rule = chain.rule_for::<f32>(layout)?;
        let text = chain.to_string();
        let probed = if rule.needs().hessian_vector { layout.len() } else { 0 };
        let loader = Loader::new(task.train.clone(), sampler(task, options)?, options.ahead)?;
        let (parameters, buffers) = (task.network.initialize(options.seed), task.network.initial_buffers());
        Ok(Self {
            options: options.clone(),
            identity: identity(task, options),
            folder: options.checkpoints.as_ref().map(super::Checkpoints::folder),
            loader,
            rule,
            ahead: vec![0.0; parameters.len()],
            parameters,
            kept: buffers.clone(),
            buffers,
            probe: vec![0.0; probed],
            product: vec![0.0; probed],
            manner: Manner { uphill: text.contains("sam("), skips: text.contains("skip_nonfinite(") },
            steps: 0,
            batches: 0,
            loss: f32::NAN,
            accuracy: None,
            tally: Tally::default(),
            begun: Instant::now(),
            before: 0.0,
            best: None,
            history: History::default(),
            recorded: false,
            saved: None,
            saved_now: false,
            flag: None,
            status: None,
            engine,
        })
    }

    pub(super) fn unoccupied(&self) -> Result<(), TrainError> {
        match &self.folder {
            Some(folder) if !folder.is_empty()? => {
                let dir = folder.dir().display().to_string();
                Err(CheckpointError::Occupied { dir }.into())
            }
            _ => Ok(()),
        }
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
        self.saved = Some(path);
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
            if self.folder.is_some() && self.steps > 0 && !self.saved_now {
                self.save()?;
            }
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
    /// A program or the rule fails, which good options do not bring about; a checkpoint cannot be written.
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
        if self.folder.is_some() && (due || self.status.is_some()) {
            self.save()?;
        }
        Ok(())
    }

    /// One batch: a gradient, or several of the same for a rule that wants them, and what the rule does with them.
    fn take_batch(&mut self) -> Result<(), TrainError> {
        let batch = self.loader.next_batch();
        let examples = batch.len() as f64;
        let curved = !self.probe.is_empty();
        self.engine.load(batch, self.options.seed, self.batches, curved)?;
        self.batches += 1;
        let made = self.rule.steps();
        let mut again = false;
        loop {
            let ahead = self.rule.evaluation_point(&self.parameters, &mut self.ahead);
            let point = if ahead { &self.ahead } else { &self.parameters };
            let loss = self.engine.slope(point, &self.buffers)?;
            let learner = self.engine.learner();
            if !again {
                (self.loss, self.accuracy) = (loss, learner.accuracy());
                self.kept.copy_from_slice(learner.buffers());
                self.tally.loss += f64::from(loss) * examples;
                self.tally.right += learner.accuracy().map_or(0.0, f64::from) * examples;
                self.tally.examples += examples;
            }
            if !loss.is_finite() && !self.manner.skips {
                self.status = Some(self.not_finite());
                return Ok(());
            }
            let product = if curved && self.rule.probe(&mut self.probe) {
                let point = if ahead { &self.ahead } else { &self.parameters };
                self.engine.hessian_vector(point, &self.buffers, &self.probe, &mut self.product)?;
                Some(&self.product[..])
            } else {
                None
            };
            let values = [loss];
            let gradient = self.engine.learner().gradient();
            let mut at = Evaluation::of(gradient).with_values(&values);
            at.hessian_vector = product;
            match self.rule.advance(&mut self.parameters, &at) {
                Err(thalweg_rule::RuleError::NotFinite { .. }) => {
                    self.status = Some(self.not_finite());
                    return Ok(());
                }
                other => other?,
            }
            if self.rule.steps() != made || !self.climbing() {
                break;
            }
            again = true;
        }
        std::mem::swap(&mut self.buffers, &mut self.kept);
        Ok(())
    }

    /// Whether the rule has gone uphill and wants the same batch there.
    fn climbing(&mut self) -> bool {
        let mut climbing = false;
        if self.manner.uphill {
            self.rule.memory(&mut |name, memory| {
                if let Memory::Count(count) = memory {
                    climbing |= *count > 0 && name.ends_with("sam.climbed");
                }
            });
        }
        climbing
    }

    fn not_finite(&mut self) -> Status {
        let task = self.engine.task().clone();
        let layout = task.network.parameters();
        let place = first("the parameter", layout, &self.parameters)
            .or_else(|| first("the gradient of", layout, self.engine.learner().gradient()));
        Status::NonFinite(NonFinite {
            step: self.steps + 1,
            loss: self.loss,
            place,
            checkpoint: self.saved.clone(),
        })
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
        if done { Some(Status::Finished) } else { stopped.then_some(Status::StoppedEarly) }
    }

    /// The learning rate of the next step, if that will have a record.
    fn lr_due(&self) -> Option<f64> {
        let next = self.steps + 1;
        let every = self.options.validate_every;
        let due = next.is_multiple_of(self.options.record_every)
            || (every > 0 && next.is_multiple_of(every))
            || next == self.planned();
        if !due {
            return None;
        }
        learning_rate(&*self.rule).map(|(_, lr)| lr)
    }

    fn validate(&mut self) -> Result<Option<Metrics>, TrainError> {
        let averaged = self.rule.averaged(&self.parameters, &mut self.ahead);
        let parameters = if averaged { &self.ahead } else { &self.parameters };
        let Some(metrics) = self.engine.validate(parameters, &self.buffers)? else { return Ok(None) };
        if self.options.patience.is_some() {
            // NaN is never lower.
            if self.best.as_ref().is_none_or(|(best, _)| metrics.loss < best.loss) {
                let best = Best {
                    step: self.steps,
                    loss: metrics.loss,
                    parameters: parameters.clone(),
                    buffers: self.buffers.clone(),
                };
                self.best = Some((best, 0));
            } else if let Some((_, since)) = &mut self.best {
                *since += 1;
            }
        }
        Ok(Some(metrics))
    }

    fn record(&mut self, lr: Option<f64>, validation: Option<Metrics>) {
        let Tally { loss, right, examples, seconds } = std::mem::take(&mut self.tally);
        self.history.push(Record {
            step: self.steps,
            epoch: self.epoch(),
            loss: loss / examples,
            accuracy: self.accuracy.map(|_| right / examples),
            validation_loss: validation.map(|metrics| metrics.loss),
            validation_accuracy: validation.and_then(|metrics| metrics.accuracy),
            lr,
            examples_per_second: examples / seconds,
            seconds: self.seconds(),
        });
        self.recorded = true;
    }

    /// Writes a checkpoint, unless the parameters are such that nobody could go on from them.
    fn save(&mut self) -> Result<(), TrainError> {
        if self.parameters.iter().any(|value| !value.is_finite()) {
            self.status = Some(self.not_finite());
            return Ok(());
        }
        let saved = Saved {
            identity: self.identity.clone(),
            rule: Checkpoint::of(&mut *self.rule, &self.parameters)?,
            buffers: self.buffers.clone(),
            position: self.loader.position(),
            steps: self.steps,
            batches: self.batches,
            tally: self.tally,
            seconds: self.seconds(),
            best: self.best.clone(),
            history: self.history.clone(),
        };
        if let Some(folder) = &self.folder {
            self.saved = Some(folder.save(&saved)?);
            self.saved_now = true;
        }
        Ok(())
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

    fn planned(&self) -> u64 {
        match self.options.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => {
                epochs.saturating_mul(self.loader.steps()).div_ceil(self.options.accumulate)
            }
        }
    }

    fn epoch(&self) -> f64 {
        let position = self.loader.position();
        position.epoch as f64 + position.step as f64 / self.loader.steps() as f64
    }

    fn seconds(&self) -> f64 {
        self.before + self.begun.elapsed().as_secs_f64()
    }
}

/// The key and the value of a rule's learning rate; of several the last link's.
pub(super) fn learning_rate(rule: &dyn Rule<f32>) -> Option<(String, f64)> {
    rule.hyperparameters().into_iter().rev().find(|(key, _)| key.rsplit('.').next() == Some("lr"))
}

/// The examples of every batch, from the first on.
fn sampler(task: &Task, options: &Options) -> Result<Sampler, DataError> {
    let sampler = Sampler::new(task.train.len(), options.batch, options.sampling, options.seed)?;
    Ok(if options.drops_last() { sampler.drop_last() } else { sampler })
}
