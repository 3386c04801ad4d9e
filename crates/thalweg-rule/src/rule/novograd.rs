//! NovoGrad.

use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Group, Piece, Scaled, Scaling, Unit};
use crate::transform::{AddDecayedWeights, Rate, Trace};
use crate::{Chain, Real, Schedule};

recipe! {
    /// NovoGrad: momentum of gradients that are divided by a running norm of their layer.
    ///
    /// ```text
    /// v ← beta2 · v + (1 − beta2) · ‖g‖²                                  (one number a leaf; first step: v ← ‖g‖²)
    /// m ← beta1 · m + g / (√(v + eps_root) + eps) + weight_decay · x      (first step: without m)
    /// x ← x − lr · m
    /// ```
    ///
    /// Source: Ginsburg, Castonguay, Hrinchuk, Kuchaiev, Lavrukhin, Leary, Li, Nguyen, Zhang and Cohen, "Stochastic gradient methods
    /// with layer-wise adaptive moments for training of deep networks", 2019.
    ///
    /// Conventions: Optax's `novograd`.
    ///
    /// ```
    /// use thalweg_rule::{Novograd, Recipe, Rule};
    ///
    /// let mut rule = Novograd { lr: 0.1.into(), eps: 0.0, ..Novograd::default() }.rule(2, 1)?;
    /// let mut x = [0.0, 0.0];
    /// rule.step(&mut x, &[3.0, -4.0])?;
    /// assert!((x[0] + 0.06_f64).abs() < 1e-15 && (x[1] - 0.08_f64).abs() < 1e-15);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Novograd = novograd("momentum of gradients divided by a running norm of their layer") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the momentum is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean squared norm is kept.
        beta2: f64 = 0.25, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-6, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// The part of each parameter that goes into the momentum.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for Novograd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Novograd { beta1, beta2, eps, eps_root, weight_decay, .. } = *self;
        let norm = RunningNorm { beta: beta2, eps, eps_root };
        let momentum = Chain(Trace::new(beta1), Rate::new(self.lr.clone()));
        let rest: Box<dyn Piece<F>> = if weight_decay == 0.0 {
            Box::new(momentum)
        } else {
            Box::new(Chain(AddDecayedWeights { weight_decay }, momentum))
        };
        vec![Box::new(Scaled(norm)), rest]
    }
}

recipe! {
    /// NovoGrad's direction.
    ///
    /// ```text
    /// v ← beta2 · v + (1 − beta2) · ‖u‖²                 (one number a leaf; first step: v ← ‖u‖²)
    /// m ← beta1 · m + u / (√(v + eps_root) + eps)         (first step: without m)
    /// u ← m
    /// ```
    ///
    /// Source: Ginsburg, Castonguay, Hrinchuk, Kuchaiev, Lavrukhin, Leary, Li, Nguyen, Zhang and Cohen, "Stochastic gradient methods
    /// with layer-wise adaptive moments for training of deep networks", 2019.
    ///
    /// Conventions: Optax's `scale_by_novograd`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_novograd(eps=0) | scale(10)")?.rule(2, 1)?;
    /// let mut x = [0.0, 0.0];
    /// rule.step(&mut x, &[0.0, -4.0])?;
    /// assert_eq!(x, [0.0, 10.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByNovograd = scale_by_novograd("momentum of updates divided by a running norm of their layer") {
        /// How much of the momentum is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean squared norm is kept.
        beta2: f64 = 0.25, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for ScaleByNovograd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let ScaleByNovograd { beta1, beta2, eps, eps_root } = *self;
        let norm = RunningNorm { beta: beta2, eps, eps_root };
        vec![Box::new(Scaled(norm)), Box::new(Trace::new(beta1))]
    }
}

/// `v ← beta · v + (1 − beta) · ‖u‖²` (first step: `v ← ‖u‖²`); `u ← u / (√(v + eps_root) + eps)`.
struct RunningNorm {
    beta: f64,
    eps: f64,
    eps_root: f64,
}

impl Scaling for RunningNorm {
    const REMEMBERED: Option<&'static str> = Some("norm_sq");

    fn name(&self) -> &'static str {
        Novograd::NAME
    }

    fn unit(&self) -> Unit {
        Unit::Leaf
    }

    fn factor(&self, group: Group, v: &mut f64) -> f64 {
        let first = group.step == 0;
        *v = if first { group.update } else { self.beta * *v + (1.0 - self.beta) * group.update };
        let norm = (*v + self.eps_root).sqrt() + self.eps;
        if norm == 0.0 { 0.0 } else { 1.0 / norm }
    }
}
