//! Rules that are Adam with one thing changed.

use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, Visitor};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::{Adam, BiasCorrection, Real, Schedule};

/// Adam with decoupled weight decay: [`Adam`]'s step, then `x ← x − lr · weight_decay · x` of the old `x`.
///
/// Loshchilov and Hutter, "Decoupled weight decay regularization", 2019; PyTorch's `torch.optim.AdamW`.
///
/// ```
/// use thalweg_rule::{AdamW, Recipe, Rule};
///
/// let mut rule = AdamW { lr: 0.1.into(), weight_decay: 0.5, ..AdamW::default() }.rule(1, 1)?;
/// let mut x = [1.0];
/// rule.step(&mut x, &[7.0])?;
/// assert!((x[0] - 0.85_f64).abs() < 1e-8);
/// # Ok::<(), thalweg_rule::RuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    /// The learning rate.
    pub lr: Schedule,
    /// How much of the mean gradient is kept.
    pub beta1: f64,
    /// How much of the mean square is kept.
    pub beta2: f64,
    /// Added to the square root.
    pub eps: f64,
    /// The part of each parameter, times the learning rate, that is taken away.
    pub weight_decay: f64,
    /// Divides by the largest mean square so far.
    pub amsgrad: bool,
    /// Climbs instead of descending.
    pub maximize: bool,
}

impl Default for AdamW {
    fn default() -> Self {
        AdamW {
            lr: 0.001.into(),
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.01,
            amsgrad: false,
            maximize: false,
        }
    }
}

impl Describe for AdamW {
    const NAME: &'static str = "adamw";
    const SUMMARY: &'static str = "Adam with decoupled weight decay";

    fn blank() -> Self {
        Self::default()
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("lr", &mut self.lr, NOT_NEGATIVE)?;
        v.number("beta1", &mut self.beta1, BELOW_ONE)?;
        v.number("beta2", &mut self.beta2, BELOW_ONE)?;
        v.number("eps", &mut self.eps, NOT_NEGATIVE)?;
        v.number("weight_decay", &mut self.weight_decay, NOT_NEGATIVE)?;
        v.flag("amsgrad", &mut self.amsgrad)?;
        v.flag("maximize", &mut self.maximize)
    }
}

impl Assemble for AdamW {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let AdamW { lr, beta1, beta2, eps, weight_decay, amsgrad, maximize } = self.clone();
        Adam { lr, beta1, beta2, eps, amsgrad, maximize, ..Adam::default() }.decayed(weight_decay)
    }
}

/// AMSGrad as lecture notes have it: no bias correction, other defaults. PyTorch's is `adam(amsgrad=true)`.
///
/// ```text
/// m ← beta1 · m + (1 − beta1) · g
/// v ← beta2 · v + (1 − beta2) · g²;   v̂ ← max(v̂, v)
/// x ← x − lr · m / (√v̂ + eps)
/// ```
///
/// Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018, whose algorithm 2 has no `eps`.
///
/// ```
/// use thalweg_rule::{AMSGrad, Recipe, Rule};
///
/// let mut rule = AMSGrad::default().rule(1, 1)?;
/// let mut x = [2.0];
/// rule.step(&mut x, &[10.0])?;
/// assert!((x[0] - 1.0_f64).abs() < 1e-5);
/// # Ok::<(), thalweg_rule::RuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AMSGrad {
    /// The learning rate.
    pub lr: Schedule,
    /// How much of the mean gradient is kept.
    pub beta1: f64,
    /// How much of the mean square is kept.
    pub beta2: f64,
    /// Added to the square root.
    pub eps: f64,
}

impl Default for AMSGrad {
    fn default() -> Self {
        AMSGrad { lr: 1.0.into(), beta1: 0.9, beta2: 0.99, eps: 1e-6 }
    }
}

impl Describe for AMSGrad {
    const NAME: &'static str = "amsgrad";
    const SUMMARY: &'static str = "Adam with the largest mean square so far and no bias correction";

    fn blank() -> Self {
        Self::default()
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("lr", &mut self.lr, NOT_NEGATIVE)?;
        v.number("beta1", &mut self.beta1, BELOW_ONE)?;
        v.number("beta2", &mut self.beta2, BELOW_ONE)?;
        v.number("eps", &mut self.eps, NOT_NEGATIVE)
    }
}

impl Assemble for AMSGrad {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let AMSGrad { lr, beta1, beta2, eps } = self.clone();
        let bias_correction = BiasCorrection::None;
        Adam { lr, beta1, beta2, eps, amsgrad: true, bias_correction, ..Adam::default() }.pieces()
    }
}
