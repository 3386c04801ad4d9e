//! Gradient descent with PyTorch's momentum.

use crate::hyper::{Describe, FINITE, NOT_NEGATIVE, Visitor};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Gradient, Rate, Trace};
use crate::{Chain, Real, Schedule};

/// Gradient descent, optionally with momentum; also known as `gradient_descent`.
///
/// ```text
/// g ← ±g + weight_decay · x
/// b ← momentum · b + (1 − dampening) · g       (first step: b ← g)
/// d ← b,  with nesterov:  d ← g + momentum · b      (momentum = 0: d ← g)
/// x ← x − lr · d
/// ```
///
/// PyTorch's `torch.optim.SGD`: the velocity does not hold the learning rate, as it does in [`HeavyBall`](crate::HeavyBall).
/// Polyak 1964; Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning", 2013.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Sgd {
    /// The learning rate.
    pub lr: Schedule,
    /// How much of the last direction is kept.
    pub momentum: f64,
    /// How much of a new gradient is left out of the direction.
    pub dampening: f64,
    /// The factor of an L2 penalty.
    pub weight_decay: f64,
    /// Nesterov's momentum; needs `momentum` above 0 and no dampening.
    pub nesterov: bool,
    /// Climbs instead of descending.
    pub maximize: bool,
}

impl Default for Sgd {
    fn default() -> Self {
        Sgd {
            lr: 0.001.into(),
            momentum: 0.0,
            dampening: 0.0,
            weight_decay: 0.0,
            nesterov: false,
            maximize: false,
        }
    }
}

impl Describe for Sgd {
    const NAME: &'static str = "sgd";
    const SUMMARY: &'static str = "gradient descent with PyTorch's momentum; also gradient_descent";

    fn blank() -> Self {
        Self::default()
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("lr", &mut self.lr, NOT_NEGATIVE)?;
        v.number("momentum", &mut self.momentum, NOT_NEGATIVE)?;
        v.number("dampening", &mut self.dampening, FINITE)?;
        v.number("weight_decay", &mut self.weight_decay, NOT_NEGATIVE)?;
        v.flag("nesterov", &mut self.nesterov)?;
        v.flag("maximize", &mut self.maximize)
    }

    fn conflict(&self) -> Option<(&'static str, String)> {
        let wrong = self.nesterov && (self.momentum <= 0.0 || self.dampening != 0.0);
        wrong.then(|| ("nesterov", "needs a momentum above 0 and a dampening of 0".to_owned()))
    }
}

impl Assemble for Sgd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: self.maximize };
        let rate = Rate::new(self.lr.clone());
        if self.momentum == 0.0 {
            return vec![gradient.then(rate)];
        }
        let trace = Trace::new(self.momentum).dampened(self.dampening).nesterov(self.nesterov);
        vec![gradient.then(Chain(trace, rate))]
    }
}
