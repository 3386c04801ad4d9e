//! One number as a register of one lane: the form for machines without wide registers, for remainders, and
//! for running a program at a single point.

use super::lanes::{BitLanes, Lanes};

macro_rules! single_lane {
    ($Elem:ident, $from:expr) => {
        impl Lanes for $Elem {
            type Elem = $Elem;
            type Mask = bool;
            const WIDTH: usize = 1;

            #[inline(always)]
            fn splat(value: f64) -> Self {
                $from(value)
            }
            #[inline(always)]
            unsafe fn load(source: *const $Elem) -> Self {
                // SAFETY: the caller vouches for one readable number.
                unsafe { source.read_unaligned() }
            }
            #[inline(always)]
            unsafe fn store(self, target: *mut $Elem) {
                // SAFETY: the caller vouches for room for one number.
                unsafe { target.write_unaligned(self) }
            }
            #[inline(always)]
            unsafe fn store_columns(rows: [Self; 4], target: *mut $Elem, _: usize) {
                // SAFETY: the caller vouches for the room; four numbers are one column.
                unsafe { target.cast::<[Self; 4]>().write_unaligned(rows) }
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self - other
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                self * other
            }
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                self / other
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                $Elem::mul_add(self, b, c)
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                $Elem::mul_add(-self, b, c)
            }
            #[inline(always)]
            fn mul_sub(self, b: Self, c: Self) -> Self {
                $Elem::mul_add(self, b, -c)
            }
            #[inline(always)]
            fn neg(self) -> Self {
                -self
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $Elem::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $Elem::sqrt(self)
            }
            #[inline(always)]
            fn round(self) -> Self {
                self.round_ties_even()
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if self < other { self } else { other }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if self > other { self } else { other }
            }
            #[inline(always)]
            fn lt(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn le(self, other: Self) -> bool {
                self <= other
            }
            #[inline(always)]
            fn eq(self, other: Self) -> bool {
                self == other
            }
            #[inline(always)]
            fn select(mask: bool, if_true: Self, if_false: Self) -> Self {
                if mask { if_true } else { if_false }
            }
            #[inline(always)]
            fn mask_and(a: bool, b: bool) -> bool {
                a & b
            }
            #[inline(always)]
            fn mask_or(a: bool, b: bool) -> bool {
                a | b
            }
            #[inline(always)]
            fn mask_not(a: bool) -> bool {
                !a
            }
            #[inline(always)]
            fn any(mask: bool) -> bool {
                mask
            }
        }
    };
}

single_lane!(f64, |value: f64| value);
single_lane!(f32, |value: f64| value as f32);

impl BitLanes for f64 {
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        f64::from_bits(bits)
    }
    #[inline(always)]
    fn bit_and(self, other: Self) -> Self {
        f64::from_bits(self.to_bits() & other.to_bits())
    }
    #[inline(always)]
    fn bit_or(self, other: Self) -> Self {
        f64::from_bits(self.to_bits() | other.to_bits())
    }
    #[inline(always)]
    fn bit_xor(self, other: Self) -> Self {
        f64::from_bits(self.to_bits() ^ other.to_bits())
    }
    #[inline(always)]
    fn bits_add(self, other: Self) -> Self {
        f64::from_bits(self.to_bits().wrapping_add(other.to_bits()))
    }
    #[inline(always)]
    fn bits_sub(self, other: Self) -> Self {
        f64::from_bits(self.to_bits().wrapping_sub(other.to_bits()))
    }
    #[inline(always)]
    fn shift_left(self, places: u32) -> Self {
        f64::from_bits(self.to_bits() << places)
    }
    #[inline(always)]
    fn shift_right(self, places: u32) -> Self {
        f64::from_bits(self.to_bits() >> places)
    }
    #[inline(always)]
    fn lookup(self, table: &'static [f64; 16]) -> Self {
        table[(self.to_bits() & 15) as usize]
    }
    #[inline(always)]
    fn sign_bit(self) -> bool {
        self.is_sign_negative()
    }
}
