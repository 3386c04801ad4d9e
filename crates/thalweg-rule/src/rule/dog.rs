//! Step sizes from the distance that has been gone: DoG and DoWG.

use crate::hyper::{Describe, NOT_NEGATIVE, POSITIVE, choices, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Estimated, Estimator, Measured, OWN, Piece, SlotRange, Sums};
use crate::transform::{AddDecayedWeights, MAX_SLOTS};
use crate::{Arithmetic, Real, Schedule};

recipe! {
    /// DoG: gradient descent without a learning rate, which is the distance gone so far over the length of all gradients.
    ///
    /// ```text
    /// g ← g + weight_decay · x
    /// r ← max(r, ‖x − x₀‖);   G ← G + ‖g‖²            (over all parameters)
    /// x ← x − lr · r / √(G + eps) · g                 (the first r from init_step)
    /// ```
    ///
    /// The first `r` is `init_step · (1 + ‖x₀‖)` with `init=heuristic`, `init_step` with `distance`; with `learning_rate` the first step
    /// is `lr · init_step · g`.
    ///
    /// Source: Ivgi, Hinder and Carmon, "DoG is SGD's best friend: a parameter-free dynamic step size schedule", 2023. The authors
    /// recommend averaging the parameters.
    ///
    /// Conventions: Optax's `contrib.dog`, whose `init_step` is the pair of `init` and `init_step`.
    ///
    /// ```
    /// use thalweg_rule::{Dog, Recipe, Rule};
    ///
    /// let mut rule = Dog { init_step: 0.1, eps: 0.0, ..Dog::default() }.rule(1, 1)?;
    /// let mut x = [4.0];
    /// rule.step(&mut x, &[1e6])?;
    /// assert!((x[0] - 3.5_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Dog = dog("gradient descent by the distance gone over the length of all gradients") {
        /// What the step size is multiplied by.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// What `init_step` means.
        init: DogInit = DogInit::Heuristic;
        /// How the first step is found.
        init_step: f64 = 1e-6, POSITIVE;
        /// Added to the sum of squared lengths.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

choices! {
    /// How DoG's first step is found.
    pub enum DogInit {
        /// From a distance relative to the parameters.
        Heuristic = "heuristic",
        /// From a distance.
        Distance = "distance",
        /// From a step size.
        LearningRate = "learning_rate",
    }
}

impl Assemble for Dog {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        after_decay(self.weight_decay, Distance { dog: self.clone(), lr: 0.0 })
    }
}

/// An estimator behind an L2 penalty.
pub(super) fn after_decay<F: Real>(weight_decay: f64, estimator: impl Estimator) -> Vec<Box<dyn Piece<F>>> {
    let mut pieces: Vec<Box<dyn Piece<F>>> = Vec::new();
    if weight_decay != 0.0 {
        pieces.push(Box::new(AddDecayedWeights { weight_decay }));
    }
    pieces.push(Box::new(Estimated(estimator)));
    pieces
}

/// Adds `‖x − x₀‖²` and `‖u‖²`, the start being the only slot.
fn distance_and_length<F: Real>(sums: &Sums, at: usize, u: &[F], x: &[F], slots: &SlotRange<'_, F>) {
    sums.add(0, at, [x, slots[0], x], |x, start, _| (x - start) * (x - start));
    sums.add(1, at, [u; 3], |u, _, _| u * u);
}

fn ratio(above: f64, below: f64) -> f64 {
    if below == 0.0 { 0.0 } else { above / below }
}

#[derive(Clone)]
struct Distance {
    dog: Dog,
    lr: f64,
}

impl Estimator for Distance {
    const NAME: &'static str = Dog::NAME;
    const SLOTS: &'static [&'static str] = &["start"];
    const CHANGED: usize = 0;
    const FROM_START: bool = true;
    const NUMBERS: &'static [&'static str] = &["distance", "squares"];
    type Coefficients<A: Arithmetic> = ();

    fn starts(&self) -> [f64; OWN] {
        [if self.dog.init == DogInit::Distance { self.dog.init_step } else { 0.0 }, 0.0, 0.0, 0.0]
    }

    fn begin(&mut self, step: u64) {
        self.lr = self.dog.lr.at(step);
    }

    fn coefficients<A: Arithmetic>(&self) {}

    fn known(&self, _: &[f64; OWN]) -> [f64; OWN] {
        [0.0; OWN]
    }

    fn before<F: Real>(&self, sums: &Sums, at: usize, u: &[F], x: &[F], slots: &SlotRange<'_, F>) {
        distance_and_length(sums, at, u, x, slots);
        if self.dog.init == DogInit::Heuristic {
            sums.add(2, at, [slots[0]; 3], |start, _, _| start * start);
        }
    }

    fn measure(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN] {
        let Dog { init, init_step, eps, .. } = self.dog;
        let [gone, length, start, _] = measured.sums;
        let [distance, squares, ..] = numbers;
        if measured.first && init == DogInit::Heuristic {
            *distance = init_step * (1.0 + start.sqrt());
        }
        *distance = distance.max(gone.sqrt());
        *squares += length;
        let step = match init {
            DogInit::LearningRate if measured.first => init_step,
            _ => ratio(*distance, (*squares + eps).sqrt()),
        };
        [self.lr * step, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn update<A: Arithmetic>((): &(), measured: &[A; OWN], u: A, _: A, _: &[A; MAX_SLOTS]) -> A {
        measured[0] * u
    }
}

recipe! {
    /// DoWG: gradient descent without a learning rate, as [`Dog`], with gradients weighted by the distance at their time.
    ///
    /// ```text
    /// g ← g + weight_decay · x
    /// r² ← max(r², ‖x − x₀‖²);   v ← v + r² · ‖g‖²            (over all parameters)
    /// x ← x − lr · r² / (√v + eps) · g
    /// ```
    ///
    /// Source: Khaled, Mishchenko and Jin, "DoWG unleashed: an efficient universal parameter-free gradient descent method", 2023.
    ///
    /// Conventions: Optax's `contrib.dowg`.
    ///
    /// ```
    /// use thalweg_rule::{Dowg, Recipe, Rule};
    ///
    /// let mut rule = Dowg { init_estim_sq_dist: Some(0.25), eps: 0.0, ..Dowg::default() }.rule(1, 1)?;
    /// let mut x = [4.0];
    /// rule.step(&mut x, &[1e6])?;
    /// assert!((x[0] - 3.5_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Dowg = dowg("gradient descent by the distance gone over weighted gradients") {
        /// What the step size is multiplied by.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// The first `r²`; `eps` if not given.
        init_estim_sq_dist: Option<f64> = None, POSITIVE;
        /// Added to the square root.
        eps: f64 = 1e-4, NOT_NEGATIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
    conflict |rule| {
        let wrong = rule.eps == 0.0 && rule.init_estim_sq_dist.is_none();
        wrong.then(|| ("eps", "must be above 0 where init_estim_sq_dist is not given, found 0".to_owned()))
    };
}

impl Assemble for Dowg {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        after_decay(self.weight_decay, WeightedDistance { dowg: self.clone(), lr: 0.0 })
    }
}

#[derive(Clone)]
struct WeightedDistance {
    dowg: Dowg,
    lr: f64,
}

impl Estimator for WeightedDistance {
    const NAME: &'static str = Dowg::NAME;
    const SLOTS: &'static [&'static str] = &["start"];
    const CHANGED: usize = 0;
    const FROM_START: bool = true;
    const NUMBERS: &'static [&'static str] = &["distance_sq", "weighted_squares"];
    type Coefficients<A: Arithmetic> = ();

    fn starts(&self) -> [f64; OWN] {
        [self.dowg.init_estim_sq_dist.unwrap_or(self.dowg.eps), 0.0, 0.0, 0.0]
    }

    fn begin(&mut self, step: u64) {
        self.lr = self.dowg.lr.at(step);
    }

    fn coefficients<A: Arithmetic>(&self) {}

    fn known(&self, _: &[f64; OWN]) -> [f64; OWN] {
        [0.0; OWN]
    }

    fn before<F: Real>(&self, sums: &Sums, at: usize, u: &[F], x: &[F], slots: &SlotRange<'_, F>) {
        distance_and_length(sums, at, u, x, slots);
    }

    fn measure(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN] {
        let [gone, length, ..] = measured.sums;
        let [distance, squares, ..] = numbers;
        *distance = distance.max(gone);
        *squares += *distance * length;
        [self.lr * ratio(*distance, squares.sqrt() + self.dowg.eps), 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn update<A: Arithmetic>((): &(), measured: &[A; OWN], u: A, _: A, _: &[A; MAX_SLOTS]) -> A {
        measured[0] * u
    }
}
