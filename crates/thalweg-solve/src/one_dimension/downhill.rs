//! [`Downhill`]: a minimum by Newton's steps on the derivative, which never go up.

use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::search::line::ULPS;

/// How many times as long as the last one a step may be, before there is a point ahead from which the function comes down again.
const GROWTH: f64 = 10.0;

/// The best point known, and one ahead of it, downhill, before which there is a minimum.
///
/// Before such a point is known Newton's steps are not much longer than the last one; where the curvature is negative each is twice as long. A
/// point that is higher, or no number, lies beyond a minimum; one that is lower, but from where it goes down the other way, has it behind
/// itself. Then steps are as those of [`Newton`](super::newton::Newton): half of what is left where Newton's would leave it, or shrink too
/// slowly.
pub(super) struct Downhill {
    /// The relative spacing of numbers.
    epsilon: f64,
    rtol: f64,
    atol: f64,
    x: f64,
    value: f64,
    slope: f64,
    curvature: f64,
    /// The other end.
    ahead: f64,
    /// Whether there is a minimum before it: it may be the edge of where x may be, or infinitely far.
    closed: bool,
    /// The lengths of the last step and the one before it.
    last: f64,
    before: f64,
    done: bool,
}

/// What is known of the function at a point.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub(super) value: f64,
    pub(super) slope: f64,
    pub(super) curvature: f64,
}

impl Downhill {
    /// From a point between two edges, which may be infinitely far.
    pub(super) fn new(x: f64, at: Told, edges: (f64, f64), epsilon: f64, (rtol, atol): (f64, f64)) -> Self {
        let Told { value, slope, curvature } = at;
        let length = if x == 0.0 { 1.0 } else { x.abs() };
        let ahead = if slope < 0.0 { edges.1 } else { edges.0 };
        let (last, before) = (0.5 * length, length);
        let (closed, done) = (false, false);
        Downhill { epsilon, rtol, atol, x, value, slope, curvature, ahead, closed, last, before, done }
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        let Downhill { x, value, slope, curvature, ahead, last, before, .. } = self;
        let mut numbers = [*x, *value, *slope, *curvature, *ahead, *last, *before];
        keeper.numbers("downhill", &mut numbers);
        [*x, *value, *slope, *curvature, *ahead, *last, *before] = numbers;
        keeper.flag("closed", &mut self.closed);
        keeper.flag("done", &mut self.done);
    }

    /// Where to look next; `None` when the minimum is known exactly enough, or is the edge.
    pub(super) fn next(&mut self) -> Option<f64> {
        let room = self.ahead - self.x;
        if self.done || self.slope == 0.0 || room == 0.0 {
            return None;
        }
        let tolerance = self.rtol.max(2.0 * self.epsilon) * self.x.abs() + 0.5 * self.atol;
        let newton = if self.curvature > 0.0 { (self.slope / self.curvature).abs() } else { f64::INFINITY };
        let small = newton <= tolerance;
        let length = if !self.closed {
            let wanted = if self.curvature > 0.0 { newton } else { 2.0 * self.last };
            wanted.min(GROWTH * self.last).min(room.abs())
        } else if newton < room.abs() && (small || 2.0 * newton < self.before) {
            newton
        } else if small || 0.5 * room.abs() <= tolerance {
            return None;
        } else {
            0.5 * room.abs()
        };
        // A Newton step that small ends at the minimum, as far as numbers go.
        self.done = small && length == newton;
        (self.before, self.last) = (self.last, length);
        let to = if length == room.abs() { self.ahead } else { self.x + length.copysign(room) };
        (to != self.x).then_some(to)
    }

    /// Whether it is no higher there, beyond rounding, so that it is where to go on from.
    pub(super) fn is_lower(&self, value: f64) -> bool {
        value <= self.value + ULPS * self.epsilon * self.value.abs()
    }

    /// Takes a point that is no lower.
    pub(super) fn block(&mut self, at: f64) {
        (self.ahead, self.closed) = (at, true);
    }

    /// Goes on from a point that is.
    pub(super) fn advance(&mut self, at: f64, told: Told) {
        let before = std::mem::replace(&mut self.x, at);
        let turned = (told.slope < 0.0) != (self.slope < 0.0);
        (self.value, self.slope, self.curvature) = (told.value, told.slope, told.curvature);
        if turned {
            (self.ahead, self.closed) = (before, true);
        }
    }
}
