//! A search and the function: trials along a direction, and what becomes of them.

use super::{Next, Running, Search, Trial};
use crate::objective::Oracle;
use crate::scalar::wide;
use crate::vector::{Measured, measure, place};
use crate::{Scalar, SolveError};

/// Differences of values below this many units in the last place are rounding.
pub(crate) const ULPS: f64 = 8.0;

/// Trials in a row whose values differ from the start's by rounding alone, before the search is given up.
const FLAT_TRIALS: u32 = 3;

/// How a search along a direction ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Walk {
    /// At another point.
    Arrived {
        /// The step.
        step: f64,
        /// max |gᵢ| there.
        largest: f64,
    },
    /// Nowhere: no trial was good enough. `flat`: because the values differ by rounding only.
    Stuck { flat: bool },
    /// The function has no lower bound, or left the numbers.
    Diverged,
}

/// Where a search starts.
pub(crate) struct From<'a, F> {
    pub(crate) x: &'a [F],
    /// The value, then the gradient.
    pub(crate) out: &'a [F],
    /// max |gᵢ|.
    pub(crate) largest: f64,
    pub(crate) direction: &'a [F],
    /// The gradient times the direction: negative.
    pub(crate) slope: f64,
    /// The value to come below.
    pub(crate) reference: f64,
}

/// The relative spacing of numbers.
pub(crate) fn epsilon<F: Scalar>() -> f64 {
    if size_of::<F>() == 4 { f32::EPSILON.into() } else { f64::EPSILON }
}

/// Where the points along a direction may be.
pub(crate) trait Room<F> {
    /// The longest step.
    fn longest(&self) -> f64;
    /// Brings a trial point back from where rounding has put it.
    fn settle(&self, step: f64, x: &mut [F]);
    /// What the gradient at a trial point says along the direction, and how much of it a descent has left.
    fn measure(&self, x: &[F], g: &[F], d: &[F]) -> Measured;
}

/// All of space.
struct Everywhere;

impl<F: Scalar> Room<F> for Everywhere {
    fn longest(&self) -> f64 {
        f64::INFINITY
    }

    #[inline]
    fn settle(&self, _: f64, _: &mut [F]) {}

    #[inline]
    fn measure(&self, _: &[F], g: &[F], d: &[F]) -> Measured {
        measure(g, d)
    }
}

/// Searches from a point along a direction, with `first` as the first step; where it arrives is in `x` and `out`.
#[inline]
pub(crate) fn walk<F: Scalar>(
    search: &Search,
    oracle: &mut impl Oracle<F>,
    from: &From<'_, F>,
    first: f64,
    x: &mut [F],
    out: &mut [F],
) -> Result<Walk, SolveError> {
    walk_within(search, oracle, from, first, &Everywhere, x, out)
}

/// The same where not every point may be tried.
pub(crate) fn walk_within<F: Scalar>(
    search: &Search,
    oracle: &mut impl Oracle<F>,
    from: &From<'_, F>,
    first: f64,
    room: &impl Room<F>,
    x: &mut [F],
    out: &mut [F],
) -> Result<Walk, SolveError> {
    let start = Trial { step: 0.0, value: wide(from.out[0]), slope: from.slope };
    let mut running = Running::begin(search, start, from.reference, first);
    running.limit(room.longest());
    let rounding = |value: f64| ULPS * epsilon::<F>() * start.value.abs().max(value.abs());
    let mut best: Option<Trial> = None;
    let (mut step, mut flat, mut last) = (first, 0, f64::NAN);
    for _ in 0..search.trials() {
        if !place(from.x, step, from.direction, x) {
            // The trial before is not in `x` any more.
            (flat, last) = (FLAT_TRIALS, f64::NAN);
            break;
        }
        room.settle(step, x);
        oracle.slope(x, out)?;
        last = step;
        let value = wide(out[0]);
        if value == f64::NEG_INFINITY {
            return Ok(Walk::Diverged);
        }
        let at = room.measure(x, &out[1..], from.direction);
        if !(value.is_finite() && at.slope.is_finite() && at.largest.is_finite()) {
            match running.too_long(step) {
                Next::Try(next) => step = next,
                _ if matches!(search, Search::Fixed(_)) => return Ok(Walk::Diverged),
                _ => break,
            }
            continue;
        }
        let trial = Trial { step, value, slope: at.slope };
        let arrived = Walk::Arrived { step, largest: at.largest };
        let next = running.tell(trial);
        if next == Next::Accept {
            return Ok(arrived);
        }
        if value < best.map_or(start.value, |best| best.value) {
            best = Some(trial);
        }
        if (value - start.value).abs() <= rounding(value) {
            // Values say nothing here, the gradient still does: the approximate Wolfe conditions.
            let curvature = search.curvature().unwrap_or(0.9);
            if at.slope.abs() <= curvature * start.slope.abs() && at.largest <= 0.5 * from.largest {
                return Ok(arrived);
            }
            flat += 1;
            if flat == FLAT_TRIALS {
                break;
            }
        }
        match next {
            Next::Try(next) => step = next,
            _ => break,
        }
    }
    let Some(best) = best.filter(|best| start.value - best.value > rounding(best.value)) else {
        return Ok(Walk::Stuck { flat: flat > 0 });
    };
    // Lower, if not as low as was asked for.
    if best.step != last {
        place(from.x, best.step, from.direction, x);
        room.settle(best.step, x);
        oracle.slope(x, out)?;
    }
    Ok(Walk::Arrived { step: best.step, largest: room.measure(x, &out[1..], from.direction).largest })
}
