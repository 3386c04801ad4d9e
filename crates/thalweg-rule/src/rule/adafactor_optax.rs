//! Adafactor as Optax has it.

use super::factored::Numbers;
use super::sublinear::{Form, Sublinear, at_least};
use crate::hyper::{BELOW_ONE, FINITE, NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{AddDecayedWeights, Average};
use crate::{Leaf, Real, Schedule};

recipe! {
    /// Adafactor as a chain of steps each of which can be left out.
    ///
    /// ```text
    /// β = 1 − (t − decay_offset)^(−decay_rate)                                          (t counts from 1)
    /// r ← β · r + (1 − β) · (mean of g² + eps over each row),   c ← the same of each column
    ///     (of the two longest axes, if both are at least min_dim_size_to_factor long)
    /// u = g / √(r · c / mean of r)
    /// u ← u / max(1, rms(u) / clipping_threshold)
    /// u ← lr · u
    /// u ← max(0.001, rms(x)) · u                         with multiply_by_parameter_scale
    /// u ← m ← momentum · m + (1 − momentum) · u          with momentum
    /// x ← x − u − weight_decay_rate · x
    /// ```
    ///
    /// Root mean squares are over one part of the parameters. Parts whose axes are shorter, and all if `factored` is false, keep all of
    /// `v ← β · v + (1 − β) · (g² + eps)`. Needs the layout of the parameters ([`rule_for`](crate::Recipe::rule_for)).
    ///
    /// Source: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018.
    ///
    /// Conventions: Optax's `adafactor`; before the step `decay_offset`, where Optax's β is not a number, it is 0. PyTorch's is
    /// [`Adafactor`](crate::Adafactor).
    ///
    /// ```
    /// use thalweg_rule::{AdafactorOptax, Layout, Recipe, Rule};
    ///
    /// let mut rule = AdafactorOptax { lr: Some(0.1.into()), ..AdafactorOptax::default() }
    ///     .rule_for(&Layout::new([("weight", vec![2, 3])]))?;
    /// let mut x = [2.0_f64; 6];
    /// rule.step(&mut x, &[5.0; 6])?;
    /// // A tenth of the parameters' root mean square.
    /// assert!(x.iter().all(|x| (x - 1.8).abs() < 1e-12));
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct AdafactorOptax = adafactor_optax("divided by a root mean square kept by rows and columns, in Optax's form") {
        /// The learning rate; 1 if left out.
        lr: Option<Schedule> = None, NOT_NEGATIVE;
        /// The least length of both axes of a matrix.
        min_dim_size_to_factor: u64 = 128;
        /// How fast the share of the mean square that is kept comes near 1.
        decay_rate: f64 = 0.8, NOT_NEGATIVE;
        /// The step from which to count for that.
        decay_offset: f64 = 0.0, FINITE;
        /// Steps in proportion to the parameters.
        multiply_by_parameter_scale: bool = true;
        /// The greatest root mean square of an update, before it is multiplied by anything.
        clipping_threshold: Option<f64> = Some(1.0), POSITIVE;
        /// How much of the mean update is kept.
        momentum: Option<f64> = None, BELOW_ONE;
        /// How fast the parameters decay, whatever the learning rate.
        weight_decay_rate: Option<f64> = None, NOT_NEGATIVE;
        /// Added to squares.
        eps: f64 = 1e-30, NOT_NEGATIVE;
        /// Whether any part is taken by rows and columns.
        factored: bool = true;
    }
}

impl Assemble for AdafactorOptax {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let mut pieces: Vec<Box<dyn Piece<F>>> = vec![Box::new(Sublinear(self.clone()))];
        if let Some(momentum) = self.momentum {
            pieces.push(Box::new(Average::new(momentum)));
        }
        if let Some(weight_decay) = self.weight_decay_rate {
            pieces.push(Box::new(AddDecayedWeights { weight_decay }));
        }
        pieces
    }
}

impl Form for AdafactorOptax {
    const NAME: &'static str = "adafactor_optax";
    const MEANS: [&'static str; 3] = ["v_row", "v_col", "v"];

    /// The two longest axes, the later ones of equals, in order.
    fn axes(&self, leaf: &Leaf) -> Option<[usize; 2]> {
        let last = leaf.shape.len().checked_sub(1).filter(|last| *last > 0 && self.factored)?;
        let longest =
            |but: usize| (0..=last).filter(|axis| *axis != but).max_by_key(|axis| leaf.shape[*axis]);
        let first = longest(usize::MAX)?;
        let second = longest(first)?;
        let long = leaf.shape[second] as u64 >= self.min_dim_size_to_factor;
        long.then(|| [first.min(second), first.max(second)])
    }

    fn numbers<F: Real>(&self, step: u64) -> Numbers {
        let t = at_least(1.0, (step + 1) as f64 - self.decay_offset);
        Numbers { new: t.powf(-self.decay_rate), added: self.eps, least: 0.0 }
    }

    fn factor(&self, step: u64, x: f64, u: f64) -> f64 {
        let lr = self.lr.as_ref().map_or(1.0, |lr| lr.at(step));
        let clip = self.clipping_threshold.map_or(1.0, |threshold| at_least(1.0, u / threshold));
        let scale = if self.multiply_by_parameter_scale { at_least(1e-3, x) } else { 1.0 };
        lr * scale / clip
    }
}
