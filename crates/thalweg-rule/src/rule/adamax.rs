//! Adamax, with both kinds of weight decay.

use super::decayed::decayed_where;
use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Framed;
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Adam with the largest of the decaying absolute gradients in place of the root mean square.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x
    /// m ← beta1 · m + (1 − beta1) · g
    /// w ← max(beta2 · w, |g| + eps)
    /// x ← x − lr / (1 − beta1ᵗ) · m / w          (t counts from 1)
    /// ```
    ///
    /// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 2.
    ///
    /// Conventions: PyTorch's `torch.optim.Adamax`; Optax's `adamax`, which has no default learning rate. The paper has no `eps`.
    ///
    /// ```
    /// use thalweg_rule::{Adamax, Recipe, Rule};
    ///
    /// let mut rule = Adamax { lr: 0.1.into(), ..Adamax::default() }.rule(2, 1)?;
    /// let mut x = [1.0, 1.0];
    /// rule.step(&mut x, &[200.0, -0.03])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-6 && (x[1] - 1.1_f64).abs() < 1e-6);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Adamax = adamax("Adam with the largest decaying gradient in place of the root mean square") {
        /// The learning rate.
        lr: Schedule = 0.002.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the largest gradient is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to each absolute gradient.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

impl Assemble for Adamax {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Adamax { beta1, beta2, eps, weight_decay, maximize, .. } = *self;
        let frame = Framed { weight_decay, maximize, ..Framed::with(&self.lr) };
        frame.around(ScaleByAdamax::new(beta1, beta2, eps))
    }
}

recipe! {
    /// Adamax with decoupled weight decay.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g
    /// w ← max(beta2 · w, |g| + eps)
    /// x ← x − lr · (m / (1 − beta1ᵗ) / w + weight_decay · x)          (t counts from 1)
    /// ```
    ///
    /// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; Loshchilov and Hutter, "Decoupled weight decay
    /// regularization", 2019.
    ///
    /// Conventions: Optax's `adamaxw`, which has no default learning rate.
    ///
    /// ```
    /// use thalweg_rule::{AdamaxW, Recipe, Rule};
    ///
    /// let mut rule = AdamaxW { lr: 0.1.into(), weight_decay: 0.5, ..AdamaxW::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[7.0])?;
    /// assert!((x[0] - 0.85_f64).abs() < 1e-8);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct AdamaxW = adamaxw("Adamax with decoupled weight decay") {
        /// The learning rate.
        lr: Schedule = 0.002.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the largest gradient is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to each absolute gradient.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 1e-4, NOT_NEGATIVE;
        /// Which leaves decay: patterns of names, with `*` and `?`, separated by commas. All, if not given.
        mask: Option<String> = None;
    }
}

impl Assemble for AdamaxW {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let AdamaxW { beta1, beta2, eps, weight_decay, .. } = *self;
        let frame = Framed::with(&self.lr).decayed(weight_decay);
        let direction = ScaleByAdamax::new(beta1, beta2, eps);
        match &self.mask {
            Some(mask) => decayed_where(Self::NAME, frame, mask, Box::new(direction)),
            None => frame.around(direction),
        }
    }
}

recipe! {
    /// The direction of [`Adamax`]: `adamax` is `scale_by_adamax() | scale(lr)`.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · u
    /// w ← max(beta2 · w, |u| + eps)
    /// u ← m / (1 − beta1ᵗ) / w          (t counts from 1)
    /// ```
    ///
    /// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 2.
    ///
    /// Conventions: Optax's `scale_by_adamax`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_adamax() | scale(0.1)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[200.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct AdamaxDirection = scale_by_adamax("the mean update divided by the largest decaying one") {
        /// How much of the mean update is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the largest update is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to each absolute update.
        eps: f64 = 1e-8, NOT_NEGATIVE;
    }
}

impl Assemble for AdamaxDirection {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(ScaleByAdamax::new(self.beta1, self.beta2, self.eps))]
    }
}

/// Adamax's direction: `m ← beta1 · m + (1 − beta1) · u; w ← max(beta2 · w, |u| + eps); u ← m / (1 − beta1ᵗ) / w`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleByAdamax {
    betas: [f64; 2],
    eps: f64,
    /// `1 − beta1ᵗ`
    correction: f64,
}

impl ScaleByAdamax {
    /// With Adamax's hyperparameters.
    pub fn new(beta1: f64, beta2: f64, eps: f64) -> Self {
        ScaleByAdamax { betas: [beta1, beta2], eps, correction: 1.0 }
    }
}

impl Transform for ScaleByAdamax {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 5];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        let [beta, _] = self.betas;
        self.correction = if step > 0 { beta * self.correction } else { 0.0 } + (1.0 - beta);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 5] {
        let [beta1, beta2] = self.betas;
        [A::of(beta1), A::of(1.0 - beta1), A::of(beta2), A::of(1.0 / self.correction), A::of(self.eps)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 5], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, correct, eps] = *c;
        let m = beta1.mul_add(slots[0], new1 * u);
        let largest = (beta2 * slots[1]).max(u.abs() + eps);
        [slots[0], slots[1]] = [m, largest];
        (correct * m) / largest
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        visit("correction1", &mut self.correction);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_inf"][slot]
    }
}
