//! Functions of one variable: minima and roots within an interval, for closures and for objectives.
//!
//! | wanted | from values | with derivatives |
//! |---|---|---|
//! | an interval around a minimum | [`bracket_minimum`] | |
//! | a minimum in an interval | [`minimize_between`], by Brent's method or golden section | [`critical_point_between`] |
//! | a root in an interval | [`root_between`], by Brent's method | [`root_between_newton`] |
//!
//! Each method is a small state machine that says where to look next and is told what is there; `drive` asks the function. None of
//! them fails where the function is not finite: such a value is taken for a very high one, or ends the search with its best point. As methods
//! of a run ([`OneDimension`]) `steps` drives them, and `downhill` is Newton's method for a minimum.

mod bracket;
mod brent;
mod downhill;
mod golden;
mod method;
mod newton;
mod steps;
mod zero;

use std::fmt;
use std::str::FromStr;

use thalweg_spec::{SpecError, unknown_name};

pub use bracket::{Bracket, bracket_minimum};
pub use method::OneDimension;
pub(crate) use steps::Sole;

use crate::search::{positive, within};
use crate::{Objective, SolveError, Status};
use brent::{Brent, golden_point};
use golden::Golden;
use newton::Newton;
use zero::Zero;

/// How a minimum in an interval is found. Written `brent`, `golden_section`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScalarMethod {
    /// Parabolas through the three lowest points, golden section where they do not help: Brent, *Algorithms for Minimization without
    /// Derivatives*, 1973, chapter 5 (`localmin`).
    #[default]
    Brent,
    /// Each evaluation shrinks the interval by (√5 − 1)/2: Kiefer, *Sequential minimax search for a maximum*, 1953.
    GoldenSection,
}

impl ScalarMethod {
    /// All of them.
    pub const ALL: [ScalarMethod; 2] = [ScalarMethod::Brent, ScalarMethod::GoldenSection];

    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            ScalarMethod::Brent => "brent",
            ScalarMethod::GoldenSection => "golden_section",
        }
    }
}

impl FromStr for ScalarMethod {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let name = text.trim();
        let found = Self::ALL.into_iter().find(|method| method.name() == name);
        found.ok_or_else(|| unknown_name("method in one dimension", name, &Self::ALL.map(Self::name)))
    }
}

impl fmt::Display for ScalarMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How exactly, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScalarOptions {
    /// How a minimum is found.
    pub method: ScalarMethod,
    /// A minimum is known to within 3(`rtol`·|x| + `atol`). Less than √ε of |x| cannot be told by values: 1.5·10⁻⁸ unless set. A root
    /// is always looked for to 4ε|x| + `atol`.
    pub rtol: f64,
    /// As `rtol`, whatever x: 10⁻¹² unless set.
    pub atol: f64,
    /// The most evaluations; 500 unless set.
    pub max_evaluations: u64,
}

impl Default for ScalarOptions {
    fn default() -> Self {
        let rtol = f64::EPSILON.sqrt();
        ScalarOptions { method: ScalarMethod::Brent, rtol, atol: 1e-12, max_evaluations: 500 }
    }
}

/// A minimum or a root that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScalarSolution {
    /// Where it is.
    pub x: f64,
    /// The function there; of a critical point, the derivative. NaN if it was finite nowhere.
    pub value: f64,
    /// The interval that it is in, as far as is known.
    pub interval: (f64, f64),
    /// [`ConvergedStep`](Status::ConvergedStep) if it is known as exactly as was asked for,
    /// [`MaxEvaluations`](Status::MaxEvaluations), or [`Diverged`](Status::Diverged) where the function is not a number.
    pub status: Status,
    /// Values asked for; with derivatives, pairs of value and derivative.
    pub evaluations: u64,
}

/// What says where to look, and is told what is there.
trait Probe {
    /// What is told.
    type Told;
    /// Where to look next; `None` when it is known exactly enough.
    fn next(&mut self) -> Option<f64>;
    /// `false` if there is no going on.
    fn tell(&mut self, told: Self::Told) -> bool;
    /// The best point so far, its value, and the interval.
    fn found(&self) -> (f64, f64, (f64, f64));
}

fn drive<P: Probe>(
    mut probe: P,
    options: &ScalarOptions,
    mut ask: impl FnMut(f64) -> Result<P::Told, SolveError>,
) -> Result<ScalarSolution, SolveError> {
    let mut evaluations = 0;
    let status = loop {
        let Some(x) = probe.next() else { break Status::ConvergedStep };
        if evaluations == options.max_evaluations {
            break Status::MaxEvaluations;
        }
        evaluations += 1;
        if !probe.tell(ask(x)?) {
            break Status::Diverged;
        }
    };
    let (x, value, interval) = probe.found();
    let status = if value.is_finite() { status } else { Status::Diverged };
    Ok(ScalarSolution { x, value, interval, status, evaluations })
}

fn check(low: f64, high: f64, options: &ScalarOptions) -> Result<(), SolveError> {
    if !(low < high && (high - low).is_finite()) {
        let problem = "is not a finite interval; write the lower end first";
        return Err(SolveError::Interval { variable: 0, low, high, problem });
    }
    within("rtol", options.rtol, "finite and at least 0", |v| v >= 0.0 && v.is_finite())?;
    within("atol", options.atol, "positive and finite", positive)?;
    within("max_evaluations", options.max_evaluations as f64, "at least 1", |n| n >= 1.0)
}

/// Looks for a minimum of a function of one variable between two numbers.
///
/// A local minimum is found, the only one if the function has but one there. Where it is lowest at an end, that end is approached.
///
/// ```
/// use thalweg_solve::{ScalarOptions, minimize_between};
///
/// let found = minimize_between(|x| (x - 2.0) * x * (x + 2.0).powi(2), 0.0, 4.0, &ScalarOptions::default())?;
/// assert!((found.x - (1.0 + 17.0_f64.sqrt()) / 4.0).abs() < 1e-7 && found.evaluations < 20);
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
///
/// # Errors
/// An interval that is empty or infinite, an option outside its range.
pub fn minimize_between(
    mut f: impl FnMut(f64) -> f64,
    low: f64,
    high: f64,
    options: &ScalarOptions,
) -> Result<ScalarSolution, SolveError> {
    minimum(|x| Ok(f(x)), low, high, options)
}

/// As [`minimize_between`], for an objective of one variable.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{ScalarOptions, Traced, minimize_objective_between};
///
/// let mut f = Traced::<f64>::new(Expression::parse("x*log(x)")?.program())?;
/// let found = minimize_objective_between(&mut f, 0.0, 4.0, &ScalarOptions::default())?;
/// assert!((found.x - (-1.0_f64).exp()).abs() < 1e-7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`minimize_between`]; an objective of several variables; what the objective reports.
pub fn minimize_objective_between<O: Objective<f64>>(
    objective: &mut O,
    low: f64,
    high: f64,
    options: &ScalarOptions,
) -> Result<ScalarSolution, SolveError> {
    check_one(objective)?;
    minimum(|x| objective.value(&[x]), low, high, options)
}

fn minimum(
    f: impl FnMut(f64) -> Result<f64, SolveError>,
    low: f64,
    high: f64,
    options: &ScalarOptions,
) -> Result<ScalarSolution, SolveError> {
    check(low, high, options)?;
    let first = golden_point((low, high));
    match options.method {
        ScalarMethod::Brent => drive(Brent::new((low, high), first, options), options, f),
        ScalarMethod::GoldenSection => drive(Golden::new((low, high), first, options), options, f),
    }
}

/// Looks for a root of a function between two numbers at which it has opposite signs: Brent, 1973, chapter 4 (`zero`).
///
/// ```
/// use thalweg_solve::{ScalarOptions, root_between};
///
/// let root = root_between(|x: f64| x.cos() - x, 0.0, 1.0, &ScalarOptions::default())?;
/// assert!((root.x - 0.739_085_133_215_160_6).abs() < 1e-11 && root.evaluations < 10);
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
///
/// # Errors
/// An interval that is empty or infinite, or at whose ends the function has the same sign; an option outside its range.
pub fn root_between(
    mut f: impl FnMut(f64) -> f64,
    low: f64,
    high: f64,
    options: &ScalarOptions,
) -> Result<ScalarSolution, SolveError> {
    check(low, high, options)?;
    let ends = (f(low), f(high));
    check_signs((low, high), ends)?;
    let mut root = drive(Zero::new((low, high), ends, options), options, |x| Ok(f(x)))?;
    root.evaluations += 2;
    Ok(root)
}

/// As [`root_between`] with the derivative beside the value: Newton's steps, halving the interval where they would leave it or shrink too
/// slowly.
///
/// ```
/// use thalweg_solve::{ScalarOptions, root_between_newton};
///
/// let root = root_between_newton(|x| (x * x - 2.0, 2.0 * x), 0.0, 2.0, &ScalarOptions::default())?;
/// assert!((root.x - 2.0_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
///
/// # Errors
/// As [`root_between`].
pub fn root_between_newton(
    mut f: impl FnMut(f64) -> (f64, f64),
    low: f64,
    high: f64,
    options: &ScalarOptions,
) -> Result<ScalarSolution, SolveError> {
    newton_root(|x| Ok(f(x)), low, high, options)
}

/// Looks for a point between two numbers where the derivative of an objective of one variable vanishes, by [`root_between_newton`] on its
/// gradient and Hessian: as exact as numbers are, where values alone give half the digits.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{ScalarOptions, Traced, critical_point_between};
///
/// let mut f = Traced::<f64>::new(Expression::parse("x*log(x)")?.program())?;
/// let found = critical_point_between(&mut f, 0.01, 4.0, &ScalarOptions::default())?;
/// assert!((found.x - (-1.0_f64).exp()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`root_between`], of the derivative; an objective of several variables or without a Hessian; what the objective reports.
pub fn critical_point_between<O: Objective<f64>>(
    objective: &mut O,
    low: f64,
    high: f64,
    options: &ScalarOptions,
) -> Result<ScalarSolution, SolveError> {
    check_one(objective)?;
    let ask = |x: f64| {
        let (mut slope, mut curvature) = ([0.0], [0.0]);
        objective.value_and_gradient(&[x], &mut slope)?;
        objective.hessian(&[x], &mut curvature)?;
        Ok((slope[0], curvature[0]))
    };
    newton_root(ask, low, high, options)
}

fn newton_root(
    mut f: impl FnMut(f64) -> Result<(f64, f64), SolveError>,
    low: f64,
    high: f64,
    options: &ScalarOptions,
) -> Result<ScalarSolution, SolveError> {
    check(low, high, options)?;
    let ends = (f(low)?.0, f(high)?.0);
    check_signs((low, high), ends)?;
    let mut root = drive(Newton::new((low, high), ends, options), options, f)?;
    root.evaluations += 2;
    Ok(root)
}

fn check_signs((low, high): (f64, f64), (at_low, at_high): (f64, f64)) -> Result<(), SolveError> {
    let opposite = at_low <= 0.0 && at_high >= 0.0 || at_low >= 0.0 && at_high <= 0.0;
    if opposite {
        return Ok(());
    }
    Err(SolveError::Option {
        name: "the interval",
        wanted: "one at whose ends the function has opposite signs",
        found: format!("{at_low} at {low} and {at_high} at {high}"),
    })
}

fn check_one<O: Objective<f64>>(objective: &O) -> Result<(), SolveError> {
    match objective.dim() {
        1 => Ok(()),
        expected => {
            Err(SolveError::Dimension { what: "a search in one dimension".to_owned(), found: 1, expected })
        }
    }
}

/// How close two numbers near x are to be for a root to be known.
fn root_tolerance(x: f64, atol: f64) -> f64 {
    2.0 * f64::EPSILON * x.abs() + 0.5 * atol
}
