//! Half cosine waves one after the other.

use super::shape::{cosine, mix, part};
use super::{Course, Length};
use crate::hyper::{COUNT, Describe, FINITE, UP_TO_ONE, recipe};

recipe! {
    /// Half a cosine wave from `init` down to `final`, again and again, each `growth` times as long as the one before.
    ///
    /// ```text
    /// value(t) = final + (init − final) · gammaᵏ · (1 + cos(π · s / T)) / 2
    ///
    /// k   the number of restarts so far
    /// s   the steps since the last one
    /// T   steps · growthᵏ
    /// ```
    ///
    /// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    ///
    /// Conventions: PyTorch's `CosineAnnealingWarmRestarts(T_0=steps, T_mult=growth, eta_min=final)`; Keras's
    /// `CosineDecayRestarts` has `gamma` as `m_mul`. Waves that differ otherwise are `sgdr`.
    ///
    /// ```
    /// use thalweg_rule::{CosineRestarts, Schedule};
    ///
    /// let schedule = Schedule::from(CosineRestarts { growth: 2, ..CosineRestarts::new(1.0, 10) });
    /// assert_eq!([0, 10, 30, 70].map(|step| schedule.at(step)), [1.0; 4]);
    /// assert!((schedule.at(20) - 0.5).abs() < 1e-15);
    /// ```
    pub struct CosineRestarts = cosine_restarts("half cosine waves, each begun anew and growth times as long") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The length of the first wave, at least 1.
        steps: u64 = 1;
    } {
        /// The value that each wave falls to.
        r#final: f64 = 0.0, FINITE;
        /// How many times longer each wave is than the one before.
        growth: u64 = 1, COUNT;
        /// What each wave's height is multiplied by for the next.
        gamma: f64 = 1.0, UP_TO_ONE;
    }
}

impl CosineRestarts {
    /// Waves of one length from `init` to 0, with defaults for everything else.
    pub fn new(init: f64, steps: u64) -> Self {
        CosineRestarts { init, steps, ..Self::blank() }
    }

    /// The number of restarts before a step, the steps since the last one, and the wave's length.
    fn wave(&self, step: u64) -> (u64, u64, u64) {
        let mut length = self.steps.max(1);
        if self.growth <= 1 {
            return (step / length, step % length, length);
        }
        let (mut waves, mut left) = (0, step);
        while left >= length {
            left -= length;
            length = length.saturating_mul(self.growth);
            waves += 1;
        }
        (waves, left, length)
    }
}

impl Course for CosineRestarts {
    fn at(&self, step: u64) -> f64 {
        let (waves, since, length) = self.wave(step);
        mix(self.init, self.r#final, cosine(part(since, length)) * self.gamma.powf(waves as f64))
    }

    /// The ends of the first wave, of the last complete one, and of those between while they grow.
    fn turns(&self, last: u64) -> Vec<u64> {
        let (_, since, _) = self.wave(last);
        let mut restarts = vec![last - since];
        let (mut step, mut length) = (self.steps.max(1), self.steps.max(1));
        while step <= last {
            restarts.push(step);
            if self.growth <= 1 {
                break;
            }
            length = length.saturating_mul(self.growth);
            match step.checked_add(length) {
                Some(next) => step = next,
                None => break,
            }
        }
        restarts.into_iter().flat_map(|restart| [restart.saturating_sub(1), restart]).collect()
    }

    fn length(&self) -> Length {
        let growth = self.growth.saturating_mul(self.growth).saturating_add(self.growth).saturating_add(1);
        Length::Goes(self.steps.saturating_mul(growth))
    }
}
