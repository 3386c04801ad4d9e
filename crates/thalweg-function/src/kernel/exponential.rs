//! `exp`, `expm1`, and what is made of one exponential: `sigmoid` and `softplus`.
//!
//! Argument `x = k·ln 2 + r` with whole `k` and `|r| ≤ ½ ln 2` (Cody & Waite 1980), then
//! `e^r = 1 + r + r²·q(r)` with a minimax polynomial `q`, then `2^k` by its bits. `exp` itself counts `k` in sixteenths, whose
//! powers of two are in a table (Tang 1989).

use core::f64::consts::{LN_2, LOG2_E};

use super::double::{Double, polynomial};
use super::lanes::{BitLanes, power_of_two};
use super::logarithm;

/// `ln 2 − LN_2`.
const LN_2_REST: f64 = 2.319_046_813_846_299_6e-17;

/// Added to a number below 2^51, leaves it rounded to a whole one, in the low bits of the pattern.
pub(super) const TO_WHOLE: f64 = 6_755_399_441_055_744.0;

/// `(e^r − 1 − r)/r²` for `|r| ≤ ½ ln 2`, minimax of `r²·q` relative to `r`: error 2^−60.6.
const Q: [f64; 11] = [
    0.5,
    0.166_666_666_666_666_77,
    0.041_666_666_666_666_7,
    0.008_333_333_333_321_615,
    0.001_388_888_888_886_683,
    0.000_198_412_698_861_586_98,
    2.480_158_736_056_863e-5,
    2.755_724_418_174_773e-6,
    2.755_724_275_029_809_6e-7,
    2.510_904_495_301_620_5e-8,
    2.092_444_591_339_444_7e-9,
];

/// `(e^r − 1 − r − r²/2)/r³`: `Q` without its first coefficient.
const CUBIC: &[f64; 10] = Q.last_chunk().unwrap();

/// Below this every exponential is 0, above the next infinite, and in between `k` keeps within [`BitLanes::scale`].
const LOWEST: f64 = -746.0;
const HIGHEST: f64 = 710.0;

/// `x = k·ln 2 + r.hi + r.lo`.
pub(super) struct Reduced<V> {
    pub(super) k: V,
    pub(super) r: Double<V>,
}

/// For `|x| < 2^20`.
#[inline(always)]
pub(super) fn reduce<V: BitLanes>(x: V) -> Reduced<V> {
    let k = x.mul_add(V::splat(LOG2_E), V::splat(TO_WHOLE)).sub(V::splat(TO_WHOLE));
    // Exact: both are multiples of 2^−54 and the difference is below ½.
    let near = k.neg_mul_add(V::splat(LN_2), x);
    let hi = k.neg_mul_add(V::splat(LN_2_REST), near);
    Reduced { k, r: Double { hi, lo: k.neg_mul_add(V::splat(LN_2_REST), near.sub(hi)) } }
}

impl<V: BitLanes> Reduced<V> {
    /// `e^r − 1 − r.hi`.
    #[inline(always)]
    fn tail(&self) -> V {
        let r = self.r.hi;
        r.mul(r).mul_add(polynomial(r, &Q), self.r.lo)
    }

    /// `e^r`, in `[0.7, 1.42]`.
    #[inline(always)]
    pub(super) fn mantissa(&self) -> Double<V> {
        Double::fast_sum(V::splat(1.0), self.r.hi).plus_small(self.tail())
    }

    /// `unit·(e^x − 1)` for `unit = 2^log_unit`; not normalised, `|lo| < |hi|/3`.
    #[inline(always)]
    pub(super) fn minus_one(&self, log_unit: i32) -> Double<V> {
        let scale = self.k.add(V::splat(f64::from(log_unit))).power_of_two();
        let unit = V::splat(power_of_two(log_unit));
        let whole = Double::sum(scale, unit.neg());
        let r = self.r.hi;
        let sum = Double::fast_sum(whole.hi, scale.mul(r));
        // Where whole and r nearly cancel, the rounding of r²/2 would show.
        let square = Double::product(r, r.mul(V::splat(0.5)));
        let cubic = square.hi.mul(r.add(r)).mul_add(polynomial(r, CUBIC), square.lo.add(self.r.lo));
        sum.plus_small(scale.mul_add(square.hi, scale.mul_add(cubic, whole.lo)))
    }
}

/// Where `e^x` has certainly become 0.
const VANISHED: f64 = -745.14;

/// Added to a number below 2^47, leaves it rounded to sixteenths, counted in the low bits of the pattern.
const TO_SIXTEENTHS: f64 = TO_WHOLE / 16.0;

/// `c·2^(j/16)`, where `c = 1 + 2^−9…` was searched for so that all of these numbers, rounded, are within 0.093 ulp (Gal 1986).
const POWERS: [f64; 16] = [
    1.001_827_786_261_995,
    1.046_182_491_700_696_3,
    1.092_500_947_717_622_6,
    1.140_870_096_978_616,
    1.191_380_731_430_189_9,
    1.244_127_662_721_743_2,
    1.299_209_900_173_012_6,
    1.356_730_836_620_814_6,
    1.416_798_442_493_927_7,
    1.479_525_468_480_402_7,
    1.545_029_657_167_721_6,
    1.613_433_964_053_067,
    1.684_866_788_338_552_4,
    1.759_462_213_944_629,
    1.837_360_261_194_069_4,
    1.918_707_149_638_951_8,
];

/// `e^r/c − 1` for `|r| ≤ (ln 2)/32`: minimax, error 2^−56.9 of `e^r`, and the first coefficient such that `e^0` is 1.
const REST: [f64; 7] = [
    -0.001_824_451_554_508_084_8,
    0.998_175_548_445_494_2,
    0.499_087_774_222_741_2,
    0.166_362_591_369_397_96,
    0.041_590_647_875_760_736,
    0.008_318_292_262_945_491,
    0.001_386_334_592_919_892_8,
];

/// `e^x`. Largest error measured: 0.68 ulp.
///
/// What vanishes is not computed as 0 but chosen: a result below the normal numbers costs a register a hundred cycles, and
/// far from a Gaussian every lane has one.
#[inline(always)]
pub(super) fn exp<V: BitLanes>(x: V) -> V {
    let vanished = x.lt(V::splat(VANISHED));
    let x = V::select(vanished, V::splat(0.0), V::splat(HIGHEST).min(x));
    let shifted = x.mul_add(V::splat(LOG2_E), V::splat(TO_SIXTEENTHS));
    let k = shifted.sub(V::splat(TO_SIXTEENTHS));
    let r = k.neg_mul_add(V::splat(LN_2_REST), k.neg_mul_add(V::splat(LN_2), x));
    let [rest @ .., last] = REST;
    let rest = rest.iter().rev().fold(V::splat(last), |sum, &c| sum.mul_add(r, V::splat(c)));
    let power = shifted.lookup(&POWERS);
    V::select(vanished, V::splat(0.0), power.mul_add(rest, power).scale_floor(k))
}

/// `e^(x + x_lo)` for `|x_lo|` up to a rounding error of `x`.
#[inline(always)]
pub(super) fn exp_double<V: BitLanes>(x: V, x_lo: V) -> V {
    let reduced = reduce(x.clamp(LOWEST, HIGHEST));
    // Out of range the tail has no weight, but must not be infinite.
    let x_lo = V::select(x.abs().lt(V::splat(800.0)), x_lo, V::splat(0.0));
    let mantissa = reduced.mantissa();
    let correction = mantissa.rounded().mul_add(x_lo, mantissa.lo);
    mantissa.hi.add(correction).scale(reduced.k)
}

/// `e^x − 1`. Largest error measured: 0.92 ulp.
#[inline(always)]
pub(super) fn expm1<V: BitLanes>(x: V) -> V {
    // Half of the result first, so that 2^k stays finite to the end of the range.
    let half = reduce(x.clamp(-60.0, HIGHEST)).minus_one(-1).rounded();
    let tiny = x.abs().lt(V::splat(f64::EPSILON / 4.0));
    V::select(tiny, x, half.add(half))
}

/// `1/(1 + e^−x)`. Largest error measured: 0.62 ulp.
#[inline(always)]
pub(super) fn sigmoid<V: BitLanes>(x: V) -> V {
    let one = Double { hi: V::splat(1.0), lo: V::splat(0.0) };
    let reduced = reduce(x.abs().neg().clamp(LOWEST, HIGHEST));
    let mantissa = reduced.mantissa().normalised();
    let scale = V::splat(-200.0).max(reduced.k).power_of_two();
    let divisor = Double::fast_sum(one.hi, mantissa.hi.mul(scale)).plus_small(mantissa.lo.mul(scale));
    let negative = x.lt(V::splat(0.0));
    let quotient = Double::select(negative, mantissa, one).quotient(divisor).rounded();
    quotient.scale(V::select(negative, reduced.k, V::splat(0.0)))
}

/// `log(1 + e^x) = max(x, 0) + log1p(e^−|x|)`. Largest error measured: 0.76 ulp.
#[inline(always)]
pub(super) fn softplus<V: BitLanes>(x: V) -> V {
    let reduced = reduce(x.abs().neg().clamp(LOWEST, HIGHEST));
    let mantissa = reduced.mantissa().normalised();
    let power = Double { hi: mantissa.hi.scale(reduced.k), lo: mantissa.lo.scale(reduced.k) };
    let small = logarithm::log1p_finite(power);
    let sum = Double::sum(V::splat(0.0).max(x), small.hi).plus_small(small.lo).rounded();
    V::select(V::splat(40.0).lt(x), x, sum)
}
