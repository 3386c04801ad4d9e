//! Polyak's step size.

use crate::hyper::{Describe, FINITE, NOT_NEGATIVE, choices, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Group, Piece, Scaled, Scaling, Unit};
use crate::{Real, Schedule};

recipe! {
    /// Gradient descent with Polyak's step size: as far as would reach the least value if the function were a cone.
    ///
    /// ```text
    /// u = scaling · g
    /// x ← x − min((f(x) − f_min) / (‖u‖² + eps), max_lr) · u
    /// ```
    ///
    /// With `variant=sps_plus` a value below `f_min` counts as `f_min`, so no step climbs.
    ///
    /// Needs the function's value at every step: [`advance`](crate::Rule::advance).
    ///
    /// Source: Polyak, "Introduction to optimization", 1987; Loizou, Vaswani, Laradji and Lacoste-Julien, "Stochastic Polyak step-size
    /// for SGD", 2021; Garrigos, Gower and Schaipp, "Function value learning: adaptive learning rates based on the Polyak stepsize and
    /// function splitting in ERM", 2023 (`sps_plus`).
    ///
    /// Conventions: Optax's `polyak_sgd`, in which the gradient is scaled before its norm is taken, so that a `scaling` below 1 makes
    /// uncapped steps longer. No step where `‖u‖² + eps` is at most 2⁻⁵².
    ///
    /// ```
    /// use thalweg_rule::{Evaluation, PolyakSgd, Recipe, Rule};
    ///
    /// let mut rule = PolyakSgd::default().rule(1, 1)?;
    /// let mut x = [3.0];
    /// // f(x) = x²
    /// rule.advance(&mut x, &Evaluation::of(&[6.0]).with_values(&[9.0]))?;
    /// assert_eq!(x, [1.5]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct PolyakSgd = polyak_sgd("gradient descent with Polyak's step size, from the function's value") {
        /// The greatest step size.
        max_lr: f64 = 1.0, NOT_NEGATIVE;
        /// What the step size is multiplied by.
        scaling: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// The function's least value.
        f_min: f64 = 0.0, FINITE;
        /// Added to the squared norm.
        eps: f64 = 0.0, NOT_NEGATIVE;
        /// What happens below `f_min`.
        variant: PolyakVariant = PolyakVariant::Sps;
    }
}

choices! {
    /// Polyak's step size where the function's value is below the least one it was said to have.
    pub enum PolyakVariant {
        /// A step up.
        Sps = "sps",
        /// No step.
        SpsPlus = "sps_plus",
    }
}

impl Assemble for PolyakSgd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(self.clone()))]
    }
}

impl Scaling for PolyakSgd {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn unit(&self) -> Unit {
        Unit::Problem
    }

    fn needs_value(&self) -> bool {
        true
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        let scaling = self.scaling.at(group.step);
        let squares = scaling * scaling * group.update + self.eps;
        let gap = group.value - self.f_min;
        let gap = if self.variant == PolyakVariant::SpsPlus && gap < 0.0 { 0.0 } else { gap };
        let step = gap / squares;
        let step = if step > self.max_lr { self.max_lr } else { step };
        if squares <= f64::EPSILON { 0.0 } else { scaling * step }
    }
}
