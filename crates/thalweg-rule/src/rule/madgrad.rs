//! MADGRAD.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Gradient;
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// MADGRAD: from the *first* parameters along the sum of all gradients, divided by a cube root, with momentum.
    ///
    /// ```text
    /// g ← g + weight_decay · x
    /// λ = (lr + eps) · √(k + 1)                          (k counts steps from 0)
    /// G ← G + λ · g²;   s ← s + λ · g
    /// z = x₀ − s / (∛G + eps)
    /// x ← (1 − momentum) · z + momentum · x
    /// ```
    ///
    /// Source: Defazio and Jelassi, "Adaptivity without compromise: a momentumized, adaptive, dual averaged gradient method for
    /// stochastic optimization", 2021.
    ///
    /// Conventions: Optax's `contrib.madgrad`, which is the authors' `MADGRAD` with an L2 penalty.
    ///
    /// ```
    /// use thalweg_rule::{Madgrad, Recipe, Rule};
    ///
    /// let mut rule = Madgrad { lr: 1.0.into(), momentum: 0.5, eps: 1e-12, ..Madgrad::default() }.rule(1, 1)?;
    /// let mut x = [3.0];
    /// rule.step(&mut x, &[8.0])?;
    /// // Half the way to 3 − 8 / ∛64.
    /// assert!((x[0] - 2.0_f64).abs() < 1e-9);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Madgrad = madgrad("dual averaging of gradients over a cube root, with momentum") {
        /// The learning rate.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// How much of the way to `z` is not gone.
        momentum: f64 = 0.9, BELOW_ONE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Added to the cube root and to the learning rate.
        eps: f64 = 1e-6, POSITIVE;
    }
}

impl Assemble for Madgrad {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: false };
        vec![gradient.then(DualAverage { madgrad: self.clone(), step: 0 })]
    }
}

#[derive(Clone)]
struct DualAverage {
    madgrad: Madgrad,
    step: u64,
}

impl Transform for DualAverage {
    const SLOTS: usize = 3;
    type Coefficients<A: Arithmetic> = [A; 5];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.step = step;
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 5] {
        let Madgrad { lr, momentum, eps, .. } = &self.madgrad;
        let lambda = (lr.at(self.step) + eps) * (self.step as f64 + 1.0).sqrt();
        let [take, keep] = if self.step == 0 { [1.0, 0.0] } else { [0.0, 1.0] };
        [lambda, 1.0 - momentum, *eps, take, keep].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([lambda, part, eps, take, keep]: &[A; 5], u: A, x: A, slots: &mut [A]) -> A {
        let squares = lambda.mul_add(u * u, slots[0]);
        let sum = lambda.mul_add(u, slots[1]);
        let x0 = take.mul_add(x, *keep * slots[2]);
        [slots[0], slots[1], slots[2]] = [squares, sum, x0];
        // (1 − momentum) · (x − z)
        *part * ((x - x0) + sum / (squares.cbrt() + *eps))
    }

    fn slot_name(slot: usize) -> &'static str {
        ["grad_sum_sq", "s", "x0"][slot]
    }
}
