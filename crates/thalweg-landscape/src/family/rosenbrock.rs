//! Rosenbrock's curved valley.
//!
//! In two dimensions f = 100 (x₂ − x₁²)² + (1 − x₁)². In more, either chained, over i = 1 … n − 1,
//!
//! f = Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²,
//!
//! or `even`: the same terms over odd i only, so that pairs of variables do not meet. Box ±2.048. The minimum is 0 at
//! (1, …, 1); the chained form has a second, worse one near (−1, 1, …, 1) from four variables on, which is not listed (Shang
//! and Qiu, Evolutionary Computation 14, 2006). Start −1.2, 1, −1.2, 1, ….
//!
//! Sources: Rosenbrock, The Computer Journal 3 (1960), 175–184; De Jong 1975, F2 (the box); Moré, Garbow and Hillstrom, ACM TOMS 7
//! (1981), problem 21 (the even form).

use thalweg_spec::{Call, Options, SpecError, Value};

use super::{alternating, around_zero, dimension, trace, zero_at};
use crate::catalogue::Entry;
use crate::landscape::{Known, Parts};
use crate::set::Set;
use crate::squares::trace_all;

pub(crate) const ROSENBROCK: Entry = Entry {
    name: "rosenbrock",
    signature: "rosenbrock(dim=2, variant=chained)",
    formula: "sum 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, over all i (chained) or odd i (variant=even)",
    summary: "The curved valley: easy to enter, slow to follow.",
    source: "Rosenbrock, The Computer Journal 3 (1960), 175-184",
    set: Set::Classic,
    build: rosenbrock,
};

fn rosenbrock(call: &Call) -> Result<Parts, SpecError> {
    let options = Options::of(call, "function", &["dim", "variant"])?;
    let dim = dimension(&options, 2)?;
    let even = options.choice("variant", &["chained", "even"])? == Some("even");
    if even && dim % 2 == 1 {
        return Err(options.error("dim", format!("must be even for variant=even, found {dim}")));
    }
    let mut call = Call::new("rosenbrock").with("dim", dim as f64);
    if even {
        call = call.with("variant", Value::Call(Call::new("even")));
    }
    let step = if even { 2 } else { 1 };
    let program = trace(dim, |x| {
        let pairs = x.windows(2).step_by(step);
        pairs.map(|x| 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0) + (1.0 - x[0]).pow(2.0)).sum()
    });
    let residuals = trace_all(dim, |x| {
        let pairs = x.windows(2).step_by(step);
        pairs.flat_map(|x| [10.0 * (x[1] - x[0].pow(2.0)), 1.0 - x[0]]).collect::<Vec<_>>()
    });
    Ok(Parts {
        call,
        program,
        bounds: around_zero(2.048, dim),
        minima: zero_at(1.0, dim),
        start: alternating(-1.2, 1.0, dim),
        known: Known { residuals: Some(residuals), ..Known::default() },
    })
}
