//! Sums of squares over a part of the parameters.

use crate::Real;
use crate::pass::{Columns, Isa, sums_of};

/// For each of the problems side by side, as many as `out` is long, `Σ (uⱼ² + added)`.
pub(super) fn sums_of_squares<F: Real>(isa: Isa, part: &[F], added: f64, out: &mut [f64]) {
    let lanes = out.len();
    for (lane, out) in out.iter_mut().enumerate() {
        let own = Columns { vectors: [part.get(lane..).unwrap_or_default(); 3], lanes };
        [*out] = sums_of(isa, own, 0..part.len() / lanes, |u, _, _| u * u + added);
    }
}
