//! The learning rate.

use crate::{Arithmetic, Schedule, Transform};

/// `u ← lr(t) / (1 + t · decay) · u`, `t` counting steps from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    schedule: Schedule,
    decay: f64,
    now: f64,
}

impl Rate {
    /// A rate by schedule, or a number for a constant one.
    pub fn new(schedule: impl Into<Schedule>) -> Self {
        Rate { schedule: schedule.into(), decay: 0.0, now: 0.0 }
    }

    /// The rate falling hyperbolically beside its schedule, as PyTorch's `lr_decay`.
    pub fn decaying(schedule: impl Into<Schedule>, decay: f64) -> Self {
        Rate { decay, ..Rate::new(schedule) }
    }
}

impl Transform for Rate {
    type Coefficients<A: Arithmetic> = A;

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.now = self.schedule.at(step);
        if self.decay != 0.0 {
            self.now /= 1.0 + step as f64 * self.decay;
        }
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(self.now)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(rate: &A, u: A, _: A, _: &mut [A]) -> A {
        *rate * u
    }
}
