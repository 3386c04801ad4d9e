//! Where a run must stay: [`Constraint`].
//!
//! A set is stayed in by projection after every step: each has a file with its nearest point, `sets` reads and prints them, `projection` puts
//! them to work. Functions are held between their ends by the methods for that ([`Constrained`](crate::Constrained)), or one of them at zero
//! by a rule and a Lagrange multiplier.

mod affine;
mod ball;
mod bounds;
mod intersection;
mod isotonic;
mod multiplier;
mod plane;
mod projection;
mod relation;
mod sets;
mod simplex;
mod together;

use std::fmt;

use thalweg_function::{Expression, Program};
use thalweg_rule::{Kind, Named};
use thalweg_spec::{Argument, Call, Options, SpecError, Value, parse_call, unknown_name};

pub use affine::Affine;
pub use ball::{Ball, Norm};
pub use bounds::Bounds;
pub use intersection::Intersection;
pub(crate) use multiplier::{Held, Lagrangian};
pub use plane::Plane;
pub(crate) use projection::{Projection, within};
pub use relation::Relation;
pub(crate) use relation::{Curvature, Slopes, Source};
pub(crate) use together::together;

use crate::SolveError;

const KIND: &str = "constraint";

/// A set to stay in, or functions to hold.
///
/// ```
/// use thalweg_solve::Constraint;
///
/// let variables = ["x1".to_owned(), "x2".to_owned()];
/// let circle = Constraint::parse("multiplier(\"x1^2+x2^2-1\", init=0.5)", &variables)?;
/// assert_eq!(circle.to_string(), "multiplier(\"x1^2+x2^2-1\", init=0.5, lr=0.1)");
/// assert_eq!(Constraint::parse("sphere", &variables)?, Constraint::Sphere { radius: 1.0 });
/// assert!(matches!(Constraint::parse("x1*x2 >= 25", &variables)?, Constraint::Function(_)));
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Constraint {
    /// `box(low, high)`: every variable in its interval. After each step, coordinates outside are set to the nearer end.
    Box(Bounds),
    /// `nonnegative`: no variable below 0, the box from 0 to infinity.
    Nonnegative,
    /// `sphere(radius=1)`: ‖x‖ = radius. After each step x is scaled onto it (the origin goes to the first axis).
    Sphere {
        /// The radius.
        radius: f64,
    },
    /// `ball(radius=1, norm=2)`: the points within a distance.
    Ball(Ball),
    /// `simplex(sum=1)`: no variable below 0, and Σxᵢ = sum. The nearest point is max(xᵢ − τ, 0), τ such that the sum is right (Duchi et
    /// al., 2008; found by Condat's method, 2016).
    Simplex {
        /// What the variables add up to: positive.
        sum: f64,
    },
    /// `halfspace([1, 1], 3)`: normal·x ≤ offset.
    Halfspace(Plane),
    /// `hyperplane([1, 1], 3)`: normal·x = offset.
    Hyperplane(Plane),
    /// `affine([[1, 1, 1], [1, 0, -1]], [1, 0])`: linear equations.
    Affine(Affine),
    /// `isotonic`: x₁ ≤ x₂ ≤ … ≤ xₙ. The nearest point has the means of neighbours that were in the wrong order (Barlow et al., 1972).
    Isotonic,
    /// `intersection(nonnegative, halfspace([1, 1], 3))`: several convex sets at once.
    Intersection(Intersection),
    /// `multiplier("x1^2+x2^2-1", init=0, lr=0.1)`: a function held at zero by gradient descent–ascent.
    Multiplier(Multiplier),
    /// `x1*x2 >= 25`, `x1^2 + x2^2 = 1`, `1 <= x1 + x2 <= 3`: functions between their ends, held by `sqp`, `interior_point` or
    /// `augmented_lagrangian`.
    Function(Relation),
}

impl From<Relation> for Constraint {
    fn from(relation: Relation) -> Self {
        Constraint::Function(relation)
    }
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
    /// `multiplier("x1 + x2 - 1", init=0, lr=0.1)`, or a relation such as `x1*x2 >= 25`.
    ///
    /// # Errors
    /// Where the text is wrong, and what would be right.
    pub fn parse(text: &str, variables: &[String]) -> Result<Self, SolveError> {
        Self::parse_with(text, variables, &[])
    }

    /// As [`Constraint::parse`], with further constants by name for functions.
    ///
    /// # Errors
    /// As [`Constraint::parse`].
    pub fn parse_with(
        text: &str,
        variables: &[String],
        constants: &[(&str, f64)],
    ) -> Result<Self, SolveError> {
        if Relation::is_one(text) {
            return Ok(Constraint::Function(Relation::parse_with(text, variables, constants)?));
        }
        let call = parse_call(text)?;
        match call.name.as_str() {
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
                let entries = Self::entries();
                let known: Vec<_> =
                    entries.iter().map(|entry| entry.name).filter(|name| !name.contains(' ')).collect();
                sets::read(&call)?.ok_or_else(|| unknown_name(KIND, other, &known).into())
            }
        }
    }

    /// Every kind of constraint: name, summary and signature.
    pub fn entries() -> Vec<Named> {
        let entry = |name, summary, signature: &str| Named::new(Kind::Constraint, name, summary, signature);
        let mut entries = sets::entries();
        entries.push(entry(
            "multiplier",
            "a function held at zero by a Lagrange multiplier",
            "multiplier(function, init=0, lr=0.1)",
        ));
        entries.push(entry(
            "low <= c(x) <= high",
            "a function between its ends, as in x1*x2 >= 25 or x1^2 + x2^2 = 1",
            "low <= c(x) <= high",
        ));
        entries
    }

    /// Whether it is a set, to be stayed in by projection.
    pub(crate) fn is_set(&self) -> bool {
        !matches!(self, Constraint::Multiplier(_) | Constraint::Function(_))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Constraint::Box(_) => "box",
            Constraint::Nonnegative => "nonnegative",
            Constraint::Sphere { .. } => "sphere",
            Constraint::Ball(_) => "ball",
            Constraint::Simplex { .. } => "simplex",
            Constraint::Halfspace(_) => "halfspace",
            Constraint::Hyperplane(_) => "hyperplane",
            Constraint::Affine(_) => "affine",
            Constraint::Isotonic => "isotonic",
            Constraint::Intersection(_) => "intersection",
            Constraint::Multiplier(_) => "multiplier",
            Constraint::Function(_) => "functions",
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
            Constraint::Multiplier(held) => {
                let mut call = Call::new("multiplier");
                call.arguments.push(Argument { key: None, value: Value::Text(held.text.clone()), column: 1 });
                call.with("init", held.init).with("lr", held.lr).fmt(f)
            }
            Constraint::Function(relation) => relation.fmt(f),
            set => sets::call(set).fmt(f),
        }
    }
}

impl Constraint {
    /// Whether every number is in its range and the constraint one on functions of `dim` variables.
    pub(crate) fn check(&self, dim: usize) -> Result<(), SolveError> {
        match self {
            Constraint::Function(relation) => {
                relation.check()?;
                relation.check_dim(dim)
            }
            set => sets::check(set, dim),
        }
    }

    /// Whether it is a convex set.
    pub(crate) fn is_convex(&self) -> bool {
        self.is_set() && !matches!(self, Constraint::Sphere { .. })
    }
}

fn positive(name: &'static str, number: f64) -> Result<(), SolveError> {
    crate::search::within(name, number, "positive and finite", crate::search::positive)
}

/// An error unless the vector has that many coordinates and all are finite.
fn check_vector(what: &str, vector: &[f64], dim: usize) -> Result<(), SolveError> {
    crate::error::check_point(|| what.to_owned(), vector, dim)
}
