//! [`OneDimension`]: methods of one variable as methods of a run, by name.

use std::fmt;

use thalweg_rule::{Kind, Named};
use thalweg_spec::{Call, Options as Arguments, SpecError};

use super::ScalarMethod;
use crate::objective::Derivatives;
use crate::{Constraint, Options, SolveError};

const KIND: &str = "optimizer";
const NEWTON_ROOT: &str = "newton_root";

/// A method for functions of one variable alone. Written `brent`, `golden_section`, `newton_root`.
///
/// It searches the bounds of the run or, where these have no end, an interval that it finds downhill from the start. Each step ends at a
/// lower point than the last. The minimum is known when it lies within 3(`step_rtol`·|x| + `step_tol`) of x by values, within about the
/// first of these alone by derivatives; unless set these are 1.5·10⁻⁸ (`f32`: 3·10⁻⁴) and 10⁻¹², for `newton_root` 4ε and 10⁻¹². The run then
/// ends as [`ConvergedStep`](crate::Status::ConvergedStep).
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Options, Traced, minimize};
///
/// let f = Expression::parse("exp(x) - 5*x")?;
/// for (method, digits) in [("brent", 1e-7), ("golden_section", 1e-7), ("newton_root", 1e-15)] {
///     let bounds = Some("-3..4".parse()?);
///     let options = Options { method: method.parse()?, bounds, ..Options::default() };
///     let solution = minimize(&mut Traced::<f64>::new(f.program())?, &[0.0], &options)?;
///     assert!((solution.x[0] - 5.0_f64.ln()).abs() < digits);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OneDimension {
    /// By values.
    Values(ScalarMethod),
    /// By derivatives: Newton's steps to where the first vanishes, always downhill; where they would lead too far the interval is halved.
    NewtonRoot,
}

impl OneDimension {
    /// All of them.
    pub const ALL: [OneDimension; 3] = [
        OneDimension::Values(ScalarMethod::Brent),
        OneDimension::Values(ScalarMethod::GoldenSection),
        OneDimension::NewtonRoot,
    ];

    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            OneDimension::Values(method) => method.name(),
            OneDimension::NewtonRoot => NEWTON_ROOT,
        }
    }

    fn summary(self) -> &'static str {
        match self {
            OneDimension::Values(ScalarMethod::Brent) => {
                "one variable: parabolas and golden section, within bounds or from the start"
            }
            OneDimension::Values(ScalarMethod::GoldenSection) => {
                "one variable: every value shrinks the interval by the golden ratio"
            }
            OneDimension::NewtonRoot => {
                "one variable: Newton's steps downhill to where the derivative vanishes, to the last digit"
            }
        }
    }

    /// Reads one, if the call is one.
    pub(crate) fn read(call: &Call) -> Result<Option<Self>, SpecError> {
        let Some(method) = Self::ALL.into_iter().find(|method| method.name() == call.name) else {
            return Ok(None);
        };
        Arguments::of(call, KIND, &[])?;
        Ok(Some(method))
    }

    /// Every one: name, summary and signature.
    pub(crate) fn entries() -> impl Iterator<Item = Named> {
        Self::ALL.into_iter().map(|own| Named::new(Kind::Method, own.name(), own.summary(), own.name()))
    }

    pub(crate) fn needs(self) -> Derivatives {
        Derivatives { hessian: self == OneDimension::NewtonRoot, hessian_vector: false }
    }

    /// Whether the run is one for it.
    pub(crate) fn check(self, dim: usize, options: &Options) -> Result<(), SolveError> {
        let method = self.name();
        let refused = |what, remedy| Err(SolveError::Refused { method, what, remedy });
        if dim != 1 {
            let remedy = "use lbfgs, or leave the choice to auto";
            return refused("functions of more than one variable", remedy);
        }
        if options.noise > 0.0 {
            let remedy = "it would take it for the shape of the function; use a rule such as sgd";
            return refused("noise", remedy);
        }
        if options.constraints.iter().any(|constraint| matches!(constraint, Constraint::Multiplier(_))) {
            return refused("a multiplier", "use a rule such as sgd or adam, whose steps end at no search");
        }
        match options.set()? {
            None | Some(Constraint::Box(_)) => Ok(()),
            Some(_) => refused("a set other than a box", "write the interval that it is as bounds"),
        }
    }
}

impl From<ScalarMethod> for OneDimension {
    fn from(method: ScalarMethod) -> Self {
        OneDimension::Values(method)
    }
}

impl fmt::Display for OneDimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
