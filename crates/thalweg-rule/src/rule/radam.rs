//! RAdam.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, Range, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Framed, ScaleByAdam, Weights};
use crate::{Real, Schedule};

/// Where the rectification is a number.
const FROM_FOUR: Range = Range { wanted: "finite and at least 4", holds: |x| x >= 4.0 && x.is_finite() };

recipe! {
    /// Rectified Adam: momentum alone until the mean square is of enough gradients, then Adam with steps that grow to full size.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x                     (decoupled_weight_decay: x ← x − lr · weight_decay · x instead)
    /// m ← beta1 · m + (1 − beta1) · g;   m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · g²;  v̂ = v / (1 − beta2ᵗ)
    /// ρ∞ = 2 / (1 − beta2) − 1;  ρ = ρ∞ − 2 t · beta2ᵗ / (1 − beta2ᵗ)
    /// ρ > threshold:  r = √((ρ − 4) (ρ − 2) ρ∞ / ((ρ∞ − 4) (ρ∞ − 2) ρ))
    ///                 x ← x − lr · r · m̂ · √(1 − beta2ᵗ) / (√(v + eps_root) + eps)
    ///                 x ← x − lr · r · m̂ / (√(v̂ + eps_root) + eps)             (eps_before_correction=false)
    /// otherwise:      x ← x − lr · m̂
    /// nesterov: m̂ = beta1 · m / (1 − beta1ᵗ⁺¹) + (1 − beta1) · g / (1 − beta1ᵗ)
    /// ```
    ///
    /// Source: Liu, Jiang, He, Chen, Liu, Gao and Han, "On the variance of the adaptive learning rate and beyond", 2020.
    ///
    /// Conventions: PyTorch's `torch.optim.RAdam` when `eps_root` is 0, `threshold` is 5 and `nesterov` is false. Optax's `radam` is
    /// `radam(eps_before_correction=false)`, which is rectified at `ρ = threshold` too.
    ///
    /// ```
    /// use thalweg_rule::{RAdam, Recipe, Rule};
    ///
    /// let mut rule = RAdam { lr: 0.1.into(), ..RAdam::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// // At first ρ = 1: momentum alone.
    /// rule.step(&mut x, &[3.0])?;
    /// assert!((x[0] - 0.7_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct RAdam = radam("Adam that waits until its mean square can be trusted") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// The factor of an L2 penalty, or of decoupled weight decay.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Takes weight decay out of the averages.
        decoupled_weight_decay: bool = false;
        /// Of how many gradients the mean square must be.
        threshold: f64 = 5.0, FROM_FOUR;
        /// Steps from the mean gradient as it will be one step on.
        nesterov: bool = false;
        /// Adds `eps` to the root before its bias is corrected.
        eps_before_correction: bool = true;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

impl Assemble for RAdam {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let RAdam { beta1, beta2, eps, eps_root, threshold, nesterov, eps_before_correction, .. } = *self;
        let direction =
            RAdamDirection { beta1, beta2, eps, eps_root, threshold, nesterov, eps_before_correction };
        let frame = Framed {
            weight_decay: self.weight_decay,
            decoupled: self.decoupled_weight_decay,
            maximize: self.maximize,
            ..Framed::with(&self.lr)
        };
        frame.around(direction.transform())
    }
}

recipe! {
    /// The direction of [`RAdam`]: `radam` is `scale_by_radam() | scale(lr)`.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · u;   m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · u²;  v̂ = v / (1 − beta2ᵗ)
    /// ρ∞ = 2 / (1 − beta2) − 1;  ρ = ρ∞ − 2 t · beta2ᵗ / (1 − beta2ᵗ)
    /// ρ > threshold:  r = √((ρ − 4) (ρ − 2) ρ∞ / ((ρ∞ − 4) (ρ∞ − 2) ρ))
    ///                 u ← r · m̂ · √(1 − beta2ᵗ) / (√(v + eps_root) + eps)
    ///                 u ← r · m̂ / (√(v̂ + eps_root) + eps)             (eps_before_correction=false)
    /// otherwise:      u ← m̂
    /// nesterov: m̂ = beta1 · m / (1 − beta1ᵗ⁺¹) + (1 − beta1) · u / (1 − beta1ᵗ)
    /// ```
    ///
    /// Source: Liu, Jiang, He, Chen, Liu, Gao and Han, "On the variance of the adaptive learning rate and beyond", 2020.
    ///
    /// Conventions: Optax's `scale_by_radam` is `scale_by_radam(eps_before_correction=false)`, which is rectified at `ρ = threshold`
    /// too.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_radam() | scale(0.1)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// // At first ρ = 1: the mean update alone.
    /// rule.step(&mut x, &[3.0])?;
    /// assert!((x[0] - 0.7_f64).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct RAdamDirection = scale_by_radam("Adam's direction once its mean square can be trusted") {
        /// How much of the mean update is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// Of how many updates the mean square must be.
        threshold: f64 = 5.0, FROM_FOUR;
        /// Steps from the mean update as it will be one step on.
        nesterov: bool = false;
        /// Adds `eps` to the root before its bias is corrected.
        eps_before_correction: bool = true;
    }
}

impl RAdamDirection {
    fn transform(&self) -> ScaleByAdam<false> {
        let RAdamDirection { threshold, nesterov, eps_before_correction, .. } = *self;
        let weights = Weights::RAdam { threshold, nesterov, eps_before_correction };
        ScaleByAdam::weighing([self.beta1, self.beta2], [self.eps, self.eps_root], weights)
    }
}

impl Assemble for RAdamDirection {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(self.transform())]
    }
}
