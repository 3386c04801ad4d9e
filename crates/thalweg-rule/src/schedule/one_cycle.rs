//! One rise and a longer fall.

use super::{Course, Length, Shape};
use crate::hyper::{Describe, FINITE, POSITIVE, UP_TO_ONE, choices, recipe};

choices! {
    /// Where the phases of `one_cycle` end.
    pub enum OneCycleConvention {
        /// As `torch.optim.lr_scheduler.OneCycleLR`.
        Pytorch = "pytorch",
        /// As Optax's `cosine_onecycle_schedule` and `linear_onecycle_schedule`.
        Optax = "optax",
    }
}

recipe! {
    /// Up from a fraction of `max` to `max`, then down far below where it began.
    ///
    /// ```text
    /// first = max / div_factor,   last = first / final_div_factor
    /// two phases:     first → max → last
    /// three phases:   first → max → first → last
    /// ends:           pct_start · steps − 1,   2 · pct_start · steps − 2,   steps − 1
    ///                 (optax: ⌊pct_start · steps⌋,   ⌊pct_final · steps⌋,   steps)
    /// ```
    ///
    /// Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
    ///
    /// Conventions: PyTorch's `OneCycleLR(max_lr=max, total_steps=steps, pct_start, anneal_strategy=shape, div_factor,
    /// final_div_factor, three_phase)` for the learning rate; it also cycles the momentum, and refuses more steps where here the
    /// value stays. With `convention=optax`, Optax's `cosine_onecycle_schedule(steps, max, pct_start, div_factor,
    /// final_div_factor)`, and with `three_phase=true, shape=linear` its `linear_onecycle_schedule`, which has `pct_final`.
    ///
    /// ```
    /// use thalweg_rule::{OneCycle, Schedule};
    ///
    /// let schedule = Schedule::from(OneCycle { pct_start: 0.5, ..OneCycle::new(1.0, 101) });
    /// assert_eq!([0, 100, 999].map(|step| schedule.at(step)), [0.04, 4e-6, 4e-6]);
    /// assert!(schedule.at(49) > 0.99);
    /// ```
    pub struct OneCycle = one_cycle("up from a fraction of max to max, then down far below where it began") requires {
        /// The highest value.
        max: f64 = 0.0, FINITE;
        /// The length of the cycle, at least 1.
        steps: u64 = 1;
    } {
        /// The part of the cycle in which the value rises, from 0 to 1.
        pct_start: f64 = 0.3, UP_TO_ONE;
        /// How many times `max` is the first value.
        div_factor: f64 = 25.0, POSITIVE;
        /// How many times the first value is the last.
        final_div_factor: f64 = 1e4, POSITIVE;
        /// The shape of the phases.
        shape: Shape = Shape::Cosine;
        /// Falls back to the first value, and from there to the last.
        three_phase: bool = false;
        /// Where the second of three phases ends by Optax's convention; 0.85 unless given.
        pct_final: Option<f64> = None, UP_TO_ONE;
        /// Whose convention.
        convention: OneCycleConvention = OneCycleConvention::Pytorch;
    }
    conflict |s| s.conflict();
}

impl OneCycle {
    /// Two phases of half a cosine wave, with defaults for everything else.
    pub fn new(max: f64, steps: u64) -> Self {
        OneCycle { max, steps, ..Self::blank() }
    }

    fn by_optax(&self) -> bool {
        self.convention == OneCycleConvention::Optax
    }

    fn first(&self) -> f64 {
        self.max / self.div_factor
    }

    fn last(&self) -> f64 {
        self.first() / self.final_div_factor
    }

    /// The phases: where each ends and at which value. The ends need not be whole, nor in order.
    fn phases(&self) -> [(f64, f64); 3] {
        let steps = self.steps as f64;
        let ends = if self.by_optax() {
            [(self.pct_start * steps).floor(), (self.pct_final.unwrap_or(0.85) * steps).floor(), steps]
        } else {
            [self.pct_start * steps - 1.0, 2.0 * self.pct_start * steps - 2.0, steps - 1.0]
        };
        let middle = if self.three_phase { (ends[1], self.first()) } else { (ends[0], self.max) };
        [(ends[0], self.max), middle, (ends[2], self.last())]
    }

    fn conflict(&self) -> Option<(&'static str, String)> {
        let wrong = |key, problem: &str| Some((key, problem.to_owned()));
        if self.pct_final.is_some() && !(self.three_phase && self.by_optax()) {
            return wrong("pct_final", "needs three_phase=true and convention=optax");
        }
        if self.three_phase && self.by_optax() && self.pct_final.unwrap_or(0.85) < self.pct_start {
            return wrong("pct_final", "must be at least pct_start");
        }
        if self.three_phase && !self.by_optax() && self.pct_start > 0.5 {
            return wrong("pct_start", "must be at most 0.5 with three phases, for the fall takes as long");
        }
        if !(self.first().is_finite() && self.last().is_finite()) {
            return wrong("max", "must be finite when it is divided by div_factor and final_div_factor");
        }
        None
    }
}

impl Course for OneCycle {
    fn at(&self, step: u64) -> f64 {
        let step = step as f64;
        let (mut begin, mut from) = (0.0, self.first());
        for (end, to) in self.phases() {
            if step <= end {
                let way = if end > begin { (step - begin) / (end - begin) } else { 1.0 };
                return self.shape.between(from, to, way);
            }
            (begin, from) = (end, to);
        }
        from
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        self.phases().into_iter().flat_map(|(end, _)| [end.floor() as u64, end.ceil() as u64]).collect()
    }

    fn length(&self) -> Length {
        let [_, (before, _), (end, _)] = self.phases();
        // A last phase without room is over one step later.
        Length::Ends(end as u64 + u64::from(before >= end))
    }
}
