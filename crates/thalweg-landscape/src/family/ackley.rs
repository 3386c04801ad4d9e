//! Ackley's function: a ripple on a funnel.
//!
//! f = −a exp(−b √mean xᵢ²) − exp(mean cos c xᵢ) + a + e with a = 20, b = 0.2, c = 2π. Box ±5 (the function is often given with
//! ±32.768, which shows only the funnel's plain). The lowest minimum is 0 at the origin, one of many. Start 2.5, −1.5, 2.5, ….
//!
//! The funnel ends in a cone: at the origin itself f has no derivative. What is returned there is 0, the middle of all slopes of
//! the cone, and not the NaN that the chain rule finds; an optimiser that reaches the minimum stays.
//!
//! Sources: Ackley, *A Connectionist Machine for Genetic Hillclimbing*, Kluwer (1987), two variables; Bäck, *Evolutionary
//! Algorithms in Theory and Practice*, Oxford (1996), any number.

use std::f64::consts::{E, TAU};

use thalweg_function::{Var, select};
use thalweg_spec::{Call, Options, SpecError};

use super::{alternating, around_zero, dimension, trace, zero_at};
use crate::catalogue::Entry;
use crate::landscape::{Known, Parts};
use crate::set::Set;

pub(crate) const ACKLEY: Entry = Entry {
    name: "ackley",
    signature: "ackley(dim=2)",
    formula: "20 (1 - exp(-0.2 sqrt(mean x_i^2))) + e - exp(mean cos(2 pi x_i))",
    summary: "A ripple on a funnel: many shallow minima around one deep and pointed one.",
    source: "Ackley, A Connectionist Machine for Genetic Hillclimbing, Kluwer (1987)",
    set: Set::Classic,
    build: ackley,
};

fn ackley(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["dim"])?;
    let dim = dimension(&options, 1)?;
    let (a, b, c) = (20.0, 0.2, TAU);
    let program = trace(dim, |x| {
        let mean = 1.0 / dim as f64;
        let square = mean * x.iter().map(|&x| x * x).sum::<Var>();
        let ripple = mean * x.iter().map(|&x| (c * x).cos() - 1.0).sum::<Var>();
        // a − a exp(…) and e − exp(1 + ripple), without the digits that these differences lose near the minimum.
        -a * (-b * root(square)).expm1() - E * ripple.expm1()
    });
    Ok(Parts {
        call: Call::new("ackley").with("dim", dim as f64),
        program,
        bounds: around_zero(5.0, dim),
        minima: zero_at(0.0, dim),
        start: alternating(2.5, -1.5, dim),
        known: Known::default(),
    })
}

/// √square, with derivatives 0 at 0. The root is taken of 1 there, since a choice made after an infinite derivative is too late.
fn root(square: Var) -> Var {
    let at_origin = square.equal(0.0);
    select(at_origin, 0.0, select(at_origin, 1.0, square).sqrt())
}
