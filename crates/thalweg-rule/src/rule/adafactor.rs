//! Adafactor as PyTorch has it.

use super::factored::Numbers;
use super::sublinear::{Form, Sublinear, at_least};
use crate::hyper::{FINITE, NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Gradient;
use crate::{Leaf, Real, Schedule};

recipe! {
    /// Adafactor: divided by a running root mean square of which only row and column means are kept, and with steps in proportion to the
    /// parameters.
    ///
    /// ```text
    /// g ← ±g
    /// ρ = min(lr, 1 / √t),   α = ρ · max(eps2, rms(x)),   β = 1 − t^beta2_decay         (t counts from 1)
    /// r ← β · r + (1 − β) · (mean of g² over each row),   c ← the same of each column
    /// v = r · c / max(mean of r, eps1)
    /// u = g / max(√v, eps1)
    /// x ← x − lr · weight_decay · x − α · u / max(1, rms(u) / d)
    /// ```
    ///
    /// Root mean squares are over one part of the parameters. Rows and columns are those of the last two axes; parts with fewer keep all of
    /// `v ← β · v + (1 − β) · g²`. A matrix of n by m is remembered in n + m numbers. Needs the layout of the parameters
    /// ([`rule_for`](crate::Recipe::rule_for)).
    ///
    /// Source: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018.
    ///
    /// Conventions: PyTorch's `torch.optim.Adafactor`, whose `eps` is `(eps1, eps2)`. Optax's is [`AdafactorOptax`](crate::AdafactorOptax).
    ///
    /// ```
    /// use thalweg_rule::{Adafactor, Layout, Recipe, Rule, Snapshot};
    ///
    /// let mut rule = Adafactor { lr: 0.1.into(), ..Adafactor::default() }
    ///     .rule_for(&Layout::new([("weight", vec![2, 3])]))?;
    /// let mut x = [2.0_f64; 6];
    /// rule.step(&mut x, &[5.0; 6])?;
    /// // A tenth of the parameters' root mean square.
    /// assert!(x.iter().all(|x| (x - 1.8).abs() < 1e-12));
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Adafactor = adafactor("divided by a root mean square kept by rows and columns, in PyTorch's form") {
        /// The greatest step, in proportion to the parameters.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// The power of the step number that is taken from 1 for the share of the mean square that is kept.
        beta2_decay: f64 = -0.8, FINITE;
        /// The least root mean square; the distance from 1 to the next number if left out.
        eps1: Option<f64> = None, POSITIVE;
        /// The least root mean square of the parameters.
        eps2: f64 = 1e-3, NOT_NEGATIVE;
        /// The greatest root mean square of an update, before it is multiplied by the step size.
        d: f64 = 1.0, POSITIVE;
        /// How fast the parameters decay, beside the gradient, in units of the learning rate.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

impl Assemble for Adafactor {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let mut pieces: Vec<Box<dyn Piece<F>>> = Vec::new();
        if self.maximize {
            pieces.push(Box::new(Gradient { weight_decay: 0.0, maximize: true }));
        }
        pieces.push(Box::new(Sublinear(self.clone())));
        pieces
    }
}

impl Form for Adafactor {
    const NAME: &'static str = "adafactor";
    const MEANS: [&'static str; 3] = ["row_var", "col_var", "variance"];

    fn axes(&self, leaf: &Leaf) -> Option<[usize; 2]> {
        let axes = leaf.shape.len();
        (axes >= 2).then(|| [axes - 2, axes - 1])
    }

    fn numbers<F: Real>(&self, step: u64) -> Numbers {
        let least = self.eps1.unwrap_or_else(epsilon::<F>);
        Numbers { new: ((step + 1) as f64).powf(self.beta2_decay), added: 0.0, least }
    }

    fn factor(&self, step: u64, x: f64, u: f64) -> f64 {
        let rho = self.lr.at(step).min(1.0 / ((step + 1) as f64).sqrt());
        rho * at_least(self.eps2, x) / at_least(1.0, u / self.d)
    }

    fn decay(&self, step: u64) -> f64 {
        self.lr.at(step) * self.weight_decay
    }
}

/// The distance from 1 to the next number.
fn epsilon<F>() -> f64 {
    if size_of::<F>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON }
}
