//! Rules that divide by an estimate of the Hessian's diagonal.

use crate::hyper::{BELOW_ONE, FROM_ONE, NOT_NEGATIVE, POSITIVE, UP_TO_ONE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Curved, Piece};
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Sophia: momentum divided by a running estimate of the Hessian's diagonal, every element of the step clipped.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g
    /// every update_interval-th step:   h ← beta2 · h + (1 − beta2) · z ⊙ ∇²f z,     z random signs
    /// x ← x − lr · weight_decay · x − lr · clip(m / max(gamma · h, eps), ±clip_threshold)
    /// ```
    ///
    /// With `bias_correction`, m is divided by 1 − beta1ᵗ. With `lagged`, h as it was before the step is used. Needs Hessian-vector
    /// products: [`probe`](crate::Rule::probe). The signs depend on the seed, the step, the problem's number and the parameter's.
    ///
    /// Source: Liu, Li, Hall, Liang and Ma, "Sophia: a scalable stochastic second-order optimizer for language model pre-training",
    /// 2023, algorithm 3 with Hutchinson's estimator.
    ///
    /// Conventions: Optax's `contrib.sophia` is `bias_correction=true, lagged=true`, with other random signs.
    ///
    /// ```
    /// use thalweg_rule::{Evaluation, Recipe, Rule, Sophia};
    ///
    /// let mut rule = Sophia { lr: 0.5.into(), beta1: 0.0, gamma: 1.0, weight_decay: 0.0, ..Sophia::default() }.rule(1, 1)?;
    /// // f(x) = 100 x² has the Hessian 200, of which a hundredth part enters.
    /// let (mut x, mut z) = ([0.01], [0.0]);
    /// assert!(rule.probe(&mut z));
    /// rule.advance(&mut x, &Evaluation::of(&[2.0]).with_hessian_vector(&[200.0 * z[0]]))?;
    /// assert!((x[0] - (0.01 - 0.5 * 1.0_f64)).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Sophia = sophia("momentum divided by an estimate of the Hessian's diagonal, clipped") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.965, BELOW_ONE;
        /// How much of the mean diagonal is kept.
        beta2: f64 = 0.99, BELOW_ONE;
        /// The least that is divided by.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Decoupled weight decay, times the learning rate.
        weight_decay: f64 = 1e-4, NOT_NEGATIVE;
        /// What the diagonal is multiplied by.
        gamma: f64 = 0.01, NOT_NEGATIVE;
        /// The largest element of a step, before the learning rate.
        clip_threshold: f64 = 1.0, POSITIVE;
        /// Steps from one estimate to the next.
        update_interval: u64 = 10, FROM_ONE;
        /// Frees the mean gradient of its bias towards zero.
        bias_correction: bool = false;
        /// Uses the diagonal as it was before the step.
        lagged: bool = false;
        /// The seed of the signs.
        seed: u64 = 0, NOT_NEGATIVE;
    }
}

impl Assemble for Sophia {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let (interval, seed, name) = (self.update_interval, self.seed, "sophia");
        if self.lagged {
            let transform = ClippedNewton::<true>::new(self.clone());
            return vec![Box::new(Curved { transform, name, slot: 2, keep: 0.0, interval, seed })];
        }
        let transform = ClippedNewton::<false>::new(self.clone());
        vec![Box::new(Curved { transform, name, slot: 1, keep: self.beta2, interval, seed })]
    }
}

/// Sophia's step from an estimate of the diagonal; if `LAGGED`, the newest estimate is in a slot of its own and enters afterwards.
#[derive(Debug, Clone)]
struct ClippedNewton<const LAGGED: bool> {
    rule: Sophia,
    rate: f64,
    /// `1 − beta1ᵗ`, or 1.
    correction: f64,
    /// Whether this step has a new estimate.
    fresh: bool,
}

impl<const LAGGED: bool> ClippedNewton<LAGGED> {
    fn new(rule: Sophia) -> Self {
        ClippedNewton { rule, rate: 0.0, correction: 1.0, fresh: false }
    }
}

impl<const LAGGED: bool> Transform for ClippedNewton<LAGGED> {
    const SLOTS: usize = if LAGGED { 3 } else { 2 };
    type Coefficients<A: Arithmetic> = [A; 10];

    fn begin(&mut self, step: u64) {
        let Sophia { lr, beta1, update_interval, bias_correction, .. } = &self.rule;
        self.rate = lr.at(step);
        self.fresh = step.is_multiple_of(*update_interval);
        self.correction = match (bias_correction, step) {
            (false, _) => 1.0,
            (true, 0) => 1.0 - beta1,
            (true, _) => beta1 * self.correction + (1.0 - beta1),
        };
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 10] {
        let Sophia { beta1, beta2, eps, weight_decay, gamma, clip_threshold, .. } = self.rule;
        let [keep, new] = if self.fresh { [beta2, 1.0 - beta2] } else { [1.0, 0.0] };
        [
            A::of(beta1),
            A::of(1.0 - beta1),
            A::of(1.0 / self.correction),
            A::of(gamma),
            A::of(eps),
            A::of(clip_threshold),
            A::of(self.rate),
            A::of(self.rate * weight_decay),
            A::of(keep),
            A::of(new),
        ]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 10], g: A, x: A, slots: &mut [A]) -> A {
        let [beta1, new1, correct, gamma, eps, limit, rate, decay, keep, new] = *c;
        let m = beta1.mul_add(slots[0], new1 * g);
        // The order of arguments lets a NaN through.
        let newton = (correct * m) / eps.max(gamma * slots[1]);
        let clipped = (-limit).max(limit.min(newton));
        slots[0] = m;
        if LAGGED {
            slots[1] = keep.mul_add(slots[1], new * slots[2]);
        }
        rate.mul_add(clipped, decay * x)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        visit("correction1", &mut self.correction);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "hessian", "estimate"][slot]
    }
}

recipe! {
    /// AdaHessian: Adam with the Hessian's diagonal in place of the gradient in the mean square.
    ///
    /// ```text
    /// every update_interval-th step:   d ← z ⊙ ∇²f z,      z random signs
    /// m ← beta1 · m + (1 − beta1) · g;    m̂ = m / (1 − beta1ᵗ)             (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · d²;   v̂ = v / (1 − beta2ᵗ)
    /// x ← x − lr · (m̂ / (√v̂ ^ hessian_power + eps) + weight_decay · x)
    /// ```
    ///
    /// Needs Hessian-vector products: [`probe`](crate::Rule::probe). The signs depend on the seed, the step, the problem's number and
    /// the parameter's.
    ///
    /// Source: Yao, Gholami, Shen, Mustafa, Keutzer and Mahoney, "ADAHESSIAN: an adaptive second order optimizer for machine learning",
    /// 2021.
    ///
    /// Conventions: the authors' code without its averages over neighbouring parameters.
    ///
    /// ```
    /// use thalweg_rule::{AdaHessian, Evaluation, Recipe, Rule};
    ///
    /// let mut rule = AdaHessian { lr: 1.0.into(), eps: 0.0, ..AdaHessian::default() }.rule(2, 1)?;
    /// // f(x, y) = x² + 50 y²: the first step is Newton's.
    /// let (mut x, mut z) = ([3.0, -4.0_f64], [0.0; 2]);
    /// assert!(rule.probe(&mut z));
    /// let product = [2.0 * z[0], 100.0 * z[1]];
    /// rule.advance(&mut x, &Evaluation::of(&[6.0, -400.0]).with_hessian_vector(&product))?;
    /// assert!(x[0].abs() < 1e-12 && x[1].abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct AdaHessian = ada_hessian("Adam with the Hessian's diagonal in the mean square") {
        /// The learning rate.
        lr: Schedule = 0.15.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-4, NOT_NEGATIVE;
        /// Decoupled weight decay, times the learning rate.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// The power of the square root: 1 for a step like Newton's, less for one more like the gradient's.
        hessian_power: f64 = 1.0, UP_TO_ONE;
        /// Steps from one estimate to the next.
        update_interval: u64 = 1, FROM_ONE;
        /// The seed of the signs.
        seed: u64 = 0, NOT_NEGATIVE;
    }
}

impl Assemble for AdaHessian {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        if self.hessian_power == 1.0 { self.curved::<true, F>() } else { self.curved::<false, F>() }
    }
}

impl AdaHessian {
    fn curved<const PLAIN: bool, F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let (interval, seed) = (self.update_interval, self.seed);
        let transform = ByDiagonal::<PLAIN> { rule: self.clone(), rate: 0.0, corrections: [1.0; 2] };
        vec![Box::new(Curved { transform, name: "ada_hessian", slot: 2, keep: 0.0, interval, seed })]
    }
}

/// `AdaHessian`'s step, the diagonal being in slot 2; if `PLAIN`, its power is 1.
#[derive(Debug, Clone)]
struct ByDiagonal<const PLAIN: bool> {
    rule: AdaHessian,
    rate: f64,
    /// `1 − betaᵗ`.
    corrections: [f64; 2],
}

impl<const PLAIN: bool> Transform for ByDiagonal<PLAIN> {
    const SLOTS: usize = 3;
    type Coefficients<A: Arithmetic> = ([A; 9], f64);

    fn begin(&mut self, step: u64) {
        let AdaHessian { lr, beta1, beta2, .. } = &self.rule;
        self.rate = lr.at(step);
        for (correction, beta) in self.corrections.iter_mut().zip([beta1, beta2]) {
            *correction = if step == 0 { 1.0 - beta } else { beta * *correction + (1.0 - beta) };
        }
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> ([A; 9], f64) {
        let AdaHessian { beta1, beta2, eps, weight_decay, hessian_power, .. } = self.rule;
        let [first, second] = self.corrections;
        let numbers = [
            A::of(beta1),
            A::of(1.0 - beta1),
            A::of(beta2),
            A::of(1.0 - beta2),
            A::of(1.0 / first),
            A::of(1.0 / second),
            A::of(eps),
            A::of(weight_decay),
            A::of(self.rate),
        ];
        (numbers, hessian_power)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>((c, power): &([A; 9], f64), g: A, x: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, correct1, correct2, eps, decay, rate] = *c;
        let m = beta1.mul_add(slots[0], new1 * g);
        let v = beta2.mul_add(slots[1], new2 * (slots[2] * slots[2]));
        (slots[0], slots[1]) = (m, v);
        let root = (correct2 * v).sqrt();
        let below = if PLAIN { root } else { A::of(root.store().to_f64().powf(*power)) };
        rate * decay.mul_add(x, (correct1 * m) / (below + eps))
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        let [first, second] = &mut self.corrections;
        visit("correction1", first);
        visit("correction2", second);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_hessian_diag_sq", "estimate"][slot]
    }
}
