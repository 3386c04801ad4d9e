//! Rastrigin's function: a bowl full of pits.
//!
//! f = 10 n + Σ xᵢ² − 10 cos 2πxᵢ. Box ±5.12. The lowest minimum is 0 at the origin; near every other point of whole numbers
//! lies a local one, not listed. Start 2.5, −1.5, 2.5, −1.5, ….
//!
//! Sources: Rastrigin, *Systems of Extremal Control*, Nauka (1974), two variables; Mühlenbein, Schomisch and Born, Parallel
//! Computing 17 (1991), any number.

use std::f64::consts::TAU;

use thalweg_spec::{Call, Options, SpecError};

use super::{alternating, around_zero, dimension, trace, zero_at};
use crate::catalogue::Entry;
use crate::landscape::{Known, Parts};
use crate::set::Set;

pub(crate) const RASTRIGIN: Entry = Entry {
    name: "rastrigin",
    signature: "rastrigin(dim=2)",
    formula: "sum x_i^2 + 10 (1 - cos(2 pi x_i))",
    summary: "A bowl full of pits: a local minimum near every point of whole numbers.",
    source: "Rastrigin, Systems of Extremal Control, Nauka (1974)",
    set: Set::Classic,
    build: rastrigin,
};

fn rastrigin(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["dim"])?;
    let dim = dimension(&options, 1)?;
    Ok(Parts {
        call: Call::new("rastrigin").with("dim", dim as f64),
        // The constant 10 n is spread over the terms: each is then 0 at 0, without cancellation in the sum.
        program: trace(dim, |x| x.iter().map(|&x| x * x + 10.0 * (1.0 - (TAU * x).cos())).sum()),
        bounds: around_zero(5.12, dim),
        minima: zero_at(0.0, dim),
        start: alternating(2.5, -1.5, dim),
        known: Known::default(),
    })
}
