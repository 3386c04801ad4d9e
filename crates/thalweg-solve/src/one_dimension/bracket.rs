//! [`bracket_minimum`]: an interval that has a minimum inside.

use crate::checkpoint::Keeper;
use crate::{Scalar, SolveError};

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

/// Goes downhill, each step longer than the last, until the function rises or an end is met.
pub(super) struct Bracketing {
    behind: f64,
    here: f64,
    value: f64,
    step: f64,
    /// No point is beyond.
    end: f64,
    ahead: Option<f64>,
}

impl Bracketing {
    /// From a point, where the value is known, by a first step towards an end.
    pub(super) fn new(behind: f64, (here, value): (f64, f64), step: f64, end: f64) -> Self {
        Bracketing { behind, here, value, step, end, ahead: None }
    }

    /// Where to look next.
    pub(super) fn next(&self) -> f64 {
        let to = self.here + self.step;
        if (to < self.end) == (self.step > 0.0) { to } else { self.end }
    }

    /// Whether it is lower there.
    pub(super) fn tell(&mut self, at: f64, value: f64) -> bool {
        let lower = value < self.value;
        if lower {
            self.behind = self.here;
            (self.here, self.value) = (at, value);
            self.step *= GROWTH;
        }
        if !lower || at == self.end {
            self.ahead = Some(at);
        }
        lower
    }

    /// The interval, once it is known.
    pub(super) fn interval(&self) -> Option<(f64, f64)> {
        self.ahead.map(|ahead| (self.behind.min(ahead), self.behind.max(ahead)))
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        let mut numbers = [self.behind, self.here, self.value, self.step, self.end];
        keeper.numbers("bracketing", &mut numbers);
        [self.behind, self.here, self.value, self.step, self.end] = numbers;
        keeper.maybe("ahead", &mut self.ahead);
    }
}

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
    let first = GROWTH * (here.0 - behind.0);
    let mut search = Bracketing::new(behind.0, here, first, first * f64::INFINITY);
    let mut evaluations = 2;
    while evaluations < max_evaluations {
        let at = search.next();
        let value = f(at);
        evaluations += 1;
        if !at.is_finite() || value.is_nan() {
            break;
        }
        search.tell(at, value);
        if let Some((low, high)) = search.interval() {
            return Ok(Bracket { low, middle: search.here, high, value: search.value, evaluations });
        }
    }
    let here = (search.here, search.value);
    Err(SolveError::Option {
        name: "the function",
        wanted: "one that rises again downhill from the points; give an interval, or other points",
        found: format!("{} at {} after {evaluations} values", here.1, here.0),
    })
}
