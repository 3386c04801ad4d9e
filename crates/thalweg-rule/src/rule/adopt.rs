//! ADOPT.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Framed;
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// ADOPT: Adam with the gradient divided by what earlier gradients have left, *before* it enters the momentum; converges whatever
    /// `beta2` is.
    ///
    /// ```text
    /// first step:  v ← g²,  and x stays
    /// afterwards:  u = g / max(√v, eps), cut off at ±kᵖ          (p = clip_exponent, k counts steps from 0)
    ///              m ← beta1 · m + (1 − beta1) · u
    ///              x ← x − lr · m,   with nesterov:  x ← x − lr · (beta1 · m + (1 − beta1) · u)
    ///              v ← beta2 · v + (1 − beta2) · g²
    /// ```
    ///
    /// Source: Taniguchi et al., "ADOPT: modified Adam can converge with any β₂ with the optimal rate", 2024.
    ///
    /// Conventions: Optax's `contrib.adopt`, whose `clip_value_fn` is `k^clip_exponent` here. `use_clipping=false` is the first edition's
    /// rule.
    ///
    /// ```
    /// use thalweg_rule::{Adopt, Recipe, Rule};
    ///
    /// let mut rule = Adopt { lr: 0.5.into(), beta1: 0.5, ..Adopt::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[4.0])?;
    /// rule.step(&mut x, &[2.0])?;
    /// assert_eq!(x, [1.0 - 0.5 * 0.5 * 0.5]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Adopt = adopt("momentum of gradients divided by the root mean square of earlier ones") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the momentum is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.9999, BELOW_ONE;
        /// The least that is divided by.
        eps: f64 = 1e-6, NOT_NEGATIVE;
        /// Looks one step of momentum ahead.
        nesterov: bool = false;
        /// Cuts off divided gradients at `±k^clip_exponent`.
        use_clipping: bool = true;
        /// How fast the cut-off rises.
        clip_exponent: f64 = 0.25, NOT_NEGATIVE;
    }
}

impl Assemble for Adopt {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        Framed::with(&self.lr).around(Divided { adopt: self.clone(), step: 0 })
    }
}

#[derive(Clone)]
struct Divided {
    adopt: Adopt,
    step: u64,
}

impl Transform for Divided {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 8];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.step = step;
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 8] {
        let Adopt { beta1, beta2, eps, nesterov, use_clipping, clip_exponent, .. } = self.adopt;
        let (limit, beta2) = match self.step {
            0 => (0.0, 0.0),
            step if use_clipping => ((step as f64).powf(clip_exponent), beta2),
            _ => (f64::INFINITY, beta2),
        };
        let [again, newest] = if nesterov { [beta1, 1.0 - beta1] } else { [1.0, 0.0] };
        [beta1, 1.0 - beta1, beta2, 1.0 - beta2, again, newest, limit, eps].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 8], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, again, newest, limit, eps] = *c;
        let [m, v] = [slots[0], slots[1]];
        let divided = (-limit).max(limit.min(u / eps.max(v.sqrt())));
        let m = beta1.mul_add(m, new1 * divided);
        [slots[0], slots[1]] = [m, beta2.mul_add(v, new2 * (u * u))];
        again.mul_add(m, newest * divided)
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_avg_sq"][slot]
    }
}
