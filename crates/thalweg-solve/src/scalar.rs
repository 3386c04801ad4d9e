//! The numbers a minimiser works on: `f64` or `f32`.

use thalweg_function::Float;
use thalweg_rule::{Arithmetic, Real};

/// `f32` or `f64`: what programs run on and rules step on.
pub trait Scalar: Float + Real {}

impl<T: Float + Real> Scalar for T {}

/// Rounds to the working precision.
#[inline(always)]
pub(crate) fn narrow<F: Scalar>(number: f64) -> F {
    Float::from_f64(number)
}

/// Widens exactly.
#[inline(always)]
pub(crate) fn wide<F: Scalar>(number: F) -> f64 {
    Real::to_f64(number)
}

#[inline(always)]
pub(crate) fn abs<F: Scalar>(number: F) -> F {
    Arithmetic::abs(number)
}

#[inline(always)]
pub(crate) fn is_finite<F: Scalar>(number: F) -> bool {
    number * F::default() == F::default()
}

/// Whether every number is finite. Written so that the compiler uses whole registers: `0·v` is 0 or NaN.
#[inline]
pub(crate) fn all_finite<F: Scalar>(numbers: &[F]) -> bool {
    let zero = F::default();
    let mut sums = [zero; 8];
    let (groups, rest) = numbers.as_chunks::<8>();
    for group in groups {
        for (sum, &v) in sums.iter_mut().zip(group) {
            *sum = *sum + v * zero;
        }
    }
    let sum = rest.iter().fold(zero, |sum, &v| sum + v * zero);
    if groups.is_empty() {
        return sum == zero;
    }
    sums.iter().fold(sum, |sum, &v| sum + v) == zero
}

/// Copies a slice; a handful of numbers without the call that a longer copy is worth.
#[inline(always)]
pub(crate) fn copy<F: Scalar>(to: &mut [F], from: &[F]) {
    match (to, from) {
        ([a], [x]) => *a = *x,
        ([a, b], [x, y]) => (*a, *b) = (*x, *y),
        ([a, b, c], [x, y, z]) => (*a, *b, *c) = (*x, *y, *z),
        (to, from) => to.copy_from_slice(from),
    }
}

/// The Euclidean norm of numbers `lanes` apart, starting at `lane`; scaled where squares would overflow or vanish.
pub(crate) fn norm<F: Scalar>(rows: &[F], lanes: usize, lane: usize) -> F {
    let component = || rows.iter().skip(lane).step_by(lanes).map(|&v| wide(v));
    let sum: f64 = component().map(|v| v * v).sum();
    if sum.is_normal() || sum.is_nan() {
        return narrow(sum.sqrt());
    }
    let largest = component().fold(0.0_f64, |m, v| m.max(v.abs()));
    if largest == 0.0 || largest.is_infinite() {
        return narrow(largest);
    }
    let sum: f64 = component().map(|v| (v / largest).powi(2)).sum();
    narrow(largest * sum.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_infinity_or_nan_anywhere_is_found() {
        for n in [1, 7, 8, 9, 31] {
            let mut numbers = vec![1e308_f64; n];
            assert!(all_finite(&numbers));
            for i in 0..n {
                for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    numbers[i] = bad;
                    assert!(!all_finite(&numbers), "{bad} at {i} of {n}");
                }
                numbers[i] = -0.0;
            }
        }
    }

    #[test]
    fn norms_neither_overflow_nor_vanish() {
        for scale in [1e200, 1e-200] {
            assert!((norm(&[3.0 * scale, 4.0 * scale], 1, 0) / scale - 5.0_f64).abs() < 1e-14);
        }
        assert_eq!(norm(&[9.0, 3.0, 9.0, 4.0], 2, 1), 5.0);
        assert_eq!(norm(&[0.0_f32, 0.0], 1, 0), 0.0);
        assert!(norm(&[f64::NAN, 0.0], 1, 0).is_nan());
    }
}
