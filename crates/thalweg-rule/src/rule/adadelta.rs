//! Adadelta.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Framed;
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Adadelta: the gradient in units of its own running root mean square, times that of the steps before.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x
    /// s ← rho · s + (1 − rho) · g²
    /// d = √(e + eps) / √(s + eps) · g
    /// e ← rho · e + (1 − rho) · d²
    /// x ← x − lr · d
    /// ```
    ///
    /// Source: Zeiler, "ADADELTA: an adaptive learning rate method", 2012, where `lr` is 1.
    ///
    /// Conventions: PyTorch's `torch.optim.Adadelta` and Optax's `adadelta`.
    ///
    /// ```
    /// use thalweg_rule::{Adadelta, Recipe, Rule};
    ///
    /// let mut rule = Adadelta { rho: 0.75, eps: 1.0, ..Adadelta::default() }.rule(1, 1)?;
    /// let mut x = [0.0];
    /// // s = g² / 4 = 3, e = 0: the step is g / √(3 + 1).
    /// rule.step(&mut x, &[12.0_f64.sqrt()])?;
    /// assert!((x[0] + 3.0_f64.sqrt()).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Adadelta = adadelta("steps of the size of those before, in the gradient's units") {
        /// The learning rate.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// How much of the mean squares is kept.
        rho: f64 = 0.9, BELOW_ONE;
        /// Added inside both square roots.
        eps: f64 = 1e-6, NOT_NEGATIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

impl Assemble for Adadelta {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Adadelta { rho, eps, weight_decay, maximize, .. } = *self;
        let frame = Framed { weight_decay, maximize, ..Framed::with(&self.lr) };
        frame.around(ScaleByAdadelta { rho, eps })
    }
}

recipe! {
    /// The direction of [`Adadelta`]: `adadelta` is `scale_by_adadelta() | scale(lr)`.
    ///
    /// ```text
    /// s ← rho · s + (1 − rho) · u²
    /// u ← √(e + eps) / √(s + eps) · u
    /// e ← rho · e + (1 − rho) · u²
    /// ```
    ///
    /// Source: Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
    ///
    /// Conventions: Optax's `scale_by_adadelta`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_adadelta(rho=0.75, eps=1)")?.rule(1, 1)?;
    /// let mut x = [0.0];
    /// // s = u² / 4 = 3, e = 0: the step is u / √(3 + 1).
    /// rule.step(&mut x, &[12.0_f64.sqrt()])?;
    /// assert!((x[0] + 3.0_f64.sqrt()).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByAdadelta = scale_by_adadelta("the update in units of its root mean square, times that of those before") {
        /// How much of the mean squares is kept.
        rho: f64 = 0.9, BELOW_ONE;
        /// Added inside both square roots.
        eps: f64 = 1e-6, NOT_NEGATIVE;
    }
}

impl Assemble for ScaleByAdadelta {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(self.clone())]
    }
}

impl Transform for ScaleByAdadelta {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 3];

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 3] {
        [A::of(self.rho), A::of(1.0 - self.rho), A::of(self.eps)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([rho, new, eps]: &[A; 3], u: A, _: A, slots: &mut [A]) -> A {
        let s = rho.mul_add(slots[0], *new * (u * u));
        let d = (slots[1] + *eps).sqrt() / (s + *eps).sqrt() * u;
        [slots[0], slots[1]] = [s, rho.mul_add(slots[1], *new * (d * d))];
        d
    }

    fn slot_name(slot: usize) -> &'static str {
        ["square_avg", "acc_delta"][slot]
    }
}
