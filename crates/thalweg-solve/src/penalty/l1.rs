//! The sum of absolute values.

use crate::Scalar;
use crate::scalar::{narrow, wide};
use crate::vector::pass;

/// Σ|xᵢ|.
pub(super) fn value<F: Scalar>(x: &[F]) -> f64 {
    let [sum] = pass::<F, 0, 1>(0..x.len(), [], &|range, []| [x[range].iter().map(|&x| wide(x).abs()).sum()]);
    sum
}

/// `x ← sign(x)·max(|x| − by, 0)`. What is not finite stays so.
pub(super) fn shrink<F: Scalar>(by: f64, x: &mut [F]) {
    let [] = pass(0..x.len(), [x], &|_, [x]| {
        for x in x {
            let v = wide(*x);
            let left = v.abs() - by;
            *x = narrow(if left <= 0.0 { 0.0 } else { left.copysign(v) });
        }
        []
    });
}
