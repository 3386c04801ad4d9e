//! Tracing sums of squares, and the box around what is known of a problem.

use thalweg_function::{Outputs, Program, Var};

use crate::landscape::Minimum;

/// What the closure computes of `dim` variables, as a program.
pub(crate) fn trace_all<R: Outputs>(dim: usize, function: impl FnOnce(&[Var]) -> R) -> Program {
    thalweg_function::trace(dim, function).expect("the closures here use their own variables only")
}

/// The sum of the squares of the residuals, and the residuals themselves.
pub(crate) fn sum_of_squares(dim: usize, residuals: impl FnOnce(&[Var]) -> Vec<Var>) -> (Program, Program) {
    let residuals = trace_all(dim, residuals);
    let sum = |x: &[Var]| residuals.call(x).into_iter().map(|r| r.pow(2.0)).sum::<Var>();
    (trace_all(dim, sum), residuals)
}

/// A box with the start and all minima well inside: half their extent wider on each side, and at least half the largest
/// coordinate, or ½.
pub(crate) fn around(start: &[f64], minima: &[Minimum]) -> Vec<(f64, f64)> {
    let side = |(i, &start): (usize, &f64)| {
        let coordinates = minima.iter().map(|minimum| minimum.x[i]);
        let (low, high) = coordinates.fold((start, start), |(low, high), x| (low.min(x), high.max(x)));
        let size = low.abs().max(high.abs());
        let margin = 0.5 * (high - low).max(if size > 0.0 { size } else { 1.0 });
        (low - margin, high + margin)
    };
    start.iter().enumerate().map(side).collect()
}
