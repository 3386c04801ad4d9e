//! Smaller steps where the function no longer improves.

use crate::hyper::{Describe, FROM_ONE, NOT_NEGATIVE, Range, choices, recipe};
use crate::memory::{Memory, Visit};
use crate::optimizer::Assemble;
use crate::pass::{Isa, Piece, Problem, SlotRange, Stage};
use crate::{Evaluation, Needs, Real, RuleError};

const INSIDE_UNIT: Range = Range { wanted: "above 0 and below 1", holds: |x| x > 0.0 && x < 1.0 };
const FROM_ZERO: Range =
    Range { wanted: "a whole number of at least 0", holds: |x| x >= 0.0 && x.fract() == 0.0 };

recipe! {
    /// The update times a number that becomes smaller whenever the function's value has stopped improving.
    ///
    /// ```text
    /// better:  f < best · (1 − threshold)       (mode=max: f > best · (1 + threshold); threshold_mode=abs: best ∓ threshold)
    /// bad ← 0 if better, then best ← f, else bad + 1;   in the cooldown steps after a reduction bad ← 0
    /// bad > patience:  scale ← max(factor · scale, min_scale), bad ← 0            (from scale = 1)
    /// u ← scale · u
    /// ```
    ///
    /// Written behind a rule. Needs the function's value at every step, at the parameters before it: [`advance`](crate::Rule::advance).
    /// With `accumulation_size` the mean of so many values counts as one, and only those means as steps.
    ///
    /// Source: common practice.
    ///
    /// Conventions: PyTorch's `ReduceLROnPlateau` if its `step` is called with the value just before the optimiser's; `min_scale` is
    /// `min_lr` over the learning rate, and there is no least reduction (`eps` is 0). Optax's `contrib.reduce_on_plateau` with
    /// `patience` = p is `patience` = p − 1 here.
    ///
    /// ```
    /// use thalweg_rule::{Evaluation, Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("sgd(lr=1) | reduce_on_plateau(factor=0.5, patience=0)")?.rule(1, 1)?;
    /// let mut x = [0.0];
    /// for value in [3.0, 2.0, 2.0] {
    ///     rule.advance(&mut x, &Evaluation::of(&[1.0]).with_values(&[value]))?;
    /// }
    /// assert_eq!(x, [-2.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ReduceOnPlateau = reduce_on_plateau("smaller updates whenever the function has stopped improving") {
        /// What the scale is multiplied by.
        factor: f64 = 0.1, INSIDE_UNIT;
        /// How many values in succession may be no better.
        patience: u64 = 10, FROM_ZERO;
        /// How much better a value must be.
        threshold: f64 = 1e-4, NOT_NEGATIVE;
        /// What the threshold is relative to.
        threshold_mode: ThresholdMode = ThresholdMode::Rel;
        /// How many values after a reduction are not counted.
        cooldown: u64 = 0, FROM_ZERO;
        /// The least scale.
        min_scale: f64 = 0.0, NOT_NEGATIVE;
        /// What is better.
        mode: PlateauMode = PlateauMode::Min;
        /// How many values are averaged to one.
        accumulation_size: u64 = 1, FROM_ONE;
    }
}

choices! {
    /// How a threshold of improvement is meant.
    pub enum ThresholdMode {
        /// As a part of the best value.
        Rel = "rel",
        /// As a difference.
        Abs = "abs",
    }
}

choices! {
    /// Which values are better.
    pub enum PlateauMode {
        /// Smaller ones.
        Min = "min",
        /// Greater ones.
        Max = "max",
    }
}

impl Assemble for ReduceOnPlateau {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Listening(self.clone()))]
    }
}

/// What is remembered of one problem's values.
#[derive(Debug, Clone, Copy)]
struct Progress {
    scale: f64,
    best: f64,
    bad: f64,
    cooldown: f64,
    /// Of the values that are to count as one.
    mean: f64,
    heard: f64,
}

const PROGRESS: [&str; 6] = ["scale", "best", "bad", "cooldown", "mean", "heard"];

impl ReduceOnPlateau {
    fn start(&self) -> [f64; 6] {
        let worst = if self.mode == PlateauMode::Min { f64::INFINITY } else { f64::NEG_INFINITY };
        [1.0, worst, 0.0, 0.0, 0.0, 0.0]
    }

    fn improves(&self, value: f64, best: f64) -> bool {
        let threshold = self.threshold;
        match (self.mode, self.threshold_mode) {
            (PlateauMode::Min, ThresholdMode::Rel) => value < best * (1.0 - threshold),
            (PlateauMode::Min, ThresholdMode::Abs) => value < best - threshold,
            (PlateauMode::Max, ThresholdMode::Rel) => value > best * (1.0 + threshold),
            (PlateauMode::Max, ThresholdMode::Abs) => value > best + threshold,
        }
    }

    fn hear(&self, value: f64, progress: &mut Progress) {
        let Progress { scale, best, bad, cooldown, mean, heard } = progress;
        *mean = (*heard * *mean + value) / (*heard + 1.0);
        *heard += 1.0;
        if *heard < self.accumulation_size as f64 {
            return;
        }
        let value = *mean;
        (*mean, *heard) = (0.0, 0.0);
        if self.improves(value, *best) {
            (*best, *bad) = (value, 0.0);
        } else {
            *bad += 1.0;
        }
        if *cooldown > 0.0 {
            (*cooldown, *bad) = (*cooldown - 1.0, 0.0);
        }
        if *bad > self.patience as f64 {
            *scale = scale.min((*scale * self.factor).max(self.min_scale));
            (*cooldown, *bad) = (self.cooldown as f64, 0.0);
        }
    }
}

struct Listening(ReduceOnPlateau);

impl<F: Real> Piece<F> for Listening {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let lanes = problem.shape.lanes;
        let (numbers, scales) = (vec![0.0; PROGRESS.len() * lanes], vec![F::of(1.0); lanes]);
        Ok(Box::new(Sized { rule: self.0, numbers, scales, isa: Isa::detect() }))
    }
}

struct Sized<F> {
    rule: ReduceOnPlateau,
    /// Of all problems, one kind after the other.
    numbers: Vec<f64>,
    scales: Vec<F>,
    isa: Isa,
}

impl<F: Real> Stage<F> for Sized<F> {
    fn name(&self) -> &'static str {
        ReduceOnPlateau::NAME
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        let lanes = self.scales.len();
        for (k, name) in PROGRESS.iter().enumerate() {
            visit(name, Memory::Numbers(&mut self.numbers[k * lanes..(k + 1) * lanes]));
        }
    }

    fn begin(&mut self, step: u64) {
        if step == 0 {
            let lanes = self.scales.len();
            for (k, start) in self.rule.start().into_iter().enumerate() {
                self.numbers[k * lanes..(k + 1) * lanes].fill(start);
            }
        }
    }

    fn needs(&self) -> Needs {
        Needs { values: true, ..Needs::default() }
    }

    fn tell(&mut self, at: &Evaluation<'_, F>) {
        let lanes = self.scales.len();
        for (problem, value) in at.values.unwrap_or_default().iter().enumerate() {
            let [scale, best, bad, cooldown, mean, heard] =
                std::array::from_fn(|k| self.numbers[k * lanes + problem]);
            let mut progress = Progress { scale, best, bad, cooldown, mean, heard };
            self.rule.hear(value.to_f64(), &mut progress);
            let Progress { scale, best, bad, cooldown, mean, heard } = progress;
            for (k, number) in [scale, best, bad, cooldown, mean, heard].into_iter().enumerate() {
                self.numbers[k * lanes + problem] = number;
            }
            self.scales[problem] = F::of(scale);
        }
    }

    fn apply(&self, at: usize, update: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        self.isa.multiply_lanes(at, update, &self.scales);
    }
}
