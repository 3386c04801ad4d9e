//! SOAP.

use crate::hyper::{BELOW_ONE, FROM_ONE, NOT_NEGATIVE, recipe};
use crate::matrices;
use crate::optimizer::Assemble;
use crate::pass::{Piece, Problem, Stage};
use crate::{Real, RuleError, Schedule};

recipe! {
    /// SOAP: Adam in the basis in which Shampoo's two matrices are diagonal.
    ///
    /// ```text
    /// g' ← Pᵀ · g · Q
    /// m ← beta1 · m + (1 − beta1) · g'
    /// v ← beta2 · v + (1 − beta2) · g'²
    /// s ← lr · √(1 − beta2ᵗ) / (1 − beta1ᵗ)                                 (t counts from 1)
    /// x ← x − s · P · m / (√v + eps) · Qᵀ
    /// x ← x − lr · weight_decay · x
    /// L ← shampoo_beta · L + (1 − shampoo_beta) · g · gᵀ;   R alike from gᵀ · g
    /// every precondition_frequency-th step:
    ///     columns of P, and rows of v with them, by falling diagonal elements of Pᵀ · L · P
    ///     m ← P · m,   P ← QR(L · P),   m ← Pᵀ · m;         Q alike from R
    ///     (L, P, R and Q up to max_size by max_size; longer axes stay in their own basis)
    /// ```
    ///
    /// The first gradient makes `L` and `R`, and `P` and `Q` as their eigenvectors, and moves nothing. Parts with more axes have a basis for
    /// each. Vectors stay in their own basis; for them that is Adam. Needs the layout of the
    /// parameters ([`rule_for`](crate::Recipe::rule_for)) and the feature `matrices`.
    ///
    /// Source: Vyas, Morwani, Zhao, Kwun, Shapira, Brandfonbrener, Janson and Kakade, "SOAP: improving and stabilizing Shampoo using Adam",
    /// 2024.
    ///
    /// Conventions: the authors' implementation, with its bias correction and without its options: no normalisation of gradients, no
    /// merged axes, no bases for vectors.
    ///
    /// ```
    /// # #[cfg(feature = "matrices")] {
    /// use thalweg_rule::{Layout, Recipe, Rule, Soap};
    ///
    /// let soap = Soap { lr: 0.1.into(), weight_decay: 0.0, ..Soap::default() };
    /// let mut rule = soap.rule_for(&Layout::new([("weight", vec![2, 2])]))?;
    /// let mut x = [0.0_f64; 4];
    /// rule.step(&mut x, &[3.0, 0.0, 0.0, -7.0])?;
    /// assert_eq!(x, [0.0; 4]);
    /// rule.step(&mut x, &[3.0, 0.0, 0.0, -7.0])?;
    /// assert!((x[0] + 0.1).abs() < 1e-6 && (x[3] - 0.1).abs() < 1e-6);
    /// # }
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Soap = soap("Adam in the eigenbasis of Shampoo's matrices") {
        /// The learning rate.
        lr: Schedule = 0.003.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.95, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.95, BELOW_ONE;
        /// How much of the two matrices is kept; `beta2` if left out.
        shampoo_beta: Option<f64> = None, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// How fast the parameters decay, beside the gradient, in units of the learning rate.
        weight_decay: f64 = 0.01, NOT_NEGATIVE;
        /// Steps from one change of the basis to the next.
        precondition_frequency: u64 = 10, FROM_ONE;
        /// The longest axis that has a basis of its own.
        max_size: u64 = 10_000;
    }
}

impl Assemble for Soap {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(self.clone())]
    }
}

impl<F: Real> Piece<F> for Soap {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        matrices::soap(*self, problem)
    }
}
