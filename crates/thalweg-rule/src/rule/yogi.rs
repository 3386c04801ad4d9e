//! Yogi.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Framed, Gathered};
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Yogi: Adam whose mean square goes down as slowly as it goes up, so rates do not leap when gradients fade.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g;                m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← v − (1 − beta2) · sign(v − g²) · g²;        v̂ = v / (1 − beta2ᵗ)
    /// x ← x − lr · m̂ / (√(v̂ + eps_root) + eps)                (at first m = v = initial_accumulator_value)
    /// ```
    ///
    /// Source: Zaheer, Reddi, Sachan, Kale and Kumar, "Adaptive methods for nonconvex optimization", 2018.
    ///
    /// Conventions: Optax's `yogi`, in which the mean too starts from the initial value, and both are corrected as if they had
    /// started from zero; the paper corrects neither.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rule, Yogi};
    ///
    /// let yogi = Yogi { lr: 0.1.into(), eps: 0.0, initial_accumulator_value: 0.0, ..Yogi::default() };
    /// let mut rule = yogi.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[-7.0])?;
    /// assert!((x[0] - 1.1_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Yogi = yogi("Adam whose mean square changes by the same amount up and down") {
        /// The learning rate.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// One minus the part of a new square by which the mean square changes.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-3, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// What mean and mean square start from.
        initial_accumulator_value: f64 = 1e-6, NOT_NEGATIVE;
    }
}

impl Assemble for Yogi {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Yogi { beta1, beta2, eps, eps_root, initial_accumulator_value, .. } = *self;
        let scale = ScaleByYogi { beta1, beta2, eps, eps_root, initial_accumulator_value };
        Framed::with(&self.lr).around(Additive::new(scale))
    }
}

recipe! {
    /// The direction of [`Yogi`]: `yogi` is `scale_by_yogi() | scale(lr)`.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · u;                m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← v − (1 − beta2) · sign(v − u²) · u²;        v̂ = v / (1 − beta2ᵗ)
    /// u ← m̂ / (√(v̂ + eps_root) + eps)                          (at first m = v = initial_accumulator_value)
    /// ```
    ///
    /// Source: Zaheer et al., "Adaptive methods for nonconvex optimization", 2018.
    ///
    /// Conventions: Optax's `scale_by_yogi`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let yogi = Optimizer::parse("scale_by_yogi(eps=0, initial_accumulator_value=0) | scale(0.1)")?;
    /// let mut rule = yogi.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[-7.0])?;
    /// assert!((x[0] - 1.1_f64).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByYogi = scale_by_yogi("the mean update divided by the root of Yogi's mean square") {
        /// How much of the mean update is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// One minus the part of a new square by which the mean square changes.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-3, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// What mean and mean square start from.
        initial_accumulator_value: f64 = 1e-6, NOT_NEGATIVE;
    }
}

impl Assemble for ScaleByYogi {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Additive::new(self.clone()))]
    }
}

#[derive(Clone)]
struct Additive {
    scale: ScaleByYogi,
    means: [Gathered; 2],
}

impl Additive {
    fn new(scale: ScaleByYogi) -> Self {
        let means = [Gathered::new(scale.beta1), Gathered::new(scale.beta2)];
        Additive { scale, means }
    }
}

impl Transform for Additive {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 7];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.means.iter_mut().for_each(|mean| mean.begin(step));
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 7] {
        let ScaleByYogi { beta1, beta2, eps, eps_root, .. } = self.scale;
        let [correct1, correct2] = self.means.map(|mean| mean.correction());
        [beta1, 1.0 - beta1, 1.0 - beta2, correct1, correct2, eps, eps_root].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 7], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, new2, correct1, correct2, eps, eps_root] = *c;
        let m = beta1.mul_add(slots[0], new1 * u);
        let square = u * u;
        let v = slots[1] - new2 * ((slots[1] - square).sign() * square);
        [slots[0], slots[1]] = [m, v];
        (correct1 * m) / (correct2.mul_add(v, eps_root).sqrt() + eps)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        self.means[0].show("correction1", visit);
        self.means[1].show("correction2", visit);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_avg_sq"][slot]
    }

    fn slot_start(&self, _: usize) -> f64 {
        self.scale.initial_accumulator_value
    }
}
