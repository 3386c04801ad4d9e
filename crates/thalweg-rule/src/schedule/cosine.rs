//! Half a cosine wave from one value to another.

use std::f64::consts::PI;

use crate::hyper::{Describe, FINITE, Visitor};

/// Half a cosine wave from `init` down to `final`, then constant.
///
/// ```text
/// value(t) = final + (init − final) · (1 + cos(π · min(t, steps) / steps)) / 2
/// ```
///
/// Loshchilov and Hutter, "SGDR", 2017, without restarts. Optax's `cosine_decay_schedule(init, steps, alpha)` with
/// `final = alpha · init`.
///
/// ```
/// use thalweg_rule::{Cosine, Schedule};
///
/// let schedule = Schedule::from(Cosine { init: 1.0, steps: 10, r#final: 0.0 });
/// assert!((schedule.at(5) - 0.5).abs() < 1e-15);
/// assert_eq!(schedule.at(11), 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cosine {
    /// The value at step 0.
    pub init: f64,
    /// The step at which `final` is reached, at least 1.
    pub steps: u64,
    /// The value from then on.
    pub r#final: f64,
}

impl Cosine {
    #[cold]
    pub(super) fn at(&self, step: u64) -> f64 {
        let way = step.min(self.steps) as f64 / self.steps as f64;
        self.r#final + (self.init - self.r#final) * 0.5 * (1.0 + (PI * way).cos())
    }
}

impl Describe for Cosine {
    const NAME: &'static str = "cosine";
    const SUMMARY: &'static str =
        "half a cosine wave from init to final over a number of steps, then constant";

    fn blank() -> Self {
        Cosine { init: 0.0, steps: 1, r#final: 0.0 }
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.required("init", &mut self.init, FINITE)?;
        v.count("steps", &mut self.steps)?;
        v.number("final", &mut self.r#final, FINITE)
    }
}
