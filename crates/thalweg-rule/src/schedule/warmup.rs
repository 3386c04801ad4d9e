//! Rising first.

use super::shape::{cosine, line, mix, part};
use super::{Course, Length};
use crate::Schedule;
use crate::hyper::{Describe, FINITE, POSITIVE, WHOLE, recipe};

recipe! {
    /// A straight line from `start` to what another schedule begins with, then that schedule.
    ///
    /// ```text
    /// value(t) = start + (then(0) − start) · t / steps        t < steps
    ///          = then(t − steps)                              otherwise
    /// ```
    ///
    /// Source: Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.
    ///
    /// Conventions: the schedule's own steps are counted from the end of the warm-up, as in Optax's `join_schedules` and
    /// PyTorch's `SequentialLR([LinearLR(start_factor, total_iters=steps), then], milestones=[steps])`. Optax's
    /// `warmup_constant_schedule` is `warmup(steps, then=0.1)`, its `warmup_exponential_decay_schedule` is `warmup(steps,
    /// then=exponential(...))`; its `warmup_cosine_decay_schedule` counts otherwise, see `warmup_cosine`.
    ///
    /// ```
    /// use thalweg_rule::{Linear, Schedule, Warmup};
    ///
    /// let schedule = Schedule::from(Warmup::new(4, Linear::new(1.0, 10)));
    /// assert_eq!([0, 1, 4, 9, 14].map(|step| schedule.at(step)), [0.0, 0.25, 1.0, 0.5, 0.0]);
    /// ```
    pub struct Warmup = warmup("a straight line to what another schedule begins with, then that schedule") requires {
        /// The steps of the warm-up, at least 1.
        steps: u64 = 1;
        /// What comes after it.
        then: Schedule = 0.0.into();
    } {
        /// The value at step 0.
        start: f64 = 0.0, FINITE;
    }
}

impl Warmup {
    /// From 0 up to another schedule.
    pub fn new(steps: u64, then: impl Into<Schedule>) -> Self {
        Warmup { steps, then: then.into(), ..Self::blank() }
    }
}

impl Course for Warmup {
    fn at(&self, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            None => line(self.start, self.then.at(0), part(step, self.steps)),
            Some(since) => self.then.at(since),
        }
    }

    fn turns(&self, last: u64) -> Vec<u64> {
        let after = last.saturating_sub(self.steps);
        self.then.turning_points(after).into_iter().map(|step| step.saturating_add(self.steps)).collect()
    }

    fn length(&self) -> Length {
        match self.then.length() {
            Length::Ends(steps) => Length::Ends(steps.saturating_add(self.steps)),
            Length::Goes(steps) => Length::Goes(steps.saturating_add(self.steps)),
        }
    }
}

recipe! {
    /// A straight line from `start` to `max`, then half a cosine wave down to `final`, in `steps` steps together.
    ///
    /// ```text
    /// value(t) = start + (max − start) · t / warmup                          t < warmup
    ///          = final + (max − final) · ((1 + cos(π · p)) / 2)^exponent     p = min((t − warmup) / (steps − warmup), 1)
    /// ```
    ///
    /// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, after the warm-up of Goyal et
    /// al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.
    ///
    /// Conventions: `steps` has the warm-up in it, as Optax's `warmup_cosine_decay_schedule(init_value=start, peak_value=max,
    /// warmup_steps=warmup, decay_steps=steps, end_value=final, exponent)` has it; `warmup(w, cosine(max, n))` lasts `w + n`
    /// steps.
    ///
    /// ```
    /// use thalweg_rule::{Schedule, WarmupCosine};
    ///
    /// let schedule = Schedule::from(WarmupCosine { warmup: 10, ..WarmupCosine::new(1.0, 100) });
    /// assert_eq!([0, 5, 10, 100].map(|step| schedule.at(step)), [0.0, 0.5, 1.0, 0.0]);
    /// ```
    pub struct WarmupCosine = warmup_cosine("a straight line to max, then half a cosine wave to final, in steps steps") requires {
        /// The highest value.
        max: f64 = 0.0, FINITE;
        /// The step at which `final` is reached.
        steps: u64 = 1;
    } {
        /// The steps of the warm-up, fewer than `steps`; without any the value begins at `max`.
        warmup: u64 = 0, WHOLE;
        /// The value at step 0.
        start: f64 = 0.0, FINITE;
        /// The value at the end.
        r#final: f64 = 0.0, FINITE;
        /// The power of the half wave; above 1 it falls sooner.
        exponent: f64 = 1.0, POSITIVE;
    }
    conflict |s| (s.warmup >= s.steps)
        .then(|| ("steps", format!("must be more than those of the warm-up, {}, found {}", s.warmup, s.steps)));
}

impl WarmupCosine {
    /// Without warm-up, from `max` to 0, with defaults for everything else.
    pub fn new(max: f64, steps: u64) -> Self {
        WarmupCosine { max, steps, ..Self::blank() }
    }
}

impl Course for WarmupCosine {
    fn at(&self, step: u64) -> f64 {
        match step.checked_sub(self.warmup) {
            None => line(self.start, self.max, part(step, self.warmup)),
            Some(since) => {
                let way = part(since, self.steps.saturating_sub(self.warmup));
                mix(self.max, self.r#final, cosine(way).powf(self.exponent))
            }
        }
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        vec![self.warmup, self.steps]
    }

    fn length(&self) -> Length {
        Length::Ends(self.steps)
    }
}
