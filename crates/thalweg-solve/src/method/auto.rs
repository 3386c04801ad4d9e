//! [`Choice`]: which method suits an objective, and why.

use crate::objective::Derivatives;
use crate::{Bfgs, Lbfgs, Method, Options, TrustNewton};

pub(super) const NAME: &str = "auto";
pub(super) const SUMMARY: &str = "chosen by the number of variables and the derivatives there are";

/// A method that was chosen for an objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The method.
    pub method: Method,
    /// Why this one, in a sentence.
    pub reason: String,
}

/// Up to so many variables a Hessian costs no more than the steps that it saves.
const HESSIAN: usize = 40;

/// Up to so many variables a dense matrix costs less than what a limited memory does not know.
const DENSE: usize = 200;

impl Choice {
    /// The method for a function of `dim` variables with these second derivatives.
    pub(crate) fn of(dim: usize, has: Derivatives, options: &Options) -> Self {
        let variables = if dim == 1 { "1 variable".to_owned() } else { format!("{dim} variables") };
        if options.bounds.is_some() || options.constraint.is_some() || options.noise > 0.0 {
            let reason =
                "constraints and noise are for rules, whose steps are projected one by one".to_owned();
            let adam = thalweg_rule::Adam { lr: 0.1.into(), ..thalweg_rule::Adam::default() };
            return Choice { method: Method::Rule(adam.into()), reason };
        }
        if has.hessian && dim <= HESSIAN {
            let reason = format!(
                "{variables}: the Hessian costs little, and steps within a trust region need the fewest evaluations"
            );
            return Choice { method: TrustNewton::default().into(), reason };
        }
        if dim <= DENSE {
            let hessian =
                if has.hessian { "a Hessian would cost more than it saves" } else { "there is no Hessian" };
            let reason =
                format!("{variables}: {hessian}, and a dense inverse of it learnt from the steps is small");
            return Choice { method: Bfgs::default().into(), reason };
        }
        let reason =
            format!("{variables}: of what the steps teach only the last few are kept, without a matrix");
        Choice { method: Lbfgs::default().into(), reason }
    }
}
