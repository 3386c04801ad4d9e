//! Falling in steps.

use super::{Course, Length, disorder};
use crate::hyper::{Describe, FINITE, NOT_NEGATIVE, UP_TO_ONE, recipe};

recipe! {
    /// Multiplied by `gamma` after every so many steps.
    ///
    /// ```text
    /// value(t) = init · gamma^⌊t / every⌋
    /// ```
    ///
    /// Source: common practice; "step decay".
    ///
    /// Conventions: PyTorch's `StepLR(step_size=every, gamma)`; Optax's `exponential_decay(init, every, gamma,
    /// staircase=True)`.
    ///
    /// ```
    /// use thalweg_rule::{Schedule, StepDecay};
    ///
    /// let schedule = Schedule::from(StepDecay { gamma: 0.5, ..StepDecay::new(1.0, 30) });
    /// assert_eq!([0, 29, 30, 60].map(|step| schedule.at(step)), [1.0, 1.0, 0.5, 0.25]);
    /// ```
    pub struct StepDecay = step("multiplied by gamma after every so many steps") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The steps between two changes, at least 1.
        every: u64 = 1;
    } {
        /// The factor, at most 1.
        gamma: f64 = 0.1, UP_TO_ONE;
    }
}

impl StepDecay {
    /// A tenth after every so many steps.
    pub fn new(init: f64, every: u64) -> Self {
        StepDecay { init, every, ..Self::blank() }
    }
}

impl Course for StepDecay {
    fn at(&self, step: u64) -> f64 {
        self.init * self.gamma.powf((step / self.every.max(1)) as f64)
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        Vec::new()
    }

    fn length(&self) -> Length {
        Length::Goes(self.every.saturating_mul(5))
    }
}

recipe! {
    /// Multiplied by `gamma` at each milestone.
    ///
    /// ```text
    /// value(t) = init · gamma^(number of milestones ≤ t)
    /// ```
    ///
    /// Source: common practice; so He et al., "Deep residual learning for image recognition", 2016, trained ResNets.
    ///
    /// Conventions: PyTorch's `MultiStepLR(milestones, gamma)`, which counts a milestone given twice twice; here milestones are
    /// strictly increasing. Another factor at each is `piecewise`.
    ///
    /// ```
    /// use thalweg_rule::{MultiStep, Schedule};
    ///
    /// let schedule = Schedule::from(MultiStep { gamma: 0.5, ..MultiStep::new(1.0, [30, 80]) });
    /// assert_eq!([29, 30, 79, 80].map(|step| schedule.at(step)), [1.0, 0.5, 0.5, 0.25]);
    /// ```
    pub struct MultiStep = multi_step("multiplied by gamma at each milestone") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The steps at which it changes, strictly increasing, from 1.
        milestones: Vec<u64> = Vec::new();
    } {
        /// The factor.
        gamma: f64 = 0.1, NOT_NEGATIVE;
    }
    conflict |s| disorder(&s.milestones).map(|problem| ("milestones", problem)).or_else(|| {
        let largest = s.gamma.powf(s.milestones.len() as f64);
        let finite = largest.is_finite() && (s.init * largest).is_finite();
        (!finite).then(|| ("gamma", "must leave the value finite after the last milestone".into()))
    });
}

impl MultiStep {
    /// A tenth at each milestone.
    pub fn new(init: f64, milestones: impl Into<Vec<u64>>) -> Self {
        MultiStep { init, milestones: milestones.into(), ..Self::blank() }
    }
}

impl Course for MultiStep {
    fn at(&self, step: u64) -> f64 {
        let passed = self.milestones.partition_point(|milestone| *milestone <= step);
        self.init * self.gamma.powf(passed as f64)
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        self.milestones.iter().flat_map(|milestone| [milestone.saturating_sub(1), *milestone]).collect()
    }

    fn length(&self) -> Length {
        Length::Ends(self.milestones.last().copied().unwrap_or(0))
    }
}
