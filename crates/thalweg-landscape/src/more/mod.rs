//! The unconstrained problems of Moré, Garbow and Hillstrom: sums of squares, small ones by their number of variables, the others
//! by what they are.
//!
//! Source of the formulas, starts and values of minima: Moré, Garbow and Hillstrom, *Testing unconstrained optimization software*,
//! ACM TOMS 7 (1981), 17–41; the numbers are its. Minimisers that it does not print were computed by Newton's method from
//! the exact derivatives. Numbers 1 and 21 (`rosenbrock`) and 5 (`beale`) are among the classic landscapes.

pub(crate) mod banded;
pub(crate) mod fits;
pub(crate) mod four;
pub(crate) mod gulf;
pub(crate) mod linear;
pub(crate) mod many;
pub(crate) mod penalty;
pub(crate) mod three;
pub(crate) mod two;

use thalweg_function::Var;
use thalweg_spec::{Call, Options, SpecError};

use crate::landscape::{Known, Minimum, Parts};
use crate::squares::{around, sum_of_squares};

/// A minimum: the value, and where.
type At<'a> = (f64, &'a [f64]);

/// A problem of fixed size.
fn fixed<const N: usize>(
    call: &Call,
    start: [f64; N],
    minima: &[At],
    residuals: impl FnOnce(&[Var; N]) -> Vec<Var>,
) -> Result<Parts, SpecError> {
    Options::of(call, "function", &[])?;
    let of_array =
        |x: &[Var]| residuals(x.try_into().expect("as many variables as coordinates of the start"));
    Ok(squares(Call::new(&call.name), start.to_vec(), minima, of_array))
}

/// A problem of any size that is one from `lowest` to `highest`, `default` unless given.
fn sized(
    call: &Call,
    (lowest, default, highest): (u64, u64, u64),
    build: impl FnOnce(Call, usize) -> Parts,
) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["dim"])?;
    let dim = options.whole("dim", lowest, highest)?.unwrap_or(default);
    Ok(build(Call::new(&call.name).with("dim", dim as f64), dim as usize))
}

/// A sum of squares. Of the minima those count that have the start's dimension.
fn squares(call: Call, start: Vec<f64>, minima: &[At], residuals: impl FnOnce(&[Var]) -> Vec<Var>) -> Parts {
    let dim = start.len();
    let minima: Vec<_> = minima
        .iter()
        .filter(|(_, x)| x.len() == dim)
        .map(|&(value, x)| Minimum { x: x.to_vec(), value })
        .collect();
    let (program, residuals) = sum_of_squares(dim, residuals);
    let bounds = around(&start, &minima);
    let known = Known { residuals: Some(residuals), ..Known::default() };
    Parts { call, program, bounds, minima, start, known }
}

/// 1, 2, …, n as numbers.
fn count(n: usize) -> impl DoubleEndedIterator<Item = f64> {
    (1..=n).map(|i| i as f64)
}
