//! NAdam with a momentum that grows.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Framed, ScaleByAdam, Weights};
use crate::{Real, Schedule};

recipe! {
    /// Adam with Nesterov's momentum, the momentum growing with the steps.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x                     (decoupled_weight_decay: x ← x − lr · weight_decay · x instead)
    /// m ← beta1 · m + (1 − beta1) · g
    /// v ← beta2 · v + (1 − beta2) · g²;  v̂ = v / (1 − beta2ᵗ)              (t counts from 1)
    /// μₜ = beta1 · (1 − 0.96^(t · momentum_decay) / 2);  p ← p · μₜ        (at first p = 1)
    /// m̂ = μₜ₊₁ · m / (1 − p · μₜ₊₁) + (1 − μₜ) · g / (1 − p)
    /// x ← x − lr · m̂ / (√v̂ + eps)
    /// ```
    ///
    /// Source: Dozat, "Incorporating Nesterov momentum into Adam", 2016.
    ///
    /// Conventions: PyTorch's `torch.optim.NAdam`. Optax's `nadam`, whose momentum is constant, is `adam(nesterov=true)`.
    ///
    /// ```
    /// use thalweg_rule::{NAdam, Recipe, Rule};
    ///
    /// let mut rule = NAdam { lr: 1.0.into(), momentum_decay: 0.0, eps: 0.0, ..NAdam::default() }.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[3.0])?;
    /// // μ = 0.45 at every step: m̂ = 0.45 · 0.1 g / (1 − 0.45²) + g
    /// assert!((x[0] + 1.0 + 0.045 / 0.7975_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct NAdam = nadam("Adam with Nesterov's momentum, growing with the steps") {
        /// The learning rate.
        lr: Schedule = 0.002.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept, and the momentum's limit.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// The factor of an L2 penalty, or of decoupled weight decay.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// How fast the momentum grows.
        momentum_decay: f64 = 0.004, NOT_NEGATIVE;
        /// Takes weight decay out of the averages.
        decoupled_weight_decay: bool = false;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

impl Assemble for NAdam {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let weights = Weights::NAdam { momentum_decay: self.momentum_decay };
        let frame = Framed {
            weight_decay: self.weight_decay,
            decoupled: self.decoupled_weight_decay,
            maximize: self.maximize,
            ..Framed::with(&self.lr)
        };
        frame.around(ScaleByAdam::<false>::weighing([self.beta1, self.beta2], [self.eps, 0.0], weights))
    }
}
