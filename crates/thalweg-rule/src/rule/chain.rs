//! Links for chains: clipping, weight decay, scaling.

use crate::hyper::{Describe, FINITE, NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Group, Masked, Piece, Scaled, Scaling, Simply, Treatment, Unit};
use crate::transform::{self, Rate};
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Every element to within `±limit`. NaN stays NaN.
    ///
    /// ```text
    /// u ← max(−limit, min(limit, u))
    /// ```
    ///
    /// Source: common practice.
    ///
    /// Conventions: PyTorch's `clip_grad_value_`, Optax's `clip`.
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
    pub struct ClipByValue = clip_by_value("every element of the update to within ±limit") requires {
        /// The largest absolute value that passes.
        limit: f64 = 1.0, POSITIVE;
    } {
    }
}

impl ClipByValue {
    /// Clipping to within `±limit`.
    pub fn new(limit: f64) -> Self {
        ClipByValue { limit }
    }
}

impl Assemble for ClipByValue {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Simply(self.clone()))]
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

recipe! {
    /// The whole update to at most a Euclidean length, problem by problem.
    ///
    /// ```text
    /// u ← u · min(1, max_norm / (‖u‖ + eps))
    /// ```
    ///
    /// The sum of squares is taken in `f64`, in an order that depends on the size alone.
    ///
    /// Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.
    ///
    /// Conventions: PyTorch's `clip_grad_norm_` has `eps` = 10⁻⁶, the default here, which shortens even an update of length `max_norm` by a
    /// millionth; Optax's `clip_by_global_norm` is `eps=0`.
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
    pub struct ClipByGlobalNorm = clip_by_global_norm("the whole update to at most the length max_norm") requires {
        /// The greatest length that passes.
        max_norm: f64 = 1.0, POSITIVE;
    } {
        /// Added to the length before dividing.
        eps: f64 = 1e-6, NOT_NEGATIVE;
    }
}

impl ClipByGlobalNorm {
    /// Clipping as PyTorch does it.
    pub fn new(max_norm: f64) -> Self {
        ClipByGlobalNorm { max_norm, eps: 1e-6 }
    }
}

impl Assemble for ClipByGlobalNorm {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(self.clone()))]
    }
}

impl Scaling for ClipByGlobalNorm {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn unit(&self) -> Unit {
        Unit::Problem
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        shortening(self.max_norm / (group.update.sqrt() + self.eps))
    }
}

/// A factor that makes nothing longer; NaN stays NaN.
pub(super) fn shortening(factor: f64) -> f64 {
    if factor > 1.0 { 1.0 } else { factor }
}

recipe! {
    /// A part of the parameters added to the update.
    ///
    /// ```text
    /// u ← u + weight_decay · x      (with a mask: of the leaves whose names match)
    /// ```
    ///
    /// Before a rule it is an L2 penalty; after one it is decoupled decay, not multiplied by that rule's learning rate. Patterns are
    /// those of [`Layout::matching`](crate::Layout::matching); one that matches nothing is an error.
    ///
    /// Source: Krogh and Hertz, "A simple weight decay can improve generalization", 1991; Loshchilov and Hutter, "Decoupled weight
    /// decay regularization", 2019.
    ///
    /// Conventions: Optax's `add_decayed_weights`.
    ///
    /// ```
    /// use thalweg_rule::{Layout, Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("sgd(lr=0.5) | add_decayed_weights(0.25)")?.rule(1, 1)?;
    /// let mut x = [4.0];
    /// rule.step(&mut x, &[2.0])?;
    /// assert_eq!(x, [2.0]);
    ///
    /// let layout = Layout::new([("weight", vec![2]), ("bias", vec![1])]);
    /// let mut rule = Optimizer::parse("add_decayed_weights(0.25, mask=\"*weight\")")?.rule_for(&layout)?;
    /// let mut x = [4.0; 3];
    /// rule.step(&mut x, &[0.0; 3])?;
    /// assert_eq!(x, [3.0, 3.0, 4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct AddDecayedWeights = add_decayed_weights("a part of the parameters added to the update") requires {
        /// The part of each parameter that is added.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    } {
        /// Which leaves: patterns of names, with `*` and `?`, separated by commas. All, if not given.
        mask: Option<String> = None;
    }
}

impl Assemble for AddDecayedWeights {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let weight_decay = self.weight_decay;
        let Some(pattern) = self.mask.clone() else {
            return vec![Box::new(Simply(transform::AddDecayedWeights { weight_decay }))];
        };
        let treatment = Treatment::Decay(weight_decay);
        vec![Box::new(Masked { rule: Self::NAME, key: "mask", pattern, treatment })]
    }
}

recipe! {
    /// The update times a number or a schedule of any sign.
    ///
    /// ```text
    /// u ← factor(t) · u          (t counts steps from 0)
    /// ```
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `scale` and `scale_by_schedule`, but that the last update of a chain is subtracted here: Optax's
    /// `scale(-0.1)` at the end is `scale(0.1)`.
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
    pub struct Scale = scale("the update times a number or a schedule") {
        /// What the update is multiplied by.
        factor: Schedule = 1.0.into(), FINITE;
    }
}

impl Assemble for Scale {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Simply(Rate::new(self.factor.clone())))]
    }
}
