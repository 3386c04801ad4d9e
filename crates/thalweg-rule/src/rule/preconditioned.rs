//! Gradient descent in another metric.

use crate::hyper::{Describe, NOT_NEGATIVE, Visitor};
use crate::optimizer::Assemble;
use crate::pass::{Dense, Diagonal, Piece};
use crate::transform::Rate;
use crate::{Real, Schedule};

/// Preconditioned gradient descent: `x ← x − lr · P · g`.
///
/// `P` is a full matrix, or a diagonal one given by its diagonal; one of the two must be given, sized for the problem. With `P` the
/// inverse Hessian of a quadratic and `lr` = 1, one step reaches the minimum. The matrix is dense: `dim²` numbers, `dim²`
/// multiplications per problem and step.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Preconditioned {
    /// The learning rate.
    pub lr: Schedule,
    /// The diagonal of `P`.
    pub diagonal: Option<Vec<f64>>,
    /// The rows of `P`.
    pub matrix: Option<Vec<Vec<f64>>>,
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

impl Describe for Preconditioned {
    const NAME: &'static str = "preconditioned";
    const SUMMARY: &'static str = "gradient descent along P·g, P diagonal or a full matrix";

    fn blank() -> Self {
        Preconditioned { lr: 0.001.into(), diagonal: None, matrix: None }
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("lr", &mut self.lr, NOT_NEGATIVE)?;
        v.list("diagonal", &mut self.diagonal)?;
        v.matrix("matrix", &mut self.matrix)
    }

    fn conflict(&self) -> Option<(&'static str, String)> {
        match (&self.diagonal, &self.matrix) {
            (None, None) => Some(("diagonal", "must be given, or matrix".to_owned())),
            (Some(_), Some(_)) => Some(("matrix", "cannot be given beside diagonal".to_owned())),
            _ => None,
        }
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
