//! The sum of the norms of groups.

use crate::Scalar;
use crate::scalar::{narrow, wide};
use crate::vector::norm;

/// Σ‖x_G‖ over groups of neighbours.
pub(super) fn value<F: Scalar>(x: &[F], size: usize) -> f64 {
    x.chunks_exact(size).map(norm).sum()
}

/// `x_G ← x_G·max(1 − by/‖x_G‖, 0)`.
pub(super) fn shrink<F: Scalar>(by: f64, x: &mut [F], size: usize) {
    for group in x.chunks_exact_mut(size) {
        let length = norm(group);
        let factor = if length <= by { 0.0 } else { 1.0 - by / length };
        for x in group {
            *x = narrow(factor * wide(*x));
        }
    }
}
