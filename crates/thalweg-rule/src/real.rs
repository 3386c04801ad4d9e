//! The numbers rules work on: what is stored ([`Real`]) and what a formula computes with ([`Arithmetic`]).

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::{Layout, Optimizer, Rule, RuleError};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// What a formula may do with a number. Formulas are generic over it, so one text serves every element type and
/// every instruction set.
pub trait Arithmetic:
    Copy
    + Debug
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The type the numbers are stored as.
    type Element: Real;

    /// The nearest number to a 64-bit one.
    fn of(number: f64) -> Self;
    /// From storage.
    fn load(element: Self::Element) -> Self;
    /// To storage.
    fn store(self) -> Self::Element;
    /// `self · a + b`, rounded once where the machine has the instruction.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The absolute value.
    fn abs(self) -> Self;
    /// `then` if `self > 0`, else `otherwise`, hence `otherwise` if `self` is NaN.
    fn if_positive(self, then: Self, otherwise: Self) -> Self;
    /// The cube root, to within a few units in the last place.
    fn cbrt(self) -> Self;

    /// 1 or −1; zero and NaN as they are.
    #[inline(always)]
    fn sign(self) -> Self {
        self.if_positive(Self::of(1.0), (-self).if_positive(Self::of(-1.0), self))
    }

    /// The larger of two numbers; `other` if either is NaN.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    /// The smaller of two numbers; `other` if either is NaN.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
}

/// An element of a parameter vector: `f32` or `f64`.
pub trait Real:
    Arithmetic<Element = Self> + crate::matrices::Dense + Default + Send + Sync + sealed::Sealed + 'static
{
    /// The same numbers on a machine without fused multiply-add, where emulating it would be slow.
    #[doc(hidden)]
    type Unfused: Arithmetic<Element = Self>;

    /// As a 64-bit number, exactly.
    fn to_f64(self) -> f64;
    /// Its bytes in little-endian order.
    fn to_bytes(self) -> impl Iterator<Item = u8>;
    /// From its bytes in little-endian order, as many as it has; missing ones are zero.
    fn from_bytes(bytes: &[u8]) -> Self;
    /// All bits set.
    #[doc(hidden)]
    const ALL_BITS: Self;
    /// The bits that are set in both numbers.
    #[doc(hidden)]
    fn common_bits(self, other: Self) -> Self;
    /// The rule that an optimiser describes. Not generic, so that all loops of all rules are compiled with this crate, once.
    #[doc(hidden)]
    fn rule_of(
        optimizer: &Optimizer,
        layout: Layout,
        lanes: usize,
        first: u64,
    ) -> Result<Box<dyn Rule<Self>>, RuleError>;
}

/// Arithmetic whose `mul_add` rounds twice.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Unfused<F>(F);

macro_rules! real {
    ($float:ty, $third:literal, $small:expr) => {
        impl Arithmetic for $float {
            type Element = $float;
            #[inline(always)]
            fn of(number: f64) -> Self {
                number as $float
            }
            #[inline(always)]
            fn load(element: $float) -> Self {
                element
            }
            #[inline(always)]
            fn store(self) -> $float {
                self
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                <$float>::mul_add(self, a, b)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$float>::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                <$float>::abs(self)
            }
            #[inline(always)]
            fn if_positive(self, then: Self, otherwise: Self) -> Self {
                if self > 0.0 { then } else { otherwise }
            }
            #[inline(always)]
            fn cbrt(self) -> Self {
                cube_root(self, $small, |size| <$float>::from_bits(size.to_bits() / 3 + $third))
            }
        }

        impl Real for $float {
            type Unfused = Unfused<$float>;
            const ALL_BITS: Self = <$float>::from_bits(!0);
            #[inline(always)]
            fn common_bits(self, other: Self) -> Self {
                <$float>::from_bits(self.to_bits() & other.to_bits())
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn to_bytes(self) -> impl Iterator<Item = u8> {
                self.to_le_bytes().into_iter()
            }
            fn from_bytes(bytes: &[u8]) -> Self {
                let mut own = <$float>::default().to_le_bytes();
                own.iter_mut().zip(bytes).for_each(|(own, byte)| *own = *byte);
                <$float>::from_le_bytes(own)
            }
            #[inline(never)]
            fn rule_of(
                optimizer: &Optimizer,
                layout: Layout,
                lanes: usize,
                first: u64,
            ) -> Result<Box<dyn Rule<Self>>, RuleError> {
                optimizer.build(layout, lanes, first)
            }
        }

        impl Arithmetic for Unfused<$float> {
            type Element = $float;
            #[inline(always)]
            fn of(number: f64) -> Self {
                Unfused(number as $float)
            }
            #[inline(always)]
            fn load(element: $float) -> Self {
                Unfused(element)
            }
            #[inline(always)]
            fn store(self) -> $float {
                self.0
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Unfused(self.0 * a.0 + b.0)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Unfused(self.0.sqrt())
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Unfused(self.0.abs())
            }
            #[inline(always)]
            fn if_positive(self, then: Self, otherwise: Self) -> Self {
                if self.0 > 0.0 { then } else { otherwise }
            }
            #[inline(always)]
            fn cbrt(self) -> Self {
                cube_root(self, $small, |size| Unfused(<$float>::from_bits(size.0.to_bits() / 3 + $third)))
            }
        }
    };
}
real!(f32, 0x2A51_37A0, Small { below: f32::MIN_POSITIVE as f64, up: 16_777_216.0, root: 256.0 });
real!(
    f64,
    0x2A9F_7893_782D_A1CE,
    Small { below: f64::MIN_POSITIVE, up: 18_014_398_509_481_984.0, root: 262_144.0 }
);

/// What numbers too small for a full fraction are multiplied by, and its cube root.
#[derive(Clone, Copy)]
struct Small {
    below: f64,
    up: f64,
    root: f64,
}

/// The cube root by three of Halley's steps from a root of |a| that is right to one part in thirty; zero, infinities and NaN as they
/// are.
#[inline(always)]
fn cube_root<A: Arithmetic>(a: A, Small { below, up, root: back }: Small, start: impl Fn(A) -> A) -> A {
    let size = a.abs();
    let small = A::of(below) - size;
    let scaled = size * small.if_positive(A::of(up), A::of(1.0));
    let mut root = start(scaled);
    for _ in 0..3 {
        // r · (r³ + 2a) / (2r³ + a), both divided by r so that they neither overflow nor vanish.
        let (square, other) = (root * root, scaled / root);
        root = root * ((square + (other + other)) / ((square + square) + other));
    }
    root = root * small.if_positive(A::of(1.0 / back), A::of(1.0));
    let ordinary = (A::of(f64::INFINITY) - size).if_positive(size, A::of(0.0));
    ordinary.if_positive(a.if_positive(root, -root), a)
}

macro_rules! unfused_operator {
    ($($operator:ident $method:ident),*) => {$(
        impl<F: $operator<Output = F>> $operator for Unfused<F> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Unfused(self.0.$method(other.0))
            }
        }
    )*};
}
unfused_operator!(Add add, Sub sub, Mul mul, Div div);

impl<F: Neg<Output = F>> Neg for Unfused<F> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Unfused(-self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance from the exact root in units of the last place.
    fn off<A: Arithmetic<Element: Into<f64>>>(root: A, exact: f64, epsilon: f64) -> f64 {
        (root.store().into() - exact).abs() / (exact.abs() * epsilon)
    }

    #[test]
    fn cube_roots_are_right_to_three_units_in_the_last_place_over_the_whole_range() {
        for bits in (1..f32::INFINITY.to_bits()).step_by(1009) {
            for a in [f32::from_bits(bits), -f32::from_bits(bits)] {
                let exact = f64::from(a).cbrt();
                let (fused, unfused) = (Arithmetic::cbrt(a), Unfused(a).cbrt());
                let epsilon = f64::from(f32::EPSILON);
                assert!(
                    off(fused, exact, epsilon) <= 3.0 && off(unfused, exact, epsilon) <= 3.0,
                    "{a:e}: {fused:e}"
                );
            }
        }
        for bits in (1..f64::INFINITY.to_bits()).step_by(5_000_000_000_019).chain(1..1000) {
            let a = f64::from_bits(bits);
            let (fused, unfused) = (Arithmetic::cbrt(a), Unfused(-a).cbrt());
            assert!(off(fused, a.cbrt(), f64::EPSILON) <= 3.0, "{a:e}: {fused:e}");
            assert!(off(unfused, -a.cbrt(), f64::EPSILON) <= 3.0, "{a:e}: {unfused:?}");
        }
    }

    #[test]
    fn the_cube_roots_of_zero_infinity_and_nan_are_themselves() {
        for a in [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Arithmetic::cbrt(a).to_bits(), a.to_bits());
            assert_eq!(Arithmetic::cbrt(a as f32).to_bits(), (a as f32).to_bits());
        }
        assert!(Arithmetic::cbrt(f64::NAN).is_nan() && Arithmetic::cbrt(f32::NAN).is_nan());
    }
}
