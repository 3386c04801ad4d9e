//! [`Landscape`]: a function with what is known about it.

use std::fmt;
use std::str::FromStr;

use thalweg_function::Program;
use thalweg_spec::{Call, SpecError, parse_call, unknown_name};

use crate::catalogue::{Entry, entries};
use crate::constraints::Constraints;
use crate::nist::Regression;
use crate::set::Set;

/// A point where the function is smallest, at least among the points near it.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// Where.
    pub x: Vec<f64>,
    /// The function's value there.
    pub value: f64,
}

/// A named function worth minimising: its program, box, known minima and source.
///
/// ```
/// use thalweg_landscape::Landscape;
///
/// let himmelblau = Landscape::parse("himmelblau")?;
/// assert_eq!(himmelblau.variables(), ["x1", "x2"]);
/// assert_eq!(himmelblau.minima().len(), 4);
///
/// let error = Landscape::parse("himelblau").unwrap_err();
/// assert!(error.to_string().contains("did you mean `himmelblau`?"));
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Landscape {
    entry: &'static Entry,
    parts: Parts,
}

/// What a family makes of the options it was given.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// The name with every option that makes this landscape, so that printing it gives a complete spec.
    pub(crate) call: Call,
    pub(crate) program: Program,
    pub(crate) bounds: Vec<(f64, f64)>,
    pub(crate) minima: Vec<Minimum>,
    pub(crate) start: Vec<f64>,
    pub(crate) known: Known,
}

/// What only some landscapes have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The residuals, of a sum of squares.
    pub(crate) residuals: Option<Program>,
    /// Values that the function comes near to on the way to infinity.
    pub(crate) infima: Vec<f64>,
    /// The observations and certified parameters, of a regression.
    pub(crate) regression: Option<Box<Regression>>,
    /// What restricts the points.
    pub(crate) constraints: Option<Box<Constraints>>,
}

impl Landscape {
    /// Reads a landscape such as `himmelblau` or `ackley(dim=10)`; [`entries`] lists them.
    ///
    /// # Errors
    /// The text breaks the grammar, names no landscape, or gives an option that the landscape does not have or does not allow.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        Self::from_call(&parse_call(text)?)
    }

    /// The landscape of a parsed call.
    ///
    /// ```
    /// use thalweg_landscape::Landscape;
    /// use thalweg_spec::Call;
    ///
    /// let sphere = Landscape::from_call(&Call::new("sphere").with("dim", 3.0))?;
    /// assert_eq!(sphere.to_string(), "sphere(dim=3)");
    /// # Ok::<(), thalweg_spec::SpecError>(())
    /// ```
    ///
    /// # Errors
    /// No landscape has this name, or it does not have or allow one of the options.
    pub fn from_call(call: &Call) -> Result<Self, SpecError> {
        let Some(entry) = entries().iter().find(|entry| entry.name == call.name) else {
            return Err(unknown(&call.name));
        };
        Ok(Landscape { entry, parts: (entry.build)(call)? })
    }

    /// The name without options: `ackley`.
    pub fn name(&self) -> &'static str {
        self.entry.name
    }

    /// The name with all its options, as [`Display`](fmt::Display) prints it.
    pub fn call(&self) -> &Call {
        &self.parts.call
    }

    /// The function: one input for each variable, one result.
    pub fn program(&self) -> &Program {
        &self.parts.program
    }

    /// The number of variables.
    pub fn dim(&self) -> usize {
        self.parts.start.len()
    }

    /// The variables' names: `x1`, `x2`, ….
    pub fn variables(&self) -> Vec<String> {
        self.parts.program.input_names().map(str::to_owned).collect()
    }

    /// The box for plots and random starts: lowest and highest value of each variable. The function is defined outside too.
    pub fn bounds(&self) -> &[(f64, f64)] {
        &self.parts.bounds
    }

    /// The known minima, to full precision (regressions: to the eleven digits that are certified); the global ones first. Where minimisers are not isolated, one of them. None for a landscape whose minima are not known in advance.
    pub fn minima(&self) -> &[Minimum] {
        &self.parts.minima
    }

    /// Values that the function comes near to without reaching them, along valleys that lead to infinity: a descent may end there.
    ///
    /// ```
    /// use thalweg_landscape::Landscape;
    ///
    /// let bard = Landscape::parse("bard")?;
    /// assert_eq!((bard.minima()[0].value * 1e6).round(), 8215.0);
    /// assert_eq!(bard.infima(), [17.4286]);
    /// # Ok::<(), thalweg_spec::SpecError>(())
    /// ```
    pub fn infima(&self) -> &[f64] {
        &self.parts.known.infima
    }

    /// The residuals, one result each, if the function is the sum of their squares and was published so.
    ///
    /// ```
    /// use thalweg_function::Executable;
    /// use thalweg_landscape::Landscape;
    ///
    /// let valley = Landscape::parse("rosenbrock")?;
    /// let mut residuals = [0.0; 2];
    /// Executable::<f64>::new(valley.residuals().expect("a sum of squares"))?.run(valley.start(), &mut residuals)?;
    /// assert!((residuals[0] + 4.4).abs() < 1e-14 && residuals[1] == 2.2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn residuals(&self) -> Option<&Program> {
        self.parts.known.residuals.as_ref()
    }

    /// The observations, model and certified values, if this is a regression of NIST's.
    pub fn regression(&self) -> Option<&Regression> {
        self.parts.known.regression.as_deref()
    }

    /// The constraints, of a constrained problem; its minima are those among the points that satisfy them.
    pub fn constraints(&self) -> Option<&Constraints> {
        self.parts.known.constraints.as_deref()
    }

    /// The customary start.
    pub fn start(&self) -> &[f64] {
        &self.parts.start
    }

    /// What makes it worth minimising, in one line.
    pub fn summary(&self) -> &'static str {
        self.entry.summary
    }

    /// The formula, in one line.
    pub fn formula(&self) -> &'static str {
        self.entry.formula
    }

    /// The set of test problems that it was added for.
    pub fn set(&self) -> Set {
        self.entry.set
    }

    /// Where it was published.
    pub fn source(&self) -> &'static str {
        self.entry.source
    }
}

/// What to say of a name that no landscape has: the nearest of all, and the classic ones as what is known.
fn unknown(name: &str) -> SpecError {
    let names = |wanted: fn(&Entry) -> bool| -> Vec<_> {
        entries().iter().filter(|entry| wanted(entry)).map(|entry| entry.name).collect()
    };
    let mut error = unknown_name("function", name, &names(|_| true));
    if let SpecError::UnknownName { known, .. } = &mut error {
        *known = names(|entry| entry.set == Set::Classic).join(", ") + ", and the sets of test problems";
    }
    error
}

impl fmt::Display for Landscape {
    /// Prints the name with all options: what parses to the same landscape.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.call.fmt(f)
    }
}

impl FromStr for Landscape {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::parse(text)
    }
}
