//! Polyak's step size for momentum: MoMo.

use super::dadapt::unbiased;
use crate::hyper::{BELOW_ONE, Describe, FINITE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Estimated, Estimator, Measured, OWN, Piece, SlotRange, Sums};
use crate::transform::MAX_SLOTS;
use crate::{Arithmetic, Real, Schedule};

recipe! {
    /// MoMo: momentum by Polyak's step size, from a model of the function that is made of past gradients and values.
    ///
    /// ```text
    /// m ← beta · m + (1 − beta) · g;   f̄ ← beta · f̄ + (1 − beta) · f(x);   γ ← beta · γ + (1 − beta) · ⟨g, x⟩      (first step: beta = 0)
    /// τ = min(lr, max(0, (1 + lr · weight_decay) · (f̄ − γ − lower_bound) + ⟨m, x⟩) / ‖m‖²)
    /// x ← x / (1 + lr · weight_decay) − τ · m
    /// ```
    ///
    /// With `adapt_lower_bound` the bound is estimated from below: what the model still has to fall is at least half of it, and after
    /// each step the bound is what the model says of the new place, but no less than `lower_bound`. Needs the function's value at every
    /// step: [`advance`](crate::Rule::advance).
    ///
    /// Source: Schaipp, Ohana, Eickenberg, Defazio and Gower, "MoMo: momentum models for adaptive learning rates", 2023.
    ///
    /// Conventions: Optax's `contrib.momo`; no step where `‖m‖²` is at most 2⁻⁵².
    ///
    /// ```
    /// use thalweg_rule::{Evaluation, Momo, Recipe, Rule};
    ///
    /// let mut rule = Momo::default().rule(1, 1)?;
    /// let mut x = [3.0];
    /// // f(x) = x²
    /// rule.advance(&mut x, &Evaluation::of(&[6.0]).with_values(&[9.0]))?;
    /// assert_eq!(x, [1.5]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Momo = momo("momentum by Polyak's step size, from the function's value") {
        /// The greatest step size.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// How much of the averages is kept.
        beta: f64 = 0.9, BELOW_ONE;
        /// What the function is never below.
        lower_bound: f64 = 0.0, FINITE;
        /// The factor of decoupled weight decay.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Whether the bound is estimated.
        adapt_lower_bound: bool = false;
    }
}

impl Assemble for Momo {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Momo { beta, lower_bound, weight_decay, adapt_lower_bound, .. } = *self;
        let model = Model {
            lr: self.lr.clone(),
            lower_bound,
            weight_decay,
            adapt: adapt_lower_bound,
            beta,
            beta_now: 0.0,
            correction: 1.0,
            now: 0.0,
        };
        vec![Box::new(Estimated(Plain(model)))]
    }
}

recipe! {
    /// MoMo-Adam: Adam by Polyak's step size, from a model of the function that is made of past gradients and values.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g;   v ← beta2 · v + (1 − beta2) · g²;   p = eps + √(v / (1 − beta2ᵗ))          (t counts from 1)
    /// f̄ ← beta1 · f̄ + (1 − beta1) · f(x);   γ ← beta1 · γ + (1 − beta1) · ⟨g, x⟩;   c = 1 − beta1ᵗ
    /// τ = min(lr / c, max(0, (1 + lr · weight_decay) · (f̄ − γ − c · lower_bound) + ⟨m, x⟩) / ⟨m, m / p⟩)
    /// x ← x / (1 + lr · weight_decay) − τ · m / p
    /// ```
    ///
    /// With `adapt_lower_bound` the bound is estimated as in [`Momo`]. Needs the function's value at every step:
    /// [`advance`](crate::Rule::advance).
    ///
    /// Source: Schaipp, Ohana, Eickenberg, Defazio and Gower, "MoMo: momentum models for adaptive learning rates", 2023.
    ///
    /// Conventions: Optax's `contrib.momo_adam`; no step where `⟨m, m / p⟩` is at most 2⁻⁵².
    ///
    /// ```
    /// use thalweg_rule::{Evaluation, MomoAdam, Recipe, Rule};
    ///
    /// let mut rule = MomoAdam { lr: 10.0.into(), ..MomoAdam::default() }.rule(1, 1)?;
    /// let mut x = [3.0];
    /// // f(x) = x²
    /// rule.advance(&mut x, &Evaluation::of(&[6.0]).with_values(&[9.0]))?;
    /// assert!((x[0] - 1.5_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct MomoAdam = momo_adam("Adam by Polyak's step size, from the function's value") {
        /// The greatest step size.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// What the function is never below.
        lower_bound: f64 = 0.0, FINITE;
        /// The factor of decoupled weight decay.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Whether the bound is estimated.
        adapt_lower_bound: bool = false;
    }
}

impl Assemble for MomoAdam {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let MomoAdam { beta1, beta2, eps, lower_bound, weight_decay, adapt_lower_bound, .. } = *self;
        let model = Model {
            lr: self.lr.clone(),
            lower_bound,
            weight_decay,
            adapt: adapt_lower_bound,
            beta: beta1,
            beta_now: beta1,
            correction: 1.0,
            now: 0.0,
        };
        vec![Box::new(Estimated(Scaled { model, beta2, eps, correction: 1.0 }))]
    }
}

/// The function as past gradients and values show it.
#[derive(Debug, Clone)]
struct Model {
    lr: Schedule,
    lower_bound: f64,
    weight_decay: f64,
    adapt: bool,
    beta: f64,
    /// At this step.
    beta_now: f64,
    /// `1 − beta_nowᵗ`, if the averages start from zero.
    correction: f64,
    /// The learning rate at this step.
    now: f64,
}

/// The numbers that a model remembers.
const NUMBERS: &[&str] = &["mean_value", "mean_product", "lower_bound"];

impl Model {
    fn starts(&self) -> [f64; OWN] {
        [0.0, 0.0, self.lower_bound, 0.0]
    }

    fn growth(&self) -> f64 {
        1.0 + self.now * self.weight_decay
    }

    /// The part of the parameters that a step takes away.
    fn decay(&self) -> f64 {
        self.now * self.weight_decay / self.growth()
    }

    /// The step size, from `⟨g, x⟩`, `‖m‖²` in the norm of the steps, and `⟨m, x⟩`.
    fn step(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN] {
        let [gradient, length, mean, _] = measured.sums;
        let [value, product, bound, _] = numbers;
        let (keep, new) = (self.beta_now, 1.0 - self.beta_now);
        *value = keep * *value + new * measured.value;
        *product = keep * *product + new * gradient;
        let (growth, c) = (self.growth(), self.correction);
        let cap = growth * (*value - *product) + mean;
        if self.adapt && cap < growth * c * *bound {
            *bound = (cap / (2.0 * c * growth)).max(self.lower_bound);
        }
        let fall = growth * (*value - c * *bound - *product) + mean;
        let step = if length <= f64::EPSILON { 0.0 } else { fall.max(0.0) / length };
        let step = step.min(self.now / c);
        if self.adapt {
            *bound = ((*value + mean - *product - 0.5 * step * length) / c).max(self.lower_bound);
        }
        [step, 0.0, 0.0, 0.0]
    }
}

#[derive(Clone)]
struct Plain(Model);

impl Estimator for Plain {
    const NAME: &'static str = Momo::NAME;
    const SLOTS: &'static [&'static str] = &["exp_avg"];
    const CHANGED: usize = 1;
    const FROM_START: bool = false;
    const NUMBERS: &'static [&'static str] = NUMBERS;
    const VALUE: bool = true;
    type Coefficients<A: Arithmetic> = [A; 3];

    fn starts(&self) -> [f64; OWN] {
        self.0.starts()
    }

    fn begin(&mut self, step: u64) {
        let model = &mut self.0;
        model.now = model.lr.at(step);
        model.beta_now = if step == 0 { 0.0 } else { model.beta };
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 3] {
        [self.0.beta_now, 1.0 - self.0.beta_now, self.0.decay()].map(A::of)
    }

    fn known(&self, _: &[f64; OWN]) -> [f64; OWN] {
        [0.0; OWN]
    }

    #[inline(always)]
    fn remember<A: Arithmetic>([keep, new, _]: &[A; 3], _: &[A; OWN], u: A, slots: &mut [A; MAX_SLOTS]) {
        slots[0] = keep.mul_add(slots[0], *new * u);
    }

    fn after<F: Real>(&self, sums: &Sums, at: usize, u: &[F], x: &[F], slots: &SlotRange<'_, F>) {
        sums.add(0, at, [u, x, x], |u, x, _| u * x);
        sums.add(1, at, [slots[0]; 3], |m, _, _| m * m);
        sums.add(2, at, [slots[0], x, x], |m, x, _| m * x);
    }

    fn measure(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN] {
        self.0.step(measured, numbers)
    }

    #[inline(always)]
    fn update<A: Arithmetic>(
        [_, _, decay]: &[A; 3],
        measured: &[A; OWN],
        _: A,
        x: A,
        slots: &[A; MAX_SLOTS],
    ) -> A {
        decay.mul_add(x, measured[0] * slots[0])
    }
}

#[derive(Clone)]
struct Scaled {
    model: Model,
    beta2: f64,
    eps: f64,
    /// `1 − beta2ᵗ`
    correction: f64,
}

impl Estimator for Scaled {
    const NAME: &'static str = MomoAdam::NAME;
    const SLOTS: &'static [&'static str] = &["exp_avg", "exp_avg_sq"];
    const CHANGED: usize = 2;
    const FROM_START: bool = false;
    const NUMBERS: &'static [&'static str] = NUMBERS;
    const VALUE: bool = true;
    type Coefficients<A: Arithmetic> = [A; 7];

    fn starts(&self) -> [f64; OWN] {
        self.model.starts()
    }

    fn begin(&mut self, step: u64) {
        self.model.now = self.model.lr.at(step);
        self.model.correction = unbiased(self.model.beta, step);
        self.correction = unbiased(self.beta2, step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 7] {
        let (beta1, beta2) = (self.model.beta, self.beta2);
        let shared = [beta1, 1.0 - beta1, beta2, 1.0 - beta2];
        let [beta1, new1, beta2, new2] = shared.map(A::of);
        [beta1, new1, beta2, new2, A::of(self.model.decay()), A::of(1.0 / self.correction), A::of(self.eps)]
    }

    fn known(&self, _: &[f64; OWN]) -> [f64; OWN] {
        [0.0; OWN]
    }

    #[inline(always)]
    fn remember<A: Arithmetic>(c: &[A; 7], _: &[A; OWN], u: A, slots: &mut [A; MAX_SLOTS]) {
        slots[0] = c[0].mul_add(slots[0], c[1] * u);
        slots[1] = c[2].mul_add(slots[1], c[3] * (u * u));
    }

    fn after<F: Real>(&self, sums: &Sums, at: usize, u: &[F], x: &[F], slots: &SlotRange<'_, F>) {
        // Never zero, that nothing over nothing is nothing.
        let (correct, eps) = (1.0 / self.correction, self.eps.max(f64::MIN_POSITIVE));
        sums.add(0, at, [u, x, x], |u, x, _| u * x);
        sums.add(1, at, [slots[0], slots[1], x], move |m, v, _| m * (m / ((correct * v).sqrt() + eps)));
        sums.add(2, at, [slots[0], x, x], |m, x, _| m * x);
    }

    fn measure(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN] {
        self.model.step(measured, numbers)
    }

    #[inline(always)]
    fn update<A: Arithmetic>(c: &[A; 7], measured: &[A; OWN], _: A, x: A, slots: &[A; MAX_SLOTS]) -> A {
        let [m, v, ..] = *slots;
        c[4].mul_add(x, (measured[0] * m) / ((c[5] * v).sqrt() + c[6]))
    }
}
