//! Shampoo.

use crate::hyper::{BELOW_ONE, FROM_ONE, NOT_NEGATIVE, POSITIVE, recipe};
use crate::matrices;
use crate::optimizer::Assemble;
use crate::pass::{Piece, Problem, Stage};
use crate::transform::{Gradient, Rate, Trace};
use crate::{Chain, Real, RuleError, Schedule};

recipe! {
    /// Shampoo: every matrix's gradient between the roots of two sums, of its rows' products and of its columns'.
    ///
    /// ```text
    /// g ← g + weight_decay · x
    /// L ← L + g · gᵀ,   R ← R + gᵀ · g                (from eps · I)
    /// u ← L^(−1/4) · g · R^(−1/4)                     (roots computed at every update_interval-th step)
    /// b ← momentum · b + u
    /// x ← x − lr · b
    ///     (L and R up to max_size by max_size; of longer axes the diagonal)
    /// ```
    ///
    /// The roots are computed from symmetric eigendecompositions; eigenvalues that rounding has taken
    /// below `eps` count as `eps`. Parts with k axes have a sum for each, of the products of all fibres along the axis, and are multiplied by
    /// the powers −1/2k; for vectors that is Adagrad with a full matrix. Needs
    /// the layout of the parameters ([`rule_for`](crate::Recipe::rule_for)) and the feature `matrices`.
    ///
    /// Source: Gupta, Koren and Singer, "Shampoo: preconditioned stochastic tensor optimization", 2018.
    ///
    /// Conventions: the paper's algorithm 2. Momentum is PyTorch's, of the directions.
    ///
    /// ```
    /// # #[cfg(feature = "matrices")] {
    /// use thalweg_rule::{Layout, Recipe, Rule, Shampoo};
    ///
    /// let shampoo = Shampoo { lr: 0.1.into(), eps: 1e-12, ..Shampoo::default() };
    /// let mut rule = shampoo.rule_for(&Layout::new([("weight", vec![2, 2])]))?;
    /// let mut x = [0.0_f64; 4];
    /// // At first both roots together divide by the singular values.
    /// rule.step(&mut x, &[3.0, 0.0, 0.0, -7.0])?;
    /// assert!((x[0] + 0.1).abs() < 1e-9 && (x[3] - 0.1).abs() < 1e-9);
    /// # }
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Shampoo = shampoo("matrices' gradients between the roots of their rows' and columns' products") {
        /// The learning rate.
        lr: Schedule = 0.1.into(), NOT_NEGATIVE;
        /// How much of the last direction is kept.
        momentum: f64 = 0.0, BELOW_ONE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// What the sums start from, and the least that their eigenvalues are taken to be.
        eps: f64 = 1e-4, POSITIVE;
        /// Steps from one computation of the roots to the next.
        update_interval: u64 = 1, FROM_ONE;
        /// The longest axis that has a matrix of its own.
        max_size: u64 = 1024;
    }
}

impl Assemble for Shampoo {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let rate = Rate::new(self.lr.clone());
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: false };
        let mut pieces: Vec<Box<dyn Piece<F>>> = Vec::new();
        if gradient != Gradient::default() {
            pieces.push(Box::new(gradient));
        }
        pieces.push(Box::new(Preconditioner(self.clone())));
        match self.momentum {
            0.0 => pieces.push(Box::new(rate)),
            momentum => pieces.push(Box::new(Chain(Trace::new(momentum), rate))),
        }
        pieces
    }
}

/// The part between the gradient and momentum.
struct Preconditioner(Shampoo);

impl<F: Real> Piece<F> for Preconditioner {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        matrices::shampoo(self.0, problem)
    }
}
