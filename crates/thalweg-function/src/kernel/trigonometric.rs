//! `sin`, `cos`, `tan`.
//!
//! `x = k·π/2 + r` with `|r| ≤ π/4`, π/2 in three parts of 53 bits (Cody & Waite 1980; with fused multiply-add
//! the first step is exact), then minimax polynomials for `sin r` and `cos r`. Arguments from 2^30 on go one by
//! one through the Payne–Hanek reduction of `libm`.

use core::f64::consts::{FRAC_2_PI, FRAC_PI_2};

use super::double::{Double, polynomial};
use super::exponential::TO_WHOLE;
use super::lanes::BitLanes;

/// `π/2 − FRAC_PI_2`, and what that leaves.
const FRAC_PI_2_SECOND: f64 = 6.123_233_995_736_766e-17;
const FRAC_PI_2_THIRD: f64 = -1.497_384_904_859_169_8e-33;

/// From here on the three parts of π/2 do not suffice.
const LARGE: f64 = 1_073_741_824.0;

/// `(sin r − r)/r³` over `z = r²`, `|r| ≤ π/4`: error 2^−57.2 relative to `r`.
const SIN: [f64; 6] = [
    -0.166_666_666_666_666_32,
    0.008_333_333_333_322_415,
    -0.000_198_412_698_298_089_76,
    2.755_731_369_225_768_5e-6,
    -2.505_075_815_982_021_4e-8,
    1.589_679_781_066_970_2e-10,
];

/// `(cos r − 1 + r²/2)/r⁴` over `z = r²`: error 2^−59.5.
const COS: [f64; 6] = [
    0.041_666_666_666_666_64,
    -0.001_388_888_888_887_910_3,
    2.480_158_729_220_344_4e-5,
    -2.755_731_505_569_990_4e-7,
    2.087_581_020_189_682_8e-9,
    -1.136_379_002_070_589_2e-11,
];

/// Sine and cosine of `r`, and `k` in the low bits of `quadrant`.
struct Circle<V> {
    sin: Double<V>,
    cos: Double<V>,
    quadrant: V,
}

/// For `|x| < LARGE`.
#[inline(always)]
fn circle<V: BitLanes>(x: V) -> Circle<V> {
    let quadrant = x.mul_add(V::splat(FRAC_2_PI), V::splat(TO_WHOLE));
    let k = quadrant.sub(V::splat(TO_WHOLE));
    // Exact: both are multiples of 2^−53 and the difference is below 1.
    let near = k.neg_mul_add(V::splat(FRAC_PI_2), x);
    let second = Double::product(k, V::splat(FRAC_PI_2_SECOND));
    let r = Double::sum(near, second.hi.neg());
    let r_lo = k.neg_mul_add(V::splat(FRAC_PI_2_THIRD), r.lo.sub(second.lo));
    let r = r.hi;

    let z = Double::product(r, r);
    let half = z.hi.mul(V::splat(0.5));
    let cos = Double::fast_sum(V::splat(1.0), half.neg());
    let sin_rest = r.mul(z.hi).mul_add(polynomial(z.hi, &SIN), r_lo.mul(cos.hi));
    // r·r_lo + ½·z.lo: what the square of r.hi leaves out.
    let square_lo = r.mul_add(r_lo, z.lo.mul(V::splat(0.5)));
    let cos_rest = z.hi.mul(z.hi).mul_add(polynomial(z.hi, &COS), cos.lo.sub(square_lo));
    Circle { sin: Double { hi: r, lo: sin_rest }, cos: Double { hi: cos.hi, lo: cos_rest }, quadrant }
}

impl<V: BitLanes> Circle<V> {
    /// `sin(r + (k + steps)·π/2)`.
    #[inline(always)]
    fn sin_after(self, steps: u64) -> V {
        let quadrant = self.quadrant.bits_add(V::from_bits(steps));
        let odd = quadrant.shift_left(63).sign_bit();
        let value = V::select(odd, self.cos.rounded(), self.sin.rounded());
        value.bit_xor(quadrant.shift_left(62).bit_and(V::splat(-0.0)))
    }
}

/// Where [`circle`] does not reach; NaN included.
#[inline(always)]
fn beyond<V: BitLanes>(x: V) -> V::Mask {
    V::mask_not(x.abs().lt(V::splat(LARGE)))
}

/// The sine. Largest error measured: 0.74 ulp.
#[inline(always)]
pub(super) fn sin<V: BitLanes>(x: V) -> V {
    let tiny = x.abs().lt(V::splat(1e-9));
    let result = V::select(tiny, x, circle(x).sin_after(0));
    let beyond = beyond(x);
    if V::any(beyond) { result.patch(beyond, x, libm::sin) } else { result }
}

/// The cosine. Largest error measured: 0.70 ulp.
#[inline(always)]
pub(super) fn cos<V: BitLanes>(x: V) -> V {
    let result = circle(x).sin_after(1);
    let beyond = beyond(x);
    if V::any(beyond) { result.patch(beyond, x, libm::cos) } else { result }
}

/// The tangent. Largest error measured: 0.81 ulp.
#[inline(always)]
pub(super) fn tan<V: BitLanes>(x: V) -> V {
    let Circle { sin, cos, quadrant } = circle(x);
    let (sin, cos) = (sin.normalised(), cos.normalised());
    let odd = quadrant.shift_left(63).sign_bit();
    let minus_cos = Double { hi: cos.hi.neg(), lo: cos.lo.neg() };
    let result = Double::select(odd, minus_cos, sin).quotient(Double::select(odd, sin, cos)).rounded();
    let tiny = x.abs().lt(V::splat(1e-9));
    let result = V::select(tiny, x, result);
    let beyond = beyond(x);
    if V::any(beyond) { result.patch(beyond, x, libm::tan) } else { result }
}
