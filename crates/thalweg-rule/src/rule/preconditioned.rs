//! Gradient descent in another metric.

use crate::hyper::{NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Dense, Diagonal, Piece};
use crate::transform::Rate;
use crate::{Real, Schedule};

recipe! {
    /// Preconditioned gradient descent.
    ///
    /// ```text
    /// x ← x − lr · P · g
    /// ```
    ///
    /// `P` is a full matrix, or a diagonal one given by its diagonal; one of the two must be given, sized for the problem. With `P` the
    /// inverse Hessian of a quadratic and `lr` = 1, one step reaches the minimum. The matrix is dense: `dim²` numbers, `dim²`
    /// multiplications per problem and step.
    ///
    /// Source: Nocedal and Wright, "Numerical optimization", 2006, chapter 2.
    ///
    /// Conventions: neither PyTorch nor Optax has it as a rule.
    ///
    /// ```
    /// use thalweg_rule::{Preconditioned, Recipe, Rule};
    ///
    /// let mut rule = Preconditioned::diagonal(0.5, [2.0, 1.0]).rule(2, 1)?;
    /// let mut x = [3.0, 3.0];
    /// rule.step(&mut x, &[1.0, 1.0])?;
    /// assert_eq!(x, [2.0, 2.5]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Preconditioned = preconditioned("gradient descent along P·g, P diagonal or a full matrix") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// The diagonal of `P`.
        diagonal: Option<Vec<f64>> = None;
        /// The rows of `P`.
        matrix: Option<Vec<Vec<f64>>> = None;
    }
    conflict |rule| {
        match (&rule.diagonal, &rule.matrix) {
            (None, None) => Some(("diagonal", "must be given, or matrix".to_owned())),
            (Some(_), Some(_)) => Some(("matrix", "cannot be given beside diagonal".to_owned())),
            _ => None,
        }
    };
}

impl Preconditioned {
    /// With a learning rate of its own for every parameter: `lr · diagonal`.
    pub fn diagonal(lr: impl Into<Schedule>, diagonal: impl Into<Vec<f64>>) -> Self {
        Preconditioned { lr: lr.into(), diagonal: Some(diagonal.into()), matrix: None }
    }

    /// With a full matrix, by rows.
    pub fn matrix(lr: impl Into<Schedule>, rows: impl Into<Vec<Vec<f64>>>) -> Self {
        Preconditioned { lr: lr.into(), diagonal: None, matrix: Some(rows.into()) }
    }
}

impl Assemble for Preconditioned {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let precondition: Box<dyn Piece<F>> = match (&self.diagonal, &self.matrix) {
            (_, Some(rows)) => Box::new(Dense(rows.clone())),
            (diagonal, None) => Box::new(Diagonal(diagonal.clone().unwrap_or_default())),
        };
        vec![precondition, Box::new(Rate::new(self.lr.clone()))]
    }
}
