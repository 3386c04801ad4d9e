//! The numbers rules work on: what is stored ([`Real`]) and what a formula computes with ([`Arithmetic`]).

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

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
pub trait Real: Arithmetic<Element = Self> + Default + Send + Sync + sealed::Sealed + 'static {
    /// The same numbers on a machine without fused multiply-add, where emulating it would be slow.
    #[doc(hidden)]
    type Unfused: Arithmetic<Element = Self>;

    /// As a 64-bit number, exactly.
    fn to_f64(self) -> f64;
}

/// Arithmetic whose `mul_add` rounds twice.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Unfused<F>(F);

macro_rules! real {
    ($float:ty) => {
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
        }

        impl Real for $float {
            type Unfused = Unfused<$float>;
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
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
        }
    };
}
real!(f32);
real!(f64);

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
