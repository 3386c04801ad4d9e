//! [`Nonmonotone`]: values may rise now and then.

use thalweg_spec::{Call, Options, SpecError};

use super::within;
use crate::checkpoint::Keeper;
use crate::{Scalar, SolveError};

/// What a step must come below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// The largest of the last values: Grippo, Lampariello and Lucidi, *A nonmonotone line search technique for Newton's method*, 1986.
    Max,
    /// An average of all values, old ones counting less: Zhang and Hager, *A nonmonotone line search technique and its application to
    /// unconstrained optimization*, 2004.
    Average,
}

/// Backtracking from a value that lies above the last one: φ(α) ≤ C + `decrease`·α·φ′(0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nonmonotone {
    /// C.
    pub reference: Reference,
    /// The number of values that the largest is taken of.
    pub memory: usize,
    /// How much a value counts after a further step, in the average; 0 is ordinary backtracking.
    pub weight: f64,
    /// The fraction of the decrease promised by the slope that must be kept.
    pub decrease: f64,
    /// The most trials along a direction.
    pub trials: u32,
}

impl Default for Nonmonotone {
    fn default() -> Self {
        Nonmonotone { reference: Reference::Max, memory: 10, weight: 0.85, decrease: 1e-4, trials: 30 }
    }
}

const WEIGHT: &str = "from 0 to 1";

fn is_weight(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

impl Nonmonotone {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, "search", &["reference", "memory", "weight", "decrease", "trials"])?;
        let blank = Nonmonotone::default();
        let reference = match options.choice("reference", &["max", "average"])? {
            Some("average") => Reference::Average,
            _ => Reference::Max,
        };
        let (decrease, fits) = (super::backtracking::DECREASE, super::backtracking::is_decrease);
        Ok(Nonmonotone {
            reference,
            memory: options.whole("memory", 1, 1000)?.map_or(blank.memory, |n| n as usize),
            weight: options.number_where("weight", blank.weight, WEIGHT, is_weight)?,
            decrease: options.number_where("decrease", blank.decrease, decrease, fits)?,
            trials: options.whole("trials", 1, 1000)?.map_or(blank.trials, |n| n as u32),
        })
    }

    pub(super) fn call(&self) -> Call {
        let reference = match self.reference {
            Reference::Max => "max",
            Reference::Average => "average",
        };
        Call::new("nonmonotone")
            .with("reference", Call::new(reference))
            .with("memory", self.memory as f64)
            .with("weight", self.weight)
            .with("decrease", self.decrease)
            .with("trials", f64::from(self.trials))
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        let (decrease, fits) = (super::backtracking::DECREASE, super::backtracking::is_decrease);
        within("nonmonotone's memory", self.memory as f64, "from 1 to 1000", |n| {
            (1.0..=1000.0).contains(&n)
        })?;
        within("nonmonotone's weight", self.weight, WEIGHT, is_weight)?;
        within("nonmonotone's decrease", self.decrease, decrease, fits)?;
        within("nonmonotone's trials", f64::from(self.trials), "at least 1", |n| n >= 1.0)
    }
}

/// The values of a run, as far as they are remembered.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    settings: Nonmonotone,
    /// The last ones, and the place of the next.
    last: Vec<f64>,
    next: usize,
    average: f64,
    total_weight: f64,
}

impl Values {
    pub(crate) fn new(settings: &Nonmonotone) -> Self {
        let last = Vec::with_capacity(settings.memory);
        Values { settings: *settings, last, next: 0, average: 0.0, total_weight: 0.0 }
    }

    /// The value to come below from a point of this value, to which the run has come.
    pub(crate) fn reference_from(&mut self, value: f64) -> f64 {
        self.push(value);
        let reference = match self.settings.reference {
            Reference::Max => self.last.iter().fold(f64::NEG_INFINITY, |most, v| most.max(*v)),
            Reference::Average => self.average,
        };
        reference.max(value)
    }

    fn push(&mut self, value: f64) {
        if self.last.len() < self.settings.memory {
            self.last.push(value);
        } else {
            self.last[self.next] = value;
        }
        self.next = (self.next + 1) % self.settings.memory;
        let kept = self.settings.weight * self.total_weight;
        self.average = (kept * self.average + value) / (kept + 1.0);
        self.total_weight = kept + 1.0;
    }

    pub(crate) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.list("values", &mut self.last, self.settings.memory);
        keeper.place("values_next", &mut self.next, self.settings.memory - 1);
        keeper.number("average", &mut self.average);
        keeper.number("total_weight", &mut self.total_weight);
    }
}
