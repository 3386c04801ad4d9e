//! Rprop.

use crate::hyper::{NOT_NEGATIVE, POSITIVE, Range, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Gradient;
use crate::{Arithmetic, Real, Transform};

const BETWEEN: Range = Range { wanted: "above 0 and below 1", holds: |x| x > 0.0 && x < 1.0 };
const ABOVE_ONE: Range = Range { wanted: "finite and above 1", holds: |x| x > 1.0 && x.is_finite() };

recipe! {
    /// Resilient backpropagation: each parameter's step grows while its gradient keeps its sign and shrinks when that changes; the size
    /// of the gradient does not matter.
    ///
    /// ```text
    /// s ← s · (eta_plus if g · h > 0, eta_minus if g · h < 0, otherwise 1)      (at first s = lr, h = 0)
    /// s ← max(step_min, min(s, step_max))
    /// h ← 0 if g · h < 0, otherwise g
    /// x ← x − s · sign(h)
    /// ```
    ///
    /// Made for gradients without noise.
    ///
    /// Source: Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm", 1993; in the form
    /// called iRprop⁻ of Igel and Hüsken, "Improving the Rprop learning algorithm", 2000.
    ///
    /// Conventions: PyTorch's `torch.optim.Rprop`, whose `etas` are `(eta_minus, eta_plus)` and whose `step_sizes` are
    /// `(step_min, step_max)`. Optax's `rprop` steps with the sizes of the step before.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rprop, Rule};
    ///
    /// let mut rule = Rprop { lr: 0.1, ..Rprop::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[7.0])?;
    /// rule.step(&mut x, &[0.003])?;
    /// assert!((x[0] - (1.0 - 0.1 - 0.12_f64)).abs() < 1e-15);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Rprop = rprop("steps that grow while the gradient keeps its sign") {
        /// The first step size.
        lr: f64 = 0.01, NOT_NEGATIVE;
        /// What a step size is multiplied by where the sign changes.
        eta_minus: f64 = 0.5, BETWEEN;
        /// What it is multiplied by where the sign stays.
        eta_plus: f64 = 1.2, ABOVE_ONE;
        /// The least step size.
        step_min: f64 = 1e-6, NOT_NEGATIVE;
        /// The greatest step size.
        step_max: f64 = 50.0, POSITIVE;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
    conflict |rule| {
        let Rprop { step_min, step_max, .. } = *rule;
        (step_min > step_max).then(|| ("step_min", format!("must be at most step_max={step_max}, found {step_min}")))
    };
}

impl Assemble for Rprop {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Rprop { lr, eta_minus, eta_plus, step_min, step_max, maximize } = *self;
        let steps = ScaleByRprop { start: lr, etas: [eta_minus, eta_plus], range: [step_min, step_max] };
        vec![Gradient { weight_decay: 0.0, maximize }.then(steps)]
    }
}

/// Rprop's whole step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleByRprop {
    /// The first step size.
    pub start: f64,
    /// What a step size is multiplied by where the sign changes, and where it stays.
    pub etas: [f64; 2],
    /// The least and the greatest step size.
    pub range: [f64; 2],
}

impl Transform for ScaleByRprop {
    const SLOTS: usize = 2;
    type Coefficients<A: Arithmetic> = [A; 4];

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 4] {
        let [[minus, plus], [least, greatest]] = [self.etas, self.range];
        [A::of(minus), A::of(plus), A::of(least), A::of(greatest)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([minus, plus, least, greatest]: &[A; 4], u: A, _: A, slots: &mut [A]) -> A {
        let agreement = u * slots[0];
        let factor = agreement.if_positive(*plus, (-agreement).if_positive(*minus, A::of(1.0)));
        let size = least.max(greatest.min(slots[1] * factor));
        let kept = (-agreement).if_positive(A::of(0.0), u);
        [slots[0], slots[1]] = [kept, size];
        size * kept.sign()
    }

    fn slot_name(slot: usize) -> &'static str {
        ["prev", "step_size"][slot]
    }

    fn slot_start(&self, slot: usize) -> f64 {
        [0.0, self.start][slot]
    }
}
