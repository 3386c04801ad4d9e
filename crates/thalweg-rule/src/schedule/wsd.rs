//! Warm-up, stable, decay.

use super::shape::{line, part};
use super::{Course, Length, Shape};
use crate::hyper::{Describe, FINITE, WHOLE, recipe};

recipe! {
    /// Up from `start` to `max` in a straight line, there for a while, then down to `final`.
    ///
    /// ```text
    /// value(t) = start + (max − start) · t / warmup            t < warmup
    ///          = max                                           for stable steps
    ///          = final + (max − final) · shape(p)              p from 0 to 1 in decay steps, then final
    ///
    /// shape    linear: 1 − p    cosine: (1 + cos(π · p)) / 2    sqrt: 1 − √p    square: 1 − p²
    /// ```
    ///
    /// Source: Hu et al., "MiniCPM: unveiling the potential of small language models with scalable training strategies", 2024;
    /// the shapes are those of Hägele et al., "Scaling laws and compute-optimal training beyond fixed training durations", 2024,
    /// where `sqrt` does best.
    ///
    /// Conventions: in Optax and PyTorch three schedules are joined, `joined([linear(...), max, linear(...)], at=[...])`.
    ///
    /// ```
    /// use thalweg_rule::{Schedule, Wsd};
    ///
    /// let schedule = Schedule::from(Wsd::new(1.0, 10, 80, 10));
    /// assert_eq!([0, 5, 10, 90, 95, 100].map(|step| schedule.at(step)), [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]);
    /// ```
    pub struct Wsd = wsd("up to max, there for a while, then down: warm-up, stable, decay") requires {
        /// The highest value.
        max: f64 = 0.0, FINITE;
        /// The steps of the rise; without any the value begins at `max`.
        warmup: u64 = 0, WHOLE;
        /// The steps at `max`.
        stable: u64 = 0, WHOLE;
        /// The steps of the fall, at least 1.
        decay: u64 = 1;
    } {
        /// The value at the end.
        r#final: f64 = 0.0, FINITE;
        /// The value at step 0.
        start: f64 = 0.0, FINITE;
        /// The shape of the fall.
        shape: Shape = Shape::Linear;
    }
}

impl Wsd {
    /// From 0 up to `max` and down to 0 in straight lines.
    pub fn new(max: f64, warmup: u64, stable: u64, decay: u64) -> Self {
        Wsd { max, warmup, stable, decay, ..Self::blank() }
    }

    fn fall(&self) -> u64 {
        self.warmup.saturating_add(self.stable)
    }
}

impl Course for Wsd {
    fn at(&self, step: u64) -> f64 {
        if step < self.warmup {
            return line(self.start, self.max, part(step, self.warmup));
        }
        let way = part(step.saturating_sub(self.fall()), self.decay);
        self.shape.between(self.max, self.r#final, way)
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        vec![self.warmup, self.fall(), self.fall().saturating_add(self.decay)]
    }

    fn length(&self) -> Length {
        Length::Ends(self.fall().saturating_add(self.decay))
    }
}
