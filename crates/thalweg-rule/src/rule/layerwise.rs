//! Rules whose steps are in proportion to the layers: LAMB, LARS, Fromage.

use super::decayed::decay_where;
use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Piece, Scaled};
use crate::rule::{Adam, ScaleByTrustRatio};
use crate::transform::{AddDecayedWeights, Rate, ScaleByAdam, Trace};
use crate::{Arithmetic, Chain, Real, Schedule, Transform};

recipe! {
    /// LAMB: Adam with decoupled weight decay, each layer's step in proportion to the layer.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g;   m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · g²;  v̂ = v / (1 − beta2ᵗ)
    /// u = m̂ / (√(v̂ + eps_root) + eps) + weight_decay · x
    /// x ← x − lr · ‖x‖ / ‖u‖ · u            (norms by leaf; the ratio is 1 if one of them is 0)
    /// ```
    ///
    /// Source: You, Li, Reddi, Hseu, Kumar, Bhojanapalli, Song, Demmel, Keutzer and Hsieh, "Large batch optimization for deep
    /// learning: training BERT in 76 minutes", 2020.
    ///
    /// Conventions: Optax's `lamb`.
    ///
    /// ```
    /// use thalweg_rule::{Lamb, Recipe, Rule};
    ///
    /// let mut rule = Lamb { lr: 0.1.into(), ..Lamb::default() }.rule(1, 1)?;
    /// let mut x = [2.0];
    /// rule.step(&mut x, &[-30.0])?;
    /// assert!((x[0] - 2.2_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Lamb = lamb("AdamW, each layer's step in proportion to the layer") {
        /// The learning rate: the relative change of a layer.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-6, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// The part of each parameter that is added to the direction.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Which leaves decay: patterns of names, with `*` and `?`, separated by commas. All, if not given.
        mask: Option<String> = None;
    }
}

impl Assemble for Lamb {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Lamb { beta1, beta2, eps, eps_root, weight_decay, .. } = *self;
        let adam =
            ScaleByAdam::<false>::new(&Adam { beta1: beta1.into(), beta2, eps, eps_root, ..Adam::default() });
        let mut pieces: Vec<Box<dyn Piece<F>>> = match &self.mask {
            Some(mask) => vec![Box::new(adam), decay_where(Self::NAME, mask, weight_decay)],
            None if weight_decay == 0.0 => vec![Box::new(adam)],
            None => vec![Box::new(Chain(adam, AddDecayedWeights { weight_decay }))],
        };
        let ratio = Scaled(ScaleByTrustRatio::default());
        pieces.extend::<[Box<dyn Piece<F>>; 2]>([Box::new(ratio), Box::new(Rate::new(self.lr.clone()))]);
        pieces
    }
}

recipe! {
    /// LARS: momentum, each layer's step in proportion to the layer.
    ///
    /// ```text
    /// g ← g + weight_decay · x
    /// b ← momentum · b + lr · trust_coefficient · ‖x‖ / (‖g‖ + eps) · g        (norms by leaf; factor lr if one of them is 0)
    /// d = b,  with nesterov:  d = lr · … · g + momentum · b
    /// x ← x − d
    /// ```
    ///
    /// Source: You, Gitman and Ginsburg, "Large batch training of convolutional networks", 2017.
    ///
    /// Conventions: Optax's `lars`: decay goes into the norm of the gradient, which in the paper stands beside it, and the momentum
    /// holds the learning rate.
    ///
    /// ```
    /// use thalweg_rule::{Lars, Recipe, Rule};
    ///
    /// let mut rule = Lars { lr: 10.0.into(), ..Lars::default() }.rule(1, 1)?;
    /// let mut x = [2.0];
    /// rule.step(&mut x, &[-30.0])?;
    /// assert!((x[0] - 2.02_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Lars = lars("momentum, each layer's step in proportion to the layer") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// The part of the layer's length that a step would have with a learning rate of 1.
        trust_coefficient: f64 = 0.001, NOT_NEGATIVE;
        /// Added to the gradient's length.
        eps: f64 = 0.0, NOT_NEGATIVE;
        /// How much of the last step is kept.
        momentum: f64 = 0.9, NOT_NEGATIVE;
        /// Nesterov's momentum.
        nesterov: bool = false;
    }
}

impl Assemble for Lars {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Lars { weight_decay, trust_coefficient, eps, momentum, nesterov, .. } = *self;
        let ratio = Scaled(ScaleByTrustRatio { min_norm: 0.0, trust_coefficient, eps });
        let trace = Trace::new(momentum).nesterov(nesterov);
        let mut pieces: Vec<Box<dyn Piece<F>>> = Vec::new();
        if weight_decay != 0.0 {
            pieces.push(Box::new(AddDecayedWeights { weight_decay }));
        }
        pieces.push(Box::new(ratio));
        pieces.push(Box::new(Chain(Rate::new(self.lr.clone()), trace)));
        pieces
    }
}

recipe! {
    /// Fromage: steps in proportion to the layers, which are kept from growing.
    ///
    /// ```text
    /// x ← (x − lr · max(‖x‖, min_norm) / max(‖g‖, min_norm) · g) / √(1 + lr²)      (norms by leaf)
    /// ```
    ///
    /// Source: Bernstein, Vahdat, Yue and Liu, "On the distance between two neural networks and the stability of learning", 2020.
    ///
    /// Conventions: Optax's `fromage`.
    ///
    /// ```
    /// use thalweg_rule::{Fromage, Recipe, Rule};
    ///
    /// let mut rule = Fromage { lr: 0.75.into(), ..Fromage::default() }.rule(1, 1)?;
    /// let mut x = [2.0];
    /// rule.step(&mut x, &[-30.0])?;
    /// assert!((x[0] - 2.8_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Fromage = fromage("steps in proportion to the layers, which are kept from growing") {
        /// The learning rate: the relative change of a layer.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// The least length that parameters and gradients are taken to have.
        min_norm: f64 = 1e-6, NOT_NEGATIVE;
    }
}

impl Assemble for Fromage {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let ratio = ScaleByTrustRatio { min_norm: self.min_norm, ..ScaleByTrustRatio::default() };
        vec![Box::new(Scaled(ratio)), Box::new(Shrinking { lr: self.lr.clone(), now: 0.0 })]
    }
}

/// `u ← x − (x − lr · u) / √(1 + lr²)`
#[derive(Debug, Clone, PartialEq)]
struct Shrinking {
    lr: Schedule,
    now: f64,
}

impl Transform for Shrinking {
    type Coefficients<A: Arithmetic> = [A; 2];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.now = self.lr.at(step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 2] {
        let part = 1.0 / self.now.mul_add(self.now, 1.0).sqrt();
        [A::of(self.now * part), A::of(1.0 - part)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([rate, lost]: &[A; 2], u: A, x: A, _: &mut [A]) -> A {
        lost.mul_add(x, *rate * u)
    }
}
