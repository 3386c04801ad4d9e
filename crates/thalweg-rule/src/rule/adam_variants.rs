//! Rules that are Adam with one thing changed.

use super::decayed::decayed_where;
use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Framed, ScaleByAdam, Weights};
use crate::{Adam, BiasCorrection, Real, Schedule};

recipe! {
    /// Adam with decoupled weight decay.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g;   m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · g²;  v̂ = v / (1 − beta2ᵗ)
    /// x ← x − lr · (m̂ / (√(v̂ + eps_root) + eps) + weight_decay · x)
    /// ```
    ///
    /// `amsgrad` and `nesterov` are those of [`Adam`].
    ///
    /// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
    ///
    /// Conventions: PyTorch's `torch.optim.AdamW` when `eps_root` is 0 and `nesterov` is false; Optax's `adamw`, whose `weight_decay`
    /// is 1e-4 if not given and whose `mask` is a tree of flags. A `beta1` by schedule is corrected as if it had been the same at all
    /// steps, as PyTorch does; `OneCycleLR` gives it `one_cycle_momentum(steps)`.
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
    pub struct AdamW = adamw("Adam with decoupled weight decay") {
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
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 0.01, NOT_NEGATIVE;
        /// Divides by the largest mean square so far.
        amsgrad: bool = false;
        /// Steps from the mean gradient as it will be one step on.
        nesterov: bool = false;
        /// Climbs instead of descending.
        maximize: bool = false;
        /// Which leaves decay: patterns of names, with `*` and `?`, separated by commas. All, if not given.
        mask: Option<String> = None;
    }
}

impl Assemble for AdamW {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let AdamW { beta2, eps, eps_root, weight_decay, amsgrad, nesterov, maximize, .. } = *self;
        let adam = Adam { beta1: self.beta1.clone(), beta2, eps, eps_root, nesterov, ..Adam::default() };
        let frame = Framed { weight_decay, decoupled: true, maximize, ..Framed::with(&self.lr) };
        match (&self.mask, amsgrad) {
            (None, false) => frame.around(ScaleByAdam::<false>::new(&adam)),
            (None, true) => frame.around(ScaleByAdam::<true>::new(&adam)),
            (Some(mask), false) => {
                decayed_where(Self::NAME, frame, mask, Box::new(ScaleByAdam::<false>::new(&adam)))
            }
            (Some(mask), true) => {
                decayed_where(Self::NAME, frame, mask, Box::new(ScaleByAdam::<true>::new(&adam)))
            }
        }
    }
}

recipe! {
    /// Adam with Nesterov's momentum and decoupled weight decay.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g                                   (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · g²;  v̂ = v / (1 − beta2ᵗ)
    /// m̂ = beta1 · m / (1 − beta1ᵗ⁺¹) + (1 − beta1) · g / (1 − beta1ᵗ)
    /// x ← x − lr · (m̂ / (√(v̂ + eps_root) + eps) + weight_decay · x)
    /// ```
    ///
    /// Source: Dozat, "Incorporating Nesterov momentum into Adam", 2016; Loshchilov and Hutter, "Decoupled weight decay regularization",
    /// 2019.
    ///
    /// Conventions: Optax's `nadamw`, and its `nadam` when `weight_decay` is 0. PyTorch's `NAdam` lets the momentum grow by a schedule:
    /// [`nadam`](crate::NAdam).
    ///
    /// ```
    /// use thalweg_rule::{NAdamW, Recipe, Rule};
    ///
    /// let mut rule = NAdamW { lr: 0.19.into(), weight_decay: 0.0, ..NAdamW::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[7.0])?;
    /// // m̂ = 0.9 · 0.1 g / 0.19 + g
    /// assert!((x[0] - (1.0 - 0.28_f64)).abs() < 1e-8);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct NAdamW = nadamw("Adam with Nesterov's momentum and decoupled weight decay") {
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
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 1e-4, NOT_NEGATIVE;
        /// Which leaves decay: patterns of names, with `*` and `?`, separated by commas. All, if not given.
        mask: Option<String> = None;
    }
}

impl Assemble for NAdamW {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let NAdamW { lr, beta1, beta2, eps, eps_root, weight_decay, mask } = self.clone();
        let nesterov =
            AdamW { lr, beta1: beta1.into(), beta2, eps, eps_root, weight_decay, mask, ..AdamW::default() };
        AdamW { nesterov: true, ..nesterov }.pieces()
    }
}

recipe! {
    /// AMSGrad as lecture notes have it: no bias correction, other defaults.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g;   bias_correction_mu: m̂ = m / (1 − beta1ᵗ), otherwise m̂ = m
    /// v ← beta2 · v + (1 − beta2) · g²;  bias_correction_nu: v̂ = v / (1 − beta2ᵗ), otherwise v̂ = v
    /// w ← max(w, v̂)                                                                        (t counts from 1)
    /// x ← x − lr · m̂ / (√(w + eps_root) + eps)
    /// ```
    ///
    /// Source: Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018, algorithm 2, which has no `eps`.
    ///
    /// Conventions: Optax's `amsgrad` when both corrections are on; its other defaults are `beta2=0.999` and `eps=1e-8`. PyTorch's, which
    /// takes the largest square before correcting it, is `adam(amsgrad=true)`.
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
    pub struct AMSGrad = amsgrad("Adam with the largest mean square so far and no bias correction") {
        /// The learning rate.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.99, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-6, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// Frees the mean gradient of its bias.
        bias_correction_mu: bool = false;
        /// Frees the mean square of its bias before the largest is taken.
        bias_correction_nu: bool = false;
    }
}

impl Assemble for AMSGrad {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let AMSGrad { beta1, beta2, eps, eps_root, bias_correction_mu, bias_correction_nu, .. } = *self;
        let direction =
            AMSGradDirection { beta1, beta2, eps, eps_root, bias_correction_mu, bias_correction_nu };
        Framed::with(&self.lr).around(direction.transform())
    }
}

recipe! {
    /// The direction of [`AMSGrad`], which is `scale_by_amsgrad(beta2=0.99, eps=1e-6, bias_correction_mu=false,
    /// bias_correction_nu=false) | scale(lr)`.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · u;   m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · u²;  v̂ ← max(v̂, v / (1 − beta2ᵗ))
    /// u ← m̂ / (√(v̂ + eps_root) + eps)
    /// without bias_correction_mu: m̂ = m;   without bias_correction_nu: v̂ ← max(v̂, v)
    /// ```
    ///
    /// Source: Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018.
    ///
    /// Conventions: Optax's `scale_by_amsgrad`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_amsgrad() | scale(0.1)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[200.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct AMSGradDirection = scale_by_amsgrad("the mean update divided by the largest root mean square so far") {
        /// How much of the mean update is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// Frees the mean update of its bias.
        bias_correction_mu: bool = true;
        /// Frees the mean square of its bias before the largest is taken.
        bias_correction_nu: bool = true;
    }
}

impl AMSGradDirection {
    fn transform(&self) -> ScaleByAdam<true> {
        let kind = |on| if on { BiasCorrection::Full } else { BiasCorrection::None };
        let correction = [kind(self.bias_correction_mu), kind(self.bias_correction_nu)];
        let weights = Weights::Adam { correction, nesterov: false, correct_first: true };
        ScaleByAdam::weighing([self.beta1, self.beta2], [self.eps, self.eps_root], weights)
    }
}

impl Assemble for AMSGradDirection {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(self.transform())]
    }
}
