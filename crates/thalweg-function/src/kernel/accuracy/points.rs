//! Where the kernels are tried: special values, random bit patterns, and random numbers of given ranges.

use super::super::isa::Element;

/// Lists are padded to multiples of this, the widest register.
pub(super) const WIDEST: usize = 16;

/// How many random pairs of each kind.
const COUNT: usize = 30_000;

pub(super) trait Number: Element + std::fmt::Debug {
    fn from_f64(value: f64) -> Self;
    /// A number from random bits.
    fn from_pattern(bits: u64) -> Self;
    /// The bits, as an integer.
    fn pattern(self) -> i64;
    /// The place among all numbers in ascending order, both zeros being at 0.
    fn rank(self) -> i64;
    fn is_nan(self) -> bool;
    fn specials() -> Vec<Self>;
}

macro_rules! number {
    ($F:ident, $Int:ident) => {
        impl Number for $F {
            fn from_f64(value: f64) -> Self {
                value as $F
            }
            fn from_pattern(bits: u64) -> Self {
                $F::from_bits(bits as _)
            }
            fn pattern(self) -> i64 {
                self.to_bits() as i64
            }
            fn rank(self) -> i64 {
                let magnitude = self.abs().to_bits() as i64;
                if self.is_sign_negative() { -magnitude } else { magnitude }
            }
            fn is_nan(self) -> bool {
                self.is_nan()
            }
            fn specials() -> Vec<Self> {
                let mut list = vec![0.0, $F::INFINITY, $F::MAX, $F::MIN_POSITIVE, $F::from_bits(1), $F::NAN];
                list.push($F::MIN_POSITIVE - $F::from_bits(1));
                for middle in [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 0.346_573_59, 22.0, 88.722_84, 709.782_7, 1e300]
                {
                    let middle = middle as $F;
                    list.extend([middle.next_down(), middle, middle.next_up()]);
                }
                list.iter().flat_map(|&x| [x, -x]).collect()
            }
        }
    };
}
number!(f64, i64);
number!(f32, i32);

/// How many numbers lie between the two; zeros of unlike sign, or a NaN and a number, are infinitely far.
pub(super) fn distance<F: Number>(got: F, expected: F) -> u64 {
    if got.is_nan() && expected.is_nan() {
        return 0;
    }
    let both_zero = got.rank() == 0 && expected.rank() == 0;
    if got.is_nan() || expected.is_nan() || both_zero && got.pattern() != expected.pattern() {
        return u64::MAX;
    }
    got.rank().abs_diff(expected.rank())
}

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A range of `x` for [`list`], for functions of one number.
pub(super) const fn line(low: f64, high: f64) -> [f64; 4] {
    [low, high, 0.0, 0.0]
}

/// Pairs of specials, of random patterns, and of numbers in each of `ranges` `[x_low, x_high, y_low, y_high]`.
pub(super) fn list<F: Number>(ranges: &[[f64; 4]]) -> Vec<(F, F)> {
    let mut random = Random(2026);
    let specials = F::specials();
    let mut pairs: Vec<(F, F)> =
        specials.iter().flat_map(|&x| specials.iter().map(move |&y| (x, y))).collect();
    pairs.extend((0..COUNT).map(|_| (F::from_pattern(random.bits()), F::from_pattern(random.bits()))));
    for &[x_low, x_high, y_low, y_high] in ranges {
        pairs.extend((0..COUNT).map(|_| {
            (F::from_f64(random.between(x_low, x_high)), F::from_f64(random.between(y_low, y_high)))
        }));
    }
    padded(pairs)
}

/// The list, its first pair repeated until it fills registers.
pub(super) fn padded<F: Number>(mut pairs: Vec<(F, F)>) -> Vec<(F, F)> {
    let length = pairs.len().next_multiple_of(WIDEST);
    pairs.resize(length, pairs[0]);
    pairs
}
