//! [`Lanes`]: a register full of numbers, whatever the machine's register is.
//!
//! A kernel is written once, generic over `Lanes`; the instruction set is chosen at run time by calling it from
//! a function with the right `#[target_feature]`, into which everything here is inlined.

/// A register of `WIDTH` numbers of type `Elem`.
///
/// All operations are the IEEE 754 ones, correctly rounded, so that every implementation yields the same bits
/// (of a NaN, only that it is one).
pub(crate) trait Lanes: Copy {
    /// `f32` or `f64`.
    type Elem: Copy;
    /// One truth value a lane.
    type Mask: Copy;
    /// How many numbers a register holds.
    const WIDTH: usize;

    /// All lanes equal to `value`.
    fn splat(value: f64) -> Self;
    /// # Safety
    /// `source` is valid for reading `WIDTH` numbers.
    unsafe fn load(source: *const Self::Elem) -> Self;
    /// # Safety
    /// `target` is valid for writing `WIDTH` numbers.
    unsafe fn store(self, target: *mut Self::Elem);
    /// Writes four registers as columns: number `l` of `rows[i]` to `target + l·stride + i`.
    ///
    /// # Safety
    /// These places can be written.
    unsafe fn store_columns(rows: [Self; 4], target: *mut Self::Elem, stride: usize);

    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// `self·b + c` with one rounding.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `c − self·b` with one rounding.
    fn neg_mul_add(self, b: Self, c: Self) -> Self;
    /// `self·b − c` with one rounding.
    fn mul_sub(self, b: Self, c: Self) -> Self;
    fn neg(self) -> Self;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    /// The nearest whole number, ties to even.
    fn round(self) -> Self;
    /// `self` if `self < other`, else `other`: a NaN in `other` comes through, one in `self` does not.
    fn min(self, other: Self) -> Self;
    /// `self` if `self > other`, else `other`: a NaN in `other` comes through, one in `self` does not.
    fn max(self, other: Self) -> Self;

    fn lt(self, other: Self) -> Self::Mask;
    fn le(self, other: Self) -> Self::Mask;
    fn eq(self, other: Self) -> Self::Mask;
    /// `if_true` where the mask holds, else `if_false`.
    fn select(mask: Self::Mask, if_true: Self, if_false: Self) -> Self;
    fn mask_and(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    fn mask_or(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    fn mask_not(a: Self::Mask) -> Self::Mask;
    /// Whether the mask holds in at least one lane.
    fn any(mask: Self::Mask) -> bool;
}

/// `2^exponent` for exponents in `[−1022, 1023]`.
pub(super) const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// The widest register any implementation has, in `f64` numbers.
pub(crate) const MAX_WIDTH: usize = 8;

/// Registers of `f64` whose lanes are also 64-bit patterns.
pub(crate) trait BitLanes: Lanes<Elem = f64> {
    /// All lanes hold the pattern `bits`.
    fn from_bits(bits: u64) -> Self;
    fn bit_and(self, other: Self) -> Self;
    fn bit_or(self, other: Self) -> Self;
    fn bit_xor(self, other: Self) -> Self;
    /// The sum of the patterns as 64-bit integers, wrapping.
    fn bits_add(self, other: Self) -> Self;
    /// The difference of the patterns as 64-bit integers, wrapping.
    fn bits_sub(self, other: Self) -> Self;
    fn shift_left(self, places: u32) -> Self;
    /// The pattern moved down, zeros coming in at the top.
    fn shift_right(self, places: u32) -> Self;
    /// Where the sign bit is set, −0 and NaNs included.
    fn sign_bit(self) -> Self::Mask;
    /// `self·2^k` with one rounding, for whole `|k| ≤ 1100` and `|self|` in `[2^−400, 2^400]` or zero.
    #[inline(always)]
    fn scale(self, k: Self) -> Self {
        let first = k.mul(Self::splat(0.5)).round();
        self.mul(first.power_of_two()).mul(k.sub(first).power_of_two())
    }

    /// `self·2^⌊k⌋` with one rounding, for multiples `k` of 1/16 and otherwise as [`BitLanes::scale`].
    #[inline(always)]
    fn scale_floor(self, k: Self) -> Self {
        self.scale(k.sub(Self::splat(15.0 / 32.0)).round())
    }

    /// The numbers that the low four bits of the pattern count to.
    fn lookup(self, table: &'static [f64; 16]) -> Self;

    /// `2^self` for whole numbers in `[−1022, 1023]`.
    #[inline(always)]
    fn power_of_two(self) -> Self {
        // Added to 2^52, a whole number stands in the low bits of the pattern.
        self.add(Self::splat(4_503_599_627_370_496.0 + 1023.0)).shift_left(52)
    }

    /// The magnitude of `self` with the sign bit of `sign`.
    #[inline(always)]
    fn copy_sign(self, sign: Self) -> Self {
        self.abs().bit_or(sign.bit_and(Self::splat(-0.0)))
    }

    /// Within `[low, high]`; NaN stays.
    #[inline(always)]
    fn clamp(self, low: f64, high: f64) -> Self {
        Self::splat(high).min(Self::splat(low).max(self))
    }

    /// `f(x)` where the mask holds, else `self`: the way out for arguments too rare to deserve lanes.
    #[inline(always)]
    fn patch(self, mask: Self::Mask, x: Self, f: fn(f64) -> f64) -> Self {
        let mut results = [0.0; MAX_WIDTH];
        let mut arguments = [0.0; MAX_WIDTH];
        let mut wanted = [0.0; MAX_WIDTH];
        // SAFETY: the arrays hold MAX_WIDTH numbers, and no register holds more.
        unsafe {
            self.store(results.as_mut_ptr());
            x.store(arguments.as_mut_ptr());
            Self::select(mask, Self::splat(1.0), Self::splat(0.0)).store(wanted.as_mut_ptr());
        }
        patch_each(&mut results[..Self::WIDTH], &arguments, &wanted, f);
        // SAFETY: as above, for reading.
        unsafe { Self::load(results.as_ptr()) }
    }
}

#[cold]
#[inline(never)]
fn patch_each(results: &mut [f64], arguments: &[f64], wanted: &[f64], f: fn(f64) -> f64) {
    for ((result, &x), &wanted) in results.iter_mut().zip(arguments).zip(wanted) {
        if wanted == 1.0 {
            *result = f(x);
        }
    }
}

/// Safe methods from unsafe intrinsics.
#[cfg(target_arch = "x86_64")]
macro_rules! methods {
    ($(fn $name:ident($($arguments:tt)*) -> $Out:ty { $body:expr })*) => {
        $(
            #[inline(always)]
            fn $name($($arguments)*) -> $Out {
                // SAFETY: only callers with the instruction set name these registers.
                unsafe { $body }
            }
        )*
    };
}
#[cfg(target_arch = "x86_64")]
pub(super) use methods;
