//! Polynomials in two variables: Beale's and Himmelblau's functions.
//!
//! | | formula | box | minima | start |
//! |---|---|---|---|---|
//! | `beale` | (1.5 − x₁ + x₁x₂)² + (2.25 − x₁ + x₁x₂²)² + (2.625 − x₁ + x₁x₂³)² | ±4.5 | 0 at (3, 0.5) | (1, 1) |
//! | `himmelblau` | (x₁² + x₂ − 11)² + (x₁ + x₂² − 7)² | ±5 | 0 at four points | (0, 0) |
//!
//! Sources: Beale, *On an iterative method for finding a local minimum of a function of more than one variable*, Princeton
//! (1958), with the start of Moré, Garbow and Hillstrom, ACM TOMS 7 (1981), problem 5; Himmelblau, *Applied Nonlinear
//! Programming*, McGraw-Hill (1972).

use thalweg_spec::{Call, SpecError};

use super::{around_zero, trace, without_options};
use crate::catalogue::Entry;
use crate::landscape::{Known, Minimum, Parts};
use crate::set::Set;
use crate::squares::sum_of_squares;

pub(crate) const BEALE: Entry = Entry {
    name: "beale",
    signature: "beale",
    formula: "(1.5 - x1 + x1 x2)^2 + (2.25 - x1 + x1 x2^2)^2 + (2.625 - x1 + x1 x2^3)^2",
    summary: "A flat valley between steep corners.",
    source: "Beale, On an iterative method for finding a local minimum, Princeton (1958)",
    set: Set::Classic,
    build: beale,
};

pub(crate) const HIMMELBLAU: Entry = Entry {
    name: "himmelblau",
    signature: "himmelblau",
    formula: "(x1^2 + x2 - 11)^2 + (x1 + x2^2 - 7)^2",
    summary: "Four minima of the same depth: where a run ends depends on where it starts.",
    source: "Himmelblau, Applied Nonlinear Programming, McGraw-Hill (1972)",
    set: Set::Classic,
    build: himmelblau,
};

/// Where both squares of Himmelblau's function vanish, rounded from 40 digits.
const HIMMELBLAU_MINIMA: [[f64; 2]; 4] = [
    [3.0, 2.0],
    [-2.805118086952745, 3.131312518250573],
    [-3.779310253377747, -3.2831859912861696],
    [3.5844283403304917, -1.8481265269644036],
];

fn beale(call: &Call) -> Result<Parts, SpecError> {
    let (program, residuals) = sum_of_squares(2, |x| {
        let term = |(constant, power): (f64, f64)| constant - x[0] + x[0] * x[1].pow(power);
        [(1.5, 1.0), (2.25, 2.0), (2.625, 3.0)].into_iter().map(term).collect()
    });
    Ok(Parts {
        call: without_options(call)?,
        program,
        bounds: around_zero(4.5, 2),
        minima: vec![Minimum { x: vec![3.0, 0.5], value: 0.0 }],
        start: vec![1.0, 1.0],
        known: Known { residuals: Some(residuals), ..Known::default() },
    })
}

fn himmelblau(call: &Call) -> Result<Parts, SpecError> {
    Ok(Parts {
        call: without_options(call)?,
        program: trace(2, |x| (x[0].pow(2.0) + x[1] - 11.0).pow(2.0) + (x[0] + x[1].pow(2.0) - 7.0).pow(2.0)),
        bounds: around_zero(5.0, 2),
        minima: HIMMELBLAU_MINIMA.iter().map(|x| Minimum { x: x.to_vec(), value: 0.0 }).collect(),
        start: vec![0.0, 0.0],
        known: Known::default(),
    })
}
