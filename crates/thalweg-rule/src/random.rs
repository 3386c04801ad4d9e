//! Random numbers by counting: every number is a function of its place, so neither order nor company changes it.
//!
//! The words are those of Philox4x32 with ten rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! 2011). A normal number is made of them by Box and Muller's transformation, in arithmetic without fused multiplications: the bits are
//! the same on every machine.

use std::f64::consts::{LN_2, PI};

/// Ten rounds of Philox4x32: the counter, encrypted.
#[inline(always)]
pub(crate) fn philox(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
    const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
    let ([mut k0, mut k1], [mut a, mut b, mut c, mut d]) = (key, counter);
    for _ in 0..10 {
        let (p, q) = (MULTIPLIERS[0] * u64::from(a), MULTIPLIERS[1] * u64::from(c));
        [a, b, c, d] = [high(q) ^ b ^ k0, low(q), high(p) ^ d ^ k1, low(p)];
        (k0, k1) = (k0.wrapping_add(WEYL[0]), k1.wrapping_add(WEYL[1]));
    }
    [a, b, c, d]
}

#[inline(always)]
fn high(number: u64) -> u32 {
    (number >> 32) as u32
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
fn low(number: u64) -> u32 {
    number as u32
}

/// The normal numbers of one step: one for every parameter of every problem.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Normals {
    key: [u32; 2],
}

impl Normals {
    /// Of a step of the run with this seed.
    pub(crate) fn new(seed: u64, step: u64) -> Self {
        let [a, b, _, _] = philox([low(seed), high(seed)], [low(step), high(step), 0, 0]);
        Normals { key: [a, b] }
    }

    /// The number for a parameter of a problem: of mean 0 and variance 1.
    #[inline(always)]
    pub(crate) fn at(self, problem: u64, parameter: u64) -> f64 {
        let counter = [low(parameter), high(parameter), low(problem), high(problem)];
        let [a, b, c, d] = philox(self.key, counter);
        let radius = (-2.0 * logarithm(between(a, b))).sqrt();
        // Half a turn is enough: the sine of the other half takes the same values.
        radius * sine(between(c, d) - 0.5)
    }
}

/// A number above 0 and below 1, one of 2⁵² that are equally far from each other.
#[inline(always)]
fn between(upper: u32, lower: u32) -> f64 {
    let bits = (u64::from(upper) << 32 | u64::from(lower)) >> 12;
    f64::from_bits(1.0_f64.to_bits() | bits) - (1.0 - f64::EPSILON / 2.0)
}

/// The natural logarithm of an ordinary number above 0: with `x = 2ᵏ · m` and `m` from √½ to √2, `ln x = k · ln 2 + 2 artanh s`, where
/// `s = (m − 1) / (m + 1)`.
#[inline(always)]
fn logarithm(x: f64) -> f64 {
    const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    const ONE: u64 = 0x3FF0_0000_0000_0000;
    // 2⁵² + k for whole numbers k: those whose lowest bits are k.
    const WHOLE: u64 = 0x4330_0000_0000_0000;
    let bits = x.to_bits() + (ONE - ROOT_HALF);
    let exponent = f64::from_bits(WHOLE | bits >> 52) - (f64::from_bits(WHOLE) + 1023.0);
    let m = f64::from_bits((bits & (u64::MAX >> 12)) + ROOT_HALF);
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    // artanh s = s + s³ / 3 + s⁵ / 5 + …
    let mut series = 1.0 / 23.0;
    for n in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        series = series * square + 1.0 / n;
    }
    exponent * LN_2 + 2.0 * s * series
}

/// The sine of `turn` half turns, `turn` from −½ to ½.
#[inline(always)]
fn sine(turn: f64) -> f64 {
    let x = turn * PI;
    let square = x * x;
    // sin x = x · (1 − x² / (2 · 3) · (1 − x² / (4 · 5) · (…)))
    let mut series = 1.0;
    for n in [22.0, 20.0, 18.0, 16.0, 14.0, 12.0, 10.0, 8.0, 6.0, 4.0, 2.0] {
        series = 1.0 - square * (1.0 / (n * (n + 1.0))) * series;
    }
    x * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_known_answers_of_random123() {
        for (counter, key, answer) in [
            ([0; 4], [0; 2], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
            (
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344],
                [0xA409_3822, 0x299F_31D0],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1],
            ),
        ] {
            assert_eq!(philox(key, counter), answer);
        }
    }

    #[test]
    fn logarithm_and_sine_are_those_of_the_standard_library() {
        for i in 1..20_000 {
            let x = f64::from(i) / 20_000.0;
            for x in [x, x * 2.0_f64.powi(-i % 52), 1.0 - x * 1e-9] {
                let off = (logarithm(x) - x.ln()).abs();
                assert!(off <= 1e-15 * x.ln().abs().max(f64::MIN_POSITIVE), "ln {x}: {off:e}");
            }
            let off = (sine(x - 0.5) - ((x - 0.5) * PI).sin()).abs();
            assert!(off <= 4e-16, "sin π {}: {off:e}", x - 0.5);
        }
        let [least, most] = [between(0, 0), between(u32::MAX, u32::MAX)];
        assert_eq!([least, most], [2.0_f64.powi(-53), 1.0 - 2.0_f64.powi(-53)]);
        assert!((logarithm(least) + 53.0 * LN_2).abs() < 1e-14 && logarithm(most) < 0.0);
    }

    /// Numbers at the corners of a large field of places.
    fn sample() -> Vec<f64> {
        let mut sample = Vec::new();
        for step in [0, 1, 7_u64 << 33] {
            let normals = Normals::new(11, step);
            for problem in [0, 1, 2, 5_u64 << 32] {
                sample.extend((0..50_000).map(|parameter| normals.at(problem, parameter)));
                sample.extend((0..50_000).map(|parameter| normals.at(problem, parameter + (1 << 40))));
            }
        }
        sample
    }

    #[test]
    fn numbers_have_the_moments_and_the_distribution_of_the_normal_law() {
        let mut sample = sample();
        let count = sample.len() as f64;
        // Of the mean of zᵏ, the deviation is the root of (E z²ᵏ − (E zᵏ)²) / count; E z²ʲ = (2j − 1)!!.
        for (power, mean, variance) in
            [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (6, 15.0, 10170.0)]
        {
            let found = sample.iter().map(|z: &f64| z.powi(power)).sum::<f64>() / count;
            let deviation = (variance / count).sqrt();
            assert!((found - mean).abs() < 4.0 * deviation, "power {power}: {found}");
        }
        // Neighbours, and those eight places on, are not correlated.
        for apart in [1, 8, 50_000] {
            let found = sample.iter().zip(&sample[apart..]).map(|(a, b)| a * b).sum::<f64>() / count;
            assert!(found.abs() < 4.0 / count.sqrt(), "{apart} apart: {found}");
        }
        sample.sort_by(f64::total_cmp);
        // Kolmogorov: √n times the largest distance of the distributions is above 1.95 once in a thousand times. The table is
        // Abramowitz and Stegun's 26.1.
        for (z, below) in [
            (-3.0, 0.001_349_898_031_63),
            (-2.0, 0.022_750_131_948_18),
            (-1.0, 0.158_655_253_931_46),
            (-0.5, 0.308_537_538_725_99),
            (0.0, 0.5),
            (0.25, 0.598_706_325_682_92),
            (1.5, 0.933_192_798_731_14),
            (2.5, 0.993_790_334_674_22),
            (4.0, 0.999_968_328_758_17),
        ] {
            let found = sample.partition_point(|found| *found < z) as f64 / count;
            assert!((found - below).abs() < 1.95 / count.sqrt(), "below {z}: {found}");
        }
    }

    #[test]
    fn a_place_has_a_number_of_its_own() {
        let places =
            [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 1 << 32), (0, 1 << 32, 0), (1 << 32, 0, 0)];
        let numbers: Vec<f64> = places
            .iter()
            .map(|&(step, problem, parameter)| Normals::new(3, step).at(problem, parameter))
            .collect();
        for (i, number) in numbers.iter().enumerate() {
            assert!(!numbers[..i].contains(number), "{:?}", places[i]);
        }
        assert_ne!(Normals::new(4, 0).at(0, 0), numbers[0]);
    }
}
