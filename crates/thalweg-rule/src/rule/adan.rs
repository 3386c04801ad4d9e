//! Adan.

use super::decayed::decayed_where;
use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Framed, Gathered};
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Adan: Adam with Nesterov's momentum made from the differences of successive gradients.
    ///
    /// ```text
    /// d = g − (the last g),  first d = 0
    /// m ← beta1 · m + (1 − beta1) · g;                            m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · d;                            v̂ = v / (1 − beta2ᵗ)
    /// n ← beta3 · n + (1 − beta3) · (g + (1 − beta2) · d)²;       n̂ = n / (1 − beta3ᵗ)
    /// x ← x − lr · ((m̂ + (1 − beta2) · v̂) / (√(n̂ + eps_root) + eps) + weight_decay · x)
    /// ```
    ///
    /// Source: Xie, Zhou, Li, Lin and Yan, "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models", 2022.
    ///
    /// Conventions: Optax's `adan`. The factor of `d` and `v̂` is `1 − beta2`, as in Optax and the paper, whose betas are one minus
    /// these; the authors' code has `beta2`, and their decay divides by `1 + lr · weight_decay`.
    ///
    /// ```
    /// use thalweg_rule::{Adan, Recipe, Rule};
    ///
    /// let mut rule = Adan { lr: 0.1.into(), ..Adan::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[50.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-9);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Adan = adan("Adam with Nesterov's momentum from differences of gradients") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.98, BELOW_ONE;
        /// How much of the mean difference is kept.
        beta2: f64 = 0.92, BELOW_ONE;
        /// How much of the mean square is kept.
        beta3: f64 = 0.99, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 1e-8, NOT_NEGATIVE;
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Which leaves decay: patterns of names, with `*` and `?`, separated by commas. All, if not given.
        mask: Option<String> = None;
    }
}

impl Assemble for Adan {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Adan { beta1, beta2, beta3, eps, eps_root, .. } = *self;
        let scale = ScaleByAdan { beta1, beta2, beta3, eps, eps_root };
        let (frame, direction) =
            (Framed::with(&self.lr).decayed(self.weight_decay), Differences::new(&scale));
        match &self.mask {
            Some(mask) => decayed_where(Self::NAME, frame, mask, Box::new(direction)),
            None => frame.around(direction),
        }
    }
}

recipe! {
    /// The direction of [`Adan`]: `adan` is `scale_by_adan() | scale(lr)`.
    ///
    /// ```text
    /// d = u − (the last u),  first d = 0
    /// m ← beta1 · m + (1 − beta1) · u;                            m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · d;                            v̂ = v / (1 − beta2ᵗ)
    /// n ← beta3 · n + (1 − beta3) · (u + (1 − beta2) · d)²;       n̂ = n / (1 − beta3ᵗ)
    /// u ← (m̂ + (1 − beta2) · v̂) / (√(n̂ + eps_root) + eps)
    /// ```
    ///
    /// Source: Xie et al., "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models", 2022.
    ///
    /// Conventions: Optax's `scale_by_adan`, where `eps_root` is 0 if not given.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_adan() | scale(0.1)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[50.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByAdan = scale_by_adan("Adan's direction: mean update and mean difference over a mean square") {
        /// How much of the mean update is kept.
        beta1: f64 = 0.98, BELOW_ONE;
        /// How much of the mean difference is kept.
        beta2: f64 = 0.92, BELOW_ONE;
        /// How much of the mean square is kept.
        beta3: f64 = 0.99, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 1e-8, NOT_NEGATIVE;
    }
}

impl Assemble for ScaleByAdan {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Differences::new(self))]
    }
}

#[derive(Clone)]
struct Differences {
    betas: [f64; 3],
    eps: [f64; 2],
    means: [Gathered; 3],
    first: bool,
}

impl Differences {
    fn new(scale: &ScaleByAdan) -> Self {
        let ScaleByAdan { beta1, beta2, beta3, eps, eps_root } = *scale;
        let betas = [beta1, beta2, beta3];
        Differences { betas, eps: [eps, eps_root], means: betas.map(Gathered::new), first: true }
    }
}

impl Transform for Differences {
    const SLOTS: usize = 4;
    type Coefficients<A: Arithmetic> = [A; 12];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.first = step == 0;
        self.means.iter_mut().for_each(|mean| mean.begin(step));
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 12] {
        let ([beta1, beta2, beta3], [eps, eps_root]) = (self.betas, self.eps);
        let [correct1, correct2, correct3] = self.means.map(|mean| mean.correction());
        let later = if self.first { 0.0 } else { 1.0 };
        let [new1, new2, new3] = self.betas.map(|beta| 1.0 - beta);
        [beta1, new1, beta2, new2, beta3, new3, correct1, new2 * correct2, correct3, eps, eps_root, later]
            .map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 12], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, beta3, new3, correct1, correct2, correct3, eps, eps_root, later] = *c;
        let d = later * (u - slots[3]);
        let m = beta1.mul_add(slots[0], new1 * u);
        let v = beta2.mul_add(slots[1], new2 * d);
        let ahead = new2.mul_add(d, u);
        let n = beta3.mul_add(slots[2], new3 * (ahead * ahead));
        [slots[0], slots[1], slots[2], slots[3]] = [m, v, n, u];
        correct1.mul_add(m, correct2 * v) / (correct3.mul_add(n, eps_root).sqrt() + eps)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        let [first, second, third] = &mut self.means;
        first.show("correction1", visit);
        second.show("correction2", visit);
        third.show("correction3", visit);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_avg_diff", "exp_avg_sq", "pre_grad"][slot]
    }
}
