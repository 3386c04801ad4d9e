//! The landscapes themselves, a file per family.
//!
//! Each file has a [`Entry`](crate::Entry) constant for every landscape, and the function that builds it from its options.
//! What never lives here: derivatives. `thalweg-function` has them all.

pub(crate) mod ackley;
pub(crate) mod bowl;
pub(crate) mod polynomial;
pub(crate) mod quadratic;
pub(crate) mod rastrigin;
pub(crate) mod rosenbrock;
pub(crate) mod wells;

use thalweg_function::{Program, Var};
use thalweg_spec::{Call, Options, SpecError};

use crate::landscape::Minimum;
use crate::squares::trace_all;

/// Beyond this, a function of single numbers is the wrong representation.
const MAX_DIM: u64 = 100_000;

/// The function as a program.
fn trace(dim: usize, function: impl FnOnce(&[Var]) -> Var) -> Program {
    trace_all(dim, function)
}

/// The option `dim`, 2 unless given.
fn dimension(options: &Options, lowest: u64) -> Result<usize, SpecError> {
    Ok(options.whole("dim", lowest, MAX_DIM)?.unwrap_or(2) as usize)
}

/// A call that takes no options.
fn without_options(call: &Call) -> Result<Call, SpecError> {
    Options::of(call, "function", &[])?;
    Ok(Call::new(&call.name))
}

/// A box that reaches as far in both directions.
fn around_zero(half_width: f64, dim: usize) -> Vec<(f64, f64)> {
    vec![(-half_width, half_width); dim]
}

/// The only known minimum, of value 0, with all coordinates alike.
fn zero_at(coordinate: f64, dim: usize) -> Vec<Minimum> {
    vec![Minimum { x: vec![coordinate; dim], value: 0.0 }]
}

/// `even, odd, even, …`: the pattern of customary starts in any dimension.
fn alternating(even: f64, odd: f64, dim: usize) -> Vec<f64> {
    (0..dim).map(|i| if i % 2 == 0 { even } else { odd }).collect()
}
