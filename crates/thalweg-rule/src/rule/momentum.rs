//! Momentum whose velocity holds the learning rate: the heavy ball and Nesterov's method.

use crate::hyper::{NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Rate, Trace};
use crate::{Chain, Real, Schedule};

recipe! {
    /// The heavy ball.
    ///
    /// ```text
    /// v ← momentum · v + lr · g
    /// x ← x − v
    /// ```
    ///
    /// Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    ///
    /// Conventions: the same steps as PyTorch's `SGD` with momentum, [`sgd`](crate::Sgd), while `lr` is constant; when a schedule changes
    /// it, the velocity remembers the rates under which it was built. Optax writes it `chain(scale(-lr), trace(momentum))`.
    ///
    /// ```
    /// use thalweg_rule::{HeavyBall, Recipe, Rule};
    ///
    /// let mut rule = HeavyBall { lr: 0.1.into(), momentum: 0.5 }.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[1.0])?;
    /// rule.step(&mut x, &[1.0])?;
    /// assert!((x[0] + 0.25_f64).abs() < 1e-15);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct HeavyBall = heavy_ball("Polyak's momentum, the velocity holding the learning rate") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the velocity is kept.
        momentum: f64 = 0.5, NOT_NEGATIVE;
    }
}

impl Assemble for HeavyBall {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Chain(Rate::new(self.lr.clone()), Trace::new(self.momentum)))]
    }
}

recipe! {
    /// Nesterov's accelerated gradient, in two forms.
    ///
    /// ```text
    /// v ← momentum · v + lr · ∇f(x)
    /// x ← x − (momentum · v + lr · ∇f(x))
    /// ```
    ///
    /// With `lookahead`, Nesterov's own form; the gradient must be taken at
    /// [`evaluation_point`](crate::Rule::evaluation_point):
    ///
    /// ```text
    /// v ← momentum · v + lr · ∇f(x − momentum · v)
    /// x ← x − v
    /// ```
    ///
    /// While `lr` is constant, the first form's `x` is the second one's `x − momentum · v`.
    ///
    /// Source: Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k²)", 1983; the first form:
    /// Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning", 2013.
    ///
    /// Conventions: PyTorch's `SGD(nesterov=True)` is the first form with the learning rate outside the velocity, which is the same
    /// while `lr` is constant.
    ///
    /// ```
    /// use thalweg_rule::{Nesterov, Recipe, Rule};
    ///
    /// let mut rule = Nesterov { lr: 0.1.into(), momentum: 0.9, lookahead: true }.rule(1, 1)?;
    /// let (mut x, mut point) = ([1.0_f64], [0.0]);
    /// for _ in 0..300 {
    ///     let looked = rule.evaluation_point(&x, &mut point);
    ///     assert!(looked);
    ///     rule.step(&mut x, &[2.0 * point[0]])?;
    /// }
    /// assert!(x[0].abs() < 1e-6);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Nesterov = nesterov("Nesterov's accelerated gradient; lookahead=true for the original form") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the velocity is kept.
        momentum: f64 = 0.9, NOT_NEGATIVE;
        /// Takes the gradient ahead of the parameters.
        lookahead: bool = false;
    }
}

impl Assemble for Nesterov {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let trace = Trace::new(self.momentum).nesterov(!self.lookahead).looking_ahead(self.lookahead);
        vec![Box::new(Chain(Rate::new(self.lr.clone()), trace))]
    }
}
