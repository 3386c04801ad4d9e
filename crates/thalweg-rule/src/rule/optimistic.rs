//! Optimistic gradients: what has just changed, once more.

use crate::hyper::{FINITE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Framed;
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Gradient descent that expects the gradient to change again as it just has: for games, where plain descent circles.
    ///
    /// ```text
    /// x ← x − lr · (alpha · g + beta · (g − g′))             (g′: the gradient before; at first g)
    /// ```
    ///
    /// Source: Popov, "A modification of the Arrow–Hurwicz method for search of saddle points", 1980; Mokhtari, Ozdaglar and Pattathil,
    /// "A unified analysis of extra-gradient and optimistic gradient methods for saddle point problems", 2019.
    ///
    /// Conventions: Optax's `optimistic_gradient_descent`.
    ///
    /// ```
    /// use thalweg_rule::{OptimisticGradientDescent, Recipe, Rule};
    ///
    /// let optimistic = OptimisticGradientDescent { lr: 1.0.into(), ..OptimisticGradientDescent::default() };
    /// let mut rule = optimistic.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[3.0])?;
    /// rule.step(&mut x, &[2.0])?;
    /// assert_eq!(x, [-3.0 - (2.0 + (2.0 - 3.0))]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct OptimisticGradientDescent = optimistic_gradient_descent("gradients with their latest change once more") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// The weight of the gradient.
        alpha: f64 = 1.0, FINITE;
        /// The weight of its change.
        beta: f64 = 1.0, FINITE;
    }
}

impl Assemble for OptimisticGradientDescent {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let change = Change::new(self.alpha, self.beta);
        Framed::with(&self.lr).around(change)
    }
}

recipe! {
    /// The update with its latest change once more.
    ///
    /// ```text
    /// u ← alpha · u + beta · (u − u′)             (u′: the update before; at first u)
    /// ```
    ///
    /// Source: Mokhtari, Ozdaglar and Pattathil, "A unified analysis of extra-gradient and optimistic gradient methods for saddle point
    /// problems", 2019.
    ///
    /// Conventions: Optax's `scale_by_optimistic_gradient`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_optimistic_gradient(beta=2)")?.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[3.0])?;
    /// rule.step(&mut x, &[2.0])?;
    /// assert_eq!(x, [-3.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByOptimisticGradient = scale_by_optimistic_gradient("the update with its latest change once more") {
        /// The weight of the update.
        alpha: f64 = 1.0, FINITE;
        /// The weight of its change.
        beta: f64 = 1.0, FINITE;
    }
}

impl Assemble for ScaleByOptimisticGradient {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Change::new(self.alpha, self.beta))]
    }
}

#[derive(Clone)]
pub(super) struct Change {
    alpha: f64,
    beta: f64,
    first: bool,
}

impl Change {
    pub(super) fn new(alpha: f64, beta: f64) -> Self {
        Change { alpha, beta, first: true }
    }
}

impl Transform for Change {
    const SLOTS: usize = 1;
    type Coefficients<A: Arithmetic> = [A; 2];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.first = step == 0;
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 2] {
        [self.alpha, if self.first { 0.0 } else { self.beta }].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([alpha, beta]: &[A; 2], u: A, _: A, slots: &mut [A]) -> A {
        let before = slots[0];
        slots[0] = u;
        alpha.mul_add(u, *beta * (u - before))
    }

    fn slot_name(_: usize) -> &'static str {
        "previous_gradient"
    }
}
