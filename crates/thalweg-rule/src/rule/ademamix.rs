//! AdEMAMix and its simplified form.

use crate::hyper::{BELOW_ONE, FINITE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Framed, Gathered};
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// AdEMAMix: Adam along the sum of a fast and a slow mean of the gradients.
    ///
    /// ```text
    /// m₁ ← beta1 · m₁ + (1 − beta1) · g;       m̂₁ = m₁ / (1 − beta1ᵗ)          (t counts from 1)
    /// m₂ ← beta3 · m₂ + (1 − beta3) · g
    /// v ← beta2 · v + (1 − beta2) · g²;        v̂ = v / (1 − beta2ᵗ)
    /// x ← x − lr · ((m̂₁ + alpha · m₂) / (√(v̂ + eps_root) + eps) + weight_decay · x)
    /// ```
    ///
    /// `beta3` and `alpha` may be schedules: the authors let them rise from `beta1` and 0.
    ///
    /// Source: Pagliardini, Ablin and Grangier, "The AdEMAMix optimizer: better, faster, older", 2024.
    ///
    /// Conventions: Optax's `contrib.ademamix`; schedules are read at the number of steps already made.
    ///
    /// ```
    /// use thalweg_rule::{AdEmaMix, Recipe, Rule};
    ///
    /// let mix = AdEmaMix { lr: 0.1.into(), beta3: 0.5.into(), alpha: 2.0.into(), ..AdEmaMix::default() };
    /// let mut rule = mix.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[5.0])?;
    /// assert!((x[0] - 0.8_f64).abs() < 1e-8);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct AdEmaMix = ademamix("Adam along a fast and a slow mean of the gradients") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the fast mean is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// How much of the slow mean is kept.
        beta3: Schedule = 0.9999.into(), BELOW_ONE;
        /// The weight of the slow mean.
        alpha: Schedule = 5.0.into(), FINITE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for AdEmaMix {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let means = [Gathered::new(self.beta1), Gathered::new(self.beta2)];
        let direction = Mix { rule: self.clone(), means, beta3: 0.0, alpha: 0.0 };
        Framed::with(&self.lr).decayed(self.weight_decay).around(direction)
    }
}

#[derive(Clone)]
struct Mix {
    rule: AdEmaMix,
    means: [Gathered; 2],
    /// The schedules' values.
    beta3: f64,
    alpha: f64,
}

impl Transform for Mix {
    const SLOTS: usize = 3;
    type Coefficients<A: Arithmetic> = [A; 11];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.means.iter_mut().for_each(|mean| mean.begin(step));
        (self.beta3, self.alpha) = (self.rule.beta3.at(step), self.rule.alpha.at(step));
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 11] {
        let AdEmaMix { beta1, beta2, eps, eps_root, .. } = self.rule;
        let (beta3, alpha) = (self.beta3, self.alpha);
        let [correct1, correct2] = self.means.map(|mean| mean.correction());
        let [new1, new2, new3] = [1.0 - beta1, 1.0 - beta2, 1.0 - beta3];
        [beta1, new1, beta2, new2, beta3, new3, correct1, correct2, alpha, eps, eps_root].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 11], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, beta3, new3, correct1, correct2, alpha, eps, eps_root] = *c;
        let fast = beta1.mul_add(slots[0], new1 * u);
        let slow = beta3.mul_add(slots[1], new3 * u);
        let v = beta2.mul_add(slots[2], new2 * (u * u));
        [slots[0], slots[1], slots[2]] = [fast, slow, v];
        alpha.mul_add(slow, correct1 * fast) / (correct2.mul_add(v, eps_root).sqrt() + eps)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        self.means[0].show("correction1", visit);
        self.means[1].show("correction2", visit);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg_fast", "exp_avg_slow", "exp_avg_sq"][slot]
    }
}

recipe! {
    /// AdEMAMix with one decaying *sum* of the gradients in place of two means.
    ///
    /// ```text
    /// m ← beta1 · m + g
    /// n ← beta2 · n + (1 − beta2) · g²;        n̂ = n / (1 − beta2ᵗ)          (t counts from 1)
    /// x ← x − lr · ((m + alpha · g) / (√(n̂ + eps_root) + eps) + weight_decay · x)
    /// ```
    ///
    /// The sum grows to `1 / (1 − beta1)` gradients, so learning rates are smaller than Adam's by that factor.
    ///
    /// Source: Morwani, Vyas, Zhang and Kakade, "Connections between schedule-free optimizers, AdEMAMix, and accelerated SGD variants",
    /// 2025.
    ///
    /// Conventions: Optax's `contrib.simplified_ademamix`.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rule, SimplifiedAdEmaMix};
    ///
    /// let mix = SimplifiedAdEmaMix { lr: 0.1.into(), alpha: 2.0.into(), ..SimplifiedAdEmaMix::default() };
    /// let mut rule = mix.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[5.0])?;
    /// assert!((x[0] - 0.7_f64).abs() < 1e-8);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct SimplifiedAdEmaMix = simplified_ademamix("Adam along a decaying sum of gradients and the newest one") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the sum is kept.
        beta1: f64 = 0.99, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.95, BELOW_ONE;
        /// The weight of the newest gradient beside the sum.
        alpha: Schedule = 0.0.into(), FINITE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for SimplifiedAdEmaMix {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let direction = Summed { rule: self.clone(), mean: Gathered::new(self.beta2), alpha: 0.0 };
        Framed::with(&self.lr).decayed(self.weight_decay).around(direction)
    }
}

#[derive(Clone)]
struct Summed {
    rule: SimplifiedAdEmaMix,
    mean: Gathered,
    /// The schedule's value.
    alpha: f64,
}

impl Transform for Summed {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 7];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.mean.begin(step);
        self.alpha = self.rule.alpha.at(step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 7] {
        let SimplifiedAdEmaMix { beta1, beta2, eps, eps_root, .. } = self.rule;
        [beta1, beta2, 1.0 - beta2, self.mean.correction(), self.alpha, eps, eps_root].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 7], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, beta2, new2, correct, alpha, eps, eps_root] = *c;
        let m = beta1.mul_add(slots[0], u);
        let n = beta2.mul_add(slots[1], new2 * (u * u));
        [slots[0], slots[1]] = [m, n];
        alpha.mul_add(u, m) / (correct.mul_add(n, eps_root).sqrt() + eps)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        self.mean.show("correction", visit);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["momentum_buffer", "exp_avg_sq"][slot]
    }
}
