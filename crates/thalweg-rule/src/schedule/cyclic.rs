//! Up and down in triangles.

use super::shape::line;
use super::{Course, Length};
use crate::hyper::{COUNT, Describe, FINITE, UP_TO_ONE, choices, recipe};

choices! {
    /// How the triangles' height changes.
    pub enum CyclicMode {
        /// Not at all.
        Triangular = "triangular",
        /// Each triangle is half as high as the one before.
        Triangular2 = "triangular2",
        /// Multiplied by `gamma` at each step.
        ExpRange = "exp_range",
    }
}

recipe! {
    /// Up from `base` to `max` and down again, over and over.
    ///
    /// ```text
    /// value(t) = base + (max − base) · h · s
    ///
    /// h   0 at the beginning of each cycle, 1 after step_up steps, 0 after step_down more
    /// s   triangular: 1;  triangular2: 2⁻ᵏ in cycle k = 0, 1, …;  exp_range: gammaᵗ
    /// ```
    ///
    /// Source: Smith, "Cyclical learning rates for training neural networks", 2017.
    ///
    /// Conventions: PyTorch's `CyclicLR(base_lr=base, max_lr=max, step_size_up=step_up, step_size_down=step_down, mode, gamma)`
    /// for the learning rate. The momentum, which it cycles too unless told otherwise, is the same with
    /// `base=max_momentum, max=base_momentum`: a `max` below `base` goes down and up.
    ///
    /// ```
    /// use thalweg_rule::{Cyclic, Schedule};
    ///
    /// let schedule = Schedule::from(Cyclic { step_down: Some(2), ..Cyclic::new(0.0, 1.0, 4) });
    /// assert_eq!([0, 2, 4, 5, 6].map(|step| schedule.at(step)), [0.0, 0.5, 1.0, 0.5, 0.0]);
    /// ```
    pub struct Cyclic = cyclic("up from base to max and down again, over and over") requires {
        /// The lowest value, at step 0.
        base: f64 = 0.0, FINITE;
        /// The highest value.
        max: f64 = 0.0, FINITE;
        /// The steps from `base` to `max`, at least 1.
        step_up: u64 = 1;
    } {
        /// The steps from `max` to `base`; as many as `step_up` unless given.
        step_down: Option<u64> = None, COUNT;
        /// How the height changes.
        mode: CyclicMode = CyclicMode::Triangular;
        /// The factor of `exp_range`, at most 1.
        gamma: f64 = 1.0, UP_TO_ONE;
    }
}

impl Cyclic {
    /// Triangles with equal sides, with defaults for everything else.
    pub fn new(base: f64, max: f64, step_up: u64) -> Self {
        Cyclic { base, max, step_up, ..Self::blank() }
    }

    fn down(&self) -> u64 {
        self.step_down.unwrap_or(self.step_up)
    }

    fn cycle(&self) -> u64 {
        self.step_up.saturating_add(self.down()).max(1)
    }
}

impl Course for Cyclic {
    fn at(&self, step: u64) -> f64 {
        let (cycle, since) = (step / self.cycle(), step % self.cycle());
        let height = if since <= self.step_up {
            since as f64 / self.step_up as f64
        } else {
            (self.cycle() - since) as f64 / self.down() as f64
        };
        let scale = match self.mode {
            CyclicMode::Triangular => 1.0,
            CyclicMode::Triangular2 => 0.5_f64.powf(cycle as f64),
            CyclicMode::ExpRange => self.gamma.powf(step as f64),
        };
        line(self.base, self.max, height * scale)
    }

    /// The first cycle has the highest peak; with `exp_range` it is where `t · gammaᵗ` is highest.
    fn turns(&self, _: u64) -> Vec<u64> {
        let mut turns = vec![self.step_up, self.cycle()];
        let highest = -1.0 / self.gamma.ln();
        if self.mode == CyclicMode::ExpRange && highest < self.step_up as f64 {
            turns.extend([highest.floor() as u64, highest.ceil() as u64]);
        }
        turns
    }

    fn length(&self) -> Length {
        Length::Goes(self.cycle().saturating_mul(4))
    }
}
