//! Straight lines and other powers.

use super::shape::{line, mix, part};
use super::{Course, Length};
use crate::hyper::{Describe, FINITE, POSITIVE, WHOLE, recipe};

recipe! {
    /// A straight line from `init` to `final`, then constant.
    ///
    /// ```text
    /// value(t) = init + (final − init) · p,        p = min(max(t − begin, 0), steps) / steps
    /// ```
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `linear_schedule(init, final, transition_steps=steps, transition_begin=begin)`. PyTorch's
    /// `LinearLR(start_factor, end_factor, total_iters=steps)` multiplies the optimiser's rate by its factors.
    ///
    /// ```
    /// use thalweg_rule::{Linear, Schedule};
    ///
    /// let schedule = Schedule::from(Linear { begin: 5, ..Linear::new(1.0, 10) });
    /// assert_eq!([0, 5, 10, 15, 99].map(|step| schedule.at(step)), [1.0, 1.0, 0.5, 0.0, 0.0]);
    /// ```
    pub struct Linear = linear("a straight line from init to final over a number of steps, then constant") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The steps from `init` to `final`, at least 1.
        steps: u64 = 1;
    } {
        /// The value afterwards.
        r#final: f64 = 0.0, FINITE;
        /// The step up to which the value stays at `init`.
        begin: u64 = 0, WHOLE;
    }
}

impl Linear {
    /// From `init` to 0.
    pub fn new(init: f64, steps: u64) -> Self {
        Linear { init, steps, ..Self::blank() }
    }
}

impl Course for Linear {
    fn at(&self, step: u64) -> f64 {
        line(self.init, self.r#final, part(step.saturating_sub(self.begin), self.steps))
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        vec![self.begin, self.begin.saturating_add(self.steps)]
    }

    fn length(&self) -> Length {
        Length::Ends(self.begin.saturating_add(self.steps))
    }
}

recipe! {
    /// From `init` to `final` by a power of what is left of the way, then constant.
    ///
    /// ```text
    /// value(t) = final + (init − final) · (1 − p)^power,        p = min(max(t − begin, 0), steps) / steps
    /// ```
    ///
    /// Source: Liu, Rabinovich and Berg, "ParseNet: looking wider to see better", 2015, under the name "poly".
    ///
    /// Conventions: Optax's `polynomial_schedule(init, final, power, transition_steps=steps, transition_begin=begin)`; PyTorch's
    /// `PolynomialLR(total_iters=steps, power)`, whose `final` is 0.
    ///
    /// ```
    /// use thalweg_rule::{Polynomial, Schedule};
    ///
    /// let schedule = Schedule::from(Polynomial { power: 2.0, ..Polynomial::new(1.0, 10) });
    /// assert_eq!([0, 5, 10].map(|step| schedule.at(step)), [1.0, 0.25, 0.0]);
    /// ```
    pub struct Polynomial = polynomial("from init to final by a power of what is left of the way, then constant") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The steps from `init` to `final`, at least 1.
        steps: u64 = 1;
    } {
        /// The value afterwards.
        r#final: f64 = 0.0, FINITE;
        /// The power; 1 is a straight line.
        power: f64 = 1.0, POSITIVE;
        /// The step up to which the value stays at `init`.
        begin: u64 = 0, WHOLE;
    }
}

impl Polynomial {
    /// From `init` to 0, with defaults for everything else.
    pub fn new(init: f64, steps: u64) -> Self {
        Polynomial { init, steps, ..Self::blank() }
    }
}

impl Course for Polynomial {
    fn at(&self, step: u64) -> f64 {
        let left = 1.0 - part(step.saturating_sub(self.begin), self.steps);
        mix(self.init, self.r#final, left.powf(self.power))
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        vec![self.begin, self.begin.saturating_add(self.steps)]
    }

    fn length(&self) -> Length {
        Length::Ends(self.begin.saturating_add(self.steps))
    }
}
