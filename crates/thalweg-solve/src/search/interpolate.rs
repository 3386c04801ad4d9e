//! Minimisers of the polynomials through one or two trials.

use super::Trial;

/// The minimiser of the cubic that has the values and slopes of both trials; NaN where it has none.
pub(crate) fn cubic(a: Trial, b: Trial) -> f64 {
    let width = b.step - a.step;
    let theta = 3.0 * (a.value - b.value) / width + a.slope + b.slope;
    let scale = theta.abs().max(a.slope.abs()).max(b.slope.abs());
    let root = scale * ((theta / scale).powi(2) - a.slope / scale * (b.slope / scale)).sqrt();
    let gamma = if width < 0.0 { -root } else { root };
    let p = gamma - a.slope + theta;
    let q = 2.0 * gamma - a.slope + b.slope;
    a.step + p / q * width
}

/// The minimiser of the parabola with a's value and slope and b's value.
pub(crate) fn quadratic(a: Trial, b: Trial) -> f64 {
    let width = b.step - a.step;
    a.step + a.slope / ((a.value - b.value) / width + a.slope) / 2.0 * width
}

/// Where the straight line through the two slopes is zero.
pub(crate) fn secant(a: Trial, b: Trial) -> f64 {
    b.step + b.slope / (b.slope - a.slope) * (a.step - b.step)
}
