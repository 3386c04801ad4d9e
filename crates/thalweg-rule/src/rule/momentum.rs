//! Momentum whose velocity holds the learning rate: the heavy ball and Nesterov's method.

use crate::hyper::{Describe, NOT_NEGATIVE, Visitor};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Rate, Trace};
use crate::{Chain, Real, Schedule};

/// The heavy ball.
///
/// ```text
/// v ← momentum · v + lr · g
/// x ← x − v
/// ```
///
/// Polyak, "Some methods of speeding up the convergence of iteration methods", 1964. The same steps as `sgd` with momentum
/// while `lr` is constant; when a schedule changes it, the velocity remembers the rates under which it was built. Optax writes it
/// `chain(scale(lr), trace(momentum))`.
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
#[derive(Debug, Clone, PartialEq)]
pub struct HeavyBall {
    /// The learning rate.
    pub lr: Schedule,
    /// How much of the velocity is kept.
    pub momentum: f64,
}

impl Default for HeavyBall {
    fn default() -> Self {
        HeavyBall { lr: 0.001.into(), momentum: 0.5 }
    }
}

impl Describe for HeavyBall {
    const NAME: &'static str = "heavy_ball";
    const SUMMARY: &'static str = "Polyak's momentum, the velocity holding the learning rate";

    fn blank() -> Self {
        Self::default()
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("lr", &mut self.lr, NOT_NEGATIVE)?;
        v.number("momentum", &mut self.momentum, NOT_NEGATIVE)
    }
}

impl Assemble for HeavyBall {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Chain(Rate::new(self.lr.clone()), Trace::new(self.momentum)))]
    }
}

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
/// While `lr` is constant, the first form's `x` is the second one's `x − momentum · v`. Nesterov, "A method of solving a
/// convex programming problem with convergence rate O(1/k²)", 1983; Sutskever et al. 2013. PyTorch's `SGD(nesterov=True)` is
/// the first form with the learning rate outside the velocity.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Nesterov {
    /// The learning rate.
    pub lr: Schedule,
    /// How much of the velocity is kept.
    pub momentum: f64,
    /// Takes the gradient ahead of the parameters.
    pub lookahead: bool,
}

impl Default for Nesterov {
    fn default() -> Self {
        Nesterov { lr: 0.001.into(), momentum: 0.9, lookahead: false }
    }
}

impl Describe for Nesterov {
    const NAME: &'static str = "nesterov";
    const SUMMARY: &'static str = "Nesterov's accelerated gradient; lookahead=true for the original form";

    fn blank() -> Self {
        Self::default()
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("lr", &mut self.lr, NOT_NEGATIVE)?;
        v.number("momentum", &mut self.momentum, NOT_NEGATIVE)?;
        v.flag("lookahead", &mut self.lookahead)
    }
}

impl Assemble for Nesterov {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let trace = Trace::new(self.momentum).nesterov(!self.lookahead).looking_ahead(self.lookahead);
        vec![Box::new(Chain(Rate::new(self.lr.clone()), trace))]
    }
}
