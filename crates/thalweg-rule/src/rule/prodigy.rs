//! Prodigy.

use super::dadapt::unbiased;
use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Estimated, Estimator, Measured, OWN, Piece, SlotRange, Sums};
use crate::transform::MAX_SLOTS;
use crate::{Arithmetic, Real, Schedule};

recipe! {
    /// Prodigy: Adam whose learning rate is an estimate of the distance to the minimum, as [`DadaptAdam`](crate::DadaptAdam), growing
    /// faster.
    ///
    /// ```text
    /// λ = d · lr · √(1 − beta2ᵗ) / (1 − beta1ᵗ),   d₀ = estim_lr0               (t counts from 1)
    /// n ← beta3 · n + d / d₀ · λ · ⟨g, x₀ − x⟩                                    (sums over all parameters)
    /// m ← beta1 · m + (1 − beta1) · d · g;   v ← beta2 · v + (1 − beta2) · (d · g)²
    /// s ← beta3 · s + d / d₀ · λ · g            (safeguard_warmup: d in place of λ)
    /// d ← max(d, estim_lr_coef · n / Σ|s|)                                        (from d₀)
    /// x ← x − λ · m / (√v + d · eps) − λ · weight_decay · x                       (λ as above, of the old d)
    /// ```
    ///
    /// Source: Mishchenko and Defazio, "Prodigy: an expeditiously adaptive parameter-free learner", 2023.
    ///
    /// Conventions: Optax's `contrib.prodigy`, but for gradients that have all been zero, where `d` becomes NaN there.
    ///
    /// ```
    /// use thalweg_rule::{Prodigy, Recipe, Rule};
    ///
    /// let mut rule = Prodigy { estim_lr0: 0.1, ..Prodigy::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[200.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-8);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Prodigy = prodigy("Adam by a growing estimate of the distance to the minimum") {
        /// What the step size is multiplied by.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// How much of the estimate's sums is kept; `√beta2` if not given.
        beta3: Option<f64> = None, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// The first estimate.
        estim_lr0: f64 = 1e-6, POSITIVE;
        /// What estimates are multiplied by.
        estim_lr_coef: f64 = 1.0, POSITIVE;
        /// The part of each parameter that a step takes away, times the step size.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Keeps small learning rates of a warm-up out of the sum that estimates are divided by.
        safeguard_warmup: bool = false;
    }
}

impl Assemble for Prodigy {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Estimated(Growing { prodigy: self.clone(), lr: 0.0 }))]
    }
}

#[derive(Clone)]
struct Growing {
    prodigy: Prodigy,
    /// With the correction of both averages.
    lr: f64,
}

impl Growing {
    fn beta3(&self) -> f64 {
        self.prodigy.beta3.unwrap_or(self.prodigy.beta2.sqrt())
    }
}

impl Estimator for Growing {
    const NAME: &'static str = Prodigy::NAME;
    const SLOTS: &'static [&'static str] = &["exp_avg", "exp_avg_sq", "gradient_sum", "start"];
    const CHANGED: usize = 3;
    const FROM_START: bool = true;
    const NUMBERS: &'static [&'static str] = &["d", "numerator"];
    type Coefficients<A: Arithmetic> = [A; 5];

    fn starts(&self) -> [f64; OWN] {
        [self.prodigy.estim_lr0, 0.0, 0.0, 0.0]
    }

    fn begin(&mut self, step: u64) {
        let Prodigy { beta1, beta2, ref lr, .. } = self.prodigy;
        self.lr = lr.at(step) * unbiased(beta2, step).sqrt() / unbiased(beta1, step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 5] {
        let Prodigy { beta1, beta2, .. } = self.prodigy;
        [beta1, 1.0 - beta1, beta2, 1.0 - beta2, self.beta3()].map(A::of)
    }

    fn known(&self, [d, ..]: &[f64; OWN]) -> [f64; OWN] {
        let rate = if self.prodigy.safeguard_warmup { *d } else { d * self.lr };
        [*d, rate * (d / self.prodigy.estim_lr0), 0.0, 0.0]
    }

    fn before<F: Real>(&self, sums: &Sums, at: usize, u: &[F], x: &[F], slots: &SlotRange<'_, F>) {
        sums.add(0, at, [u, slots[3], x], |u, start, x| u * (start - x));
    }

    #[inline(always)]
    fn remember<A: Arithmetic>(c: &[A; 5], [d, weight, ..]: &[A; OWN], u: A, slots: &mut [A; MAX_SLOTS]) {
        let [beta1, new1, beta2, new2, beta3] = *c;
        let [m, v, s, _] = *slots;
        let step = *d * u;
        slots[0] = beta1.mul_add(m, new1 * step);
        slots[1] = beta2.mul_add(v, new2 * (step * step));
        slots[2] = beta3.mul_add(s, *weight * u);
    }

    fn after<F: Real>(&self, sums: &Sums, at: usize, _: &[F], _: &[F], slots: &SlotRange<'_, F>) {
        sums.add(1, at, [slots[2]; 3], |s, _, _| s.abs());
    }

    fn measure(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN] {
        let Prodigy { eps, estim_lr0, estim_lr_coef, weight_decay, .. } = self.prodigy;
        let [product, sum, ..] = measured.sums;
        let [d, numerator, ..] = numbers;
        let rate = *d * self.lr;
        *numerator = self.beta3() * *numerator + *d / estim_lr0 * rate * product;
        let estimate = estim_lr_coef * *numerator / sum;
        if estimate > *d {
            *d = estimate;
        }
        [rate, weight_decay * rate, *d * eps, 0.0]
    }

    #[inline(always)]
    fn update<A: Arithmetic>(
        _: &[A; 5],
        [rate, decay, eps, _]: &[A; OWN],
        _: A,
        x: A,
        slots: &[A; MAX_SLOTS],
    ) -> A {
        let [m, v, ..] = *slots;
        decay.mul_add(x, (*rate * m) / (v.sqrt() + *eps))
    }
}
