//! [`Options`]: how a network is trained.

use super::TrainError;
use crate::{checkpoint::Folder, data::Sampling, loss::L2};
use std::path::PathBuf;
use thalweg_function::Precision;
use thalweg_rule::{Accumulate, ClipByGlobalNorm, Optimizer, ParameterEma};

/// How long a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many changes of the parameters.
    Steps(u64),
    /// So many passes over the data.
    Epochs(u64),
}

/// Where checkpoints go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoints {
    /// The folder, of this run alone.
    pub dir: PathBuf,
    /// Every how many steps there is one; one more is made at the end.
    pub every: u64,
    /// How many of the last ones stay.
    pub keep: usize,
}

impl Checkpoints {
    /// The folder.
    pub fn folder(&self) -> Folder {
        Folder::new(&self.dir, self.keep)
    }
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What makes a step of a gradient; a chain with schedules, as in `adam(lr=cosine(init=0.01, steps=1000))`.
    pub optimizer: Optimizer,
    /// How long.
    pub length: Length,
    /// Examples in a batch.
    pub batch: usize,
    /// In which order they come.
    pub sampling: Sampling,
    /// Whether the last batch of an epoch is left out where it would be smaller. With replacement it always is.
    pub drop_last: bool,
    /// Of initial parameters, order of examples and random layers.
    pub seed: u64,
    /// The cost of weights, added to the loss.
    pub penalty: Option<L2>,
    /// Batches whose mean gradient makes one step.
    pub accumulate: u64,
    /// The greatest norm of a gradient; longer ones are shortened to it.
    pub clip: Option<f64>,
    /// How much of a running average of the parameters is kept at a step. The average is what is validated, and what is best for use.
    pub ema: Option<f64>,
    /// Every how many steps there is a [`Record`](crate::history::Record), beside those with validation and the last.
    pub record_every: u64,
    /// Every how many steps the validation loss is computed, and at the end; 0: only there.
    pub validate_every: u64,
    /// On how many of the validation examples, always the same ones; none: on all.
    pub validate_on: Option<usize>,
    /// After how many validations without a lower loss the run stops. The best parameters are kept then.
    pub patience: Option<u64>,
    /// The validation loss below which the run stops.
    pub stop_below: Option<f64>,
    /// What the matrix products and convolutions of loss and gradient are computed of. Parameters and what the rule remembers are in `f32`
    /// in any case, and so is validation.
    pub precision: Precision,
    /// Batches that are prepared ahead on another thread; 0 starts none.
    pub ahead: usize,
    /// Where checkpoints go, if there shall be some.
    pub checkpoints: Option<Checkpoints>,
}

impl Options {
    /// One epoch in shuffled batches of 64, seed 0, nothing more.
    pub fn new(optimizer: Optimizer) -> Self {
        Self {
            optimizer,
            length: Length::Epochs(1),
            batch: 64,
            sampling: Sampling::Shuffled,
            drop_last: false,
            seed: 0,
            penalty: None,
            accumulate: 1,
            clip: None,
            ema: None,
            record_every: 1,
            validate_every: 0,
            validate_on: None,
            patience: None,
            stop_below: None,
            precision: Precision::Full,
            ahead: 2,
            checkpoints: None,
        }
    }

    /// The optimiser with what the other options add to it.
    ///
    /// ```
    /// use thalweg_train::run::Options;
    /// let options = Options { accumulate: 4, clip: Some(1.0), ..Options::new("sgd(lr=0.1)".parse()?) };
    /// assert_eq!(options.chain(), "accumulate(4) | clip_by_global_norm(1) | sgd(lr=0.1)".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn chain(&self) -> Optimizer {
        let mut before: Vec<Optimizer> = Vec::new();
        if self.accumulate > 1 {
            before.push(Accumulate { steps: self.accumulate }.into());
        }
        if let Some(norm) = self.clip {
            before.push(ClipByGlobalNorm::new(norm).into());
        }
        let after = self.ema.map(|decay| Optimizer::from(ParameterEma { decay, debias: false }));
        let links = before.into_iter().chain([self.optimizer.clone()]).chain(after);
        links.reduce(Optimizer::then).unwrap_or_else(|| self.optimizer.clone())
    }

    /// Whether every option is in its range.
    pub(super) fn check(&self, validation: bool) -> Result<(), TrainError> {
        let at_least_1 = [
            ("accumulate", self.accumulate),
            ("record_every", self.record_every),
            (
                "the number of steps or epochs",
                match self.length {
                    Length::Steps(number) | Length::Epochs(number) => number,
                },
            ),
            ("patience", self.patience.unwrap_or(1)),
            ("validate_on", self.validate_on.unwrap_or(1) as u64),
            ("every of checkpoints", self.checkpoints.as_ref().map_or(1, |to| to.every)),
        ];
        for (what, found) in at_least_1 {
            if found == 0 {
                return Err(TrainError::option(what, "0", "at least 1"));
            }
        }
        let validated = validation && self.validate_every > 0;
        for (what, given) in
            [("patience", self.patience.is_some()), ("stop_below", self.stop_below.is_some())]
        {
            if given && !validated {
                let wanted = "left out, or joined by validation data and validate_every";
                return Err(TrainError::option(what, "given", wanted));
            }
        }
        Ok(())
    }

    /// Whether the last batch of an epoch is left out.
    pub(super) fn drops_last(&self) -> bool {
        self.drop_last || self.sampling == Sampling::WithReplacement
    }
}
