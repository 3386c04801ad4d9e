//! Half a cosine wave from one value to another.

use super::shape::{cosine, mix, part};
use super::{Course, Length};
use crate::hyper::{Describe, FINITE, POSITIVE, recipe};

recipe! {
    /// Half a cosine wave from `init` down to `final`, then constant.
    ///
    /// ```text
    /// value(t) = final + (init − final) · ((1 + cos(π · min(t, steps) / steps)) / 2)^exponent
    /// ```
    ///
    /// With `periodic=true` the wave goes on, up and down, with the period `2 · steps`.
    ///
    /// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without the restarts.
    ///
    /// Conventions: Optax's `cosine_decay_schedule(init, steps, alpha, exponent)` has `alpha = final / init`. PyTorch's
    /// `CosineAnnealingLR(T_max=steps, eta_min=final)` is periodic.
    ///
    /// ```
    /// use thalweg_rule::{Cosine, Schedule};
    ///
    /// let schedule = Schedule::from(Cosine::new(1.0, 10));
    /// assert!((schedule.at(5) - 0.5).abs() < 1e-15);
    /// assert_eq!(schedule.at(11), 0.0);
    /// let wave = Schedule::from(Cosine { periodic: true, ..Cosine::new(1.0, 10) });
    /// assert_eq!(wave.at(20), 1.0);
    /// ```
    pub struct Cosine = cosine("half a cosine wave from init to final over a number of steps, then constant") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The step at which `final` is reached, at least 1.
        steps: u64 = 1;
    } {
        /// The value from then on.
        r#final: f64 = 0.0, FINITE;
        /// The power of the half wave; above 1 it falls sooner.
        exponent: f64 = 1.0, POSITIVE;
        /// Goes on up and down.
        periodic: bool = false;
    }
}

impl Cosine {
    /// From `init` to 0, with defaults for everything else.
    pub fn new(init: f64, steps: u64) -> Self {
        Cosine { init, steps, ..Self::blank() }
    }
}

impl Course for Cosine {
    fn at(&self, step: u64) -> f64 {
        let step = if self.periodic {
            let round = step % self.steps.saturating_mul(2).max(1);
            round.min(self.steps.saturating_mul(2) - round)
        } else {
            step
        };
        mix(self.init, self.r#final, cosine(part(step, self.steps)).powf(self.exponent))
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        vec![self.steps]
    }

    fn length(&self) -> Length {
        if self.periodic { Length::Goes(self.steps.saturating_mul(4)) } else { Length::Ends(self.steps) }
    }
}
