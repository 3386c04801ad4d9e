//! Ways from one value to another.

use std::f64::consts::PI;

use crate::hyper::choices;

choices! {
    /// How a schedule goes from one value to another; with `p` from 0 to 1, what remains of the first value:
    ///
    /// ```text
    /// linear   1 − p
    /// cosine   (1 + cos(π · p)) / 2
    /// sqrt     1 − √p
    /// square   1 − p²
    /// ```
    pub enum Shape {
        /// A straight line.
        Linear = "linear",
        /// Half a cosine wave: slow, fast, slow.
        Cosine = "cosine",
        /// Fast at first, then slow.
        Sqrt = "sqrt",
        /// Slow at first, then fast.
        Square = "square",
    }
}

impl Shape {
    /// The value after a part of the way, 0 to 1.
    pub(super) fn between(self, from: f64, to: f64, way: f64) -> f64 {
        match self {
            Shape::Linear => line(from, to, way),
            Shape::Cosine => mix(from, to, cosine(way)),
            Shape::Sqrt => mix(from, to, 1.0 - way.sqrt()),
            Shape::Square => mix(from, to, 1.0 - way * way),
        }
    }
}

/// Half a cosine wave from 1 to 0.
pub(super) fn cosine(way: f64) -> f64 {
    0.5 * (1.0 + (PI * way).cos())
}

/// How much of a way of so many steps has been gone, at most 1.
pub(super) fn part(step: u64, steps: u64) -> f64 {
    if step < steps { step as f64 / steps as f64 } else { 1.0 }
}

/// The value after a part of a straight way, 0 to 1.
pub(super) fn line(from: f64, to: f64, way: f64) -> f64 {
    within(from, to, from * (1.0 - way) + to * way)
}

/// The value where this much is left of the first, 1 to 0.
pub(super) fn mix(from: f64, to: f64, left: f64) -> f64 {
    within(from, to, from * left + to * (1.0 - left))
}

/// Rounding does not lead beyond the ends, not even to infinity.
fn within(a: f64, b: f64, value: f64) -> f64 {
    value.max(a.min(b)).min(a.max(b))
}
