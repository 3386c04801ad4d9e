//! Exponential decay, and growth up to a bound.

use super::{Course, Length};
use crate::hyper::{COUNT, Describe, FINITE, NOT_NEGATIVE, WHOLE, recipe};

recipe! {
    /// Multiplied by `gamma` over every so many steps, evenly or at once; it stops at `final`.
    ///
    /// ```text
    /// p = max(t − begin, 0) / every                          (staircase: ⌊p⌋)
    /// value(t) = max(init · gammaᵖ, final)                   (gamma > 1: min)
    /// ```
    ///
    /// With `gamma` above 1 there must be a `final`. Of a negative `init` the bound is on the other side.
    ///
    /// Source: common practice; growth with a bound is the learning-rate range test of Smith, "Cyclical learning rates for
    /// training neural networks", 2017.
    ///
    /// Conventions: PyTorch's `ExponentialLR(gamma)` is `exponential(init, gamma)`. Optax's `exponential_decay(init_value,
    /// transition_steps, decay_rate, transition_begin, staircase, end_value)` is `exponential(init, gamma=decay_rate,
    /// every=transition_steps, begin=transition_begin, staircase, final=end_value)`, but with a `decay_rate` of 0 it stays at
    /// `init_value` while here, as in PyTorch, the value becomes 0.
    ///
    /// ```
    /// use thalweg_rule::{Exponential, Schedule};
    ///
    /// let schedule = Schedule::from(Exponential { every: 10, r#final: Some(0.2), ..Exponential::new(1.0, 0.5) });
    /// assert_eq!([0, 10, 20, 30].map(|step| schedule.at(step)), [1.0, 0.5, 0.25, 0.2]);
    /// ```
    pub struct Exponential = exponential("multiplied by gamma over every so many steps, as far as final") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The factor.
        gamma: f64 = 1.0, NOT_NEGATIVE;
    } {
        /// The steps over which the value is multiplied by `gamma` once.
        every: u64 = 1, COUNT;
        /// The step up to which the value stays at `init`.
        begin: u64 = 0, WHOLE;
        /// Changes at once after every so many steps, instead of a little at each.
        staircase: bool = false;
        /// Where the value stops.
        r#final: Option<f64> = None, FINITE;
    }
    conflict |s| (s.gamma > 1.0 && s.r#final.is_none())
        .then(|| ("gamma", "must be at most 1 where no final bounds the growth".into()));
}

impl Exponential {
    /// Multiplied by `gamma` at each step.
    pub fn new(init: f64, gamma: f64) -> Self {
        Exponential { init, gamma, ..Self::blank() }
    }
}

impl Course for Exponential {
    fn at(&self, step: u64) -> f64 {
        let gone = step.saturating_sub(self.begin) as f64 / self.every as f64;
        let power = if self.staircase { gone.floor() } else { gone };
        let value = self.init * self.gamma.powf(power).min(f64::MAX);
        match self.r#final {
            None => value,
            Some(bound) if (self.gamma < 1.0) == (self.init >= 0.0) => value.max(bound),
            Some(bound) => value.min(bound),
        }
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        Vec::new()
    }

    /// Until the value is at `final`, or a hundredth of the first.
    fn length(&self) -> Length {
        let target = self.r#final.map_or(0.01, |bound| bound / self.init);
        let powers = target.ln() / self.gamma.ln();
        let powers = if powers.is_finite() && powers > 0.0 { powers } else { 5.0 };
        Length::Goes(self.begin.saturating_add((powers * self.every as f64).ceil() as u64))
    }
}
