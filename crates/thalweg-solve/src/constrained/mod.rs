//! Minimisation under functions: [`Constrained`] methods for low ≤ c(x) ≤ high together with bounds on the variables.
//!
//! All three look for a point and multipliers λ of the functions and z of the bounds with
//!
//! ```text
//! ∇f(x) = J(x)ᵀλ + z,   low ≤ c(x) ≤ high,   lowest ≤ x ≤ highest
//! ```
//!
//! where a multiplier is ≥ 0 at a lower end, ≤ 0 at an upper one and 0 between them: the conditions of Karush, Kuhn and Tucker for
//! L = f − λᵀc − zᵀx. λᵢ is by how much the lowest value grows when the end that holds cᵢ is raised by one.
//!
//! `problem` evaluates and scales, `solver` looks at the conditions and ends the run, and each method is a file that makes one step.
//! Everything is dense and in `f64`.

mod adaptive;
mod augmented;
mod barrier;
mod convexify;
mod filter;
mod functions;
mod interior;
mod newton;
mod problem;
mod quadratic;
mod restoration;
mod secant;
mod solver;
mod sqp;
mod symmetric;

use std::fmt;

use thalweg_rule::{Kind, Named};
use thalweg_spec::{Call, SpecError};

pub use augmented::{AugmentedLagrangian, Inner};
pub use interior::{BarrierUpdate, InteriorPoint};
pub use solver::Curvature;
pub(crate) use solver::Solver;
pub use sqp::Sqp;

use crate::SolveError;
use crate::objective::Derivatives;

const KIND: &str = "optimizer";

/// How to minimise under functions.
///
/// Written as `sqp`, `interior_point(mu=0.1)`, `augmented_lagrangian(inner=lbfgs)`.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Constraint, Options, Traced, minimize};
///
/// // The point of a circle nearest to (2, 1).
/// let distance = Expression::parse("(x - 2)^2 + (y - 1)^2")?;
/// let circle = Constraint::parse("x^2 + y^2 = 1", distance.variables())?;
/// for method in ["sqp", "interior_point", "augmented_lagrangian"] {
///     let options =
///         Options { method: method.parse()?, constraints: vec![circle.clone()], ..Options::default() };
///     let solution = minimize(&mut Traced::<f64>::new(distance.program())?, &[0.0, 1.0], &options)?;
///     assert!(solution.status.converged());
///     assert!((solution.x[0] - 2.0 / 5_f64.sqrt()).abs() < 1e-6);
///     // A larger circle comes nearer: the multiplier is below 0, 1 − √5.
///     let kkt = solution.kkt.expect("there are functions");
///     assert!((kkt.multipliers[0][0] - (1.0 - 5_f64.sqrt())).abs() < 1e-5);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Constrained {
    /// Minima of f and a price on the violation, with multipliers that make the price exact.
    AugmentedLagrangian(AugmentedLagrangian),
    /// Newton's method on perturbed conditions, from the interior.
    InteriorPoint(InteriorPoint),
    /// Quadratic models of the Lagrangian under linearised functions.
    Sqp(Sqp),
}

impl Constrained {
    fn all() -> [(Constrained, &'static str); 3] {
        [
            (Constrained::AugmentedLagrangian(AugmentedLagrangian::default()), augmented::SUMMARY),
            (Constrained::InteriorPoint(InteriorPoint::default()), interior::SUMMARY),
            (Constrained::Sqp(Sqp::default()), sqp::SUMMARY),
        ]
    }

    /// Reads a method, if the call is one of these.
    pub(crate) fn read(call: &Call) -> Result<Option<Self>, SpecError> {
        Ok(Some(match call.name.as_str() {
            augmented::NAME => Constrained::AugmentedLagrangian(AugmentedLagrangian::read(call)?),
            interior::NAME => Constrained::InteriorPoint(InteriorPoint::read(call)?),
            sqp::NAME => Constrained::Sqp(Sqp::read(call)?),
            _ => return Ok(None),
        }))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Constrained::AugmentedLagrangian(_) => augmented::NAME,
            Constrained::InteriorPoint(_) => interior::NAME,
            Constrained::Sqp(_) => sqp::NAME,
        }
    }

    fn curvature(&self) -> Curvature {
        match self {
            Constrained::AugmentedLagrangian(settings) => settings.curvature(),
            Constrained::InteriorPoint(settings) => settings.hessian,
            Constrained::Sqp(settings) => settings.hessian,
        }
    }

    /// What it asks of an objective beyond value and gradient.
    pub(crate) fn needs(&self) -> Derivatives {
        Derivatives { hessian: self.curvature() == Curvature::Exact, hessian_vector: false }
    }

    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<(), SolveError> {
        match self {
            Constrained::AugmentedLagrangian(settings) => settings.check(),
            Constrained::InteriorPoint(settings) => settings.check(),
            Constrained::Sqp(settings) => settings.check(),
        }
    }

    /// Every method for functions: name, summary and signature.
    pub(crate) fn entries() -> Vec<Named> {
        let entry = |(method, summary): (Constrained, _)| {
            Named::new(Kind::Method, method.name(), summary, method.to_string())
        };
        Self::all().map(entry).into()
    }
}

impl fmt::Display for Constrained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constrained::AugmentedLagrangian(settings) => settings.call().fmt(f),
            Constrained::InteriorPoint(settings) => settings.call().fmt(f),
            Constrained::Sqp(settings) => settings.call().fmt(f),
        }
    }
}

macro_rules! from_settings {
    ($($settings:ident)*) => {$(
        impl From<$settings> for Constrained {
            fn from(settings: $settings) -> Self {
                Constrained::$settings(settings)
            }
        }
    )*};
}
from_settings!(AugmentedLagrangian InteriorPoint Sqp);
