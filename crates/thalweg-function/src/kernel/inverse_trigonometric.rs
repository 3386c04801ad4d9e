//! `atan`, `atan2`, `asin`, `acos`.

use core::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::double::{Double, polynomial};
use super::lanes::{BitLanes, power_of_two};

/// `π − PI` and `π/2 − FRAC_PI_2`.
const PI_REST: f64 = 1.224_646_799_147_353_2e-16;
const FRAC_PI_2_REST: f64 = 6.123_233_995_736_766e-17;
const FRAC_PI_4_REST: f64 = 3.061_616_997_868_383e-17;

/// `tan(π/8) = √2 − 1`.
const TAN_PI_8: f64 = 0.414_213_562_373_095_03;

/// `(atan t − t)/t³` over `z = t²`, `t ≤ tan(π/8)`: error 2^−58.3 relative to `t`.
const ATAN: [f64; 11] = [
    -0.333_333_333_333_332,
    0.199_999_999_999_540_27,
    -0.142_857_142_802_425_2,
    0.111_111_107_858_303_57,
    -0.090_908_978_274_489_4,
    0.076_920_614_747_669_48,
    -0.066_631_185_159_202_72,
    0.058_479_951_727_030_83,
    -0.050_397_829_356_263_36,
    0.038_076_715_179_956_06,
    -0.017_920_503_845_702_35,
];

/// `(asin t − t)/t³` over `z = t²`, `t ≤ ½`: error 2^−59.7 relative to `t`.
const ASIN: [f64; 13] = [
    0.166_666_666_666_667_46,
    0.074_999_999_999_733_9,
    0.044_642_857_172_764_644,
    0.030_381_942_777_997_54,
    0.022_372_213_361_669_41,
    0.017_351_636_641_082_92,
    0.013_980_566_839_628_275,
    0.011_400_722_743_717_52,
    0.010_771_295_183_319_991,
    0.003_736_574_641_168_817_6,
    0.021_641_454_313_118_053,
    -0.020_914_480_744_171_755,
    0.032_580_414_618_874,
];

/// The angle of the point `(x, y)`, for `x, y ≥ 0`, not both zero, or its supplement where `supplement` holds.
///
/// The larger coordinate divides, so `t ≤ 1`, and beyond `tan(π/8)` the angle is taken from π/4:
/// `atan t = π/4 − atan((1 − t)/(1 + t))`, before the one division.
#[inline(always)]
fn angle<V: BitLanes>(y: V, x: V, supplement: V::Mask) -> V {
    let zero = V::splat(0.0);
    let steep = x.lt(y);
    let low = V::select(steep, x, y);
    let high = V::select(steep, y, x);
    let diagonal = high.mul(V::splat(TAN_PI_8)).lt(low);
    // low − high is exact on the diagonal, where they are within a factor of 2.5 and rounding is repaired.
    let difference = Double::fast_sum(high, low.neg());
    let minus_difference = Double { hi: difference.hi.neg(), lo: difference.lo.neg() };
    let numerator = Double::select(diagonal, minus_difference, Double { hi: low, lo: zero });
    let divisor = Double::select(diagonal, Double::fast_sum(high, low), Double { hi: high, lo: zero });
    let t = numerator.quotient(divisor);
    let z = t.hi.mul(t.hi);
    let rest = t.hi.mul(z).mul_add(polynomial(z, &ATAN), t.lo);

    // The angle is base ± (t + rest): each of the two reflections turns the sign.
    let base_of = |hi, lo| Double { hi: V::splat(hi), lo: V::splat(lo) };
    let none = base_of(0.0, 0.0);
    let eighth = base_of(FRAC_PI_4, FRAC_PI_4_REST);
    let quarter = base_of(FRAC_PI_2, FRAC_PI_2_REST);
    let half = base_of(PI, PI_REST);
    let three_eighths = base_of(3.0 * FRAC_PI_4, 3.0 * FRAC_PI_4_REST);
    let flat_base = Double::select(steep, quarter, Double::select(supplement, half, none));
    let diagonal_base = Double::select(supplement, three_eighths, eighth);
    let base = Double::select(diagonal, diagonal_base, flat_base);
    let sign = V::splat(-0.0);
    let turn = V::select(steep, sign, zero).bit_xor(V::select(supplement, sign, zero));
    let sum = Double::fast_sum(base.hi, t.hi.bit_xor(turn));
    sum.plus_small(base.lo.add(rest.bit_xor(turn))).rounded()
}

/// The inverse tangent. Largest error measured: 0.83 ulp.
#[inline(always)]
pub(super) fn atan<V: BitLanes>(x: V) -> V {
    let one = V::splat(1.0);
    // From 2^60 on the angle is π/2 to the last bit.
    let magnitude = V::splat(1.152_921_504_606_847e18).min(x.abs());
    angle(magnitude, one, one.lt(one)).copy_sign(x)
}

/// The angle of the point `(x, y)`. Largest error measured: 0.67 ulp.
#[inline(always)]
pub(super) fn atan2<V: BitLanes>(y: V, x: V) -> V {
    let [zero, one] = [0.0, 1.0].map(V::splat);
    let infinity = V::splat(f64::INFINITY);
    let (mut height, mut width) = (y.abs(), x.abs());
    let largest = height.max(width);
    // Only the ratio matters: bring extreme pairs to the middle, infinite ones to 0 and 1.
    let scale = V::select(V::splat(1e280).lt(largest), V::splat(power_of_two(-300)), one);
    let scale = V::select(largest.lt(V::splat(1e-200)), V::splat(power_of_two(300)), scale);
    let unbounded = largest.eq(infinity);
    height = V::select(unbounded, V::select(height.eq(infinity), one, zero), height.mul(scale));
    width = V::select(unbounded, V::select(width.eq(infinity), one, zero), width.mul(scale));
    width = V::select(largest.eq(zero), one, width);
    let result = angle(height, width, x.sign_bit()).copy_sign(y);
    let numbers = V::mask_and(x.eq(x), y.eq(y));
    V::select(numbers, result, x.add(y))
}

/// The pieces `asin` and `acos` share: `asin t = t + rest`, where `t = |x|` up to ½ and beyond it
/// `t = √((1 − |x|)/2)`, for which `asin |x| = π/2 − 2 asin t`.
#[inline(always)]
fn arc<V: BitLanes>(x: V) -> (V::Mask, Double<V>) {
    let half = V::splat(0.5);
    let magnitude = x.abs();
    let near = magnitude.le(half);
    let far_square = half.neg_mul_add(magnitude, half);
    let root = far_square.sqrt();
    // The divisor is zero at |x| = 1 only, where the remainder is, too.
    let divisor = V::splat(f64::MIN_POSITIVE).max(root.add(root));
    let root_lo = root.neg_mul_add(root, far_square).div(divisor);
    let z = V::select(near, magnitude.mul(magnitude), far_square);
    let t = V::select(near, magnitude, root);
    let t_lo = V::select(near, V::splat(0.0), root_lo);
    (near, Double { hi: t, lo: t.mul(z).mul_add(polynomial(z, &ASIN), t_lo) })
}

/// The inverse sine. Largest error measured: 0.61 ulp.
#[inline(always)]
pub(super) fn asin<V: BitLanes>(x: V) -> V {
    let (near, t) = arc(x);
    let twice = Double { hi: t.hi.add(t.hi), lo: t.lo.add(t.lo) };
    let sum = Double::fast_sum(V::splat(FRAC_PI_2), twice.hi.neg());
    let far = sum.plus_small(V::splat(FRAC_PI_2_REST).sub(twice.lo));
    Double::select(near, t, far).rounded().copy_sign(x)
}

/// The inverse cosine. Largest error measured: 0.57 ulp.
#[inline(always)]
pub(super) fn acos<V: BitLanes>(x: V) -> V {
    let zero = V::splat(0.0);
    let (near, t) = arc(x);
    let negative = x.lt(zero);
    // Near: π/2 ∓ t; far: 2t, or π − 2t for negative x.
    let t = Double { hi: V::select(near, t.hi, t.hi.add(t.hi)), lo: V::select(near, t.lo, t.lo.add(t.lo)) };
    let minus = V::select(negative, V::splat(-0.0), zero).bit_xor(V::select(near, V::splat(-0.0), zero));
    let base = V::select(near, V::splat(FRAC_PI_2), V::select(negative, V::splat(PI), zero));
    let base_lo = V::select(near, V::splat(FRAC_PI_2_REST), V::select(negative, V::splat(PI_REST), zero));
    let sum = Double::fast_sum(base, t.hi.bit_xor(minus));
    sum.plus_small(base_lo.add(t.lo.bit_xor(minus))).rounded()
}
