//! Links for chains: clipping, weight decay, scaling.

use crate::hyper::{Describe, FINITE, NOT_NEGATIVE, POSITIVE, Visitor};
use crate::optimizer::Assemble;
use crate::pass::{GlobalNorm, Piece};
use crate::transform::Rate;
use crate::{Arithmetic, Real, Schedule, Transform};

/// Every element to within `±limit`: `u ← max(−limit, min(limit, u))`. NaN stays NaN. PyTorch's `clip_grad_value_`, Optax's
/// `clip`.
///
/// ```
/// use thalweg_rule::{Optimizer, Rule};
///
/// let mut rule = Optimizer::parse("clip_by_value(0.5) | sgd(lr=1)")?.rule(2, 1)?;
/// let mut x = [0.0, 0.0];
/// rule.step(&mut x, &[3.0, -0.25])?;
/// assert_eq!(x, [-0.5, 0.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipByValue {
    /// The largest absolute value that passes.
    pub limit: f64,
}

impl ClipByValue {
    /// Clipping to within `±limit`.
    pub fn new(limit: f64) -> Self {
        ClipByValue { limit }
    }
}

impl Describe for ClipByValue {
    const NAME: &'static str = "clip_by_value";
    const SUMMARY: &'static str = "every element of the update to within ±limit";

    fn blank() -> Self {
        Self::new(1.0)
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.required("limit", &mut self.limit, POSITIVE)
    }
}

impl Assemble for ClipByValue {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(*self)]
    }
}

impl Transform for ClipByValue {
    type Coefficients<A: Arithmetic> = A;

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(self.limit)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(limit: &A, u: A, _: A, _: &mut [A]) -> A {
        (-*limit).max(limit.min(u))
    }
}

/// The whole update to at most a Euclidean length, problem by problem.
///
/// ```text
/// u ← u · min(1, max_norm / (‖u‖ + eps))
/// ```
///
/// Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013. PyTorch's `clip_grad_norm_` has
/// `eps` = 10⁻⁶, the default here, which shortens even an update of length `max_norm` by a millionth; Optax's
/// `clip_by_global_norm` is `eps=0`. The sum of squares is taken in `f64`, in an order that depends on the size alone.
///
/// ```
/// use thalweg_rule::{ClipByGlobalNorm, Optimizer, Rule, Sgd};
///
/// let clip = ClipByGlobalNorm { max_norm: 1.0, eps: 0.0 };
/// let mut rule = Optimizer::from(clip).then(Sgd { lr: 1.0.into(), ..Sgd::default() }).rule(2, 1)?;
/// let mut x = [0.0, 0.0];
/// rule.step(&mut x, &[3.0, 4.0])?;
/// assert_eq!(x, [-0.6000000000000001, -0.8]);
/// # Ok::<(), thalweg_rule::RuleError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipByGlobalNorm {
    /// The greatest length that passes.
    pub max_norm: f64,
    /// Added to the length before dividing.
    pub eps: f64,
}

impl ClipByGlobalNorm {
    /// Clipping as PyTorch does it.
    pub fn new(max_norm: f64) -> Self {
        ClipByGlobalNorm { max_norm, eps: 1e-6 }
    }
}

impl Describe for ClipByGlobalNorm {
    const NAME: &'static str = "clip_by_global_norm";
    const SUMMARY: &'static str = "the whole update to at most the length max_norm";

    fn blank() -> Self {
        Self::new(1.0)
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.required("max_norm", &mut self.max_norm, POSITIVE)?;
        v.number("eps", &mut self.eps, NOT_NEGATIVE)
    }
}

impl Assemble for ClipByGlobalNorm {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(GlobalNorm { max_norm: self.max_norm, eps: self.eps })]
    }
}

/// `u ← u + weight_decay · x`. Before a rule it is an L2 penalty; after one it is decoupled decay, not multiplied by that rule's
/// learning rate.
///
/// ```
/// use thalweg_rule::{Optimizer, Rule};
///
/// let mut rule = Optimizer::parse("sgd(lr=0.5) | add_decayed_weights(0.25)")?.rule(1, 1)?;
/// let mut x = [4.0];
/// rule.step(&mut x, &[2.0])?;
/// assert_eq!(x, [2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AddDecayedWeights {
    /// The part of each parameter that is added.
    pub weight_decay: f64,
}

impl Describe for AddDecayedWeights {
    const NAME: &'static str = "add_decayed_weights";
    const SUMMARY: &'static str = "a part of the parameters added to the update";

    fn blank() -> Self {
        AddDecayedWeights { weight_decay: 0.0 }
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.required("weight_decay", &mut self.weight_decay, NOT_NEGATIVE)
    }
}

impl Assemble for AddDecayedWeights {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(*self)]
    }
}

impl Transform for AddDecayedWeights {
    type Coefficients<A: Arithmetic> = A;

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(self.weight_decay)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(decay: &A, u: A, x: A, _: &mut [A]) -> A {
        decay.mul_add(x, u)
    }
}

/// `u ← factor(t) · u`, the factor a number or a schedule of any sign.
///
/// ```
/// use thalweg_rule::{Optimizer, Rule};
///
/// let mut rule = Optimizer::parse("scale(cosine(init=1, steps=2))")?.rule(1, 1)?;
/// let mut x = [0.0];
/// rule.step(&mut x, &[1.0])?;
/// rule.step(&mut x, &[1.0])?;
/// assert_eq!(x, [-1.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// What the update is multiplied by.
    pub factor: Schedule,
}

impl Describe for Scale {
    const NAME: &'static str = "scale";
    const SUMMARY: &'static str = "the update times a number or a schedule";

    fn blank() -> Self {
        Scale { factor: 1.0.into() }
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("factor", &mut self.factor, FINITE)
    }
}

impl Assemble for Scale {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Rate::new(self.factor.clone()))]
    }
}
