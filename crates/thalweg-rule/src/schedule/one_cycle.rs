//! One rise and a longer fall, and the momentum beside it.

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
    /// final_div_factor, three_phase)` for the learning rate, and refuses more steps where here the value stays. The momentum, which it
    /// cycles too, is [`OneCycleMomentum`]. With `convention=optax`, Optax's `cosine_onecycle_schedule(steps, max, pct_start, div_factor,
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

    fn phases(&self) -> Phases {
        let steps = self.steps as f64;
        let ends = if self.by_optax() {
            [(self.pct_start * steps).floor(), (self.pct_final.unwrap_or(0.85) * steps).floor(), steps]
        } else {
            ends_by_pytorch(self.pct_start, steps)
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
        along(self.first(), self.phases(), self.shape, step)
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        ends(self.phases())
    }

    fn length(&self) -> Length {
        length(self.phases())
    }
}

recipe! {
    /// The momentum beside `one_cycle`: high where the learning rate is low.
    ///
    /// ```text
    /// two phases:     max → base → max
    /// three phases:   max → base → max → max
    /// ends:           pct_start · steps − 1,   2 · pct_start · steps − 2,   steps − 1
    /// ```
    ///
    /// Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
    ///
    /// Conventions: PyTorch's `OneCycleLR(total_steps=steps, pct_start, anneal_strategy=shape, cycle_momentum=True,
    /// base_momentum=base, max_momentum=max, three_phase)` for `momentum` or, of Adam, `beta1`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let text = "adamw(lr=one_cycle(0.1, 100), beta1=one_cycle_momentum(100))";
    /// let mut rule = Optimizer::parse(text)?.rule::<f64>(1, 1)?;
    /// let beta1 = |rule: &dyn Rule<f64>| rule.hyperparameters().into_iter().find(|(key, _)| key == "beta1").unwrap().1;
    /// assert_eq!(beta1(&*rule), 0.95);
    /// let mut x = [1.0];
    /// for _ in 0..29 {
    ///     rule.step(&mut x, &[1.0])?;
    /// }
    /// assert!((beta1(&*rule) - 0.85).abs() < 1e-15);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct OneCycleMomentum = one_cycle_momentum("the momentum beside one_cycle: from max to base and back") requires {
        /// The length of the cycle, at least 1.
        steps: u64 = 1;
    } {
        /// The lowest value, where the learning rate is highest.
        base: f64 = 0.85, FINITE;
        /// The highest value, at both ends.
        max: f64 = 0.95, FINITE;
        /// The part of the cycle in which the value falls, from 0 to 1.
        pct_start: f64 = 0.3, UP_TO_ONE;
        /// The shape of the phases.
        shape: Shape = Shape::Cosine;
        /// Rises as fast as it has fallen, and stays.
        three_phase: bool = false;
    }
    conflict |s| {
        let long = s.three_phase && s.pct_start > 0.5;
        long.then(|| ("pct_start", "must be at most 0.5 with three phases, for the rise takes as long".to_owned()))
    };
}

impl OneCycleMomentum {
    /// Two phases of half a cosine wave, with defaults for everything else.
    pub fn new(steps: u64) -> Self {
        OneCycleMomentum { steps, ..Self::blank() }
    }

    fn phases(&self) -> Phases {
        let steps = self.steps as f64;
        let [first, second, last] = ends_by_pytorch(self.pct_start, steps);
        let middle = if self.three_phase { (second, self.max) } else { (first, self.base) };
        [(first, self.base), middle, (last, self.max)]
    }
}

impl Course for OneCycleMomentum {
    fn at(&self, step: u64) -> f64 {
        along(self.max, self.phases(), self.shape, step)
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        ends(self.phases())
    }

    fn length(&self) -> Length {
        length(self.phases())
    }
}

/// The phases of a cycle: where each ends and at which value. The ends need not be whole, nor in order.
type Phases = [(f64, f64); 3];

fn ends_by_pytorch(pct_start: f64, steps: f64) -> [f64; 3] {
    [pct_start * steps - 1.0, 2.0 * pct_start * steps - 2.0, steps - 1.0]
}

fn along(first: f64, phases: Phases, shape: Shape, step: u64) -> f64 {
    let step = step as f64;
    let (mut begin, mut from) = (0.0, first);
    for (end, to) in phases {
        if step <= end {
            let way = if end > begin { (step - begin) / (end - begin) } else { 1.0 };
            return shape.between(from, to, way);
        }
        (begin, from) = (end, to);
    }
    from
}

fn ends(phases: Phases) -> Vec<u64> {
    phases.into_iter().flat_map(|(end, _)| [end.floor() as u64, end.ceil() as u64]).collect()
}

fn length([_, (before, _), (end, _)]: Phases) -> Length {
    // A last phase without room is over one step later.
    Length::Ends(end as u64 + u64::from(before >= end))
}
