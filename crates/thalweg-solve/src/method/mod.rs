//! Which way and how far to go: [`Method`], by name.
//!
//! First-order rules and chains are `thalweg-rule`'s; the methods that need second derivatives live here.

mod auto;
mod curvature;
mod newton;

use std::fmt;
use std::str::FromStr;

use thalweg_rule::{Kind, Layout, Named, Optimizer, names};
use thalweg_spec::{Call, Options, SpecError, parse_chain, unknown_name};

pub use auto::Choice;
pub use curvature::{By, CurvatureScaled, Estimate};
pub(crate) use curvature::{CurvatureStep, condition_number};
pub use newton::Newton;
pub(crate) use newton::NewtonStep;

use crate::objective::Derivatives;
use crate::{
    AugmentedLagrangian, BarzilaiBorwein, Bfgs, Cg, Constrained, Descent, Fista, InteriorPoint, Lbfgs,
    Lbfgsb, NewtonCg, NewtonCholesky, OneDimension, ProjectedGradient, ProximalGradient, Scalar,
    ScalarMethod, SolveError, Spg, Sqp, Sr1, Steepest, TrustNewton,
};

const KIND: &str = "optimizer";

/// How a run goes from one point to the next.
///
/// Written as `lbfgs(memory=10)`, `newton(damping=0.01)`, `curvature_scaled(lr=0.1, by=sum)`, or as any rule or chain of `thalweg-rule`. What it
/// prints parses again to the same thing.
///
/// ```
/// use thalweg_solve::Method;
///
/// let chain: Method = "clip_by_global_norm(1.0) | adam(lr=0.1)".parse()?;
/// assert!(matches!(chain, Method::Rule(_)));
/// let newton: Method = "newton(damping=0.01)".parse()?;
/// assert_eq!(newton.to_string(), "newton(lr=1, damping=0.01, absolute=false)");
/// let error = "newtn".parse::<Method>().unwrap_err();
/// assert!(error.to_string().contains("did you mean `newton`?"));
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// What suits the objective; [`Solution::choice`](crate::Solution::choice) says what that was.
    Auto,
    /// A first-order rule or a chain of them.
    Rule(Optimizer),
    /// Newton's method, damped.
    Newton(Newton),
    /// Gradient descent with the learning rate divided by the curvature.
    CurvatureScaled(CurvatureScaled),
    /// A descent with its search.
    Descent(Descent),
    /// A method for functions of one variable alone.
    OneDimension(OneDimension),
    /// A method that holds functions.
    Constrained(Constrained),
}

impl Method {
    /// Reads a method from calls that have already been parsed.
    ///
    /// # Errors
    /// An unknown name, an option outside its range, or a second-order method within a chain.
    pub fn from_calls(calls: &[Call]) -> Result<Self, SpecError> {
        if let [call] = calls {
            match call.name.as_str() {
                auto::NAME => {
                    Options::of(call, KIND, &[])?;
                    return Ok(Method::Auto);
                }
                newton::NAME => return Ok(Method::Newton(Newton::read(call)?)),
                curvature::NAME => return Ok(Method::CurvatureScaled(CurvatureScaled::read(call)?)),
                _ => {}
            }
            if let Some(descent) = Descent::read(call)? {
                return Ok(Method::Descent(descent));
            }
            if let Some(method) = OneDimension::read(call)? {
                return Ok(Method::OneDimension(method));
            }
            if let Some(constrained) = Constrained::read(call)? {
                return Ok(Method::Constrained(constrained));
            }
        }
        if let Some(call) = calls.iter().find(|call| own_entries().iter().any(|own| own.name == call.name)) {
            return Err(SpecError::BadOption {
                column: call.column,
                name: call.name.clone(),
                key: "a method of its own".to_owned(),
                problem: "stands alone, it cannot be a link of a chain".to_owned(),
            });
        }
        match Optimizer::from_calls(calls) {
            Ok(optimizer) => Ok(Method::Rule(optimizer)),
            Err(SpecError::UnknownName { kind, name, .. }) if kind == KIND => {
                let known: Vec<_> = Self::entries().iter().map(|entry| entry.name).collect();
                Err(unknown_name(KIND, &name, &known))
            }
            Err(other) => Err(other),
        }
    }

    /// Everything that may be written as a method or as a link of a chain: the rules, then the methods that stand alone.
    pub fn entries() -> Vec<Named> {
        let mut entries = names();
        entries.extend(own_entries());
        entries
    }

    /// What the method asks of an objective of `dim` variables beyond value and gradient.
    ///
    /// # Errors
    /// A rule that cannot be built for that many variables.
    pub fn needs(&self, dim: usize) -> Result<Derivatives, SolveError> {
        self.needs_with(&Layout::flat(dim))
    }

    /// As [`needs`](Method::needs), for named parts.
    pub(crate) fn needs_with(&self, layout: &Layout) -> Result<Derivatives, SolveError> {
        Ok(match self {
            Method::Auto => Derivatives::default(),
            Method::Rule(optimizer) => {
                let needs = optimizer.rule_for::<f64>(layout)?.needs();
                Derivatives { hessian: false, hessian_vector: needs.hessian_vector }
            }
            Method::Newton(_) => Derivatives { hessian: true, hessian_vector: false },
            Method::CurvatureScaled(scaled) => {
                let exact = scaled.estimate == Estimate::Exact;
                Derivatives { hessian: exact, hessian_vector: !exact }
            }
            Method::Descent(descent) => descent.needs(),
            Method::OneDimension(method) => method.needs(),
            Method::Constrained(constrained) => constrained.needs(),
        })
    }

    /// `grad_rtol` where no tolerance was asked for: a descent ends by itself, there or where nothing but rounding changes; a rule makes all
    /// its steps.
    pub(crate) fn default_tolerance<F: Scalar>(&self) -> Option<f64> {
        let gradient = if size_of::<F>() == 4 { 1e-4 } else { 1e-9 };
        matches!(self, Method::Descent(_)).then_some(gradient)
    }

    /// The layout for a rule over these parts. Variables that are single numbers are one vector, so that norms are over all of them,
    /// unless the rule picks some by their names.
    pub(crate) fn layout(&self, parts: Layout) -> Layout {
        let picks = matches!(self, Method::Rule(optimizer) if optimizer.picks_parts());
        let arrays = parts.leaves().iter().any(|leaf| !leaf.shape.is_empty());
        if picks || arrays { parts } else { Layout::flat(parts.len()) }
    }

    /// Whether starts side by side would be of no use to it, because each needs its own number of evaluations for a step.
    pub(crate) fn goes_alone(&self) -> bool {
        matches!(self, Method::Descent(_) | Method::OneDimension(_) | Method::Constrained(_))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Method::Auto => auto::NAME,
            Method::Rule(_) => "this rule",
            Method::Newton(_) => newton::NAME,
            Method::CurvatureScaled(_) => curvature::NAME,
            Method::Descent(descent) => descent.name(),
            Method::OneDimension(method) => method.name(),
            Method::Constrained(constrained) => constrained.name(),
        }
    }
}

fn own_entries() -> Vec<Named> {
    let mut entries = vec![
        Named::new(Kind::Method, auto::NAME, auto::SUMMARY, auto::NAME),
        Named::new(Kind::Method, newton::NAME, newton::SUMMARY, Newton::default().to_string()),
        Named::new(Kind::Method, curvature::NAME, curvature::SUMMARY, CurvatureScaled::default().to_string()),
    ];
    entries.extend(Descent::entries());
    entries.extend(OneDimension::entries());
    entries.extend(Constrained::entries());
    entries
}

impl Default for Method {
    /// What suits the objective.
    fn default() -> Self {
        Method::Auto
    }
}

impl From<Optimizer> for Method {
    fn from(optimizer: Optimizer) -> Self {
        Method::Rule(optimizer)
    }
}

impl From<Newton> for Method {
    fn from(newton: Newton) -> Self {
        Method::Newton(newton)
    }
}

impl From<CurvatureScaled> for Method {
    fn from(scaled: CurvatureScaled) -> Self {
        Method::CurvatureScaled(scaled)
    }
}

macro_rules! from_constrained {
    ($($method:ty),*) => {$(
        impl From<$method> for Method {
            fn from(method: $method) -> Self {
                Method::Constrained(method.into())
            }
        }
    )*};
}
impl From<OneDimension> for Method {
    fn from(method: OneDimension) -> Self {
        Method::OneDimension(method)
    }
}

impl From<ScalarMethod> for Method {
    fn from(method: ScalarMethod) -> Self {
        Method::OneDimension(method.into())
    }
}

from_constrained!(Constrained, AugmentedLagrangian, InteriorPoint, Sqp);

macro_rules! from_descents {
    ($($descent:ty),* $(,)?) => {$(
        impl From<$descent> for Method {
            fn from(descent: $descent) -> Self {
                Method::Descent(descent.into())
            }
        }
    )*};
}
from_descents!(
    Descent,
    Steepest,
    Cg,
    Bfgs,
    Lbfgs,
    Sr1,
    BarzilaiBorwein,
    NewtonCholesky,
    NewtonCg,
    TrustNewton,
    ProjectedGradient,
    Spg,
    ProximalGradient,
    Fista,
    Lbfgsb,
);

impl FromStr for Method {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::from_calls(&parse_chain(text)?)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Auto => f.write_str(auto::NAME),
            Method::Rule(optimizer) => optimizer.fmt(f),
            Method::Newton(newton) => newton.fmt(f),
            Method::CurvatureScaled(scaled) => scaled.fmt(f),
            Method::Descent(descent) => descent.fmt(f),
            Method::OneDimension(method) => method.fmt(f),
            Method::Constrained(constrained) => constrained.fmt(f),
        }
    }
}
