//! Where a run must stay: [`Constraint`].
//!
//! A set is stayed in by projection after every step; a function is held at zero by a Lagrange multiplier.

mod bounds;
mod multiplier;
mod projection;

use std::fmt;

use thalweg_function::{Expression, Program};
use thalweg_rule::{Kind, Named};
use thalweg_spec::{Argument, Call, Options, SpecError, Value, parse_call, unknown_name};

pub use bounds::Bounds;
pub(crate) use multiplier::{Held, Lagrangian};
pub(crate) use projection::Projection;

use crate::SolveError;

const KIND: &str = "constraint";

/// A set to stay in, or a function to hold at zero.
///
/// ```
/// use thalweg_solve::Constraint;
///
/// let variables = ["x1".to_owned(), "x2".to_owned()];
/// let circle = Constraint::parse("multiplier(\"x1^2+x2^2-1\", init=0.5)", &variables)?;
/// assert_eq!(circle.to_string(), "multiplier(\"x1^2+x2^2-1\", init=0.5, lr=0.1)");
/// assert_eq!(Constraint::parse("sphere", &variables)?, Constraint::Sphere { radius: 1.0 });
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Constraint {
    /// `box(low, high)`: every variable in its interval. After each step, coordinates outside are set to the nearer end.
    Box(Bounds),
    /// `sphere(radius=1)`: ‖x‖ = radius. After each step x is scaled onto it (the origin goes to the first axis).
    Sphere {
        /// The radius.
        radius: f64,
    },
    /// `multiplier("x1^2+x2^2-1", init=0, lr=0.1)`: a function held at zero by gradient descent–ascent.
    Multiplier(Multiplier),
}

/// An equality c(x) = 0 held by a Lagrange multiplier λ.
///
/// Each step first raises the multiplier, `λ ← λ + lr·c(x)`, then takes the method's step along `∇f(x) + λ ∇c(x)`. At rest both
/// vanish: the Karush–Kuhn–Tucker conditions. The step of λ needs the value of c, not a constant factor: a sphere written as
/// `(x1^2+x2^2-1)/2` with twice the `lr` follows `λ ← λ + lr·(‖x‖² − 1)`, `x ← x − lr_x(∇f + λx)`.
///
/// Arrow, Hurwicz and Uzawa, *Studies in Linear and Non-linear Programming*, 1958.
#[derive(Debug, Clone, PartialEq)]
pub struct Multiplier {
    /// c, of the same variables as the function to be minimised.
    pub function: Program,
    /// How c is written, for printing.
    pub text: String,
    /// λ at the start.
    pub init: f64,
    /// The learning rate of λ.
    pub lr: f64,
}

impl Constraint {
    /// Reads a constraint on functions of these variables: `box(-1, 1)`, `box(low=[-1, 0], high=[1, inf])`, `sphere(radius=2)`,
    /// `multiplier("x1 + x2 - 1", init=0, lr=0.1)`.
    ///
    /// # Errors
    /// Where the text is wrong, and what would be right.
    pub fn parse(text: &str, variables: &[String]) -> Result<Self, SolveError> {
        Self::parse_with(text, variables, &[])
    }

    /// As [`Constraint::parse`], with further constants by name for the function of a multiplier.
    ///
    /// # Errors
    /// As [`Constraint::parse`].
    pub fn parse_with(
        text: &str,
        variables: &[String],
        constants: &[(&str, f64)],
    ) -> Result<Self, SolveError> {
        let call = parse_call(text)?;
        match call.name.as_str() {
            "box" => Ok(Constraint::Box(read_box(&call)?)),
            "sphere" => {
                let options = Options::of(&call, KIND, &["radius"])?;
                let wanted = "positive and finite";
                let radius = options.number_where("radius", 1.0, wanted, |r| r > 0.0 && r.is_finite())?;
                Ok(Constraint::Sphere { radius })
            }
            "multiplier" => {
                let options = Options::of(&call, KIND, &["function", "init", "lr"])?;
                let text = options.text("function")?;
                let text =
                    text.ok_or_else(|| options.error("function", "is missing, as in \"x1^2+x2^2-1\""))?;
                let init = options.number_where("init", 0.0, "finite", f64::is_finite)?;
                let wanted = "finite and at least 0";
                let lr = options.number_where("lr", 0.1, wanted, |lr| lr >= 0.0 && lr.is_finite())?;
                let names: Vec<&str> = variables.iter().map(String::as_str).collect();
                let function = Expression::parse_with(text, Some(&names), constants)?.program().clone();
                Ok(Constraint::Multiplier(Multiplier { function, text: text.to_owned(), init, lr }))
            }
            other => {
                let known: Vec<_> = Self::entries().iter().map(|entry| entry.name).collect();
                Err(unknown_name(KIND, other, &known).into())
            }
        }
    }

    /// Every kind of constraint: name, summary and signature.
    pub fn entries() -> Vec<Named> {
        let entry = |name, summary, signature: &str| Named::new(Kind::Constraint, name, summary, signature);
        vec![
            entry("box", "every variable in its interval, by projection", "box(low=-inf, high=inf)"),
            entry("sphere", "a fixed Euclidean norm, by projection", "sphere(radius=1)"),
            entry(
                "multiplier",
                "a function held at zero by a Lagrange multiplier",
                "multiplier(function, init=0, lr=0.1)",
            ),
        ]
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Constraint::Box(_) => "box",
            Constraint::Sphere { .. } => "sphere",
            Constraint::Multiplier(_) => "multiplier",
        }
    }
}

fn read_box(call: &Call) -> Result<Bounds, SolveError> {
    let options = Options::of(call, KIND, &["low", "high"])?;
    let ends = |key: &str, blank: f64| -> Result<Vec<f64>, SpecError> {
        match options.value(key) {
            Some(Value::List(_)) => Ok(options.numbers(key)?.unwrap_or_default()),
            _ => Ok(vec![options.number(key)?.unwrap_or(blank)]),
        }
    };
    let (low, high) = (ends("low", f64::NEG_INFINITY)?, ends("high", f64::INFINITY)?);
    let count = low.len().max(high.len());
    if low.is_empty() || high.is_empty() || [low.len(), high.len()].iter().any(|&n| n != 1 && n != count) {
        let problem =
            format!("has {} numbers, low has {}; give one, or one a variable", high.len(), low.len());
        return Err(options.error("high", problem).into());
    }
    let at = |ends: &[f64], i: usize| ends[if ends.len() == 1 { 0 } else { i }];
    let intervals: Vec<_> = (0..count).map(|i| (at(&low, i), at(&high, i))).collect();
    Bounds::each(&intervals)
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::Box(bounds) => {
                let ends = |end: fn((f64, f64)) -> f64| -> Value {
                    let ends: Vec<_> = (0..bounds.len()).map(|i| end(bounds.interval(i))).collect();
                    if ends.len() == 1 { ends[0].into() } else { ends.as_slice().into() }
                };
                Call::new("box").with("low", ends(|i| i.0)).with("high", ends(|i| i.1)).fmt(f)
            }
            Constraint::Sphere { radius } => Call::new("sphere").with("radius", *radius).fmt(f),
            Constraint::Multiplier(held) => {
                let mut call = Call::new("multiplier");
                call.arguments.push(Argument { key: None, value: Value::Text(held.text.clone()), column: 1 });
                call.with("init", held.init).with("lr", held.lr).fmt(f)
            }
        }
    }
}
