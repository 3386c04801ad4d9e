//! AdaBelief, and ACProp, which divides before it looks.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Framed, Gathered};
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// AdaBelief: Adam that divides by how far gradients are from their mean instead of by how large they are.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g;                       m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// s ← beta2 · s + (1 − beta2) · (g − m)² + eps_root;     ŝ = s / (1 − beta2ᵗ)
    /// x ← x − lr · (m̂ / (√ŝ + eps) + weight_decay · x)
    /// ```
    ///
    /// With `nesterov`, `m̂ = beta1 · m / (1 − beta1ᵗ⁺¹) + (1 − beta1) · g / (1 − beta1ᵗ)`.
    ///
    /// Source: Zhuang, Tang, Ding, Tatikonda, Dvornek, Papademetris and Duncan, "AdaBelief optimizer: adapting stepsizes by the belief
    /// in observed gradients", 2020.
    ///
    /// Conventions: Optax's `adabelief`; the decoupled `weight_decay` is the authors'. `eps_root` is added to `s` at every step, hence
    /// remembered.
    ///
    /// ```
    /// use thalweg_rule::{AdaBelief, Recipe, Rule};
    ///
    /// let mut rule = AdaBelief { lr: 0.09.into(), ..AdaBelief::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[5.0])?;
    /// // The gradient is beta1 = 0.9 times itself away from its mean.
    /// assert!((x[0] - 0.9_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct AdaBelief = adabelief("momentum divided by how far gradients are from their mean") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-16, NOT_NEGATIVE;
        /// Added to the mean square at every step.
        eps_root: f64 = 1e-16, NOT_NEGATIVE;
        /// Looks one step of momentum ahead.
        nesterov: bool = false;
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for AdaBelief {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let AdaBelief { beta1, beta2, eps, eps_root, nesterov, .. } = *self;
        let scale = ScaleByAdaBelief { beta1, beta2, eps, eps_root, nesterov };
        Framed::with(&self.lr).decayed(self.weight_decay).around(Belief::new(scale))
    }
}

recipe! {
    /// The direction of [`AdaBelief`]: `adabelief` is `scale_by_adabelief() | scale(lr)`.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · u;                       m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// s ← beta2 · s + (1 − beta2) · (u − m)² + eps_root;     ŝ = s / (1 − beta2ᵗ)
    /// u ← m̂ / (√ŝ + eps)
    /// ```
    ///
    /// Source: Zhuang et al., "AdaBelief optimizer", 2020.
    ///
    /// Conventions: Optax's `scale_by_belief`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_adabelief() | scale(0.09)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[5.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByAdaBelief = scale_by_adabelief("the mean update divided by the updates' distance from it") {
        /// How much of the mean update is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-16, NOT_NEGATIVE;
        /// Added to the mean square at every step.
        eps_root: f64 = 1e-16, NOT_NEGATIVE;
        /// Looks one step of momentum ahead.
        nesterov: bool = false;
    }
}

impl Assemble for ScaleByAdaBelief {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Belief::new(self.clone()))]
    }
}

#[derive(Clone)]
struct Belief {
    scale: ScaleByAdaBelief,
    means: [Gathered; 2],
}

impl Belief {
    fn new(scale: ScaleByAdaBelief) -> Self {
        let means = [Gathered::new(scale.beta1), Gathered::new(scale.beta2)];
        Belief { scale, means }
    }
}

impl Transform for Belief {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 9];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.means.iter_mut().for_each(|mean| mean.begin(step));
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 9] {
        let ScaleByAdaBelief { beta1, beta2, eps, eps_root, nesterov } = self.scale;
        let [mean, new] = self.means[0].direction(nesterov);
        let correct = self.means[1].correction();
        [beta1, 1.0 - beta1, beta2, 1.0 - beta2, mean, new, correct, eps, eps_root].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 9], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, mean, new, correct, eps, eps_root] = *c;
        let m = beta1.mul_add(slots[0], new1 * u);
        let off = u - m;
        let s = beta2.mul_add(slots[1], new2.mul_add(off * off, eps_root));
        [slots[0], slots[1]] = [m, s];
        mean.mul_add(m, new * u) / ((correct * s).sqrt() + eps)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        self.means[0].show("correction1", visit);
        self.means[1].show("correction2", visit);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_avg_var"][slot]
    }
}

recipe! {
    /// ACProp: the gradient itself divided by how far *earlier* gradients were from their mean, so that divisor and gradient are
    /// independent.
    ///
    /// ```text
    /// ŝ = s / (1 − beta2ᵗ⁻¹),  first ŝ = 1                                        (t counts from 1)
    /// x ← x − lr · (g / (√ŝ + eps) + weight_decay · x)
    /// s ← beta2 · s + (1 − beta2) · (g − m)² + eps_root
    /// m ← beta1 · m + (1 − beta1) · g
    /// ```
    ///
    /// Source: Zhuang, Ding, Tang, Dvornek, Tatikonda and Duncan, "Momentum centering and asynchronous update for adaptive gradient
    /// methods", 2021.
    ///
    /// Conventions: Optax's `contrib.acprop`.
    ///
    /// ```
    /// use thalweg_rule::{AcProp, Recipe, Rule};
    ///
    /// let mut rule = AcProp { lr: 0.5.into(), ..AcProp::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[2.0])?;
    /// rule.step(&mut x, &[2.0])?;
    /// // The first step is plain, and the second one divided by |2 − 0|.
    /// assert!((x[0] + 0.5_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct AcProp = acprop("gradients divided by how far earlier ones were from their mean") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-16, NOT_NEGATIVE;
        /// Added to the mean square at every step.
        eps_root: f64 = 1e-16, NOT_NEGATIVE;
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for AcProp {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let AcProp { beta1, beta2, eps, eps_root, .. } = *self;
        let direction = Earlier {
            betas: [beta1, beta2],
            eps: [eps, eps_root],
            before: [0.0, 1.0],
            mean: Gathered::new(beta2),
        };
        Framed::with(&self.lr).decayed(self.weight_decay).around(direction)
    }
}

#[derive(Clone)]
struct Earlier {
    betas: [f64; 2],
    eps: [f64; 2],
    /// The factor of the mean square and what stands in for it at first.
    before: [f64; 2],
    mean: Gathered,
}

impl Transform for Earlier {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 8];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.before = if step == 0 { [0.0, 1.0] } else { [self.mean.correction(), 0.0] };
        self.mean.begin(step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 8] {
        let ([beta1, beta2], [eps, eps_root], [correct, first]) = (self.betas, self.eps, self.before);
        [beta1, 1.0 - beta1, beta2, 1.0 - beta2, correct, first, eps, eps_root].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 8], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, correct, first, eps, eps_root] = *c;
        let [m, s] = [slots[0], slots[1]];
        let off = u - m;
        slots[0] = beta1.mul_add(m, new1 * u);
        slots[1] = beta2.mul_add(s, new2.mul_add(off * off, eps_root));
        u / (correct.mul_add(s, first).sqrt() + eps)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        self.mean.show("correction", visit);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_avg_var"][slot]
    }
}
