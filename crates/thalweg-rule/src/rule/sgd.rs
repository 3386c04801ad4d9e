//! Gradient descent with PyTorch's momentum.

use crate::hyper::{FINITE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Gradient, Rate, Trace};
use crate::{Chain, Real, Schedule};

recipe! {
    /// Gradient descent, optionally with momentum; also known as `gradient_descent`.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x
    /// b ← momentum · b + (1 − dampening) · g       (first step: b ← g)
    /// d ← b,  with nesterov:  d ← g + momentum · b      (momentum = 0: d ← g)
    /// x ← x − lr · d
    /// ```
    ///
    /// Source: Robbins and Monro, "A stochastic approximation method", 1951; momentum: Polyak, "Some methods of speeding up the
    /// convergence of iteration methods", 1964; nesterov: Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and
    /// momentum in deep learning", 2013.
    ///
    /// Conventions: PyTorch's `torch.optim.SGD`; Optax's `sgd` when there is neither dampening nor weight decay. The velocity does not
    /// hold the learning rate, as it does in [`HeavyBall`](crate::HeavyBall). `OneCycleLR` gives the momentum
    /// `one_cycle_momentum(steps)`.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rule, Sgd};
    ///
    /// let mut rule = Sgd { lr: 0.1.into(), ..Sgd::default() }.rule(2, 1)?;
    /// let mut x = [1.0, -1.0];
    /// rule.step(&mut x, &[5.0, 0.0])?;
    /// assert_eq!(x, [0.5, -1.0]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Sgd = sgd("gradient descent with PyTorch's momentum; also gradient_descent") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the last direction is kept.
        momentum: Schedule = 0.0.into(), NOT_NEGATIVE;
        /// How much of a new gradient is left out of the direction.
        dampening: f64 = 0.0, FINITE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Nesterov's momentum; needs `momentum` above 0 and no dampening.
        nesterov: bool = false;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
    conflict |rule| {
        let wrong = rule.nesterov && (rule.momentum == 0.0.into() || rule.dampening != 0.0);
        wrong.then(|| ("nesterov", "needs a momentum above 0 and a dampening of 0".to_owned()))
    };
}

impl Assemble for Sgd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: self.maximize };
        let rate = Rate::new(self.lr.clone());
        if self.momentum == 0.0.into() {
            return vec![gradient.then(rate)];
        }
        let trace = Trace::new(self.momentum.clone()).dampened(self.dampening).nesterov(self.nesterov);
        vec![gradient.then(Chain(trace, rate))]
    }
}
