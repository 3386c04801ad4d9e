//! Bowls and a saddle: the fixed quadratics of textbooks.
//!
//! | | formula | box | minimum | source |
//! |---|---|---|---|---|
//! | `sphere(dim=2)` | Σ xᵢ² | ±5.12 | 0 at 0 | De Jong 1975, function F1 |
//! | `ellipse` | 0.1 x₁² + 2 x₂² | ±5.5, ±3 | 0 at 0 | Zhang et al. 2023, chapter 12 |
//! | `saddle` | x₁² − x₂² | ±2 | none | folklore |

use thalweg_spec::{Call, Options, SpecError};

use super::{alternating, around_zero, dimension, trace, without_options, zero_at};
use crate::catalogue::Entry;
use crate::landscape::{Known, Parts};
use crate::set::Set;

pub(crate) const SPHERE: Entry = Entry {
    name: "sphere",
    signature: "sphere(dim=2)",
    formula: "sum x_i^2",
    summary: "The round bowl: every direction is alike.",
    source: "De Jong, An Analysis of the Behavior of a Class of Genetic Adaptive Systems (1975), F1",
    set: Set::Classic,
    build: sphere,
};

pub(crate) const ELLIPSE: Entry = Entry {
    name: "ellipse",
    signature: "ellipse",
    formula: "0.1 x1^2 + 2 x2^2",
    summary: "A bowl twenty times steeper in one direction than in the other.",
    source: "Zhang, Lipton, Li, Smola, Dive into Deep Learning (2023), chapter 12",
    set: Set::Classic,
    build: ellipse,
};

pub(crate) const SADDLE: Entry = Entry {
    name: "saddle",
    signature: "saddle",
    formula: "x1^2 - x2^2",
    summary: "The simplest saddle point, at the origin; unbounded below.",
    source: "folklore",
    set: Set::Classic,
    build: saddle,
};

fn sphere(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["dim"])?;
    let dim = dimension(&options, 1)?;
    Ok(Parts {
        call: Call::new("sphere").with("dim", dim as f64),
        program: trace(dim, |x| x.iter().map(|&x| x * x).sum()),
        bounds: around_zero(5.12, dim),
        minima: zero_at(0.0, dim),
        start: alternating(4.0, -3.0, dim),
        known: Known::default(),
    })
}

fn ellipse(call: &Call) -> Result<Parts, SpecError> {
    Ok(Parts {
        call: without_options(call)?,
        program: trace(2, |x| 0.1 * x[0] * x[0] + 2.0 * x[1] * x[1]),
        bounds: vec![(-5.5, 5.5), (-3.0, 3.0)],
        minima: zero_at(0.0, 2),
        start: vec![-5.0, -2.0],
        known: Known::default(),
    })
}

fn saddle(call: &Call) -> Result<Parts, SpecError> {
    Ok(Parts {
        call: without_options(call)?,
        program: trace(2, |x| x[0] * x[0] - x[1] * x[1]),
        bounds: around_zero(2.0, 2),
        minima: Vec::new(),
        // Exactly on the ridge x2 = 0 a descent would run into the saddle point and stay.
        start: vec![-1.5, 0.01],
        known: Known::default(),
    })
}
