//! Rounding to bf16, whose numbers are those of `f32` with the lower half of their bits zero.

use super::super::Number;

/// `x` rounded to bf16: to nearest, ties to even. What is too small to be normal becomes zero, as it is for the instructions that
/// multiply such numbers; what is too large infinite; a NaN stays one.
#[inline(always)]
pub(in super::super) fn rounded(x: f32) -> f32 {
    const SIGN: u32 = 1 << 31;
    const LOWER: u32 = 0xffff;
    /// Of NaNs that raise no exception.
    const QUIET: u32 = 1 << 22;
    let bits = x.to_bits();
    let magnitude = bits & !SIGN;
    let nearest = bits.wrapping_add(LOWER / 2 + (bits >> 16 & 1));
    let chosen = if magnitude > f32::INFINITY.to_bits() {
        bits | QUIET
    } else if magnitude < f32::MIN_POSITIVE.to_bits() {
        bits & SIGN
    } else {
        nearest
    };
    f32::from_bits(chosen & !LOWER)
}

/// The bits of `x` rounded to bf16.
#[inline(always)]
pub(in super::super) fn bits(x: f32) -> u16 {
    (rounded(x).to_bits() >> 16) as u16
}

/// Rounds numbers where they are.
///
/// # Safety
/// `F` is `f32`, and there are `count` numbers that nobody else uses.
#[inline(always)]
pub(in super::super) unsafe fn round<F: Number>(numbers: *mut F, count: usize) {
    debug_assert!(size_of::<F>() == size_of::<f32>(), "products of f64 are not rounded");
    // SAFETY: as promised by the caller.
    for x in unsafe { std::slice::from_raw_parts_mut(numbers.cast::<f32>(), count) } {
        *x = rounded(*x);
    }
}

#[cfg(test)]
mod tests {
    use super::{bits, rounded};

    #[test]
    fn numbers_go_to_the_nearest_and_ties_to_the_even_one() {
        // Next to 1 the numbers of bf16 are 1/128 apart.
        let step = 1.0 / 128.0;
        for (x, expected) in [
            (1.0, 1.0),
            (1.0 + 0.49 * step, 1.0),
            (1.0 + 0.51 * step, 1.0 + step),
            (1.0 + 0.5 * step, 1.0),
            (1.0 + 1.5 * step, 1.0 + 2.0 * step),
            (1.0 + 2.5 * step, 1.0 + 2.0 * step),
            (2.0 - 0.5 * step, 2.0),
            (f32::from_bits(0x3f80_8001), 1.0 + step),
            (f32::MIN_POSITIVE, f32::MIN_POSITIVE),
        ] {
            assert_eq!((rounded(x), rounded(-x)), (expected, -expected), "{x}");
        }
        assert_eq!(bits(-1.5), 0xbfc0);
    }

    #[test]
    fn what_bf16_cannot_hold_becomes_infinite_zero_or_stays_no_number() {
        for x in [f32::INFINITY, f32::MAX, f32::from_bits(0x7f7f_8000)] {
            assert_eq!((rounded(x), rounded(-x)), (f32::INFINITY, f32::NEG_INFINITY));
        }
        assert_eq!(rounded(f32::from_bits(0x7f7f_7fff)), f32::from_bits(0x7f7f_0000));
        for bits in [0x7f80_0001, 0xff80_0001, 0x7fff_ffff, 0x7fc0_0000] {
            assert!(rounded(f32::from_bits(bits)).is_nan(), "{bits:x}");
        }
        for x in [0.0, f32::from_bits(1), f32::from_bits(0x007f_ffff)] {
            assert_eq!((rounded(x).to_bits(), rounded(-x).to_bits()), (0, 1 << 31));
        }
    }
}
