//! `log` and `log1p`, and the logarithm to about 68 bits that `pow` needs.
//!
//! `x = 2^k·(1 + f)` with `1 + f` in `[√½, √2)`, and with `s = f/(2 + f)`
//! `log(1 + f) = 2 artanh s = f − ½f² + s·(½f² + s²·p(s²))`, the form of fdlibm (Sun 1993) with a minimax
//! polynomial of its own.

use core::f64::consts::FRAC_1_SQRT_2;

use super::double::{Double, polynomial};
use super::lanes::BitLanes;

/// The first 42 bits of `ln 2`, so that whole multiples up to 2^11 are exact, and the rest.
const LN_2_HEAD: f64 = 0.693_147_180_559_890_3;
const LN_2_TAIL: f64 = 5.497_923_018_708_371e-14;

/// `(2 artanh s − 2s)/s³` over `z = s²`, `s ≤ (√2 − 1)/(√2 + 1)`: error 2^−61.6 relative to `2 artanh s`.
const P: [f64; 8] = [
    0.666_666_666_666_666_6,
    0.400_000_000_000_062_5,
    0.285_714_285_690_847_5,
    0.222_222_226_470_334_82,
    0.181_817_756_432_992_22,
    0.153_870_918_149_557_36,
    0.132_500_931_424_046_04,
    0.132_515_622_605_260_45,
];

/// The terms from `2/7·z²` on of `(2 artanh s − 2s)/s³ = ⅔ + ⅖z + …`, divided by `z²`: error 2^−70.6 relative to
/// `2 artanh s`.
const P_REST: [f64; 7] = [
    0.285_714_285_714_289_53,
    0.222_222_222_215_596_34,
    0.181_818_183_826_969_57,
    0.153_845_891_823_784_4,
    0.133_351_199_430_650_24,
    0.116_981_417_719_625_38,
    0.118_029_465_417_027_87,
];
/// The first two coefficients to double length.
const TWO_THIRDS: [f64; 2] = [0.666_666_666_666_666_6, 3.700_743_415_417_188e-17];
const TWO_FIFTHS: [f64; 2] = [0.4, -2.220_446_049_250_313_2e-17];

/// `2^k·(1 + f)` with `1 + f` in `[√½, √2)`.
struct Split<V> {
    k: V,
    f: V,
}

/// For positive normal `x`.
#[inline(always)]
fn split<V: BitLanes>(x: V) -> Split<V> {
    const BASE: u64 = FRAC_1_SQRT_2.to_bits();
    const MANTISSA: u64 = (1 << 52) - 1;
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    let distance = x.bits_sub(V::from_bits(BASE.wrapping_sub(1024 << 52)));
    let k = distance.shift_right(52).bit_or(V::splat(TWO_52)).sub(V::splat(TWO_52 + 1024.0));
    let mantissa = distance.bit_and(V::from_bits(MANTISSA)).bits_add(V::from_bits(BASE));
    Split { k, f: mantissa.sub(V::splat(1.0)) }
}

/// As [`split`], for any positive finite `x`: subnormal ones are scaled up first.
#[inline(always)]
fn split_any<V: BitLanes>(x: V, all_normal: bool) -> Split<V> {
    const TWO_54: f64 = 18_014_398_509_481_984.0;
    if all_normal {
        return split(x);
    }
    let subnormal = x.lt(V::splat(f64::MIN_POSITIVE));
    let Split { k, f } = split(V::select(subnormal, x.mul(V::splat(TWO_54)), x));
    Split { k: V::select(subnormal, k.sub(V::splat(54.0)), k), f }
}

/// `k·ln 2 + log(1 + f + f_lo)`; of `f_lo` a few bits count.
#[inline(always)]
fn log_of_split<V: BitLanes>(k: V, f: V, f_lo: Option<V>) -> Double<V> {
    let s = f.div(f.add(V::splat(2.0)));
    let z = s.mul(s);
    let half = f.mul(V::splat(0.5));
    let sum = Double::fast_sum(k.mul(V::splat(LN_2_HEAD)), f);
    let mut rest = k.mul_add(V::splat(LN_2_TAIL), sum.lo);
    if let Some(f_lo) = f_lo {
        // 1/(1 + f) = (1 − s)/(1 + s) to s³.
        let reciprocal = V::splat(1.0).sub(s).mul(s.mul_sub(s, s).add(V::splat(1.0)));
        rest = f_lo.mul_add(reciprocal, rest);
    }
    let rest = half.neg_mul_add(f, rest);
    let even = half.mul_add(f, z.mul(polynomial(z, &P)));
    Double { hi: sum.hi, lo: s.mul_add(even, rest) }
}

/// The natural logarithm. Largest error measured: 0.84 ulp.
#[inline(always)]
pub(super) fn log<V: BitLanes>(x: V) -> V {
    let infinity = V::splat(f64::INFINITY);
    let usual = V::mask_and(V::splat(f64::MIN_POSITIVE).le(x), x.lt(infinity));
    let all_usual = !V::any(V::mask_not(usual));
    let Split { k, f } = split_any(x, all_usual);
    let result = log_of_split(k, f, None).rounded();
    if all_usual { result } else { log_edges(x, x, result) }
}

/// `result`, save where `1 + x`, given as `argument`, is zero, negative, infinite or not a number.
#[inline(always)]
fn log_edges<V: BitLanes>(x: V, argument: V, result: V) -> V {
    let zero = V::splat(0.0);
    let result = V::select(x.eq(V::splat(f64::INFINITY)), x, result);
    let result = V::select(argument.eq(zero), V::splat(f64::NEG_INFINITY), result);
    V::select(zero.le(argument), result, V::splat(f64::NAN))
}

/// `log(1 + x)`. Largest error measured: 0.78 ulp.
#[inline(always)]
pub(super) fn log1p<V: BitLanes>(x: V) -> V {
    let usual = V::mask_and(V::splat(-1.0).lt(x), x.lt(V::splat(f64::INFINITY)));
    let result = log1p_finite(Double { hi: x, lo: V::splat(0.0) }).rounded().copy_sign(x);
    if V::any(V::mask_not(usual)) { log_edges(x, x.add(V::splat(1.0)), result) } else { result }
}

/// `log(1 + x)` for finite `x > −1`; not normalised, `|lo| < |hi|/2`.
#[inline(always)]
pub(super) fn log1p_finite<V: BitLanes>(x: Double<V>) -> Double<V> {
    let one_more = Double::sum(V::splat(1.0), x.hi);
    let Split { k, f } = split(one_more.hi);
    let zero = k.eq(V::splat(0.0));
    // The scale of a lost part above 2^1000 is of no weight, but must be finite.
    let shrink = V::splat(1000.0).min(k).neg().power_of_two();
    let f_lo = V::select(zero, x.lo, one_more.lo.add(x.lo).mul(shrink));
    log_of_split(k, V::select(zero, x.hi, f), Some(f_lo))
}

/// `log x` for positive finite `x`, normalised. Largest relative error measured: 2^−68.8.
#[inline(always)]
pub(super) fn log_double<V: BitLanes>(x: V) -> Double<V> {
    let all_normal = !V::any(x.lt(V::splat(f64::MIN_POSITIVE)));
    let Split { k, f } = split_any(x, all_normal);
    let two = V::splat(2.0);
    let exact = Double { hi: f, lo: V::splat(0.0) };
    let s = exact.quotient(Double::fast_sum(two, f)).normalised();
    let twice_s = Double { hi: s.hi.add(s.hi), lo: s.lo.add(s.lo) };
    let z = Double::product(s.hi, s.hi);
    let z = z.plus_small(twice_s.hi.mul(s.lo));
    // z·(⅔ + z·(⅖ + z·p(z))), all but p to double length: the result is to bear a factor y of hundreds.
    let [two_thirds, two_fifths] =
        [TWO_THIRDS, TWO_FIFTHS].map(|[hi, lo]| Double { hi: V::splat(hi), lo: V::splat(lo) });
    let outer =
        Double::fast_sum(two_fifths.hi, z.hi.mul(polynomial(z.hi, &P_REST))).plus_small(two_fifths.lo);
    let product = outer.times(z);
    let series = Double::fast_sum(two_thirds.hi, product.hi).plus_small(two_thirds.lo.add(product.lo));
    let cubic = series.times(z).times(s);
    let log_f = Double::fast_sum(twice_s.hi, cubic.hi).plus_small(cubic.lo.add(twice_s.lo));
    let total = Double::fast_sum(k.mul(V::splat(LN_2_HEAD)), log_f.hi);
    total.plus_small(k.mul_add(V::splat(LN_2_TAIL), log_f.lo)).normalised()
}
