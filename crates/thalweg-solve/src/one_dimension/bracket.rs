//! [`bracket_minimum`]: an interval that has a minimum inside.

use crate::SolveError;

/// Three points, the value at the middle one no higher than at the others: there is a minimum between the outer ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// The lower end.
    pub low: f64,
    /// A point between them.
    pub middle: f64,
    /// The upper end.
    pub high: f64,
    /// The function at the middle.
    pub value: f64,
    /// Values asked for.
    pub evaluations: u64,
}

/// How much longer each step is than the one before: (1 + √5)/2.
const GROWTH: f64 = 1.618_033_988_749_895;

/// Goes downhill from two points, each step longer than the last, until the function rises again.
///
/// ```
/// use thalweg_solve::{ScalarOptions, bracket_minimum, minimize_between};
///
/// let f = |x: f64| (x - 50.0).powi(2);
/// let bracket = bracket_minimum(f, 0.0, 1.0, 100)?;
/// assert!(bracket.low < 50.0 && 50.0 < bracket.high);
/// let found = minimize_between(f, bracket.low, bracket.high, &ScalarOptions::default())?;
/// assert!((found.x - 50.0).abs() < 1e-6);
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
///
/// # Errors
/// Two points that are the same or not finite; a function that still falls after `max_evaluations` values, or that is no number there.
pub fn bracket_minimum(
    mut f: impl FnMut(f64) -> f64,
    a: f64,
    b: f64,
    max_evaluations: u64,
) -> Result<Bracket, SolveError> {
    if a == b || !(b - a).is_finite() {
        let found = format!("{a} and {b}");
        return Err(SolveError::Option { name: "the points", wanted: "two different finite numbers", found });
    }
    let (mut behind, mut here) = ((a, f(a)), (b, f(b)));
    if here.1 > behind.1 || here.1.is_nan() {
        (behind, here) = (here, behind);
    }
    let mut evaluations = 2;
    let mut step = here.0 - behind.0;
    while evaluations < max_evaluations {
        step *= GROWTH;
        let ahead = (here.0 + step, f(here.0 + step));
        evaluations += 1;
        if !ahead.0.is_finite() || ahead.1.is_nan() {
            break;
        }
        if ahead.1 >= here.1 {
            let (low, high) = (behind.0.min(ahead.0), behind.0.max(ahead.0));
            return Ok(Bracket { low, middle: here.0, high, value: here.1, evaluations });
        }
        (behind, here) = (here, ahead);
    }
    Err(SolveError::Option {
        name: "the function",
        wanted: "one that rises again downhill from the points; give an interval, or other points",
        found: format!("{} at {} after {evaluations} values", here.1, here.0),
    })
}
