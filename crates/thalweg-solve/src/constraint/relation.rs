//! [`Relation`]: functions and the ends they are held between.

use std::fmt;
use std::sync::Arc;

use thalweg_function::{Expression, ParseError, Program};

use crate::SolveError;

/// c and its Jacobian, row by row, written to the second and third argument.
pub(crate) type Slopes = dyn Fn(&[f64], &mut [f64], &mut [f64]) + Send + Sync;

/// Σ λᵢ∇²cᵢ, written to the third argument; the second is λ.
pub(crate) type Curvature = dyn Fn(&[f64], &[f64], &mut [f64]) + Send + Sync;

/// Functions of all variables that are held between two ends each: low ≤ c(x) ≤ high, with low = high for an equation.
///
/// They may be written as text, traced, or by hand:
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::Relation;
///
/// let variables = ["x".to_owned(), "y".to_owned()];
/// let circle = Relation::parse("x^2 + y^2 = 1", &variables)?;
/// assert_eq!(circle.ends(0), (1.0, 1.0));
/// assert_eq!(Relation::parse("1 <= x + y <= 3", &variables)?.ends(0), (1.0, 3.0));
///
/// let traced = Relation::traced(&trace(2, |x| [x[0] * x[1], x[0] - x[1]])?).at_least(25.0);
/// assert_eq!(traced.count(), 2);
/// assert_eq!(traced.ends(1), (25.0, f64::INFINITY));
///
/// let by_hand = Relation::by_hand(2, 1, |x, values, jacobian| {
///     values[0] = x[0] * x[1];
///     (jacobian[0], jacobian[1]) = (x[1], x[0]);
/// });
/// assert_eq!(by_hand.equal_to(2.0).ends(0), (2.0, 2.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Relation {
    source: Source,
    ends: Vec<(f64, f64)>,
    text: String,
}

/// Where values and derivatives come from.
#[derive(Clone)]
pub(crate) enum Source {
    Program(Program),
    Hand { dim: usize, slopes: Arc<Slopes>, curvature: Option<Arc<Curvature>> },
}

impl Relation {
    /// The results of a program, all of them 0 unless other ends are given. Arrays among them count element by element.
    pub fn traced(program: &Program) -> Self {
        let count = program.output_shapes().map(|shape| shape.size()).sum();
        Self::new(Source::Program(program.clone()), count)
    }

    /// `count` functions of `dim` variables written by hand, all of them 0 unless other ends are given: the closure gets x and
    /// writes the values, and ∂cᵢ/∂xⱼ to element `i · dim + j`.
    pub fn by_hand(
        dim: usize,
        count: usize,
        slopes: impl Fn(&[f64], &mut [f64], &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        Self::new(Source::Hand { dim, slopes: Arc::new(slopes), curvature: None }, count)
    }

    fn new(source: Source, count: usize) -> Self {
        Relation { source, ends: vec![(0.0, 0.0); count], text: "c(x)".to_owned() }
    }

    /// Adds second derivatives to functions written by hand: the closure gets x and λ and writes Σ λᵢ∇²cᵢ(x), `dim²` numbers row by
    /// row. Traced functions have them by themselves.
    #[must_use]
    pub fn with_hessian(
        mut self,
        hessian: impl Fn(&[f64], &[f64], &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        if let Source::Hand { curvature, .. } = &mut self.source {
            *curvature = Some(Arc::new(hessian));
        }
        self
    }

    /// c(x) = value.
    #[must_use]
    pub fn equal_to(self, value: f64) -> Self {
        self.between(value, value)
    }

    /// c(x) ≥ low.
    #[must_use]
    pub fn at_least(self, low: f64) -> Self {
        self.between(low, f64::INFINITY)
    }

    /// c(x) ≤ high.
    #[must_use]
    pub fn at_most(self, high: f64) -> Self {
        self.between(f64::NEG_INFINITY, high)
    }

    /// low ≤ c(x) ≤ high, for every function.
    #[must_use]
    pub fn between(mut self, low: f64, high: f64) -> Self {
        self.ends.fill((low, high));
        self
    }

    /// Ends for each function, of as many as there are; those without keep theirs.
    #[must_use]
    pub fn each(mut self, ends: &[(f64, f64)]) -> Self {
        for (own, end) in self.ends.iter_mut().zip(ends) {
            *own = *end;
        }
        self
    }

    /// A name to print for functions that were not read from text.
    #[must_use]
    pub fn named(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    /// Reads a relation between expressions in these variables: `x1^2 + x2^2 = 1`, `x1*x2 >= 25`, `x1 <= x2`, `1 <= x1 + x2 <= 3`.
    ///
    /// # Errors
    /// Where the text is wrong, and what would be right.
    pub fn parse(text: &str, variables: &[String]) -> Result<Self, SolveError> {
        Self::parse_with(text, variables, &[])
    }

    /// As [`Relation::parse`], with further constants by name.
    ///
    /// # Errors
    /// As [`Relation::parse`].
    pub fn parse_with(
        text: &str,
        variables: &[String],
        constants: &[(&str, f64)],
    ) -> Result<Self, SolveError> {
        let names: Vec<&str> = variables.iter().map(String::as_str).collect();
        let signs = signs(text);
        let wrong = |at: usize, problem: &str| {
            let column = text[..at].chars().count() + 1;
            SolveError::Expression(ParseError { column, problem: problem.to_owned() })
        };
        let read = |from: usize, to: usize| -> Result<Side, SolveError> {
            let side = &text[from..to];
            if side.trim().is_empty() {
                return Err(wrong(from, "found nothing on this side, expected a function or a number"));
            }
            if let Ok(constant) = Expression::parse_with(side, Some(&[]), constants) {
                return Ok(Side::Number(number(constant.program())?));
            }
            let moved = |error: ParseError| {
                let column = error.column + text[..from].chars().count();
                SolveError::Expression(ParseError { column, ..error })
            };
            let function = Expression::parse_with(side, Some(&names), constants).map_err(moved)?;
            Ok(Side::Function(function.program().clone()))
        };
        let relation = match signs.as_slice() {
            [one] => {
                let (left, right) = (read(0, one.start)?, read(one.end, text.len())?);
                one_sign(left, one.sign, right, names.len())?
                    .ok_or_else(|| wrong(0, "both sides are numbers, expected a function of the variables"))?
            }
            [first, second] => {
                if first.sign != second.sign || first.sign == Sign::Equal {
                    return Err(wrong(second.start, "expected two signs alike, as in 1 <= x1 + x2 <= 3"));
                }
                let sides =
                    (read(0, first.start)?, read(first.end, second.start)?, read(second.end, text.len())?);
                let (Side::Number(left), Side::Function(middle), Side::Number(right)) = sides else {
                    return Err(wrong(
                        0,
                        "expected a number, a function and a number, as in 1 <= x1 + x2 <= 3",
                    ));
                };
                let (low, high) = if first.sign == Sign::Least { (right, left) } else { (left, right) };
                Self::traced(&middle).between(low, high)
            }
            [] => return Err(wrong(0, "expected one of =, <= and >=, as in x1^2 + x2^2 = 1")),
            [_, _, third, ..] => return Err(wrong(third.start, "expected at most two signs")),
        };
        let relation = relation.named(text.trim());
        relation.check()?;
        Ok(relation)
    }

    /// Whether the text is a relation rather than the name of a constraint: it has a sign outside of parentheses and quotes.
    pub(crate) fn is_one(text: &str) -> bool {
        !signs(text).is_empty()
    }

    /// How many functions there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Low and high of a function, counted from 0.
    ///
    /// # Panics
    /// There is no such function.
    pub fn ends(&self, function: usize) -> (f64, f64) {
        self.ends[function]
    }

    pub(crate) fn all_ends(&self) -> &[(f64, f64)] {
        &self.ends
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// The number of variables.
    pub fn dim(&self) -> usize {
        match &self.source {
            Source::Program(program) => program.input_shapes().map(|shape| shape.size()).sum(),
            Source::Hand { dim, .. } => *dim,
        }
    }

    /// Whether ∇²c is known.
    pub(crate) fn has_hessian(&self) -> bool {
        match &self.source {
            Source::Program(_) => true,
            Source::Hand { curvature, .. } => curvature.is_some(),
        }
    }

    /// Whether every interval has a point.
    pub(crate) fn check(&self) -> Result<(), SolveError> {
        let option = |wanted, found: String| Err(SolveError::Option { name: "a constraint", wanted, found });
        if self.ends.is_empty() {
            return option("at least one function", "none".to_owned());
        }
        for &(low, high) in &self.ends {
            let empty = low.is_nan() || high.is_nan() || low > high;
            if empty || low == f64::INFINITY || high == f64::NEG_INFINITY {
                return option(
                    "between a lower end and one not below it",
                    format!("{low} <= {} <= {high}", self.text),
                );
            }
        }
        Ok(())
    }
}

/// One side of a sign.
enum Side {
    Number(f64),
    Function(Program),
}

#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Equal,
    /// ≥
    Least,
    /// ≤
    Most,
}

struct Found {
    sign: Sign,
    start: usize,
    end: usize,
}

/// The signs outside of parentheses and quotes. `<` and `>` say the same as `<=` and `>=`.
fn signs(text: &str) -> Vec<Found> {
    let (mut depth, mut quoted) = (0_i32, false);
    let mut found: Vec<Found> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'<' | b'>' | b'=' if depth == 0 && !quoted => {
                let sign = match bytes[at] {
                    b'<' => Sign::Most,
                    b'>' => Sign::Least,
                    _ => Sign::Equal,
                };
                let end = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'='));
                found.push(Found { sign, start: at, end });
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The value of a function of nothing.
fn number(program: &Program) -> Result<f64, SolveError> {
    let mut value = [0.0];
    thalweg_function::Executable::<f64>::new(program)?.run(&[], &mut value)?;
    Ok(value[0])
}

/// `left sign right`; `None` between two numbers.
fn one_sign(left: Side, sign: Sign, right: Side, dim: usize) -> Result<Option<Relation>, SolveError> {
    let (function, value, turned) = match (left, right) {
        (Side::Number(_), Side::Number(_)) => return Ok(None),
        (Side::Function(function), Side::Number(value)) => (function, value, false),
        (Side::Number(value), Side::Function(function)) => (function, value, true),
        (Side::Function(left), Side::Function(right)) => {
            let difference = thalweg_function::trace(dim, |x| left.call(x)[0] - right.call(x)[0])?;
            (difference, 0.0, false)
        }
    };
    let relation = Relation::traced(&function);
    Ok(Some(match (sign, turned) {
        (Sign::Equal, _) => relation.equal_to(value),
        (Sign::Least, false) | (Sign::Most, true) => relation.at_least(value),
        (Sign::Most, false) | (Sign::Least, true) => relation.at_most(value),
    }))
}

impl PartialEq for Relation {
    /// Functions written by hand are equal if they are the same closure.
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.source, &other.source) {
            (Source::Program(own), Source::Program(other)) => own == other,
            (Source::Hand { dim, slopes, .. }, Source::Hand { dim: other_dim, slopes: other, .. }) => {
                dim == other_dim && std::ptr::addr_eq(Arc::as_ptr(slopes), Arc::as_ptr(other))
            }
            _ => false,
        };
        same && self.ends == other.ends && self.text == other.text
    }
}

impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relation").field("text", &self.text).field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl fmt::Display for Relation {
    /// The text that it was read from; of other functions their name and their ends.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Relation::is_one(&self.text) {
            return f.write_str(&self.text);
        }
        let (low, high) = self.ends.first().copied().unwrap_or((0.0, 0.0));
        match (low, high) {
            _ if self.ends.iter().any(|end| *end != (low, high)) => {
                write!(f, "{} within its ends", self.text)
            }
            _ if low == high => write!(f, "{} = {low}", self.text),
            (low, f64::INFINITY) => write!(f, "{} >= {low}", self.text),
            (f64::NEG_INFINITY, high) => write!(f, "{} <= {high}", self.text),
            _ => write!(f, "{low} <= {} <= {high}", self.text),
        }
    }
}
