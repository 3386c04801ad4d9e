//! Hyperbolic decay.

use super::{Course, Length};
use crate::hyper::{COUNT, Describe, FINITE, NOT_NEGATIVE, recipe};

recipe! {
    /// Falling as one over the time, or a power of it.
    ///
    /// ```text
    /// value(t) = init / (1 + decay · t / every)^power        (staircase: ⌊t / every⌋)
    /// ```
    ///
    /// Source: Robbins and Monro, "A stochastic approximation method", 1951, whose rates fall as 1 / t. With `power=0.5` after a
    /// warm-up of `w` steps and `decay = 1 / w` it is the inverse square root of Vaswani et al., "Attention is all you need",
    /// 2017: `warmup(4000, inverse_time(init=0.0007, decay=0.00025, power=0.5))`.
    ///
    /// Conventions: Keras's `InverseTimeDecay(init, decay_steps=every, decay_rate=decay, staircase)`; PyTorch's Adagrad has it as
    /// `lr_decay`.
    ///
    /// ```
    /// use thalweg_rule::{InverseTime, Schedule};
    ///
    /// let schedule = Schedule::from(InverseTime::new(1.0, 0.5));
    /// assert_eq!([0, 2, 6].map(|step| schedule.at(step)), [1.0, 0.5, 0.25]);
    /// ```
    pub struct InverseTime = inverse_time("init / (1 + decay t / every)^power") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// How fast it falls.
        decay: f64 = 0.0, NOT_NEGATIVE;
    } {
        /// The steps that count as one unit of time.
        every: u64 = 1, COUNT;
        /// Falls at once after every so many steps, instead of a little at each.
        staircase: bool = false;
        /// The power of the time: 0.5 for the inverse square root.
        power: f64 = 1.0, NOT_NEGATIVE;
    }
}

impl InverseTime {
    /// `init / (1 + decay · t)`.
    pub fn new(init: f64, decay: f64) -> Self {
        InverseTime { init, decay, ..Self::blank() }
    }
}

impl Course for InverseTime {
    fn at(&self, step: u64) -> f64 {
        let gone = step as f64 / self.every as f64;
        let time = if self.staircase { gone.floor() } else { gone };
        self.init / (1.0 + self.decay * time).powf(self.power)
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        Vec::new()
    }

    /// Until the value is a twentieth of the first, if the power is 1.
    fn length(&self) -> Length {
        let units = if self.decay > 0.0 { 19.0 / self.decay } else { 5.0 };
        Length::Goes((units * self.every as f64).ceil() as u64)
    }
}
