//! [`Landscape`]: a function with what is known about it.

use std::fmt;
use std::str::FromStr;

use thalweg_function::Program;
use thalweg_spec::{Call, SpecError, parse_call, unknown_name};

use crate::catalogue::{Entry, entries};

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
            let names: Vec<_> = entries().iter().map(|entry| entry.name).collect();
            return Err(unknown_name("function", &call.name, &names));
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

    /// The known minima, to full precision; the global ones first. None for a landscape whose minima are not known in advance.
    pub fn minima(&self) -> &[Minimum] {
        &self.parts.minima
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

    /// Where it was published.
    pub fn source(&self) -> &'static str {
        self.entry.source
    }
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
