//! Adam.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, choices, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Framed, ScaleByAdam};
use crate::{Real, Schedule};

recipe! {
    /// Adam: momentum divided by a running root mean square, both freed of their bias towards zero.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x
    /// m ← beta1 · m + (1 − beta1) · g;   m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · g²;  v̂ = v / (1 − beta2ᵗ)
    /// x ← x − lr · m̂ / (√(v̂ + eps_root) + eps)
    /// amsgrad: v̂ = max(v so far) / (1 − beta2ᵗ)
    /// nesterov: m̂ = beta1 · m / (1 − beta1ᵗ⁺¹) + (1 − beta1) · g / (1 − beta1ᵗ)
    /// decoupled_weight_decay: weight_decay · x is added to the last line's fraction instead of g
    /// ```
    ///
    /// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; amsgrad: Reddi, Kale and Kumar, "On the convergence
    /// of Adam and beyond", 2018; nesterov: Dozat, "Incorporating Nesterov momentum into Adam", 2016.
    ///
    /// Conventions: PyTorch's `torch.optim.Adam` when `eps_root` is 0, `bias_correction` is `full` and `nesterov` is false. Optax's
    /// `adam` with `eps_root` and `nesterov`; with the latter it is Optax's `nadam`. PyTorch's `NAdam` is another rule,
    /// [`nadam`](crate::NAdam). Notes that divide by `1 − beta` at every step mean `bias_correction=first`.
    ///
    /// ```
    /// use thalweg_rule::{Adam, Recipe, Rule};
    ///
    /// let mut rule = Adam { lr: 0.1.into(), ..Adam::default() }.rule(2, 1)?;
    /// let mut x = [1.0, 1.0];
    /// rule.step(&mut x, &[200.0, -0.03])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-6 && (x[1] - 1.1_f64).abs() < 1e-6);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Adam = adam("momentum divided by a running root mean square, bias corrected") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: Schedule = 0.9.into(), BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// The factor of an L2 penalty, or of decoupled weight decay.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Divides by the largest mean square so far.
        amsgrad: bool = false;
        /// How the averages are freed of their bias.
        bias_correction: BiasCorrection = BiasCorrection::Full;
        /// Takes weight decay out of the averages, as [`AdamW`](crate::AdamW) does.
        decoupled_weight_decay: bool = false;
        /// Steps from the mean gradient as it will be one step on.
        nesterov: bool = false;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

choices! {
    /// How Adam's averages, which start at zero, are corrected.
    pub enum BiasCorrection {
        /// Division by `1 − betaᵗ`: the average is unbiased at every step.
        Full = "full",
        /// Division by `1 − beta`, right at the first step only: steps tend to `√(1 − beta2) / (1 − beta1)` times full size.
        First = "first",
        /// None: the first step is `(1 − beta1) / √(1 − beta2)` times full size.
        None = "none",
    }
}

impl Assemble for Adam {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let frame = Framed {
            weight_decay: self.weight_decay,
            decoupled: self.decoupled_weight_decay,
            maximize: self.maximize,
            ..Framed::with(&self.lr)
        };
        if self.amsgrad {
            frame.around(ScaleByAdam::<true>::new(self))
        } else {
            frame.around(ScaleByAdam::<false>::new(self))
        }
    }
}
