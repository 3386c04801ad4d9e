//! [`Choice`]: which method suits an objective, and why.

use crate::constraint::Constraint;
use crate::objective::Derivatives;
use crate::{
    Bfgs, Fista, InteriorPoint, Lbfgs, Lbfgsb, Method, MoreThuente, OneDimension, Options, ProjectedGradient,
    ScalarMethod, Search, Spg, Sqp, TrustNewton,
};

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

/// From so many variables on the pairs of a limited memory fill more than a cache, and a step moves several times the numbers that a
/// gradient does.
const LARGE: usize = 10_000;

/// What is left of the slope then: steps that go nearer to the lowest point along a line are worth their gradients.
const NEARER: MoreThuente = MoreThuente { decrease: 1e-4, curvature: 0.5, trials: 30 };

/// Up to so many variables under functions a quadratic program costs little.
const SMALL: usize = 50;

impl Choice {
    /// The method for a function of `dim` variables with these second derivatives.
    pub(crate) fn of(dim: usize, has: Derivatives, options: &Options) -> Self {
        let variables = if dim == 1 { "1 variable".to_owned() } else { format!("{dim} variables") };
        if options.has_functions() {
            let (method, reason) = if dim <= SMALL {
                (
                    Sqp::default().into(),
                    "quadratic models under linearised functions need the fewest evaluations",
                )
            } else {
                (
                    InteriorPoint::default().into(),
                    "a step through the interior is one linear system, however many functions hold",
                )
            };
            return Choice { method, reason: format!("{variables} under functions: {reason}") };
        }
        let multiplier = options.constraints.iter().any(|c| matches!(c, Constraint::Multiplier(_)));
        if multiplier || options.noise > 0.0 {
            let reason =
                "multipliers and noise are for rules, which take each gradient as it comes".to_owned();
            let adam = thalweg_rule::Adam { lr: 0.1.into(), ..thalweg_rule::Adam::default() };
            return Choice { method: Method::Rule(adam.into()), reason };
        }
        if options.penalty.is_some() {
            let reason =
                "a penalty has no gradient but a proximal point, to which accelerated steps go".to_owned();
            return Choice { method: Fista::default().into(), reason };
        }
        // Sets that cannot be kept together are refused when the options are checked.
        let set = options.set().unwrap_or_default();
        if dim == 1 && matches!(set, None | Some(Constraint::Box(_))) && has.hessian {
            let reason =
                "1 variable: Newton's steps to where the derivative vanishes, always downhill".to_owned();
            return Choice { method: OneDimension::NewtonRoot.into(), reason };
        }
        if let (1, Some(Constraint::Box(bounds))) = (dim, &set)
            && bounds.check_finite(1).is_ok()
        {
            let reason =
                "1 variable between bounds: parabolas through the lowest points need few values".to_owned();
            return Choice { method: ScalarMethod::Brent.into(), reason };
        }
        if matches!(set, Some(Constraint::Box(_))) {
            let reason = format!(
                "{variables} with bounds: what is met on the way becomes part of a model of the last steps"
            );
            return Choice { method: Lbfgsb::default().into(), reason };
        }
        if let Some(set) = set {
            let name = set.name();
            if set.is_convex() {
                let reason = format!("{name} is convex: every point between two of its points may be tried");
                return Choice { method: Spg::default().into(), reason };
            }
            let reason = format!("{name} is not convex: each step ends at its nearest point");
            return Choice { method: ProjectedGradient::default().into(), reason };
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
        if dim < LARGE {
            return Choice { method: Lbfgs::default().into(), reason };
        }
        let reason = format!(
            "{reason}; a step moves more numbers than a gradient, so each goes nearer to the lowest point"
        );
        let search = Search::MoreThuente(NEARER);
        Choice { method: Lbfgs { search, ..Lbfgs::default() }.into(), reason }
    }
}
