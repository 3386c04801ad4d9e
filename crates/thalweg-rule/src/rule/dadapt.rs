//! Step sizes from a lower bound of the distance to the minimum: D-Adaptation.

use super::dog::after_decay;
use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, POSITIVE, Range, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Estimated, Estimator, Measured, OWN, Piece, SlotRange, Sums};
use crate::transform::MAX_SLOTS;
use crate::{Arithmetic, Real, Schedule};

const AT_LEAST_ONE: Range = Range { wanted: "at least 1, or inf", holds: |x| x >= 1.0 };

/// `1 − betaᵗ` for step `t`, counted from 1.
pub(super) fn unbiased(beta: f64, steps_before: u64) -> f64 {
    -((steps_before + 1) as f64 * beta.ln()).exp_m1()
}

recipe! {
    /// D-Adaptation of gradient descent: the learning rate is a lower bound of the distance to the minimum, which grows.
    ///
    /// ```text
    /// g ← g + weight_decay · x
    /// s ← s + λ · g,   λ = d · lr / ‖g₀‖,   n ← n + λ · ⟨g, s before⟩            (norms and products over all parameters)
    /// d ← max(d, min(2 n / ‖s‖, growth_rate · d))                                  (from d = estim_lr0)
    /// x ← momentum · x + (1 − momentum) · (x₀ − s)
    /// ```
    ///
    /// `g₀` is the first gradient that is not zero.
    ///
    /// Source: Defazio and Mishchenko, "Learning-rate-free learning by D-Adaptation", 2023.
    ///
    /// Conventions: the authors' `DAdaptSGD`.
    ///
    /// ```
    /// use thalweg_rule::{DadaptSgd, Recipe, Rule};
    ///
    /// let mut rule = DadaptSgd { estim_lr0: 0.5, ..DadaptSgd::default() }.rule(2, 1)?;
    /// let mut x = [1.0, 1.0];
    /// rule.step(&mut x, &[3.0, -4.0])?;
    /// assert!((x[0] - 0.7_f64).abs() < 1e-15 && (x[1] - 1.4_f64).abs() < 1e-15);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct DadaptSgd = dadapt_sgd("gradient descent by a growing bound of the distance to the minimum") {
        /// What the step size is multiplied by.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// How much of the parameters is kept.
        momentum: f64 = 0.0, BELOW_ONE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// The first bound.
        estim_lr0: f64 = 1e-6, POSITIVE;
        /// How many times itself the bound may become in a step.
        growth_rate: f64 = f64::INFINITY, AT_LEAST_ONE;
    }
}

impl Assemble for DadaptSgd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        after_decay(self.weight_decay, DualAveraging { dadapt: self.clone(), lr: 0.0 })
    }
}

/// Keeps `s` and `n` without their factors `1 / ‖g₀‖` and `1 / ‖g₀‖²`, as the norm is not known before the first pass is over.
#[derive(Clone)]
struct DualAveraging {
    dadapt: DadaptSgd,
    lr: f64,
}

impl Estimator for DualAveraging {
    const NAME: &'static str = DadaptSgd::NAME;
    const SLOTS: &'static [&'static str] = &["gradient_sum", "start"];
    const CHANGED: usize = 1;
    const FROM_START: bool = true;
    const NUMBERS: &'static [&'static str] = &["d", "numerator", "first_norm"];
    type Coefficients<A: Arithmetic> = A;

    fn starts(&self) -> [f64; OWN] {
        [self.dadapt.estim_lr0, 0.0, 0.0, 0.0]
    }

    fn begin(&mut self, step: u64) {
        self.lr = self.dadapt.lr.at(step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(1.0 - self.dadapt.momentum)
    }

    fn known(&self, [d, ..]: &[f64; OWN]) -> [f64; OWN] {
        [d * self.lr, 0.0, 0.0, 0.0]
    }

    fn before<F: Real>(&self, sums: &Sums, at: usize, u: &[F], _: &[F], slots: &SlotRange<'_, F>) {
        sums.add(0, at, [u, slots[0], u], |u, s, _| u * s);
        sums.add(2, at, [u; 3], |u, _, _| u * u);
    }

    #[inline(always)]
    fn remember<A: Arithmetic>(_: &A, [rate, ..]: &[A; OWN], u: A, slots: &mut [A; MAX_SLOTS]) {
        slots[0] = rate.mul_add(u, slots[0]);
    }

    fn after<F: Real>(&self, sums: &Sums, at: usize, _: &[F], _: &[F], slots: &SlotRange<'_, F>) {
        sums.add(1, at, [slots[0]; 3], |s, _, _| s * s);
    }

    fn measure(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN] {
        let [product, sum, gradient, _] = measured.sums;
        let [d, numerator, first_norm, _] = numbers;
        if *first_norm == 0.0 {
            *first_norm = gradient.sqrt();
        }
        *numerator += *d * self.lr * product;
        let bound = 2.0 * *numerator / (*first_norm * sum.sqrt());
        if bound > *d {
            *d = bound.min(*d * self.dadapt.growth_rate);
        }
        [if *first_norm == 0.0 { 0.0 } else { 1.0 / *first_norm }, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn update<A: Arithmetic>(new: &A, measured: &[A; OWN], _: A, x: A, slots: &[A; MAX_SLOTS]) -> A {
        let [s, start, ..] = *slots;
        *new * measured[0].mul_add(s, x - start)
    }
}

recipe! {
    /// D-Adaptation of Adam: the learning rate is a lower bound of the distance to the minimum, which grows.
    ///
    /// ```text
    /// λ = d · lr · √(1 − beta2ᵗ) / (1 − beta1ᵗ),   q = √beta2               (t counts from 1)
    /// n ← q · n + (1 − q) · λ · ⟨g, s / (√v + eps)⟩                           (before s and v change; sums over all parameters)
    /// m ← beta1 · m + (1 − beta1) · λ · g;   v ← beta2 · v + (1 − beta2) · g²;   s ← q · s + (1 − q) · λ · g
    /// x ← x − m / (√v + eps) − λ · weight_decay · x
    /// d ← max(d, n / ((1 − q) · Σ|s|))                                         (from d = estim_lr0)
    /// ```
    ///
    /// Source: Defazio and Mishchenko, "Learning-rate-free learning by D-Adaptation", 2023.
    ///
    /// Conventions: Optax's `contrib.dadapt_adamw`, but for gradients that have all been zero, where `d` becomes NaN there.
    ///
    /// ```
    /// use thalweg_rule::{DadaptAdam, Recipe, Rule};
    ///
    /// let mut rule = DadaptAdam { estim_lr0: 0.1, ..DadaptAdam::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[200.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-8);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct DadaptAdam = dadapt_adam("Adam by a growing bound of the distance to the minimum") {
        /// What the step size is multiplied by.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// The first bound.
        estim_lr0: f64 = 1e-6, POSITIVE;
        /// The part of each parameter that a step takes away, times the step size.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for DadaptAdam {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Estimated(AdaptedAdam { dadapt: self.clone(), lr: 0.0 }))]
    }
}

#[derive(Clone)]
struct AdaptedAdam {
    dadapt: DadaptAdam,
    /// With the correction of both averages.
    lr: f64,
}

impl Estimator for AdaptedAdam {
    const NAME: &'static str = DadaptAdam::NAME;
    const SLOTS: &'static [&'static str] = &["exp_avg", "exp_avg_sq", "gradient_sum"];
    const CHANGED: usize = 3;
    const FROM_START: bool = false;
    const NUMBERS: &'static [&'static str] = &["d", "numerator"];
    type Coefficients<A: Arithmetic> = [A; 7];

    fn starts(&self) -> [f64; OWN] {
        [self.dadapt.estim_lr0, 0.0, 0.0, 0.0]
    }

    fn begin(&mut self, step: u64) {
        let DadaptAdam { beta1, beta2, ref lr, .. } = self.dadapt;
        self.lr = lr.at(step) * unbiased(beta2, step).sqrt() / unbiased(beta1, step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 7] {
        let DadaptAdam { beta1, beta2, eps, .. } = self.dadapt;
        let q = beta2.sqrt();
        [beta1, 1.0 - beta1, beta2, 1.0 - beta2, q, 1.0 - q, eps].map(A::of)
    }

    fn known(&self, [d, ..]: &[f64; OWN]) -> [f64; OWN] {
        [d * self.lr, 0.0, 0.0, 0.0]
    }

    fn before<F: Real>(&self, sums: &Sums, at: usize, u: &[F], _: &[F], slots: &SlotRange<'_, F>) {
        // Never zero, that nothing over nothing is nothing.
        let eps = self.dadapt.eps.max(f64::MIN_POSITIVE);
        sums.add(0, at, [u, slots[1], slots[2]], move |u, v, s| u * (s / (v.sqrt() + eps)));
    }

    #[inline(always)]
    fn remember<A: Arithmetic>(c: &[A; 7], [rate, ..]: &[A; OWN], u: A, slots: &mut [A; MAX_SLOTS]) {
        let [beta1, new1, beta2, new2, q, new, _] = *c;
        let [m, v, s, _] = *slots;
        let step = *rate * u;
        slots[0] = beta1.mul_add(m, new1 * step);
        slots[1] = beta2.mul_add(v, new2 * (u * u));
        slots[2] = q.mul_add(s, new * step);
    }

    fn after<F: Real>(&self, sums: &Sums, at: usize, _: &[F], _: &[F], slots: &SlotRange<'_, F>) {
        sums.add(1, at, [slots[2]; 3], |s, _, _| s.abs());
    }

    fn measure(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN] {
        let [product, sum, ..] = measured.sums;
        let [d, numerator, ..] = numbers;
        let (q, rate) = (self.dadapt.beta2.sqrt(), *d * self.lr);
        *numerator = q * *numerator + (1.0 - q) * rate * product;
        let bound = *numerator / ((1.0 - q) * sum);
        if bound > *d {
            *d = bound;
        }
        [self.dadapt.weight_decay * rate, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn update<A: Arithmetic>(c: &[A; 7], [decay, ..]: &[A; OWN], _: A, x: A, slots: &[A; MAX_SLOTS]) -> A {
        let [m, v, ..] = *slots;
        decay.mul_add(x, m / (v.sqrt() + c[6]))
    }
}
