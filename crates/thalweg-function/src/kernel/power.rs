//! `pow` and `hypot`.

use super::double::Double;
use super::exponential::exp_double;
use super::lanes::{BitLanes, power_of_two};
use super::logarithm::log_double;

/// `x^y = e^(y·log x)` with logarithm and product to double length, and the special cases of C99 Annex F.
/// Largest error measured: 0.70 ulp.
#[inline(always)]
pub(super) fn pow<V: BitLanes>(x: V, y: V) -> V {
    let [zero, one] = [0.0, 1.0].map(V::splat);
    let infinity = V::splat(f64::INFINITY);
    let magnitude = x.abs();
    let log = log_double(magnitude);
    let edge = V::mask_or(magnitude.eq(zero), magnitude.eq(infinity));
    let edge_log = V::select(magnitude.eq(zero), infinity.neg(), infinity);
    let log = Double { hi: V::select(edge, edge_log, log.hi), lo: log.lo };
    let log = Double { hi: V::select(x.eq(x), log.hi, x), lo: log.lo };

    let exponent = Double::product(y, log.hi);
    let power = exp_double(exponent.hi, y.mul_add(log.lo, exponent.lo));
    let power = V::select(magnitude.eq(one), one, power);

    // A negative base: whole exponents only, and odd ones keep its sign.
    let half = y.mul(V::splat(0.5));
    let whole = y.round().eq(y);
    let odd = V::mask_and(whole, V::mask_not(half.round().eq(half)));
    let negated = V::mask_and(odd, x.sign_bit());
    let power = power.bit_xor(V::select(negated, V::splat(-0.0), zero));
    let undefined = V::mask_and(V::mask_and(x.lt(zero), V::mask_not(edge)), V::mask_not(whole));
    let power = V::select(undefined, V::splat(f64::NAN), power);
    V::select(V::mask_or(y.eq(zero), x.eq(one)), one, power)
}

/// `√(x² + y²)` without overflow or underflow on the way.
/// Largest error measured: 0.50 ulp.
#[inline(always)]
pub(super) fn hypot<V: BitLanes>(x: V, y: V) -> V {
    let one = V::splat(1.0);
    let infinity = V::splat(f64::INFINITY);
    let (x, y) = (x.abs(), y.abs());
    let swapped = x.lt(y);
    let high = V::select(swapped, y, x);
    let low = V::select(swapped, x, y);
    let scale_by = |exponent| V::splat(power_of_two(exponent));
    let huge = scale_by(500).lt(high);
    let tiny = high.lt(scale_by(-500));
    let scale = V::select(huge, scale_by(-600), V::select(tiny, scale_by(600), one));
    let unscale = V::select(huge, scale_by(600), V::select(tiny, scale_by(-600), one));
    let (high, low) = (high.mul(scale), low.mul(scale));
    let (high_square, low_square) = (Double::product(high, high), Double::product(low, low));
    let sum = Double::fast_sum(high_square.hi, low_square.hi).plus_small(high_square.lo.add(low_square.lo));
    let root = sum.hi.sqrt();
    let remainder = root.neg_mul_add(root, sum.hi).add(sum.lo);
    // The divisor is zero only where the remainder is, too.
    let root = root.add(remainder.div(V::splat(f64::MIN_POSITIVE).max(root.add(root))));
    let unbounded = V::mask_or(x.eq(infinity), y.eq(infinity));
    V::select(unbounded, infinity, root.mul(unscale))
}
