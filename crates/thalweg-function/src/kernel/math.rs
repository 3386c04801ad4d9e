//! [`MathLanes`]: the elementary functions on every kind of lanes.
//!
//! Special values are those of C99 Annex F. The kernels are written for `f64`; lanes of `f32` pass through two
//! registers of `f64` and are rounded once more at the end, which leaves almost all of them correctly
//! rounded.

use super::lanes::{BitLanes, Lanes};
use super::{exponential, hyperbolic, inverse_trigonometric, logarithm, power, trigonometric};

/// Lanes with the elementary functions.
pub(crate) trait MathLanes: Lanes {
    fn exp(self) -> Self;
    /// `e^x − 1`.
    fn expm1(self) -> Self;
    fn log(self) -> Self;
    /// `log(1 + x)`.
    fn log1p(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn tan(self) -> Self;
    fn asin(self) -> Self;
    fn acos(self) -> Self;
    fn atan(self) -> Self;
    /// The angle of the point `(x, self)`.
    fn atan2(self, x: Self) -> Self;
    fn sinh(self) -> Self;
    fn cosh(self) -> Self;
    fn tanh(self) -> Self;
    /// `1/(1 + e^−x)`.
    fn sigmoid(self) -> Self;
    /// `log(1 + e^x)`.
    fn softplus(self) -> Self;
    fn pow(self, exponent: Self) -> Self;
    /// `√(x² + y²)`.
    fn hypot(self, y: Self) -> Self;
}

macro_rules! forward {
    ($($module:ident: $($name:ident($($other:ident)?)),+;)+) => {
        $($(
            #[inline(always)]
            fn $name(self $(, $other: Self)?) -> Self {
                $module::$name(self $(, $other)?)
            }
        )+)+
    };
}

impl<V: BitLanes> MathLanes for V {
    forward! {
        exponential: exp(), expm1(), sigmoid(), softplus();
        logarithm: log(), log1p();
        trigonometric: sin(), cos(), tan();
        inverse_trigonometric: asin(), acos(), atan(), atan2(x);
        hyperbolic: sinh(), cosh(), tanh();
        power: pow(exponent), hypot(y);
    }
}

/// Lanes of `f32` that widen to registers of `f64`.
#[cfg(target_arch = "x86_64")]
pub(crate) trait Halves: Lanes<Elem = f32> {
    type Half: BitLanes;
    fn widen(self) -> [Self::Half; 2];
    fn narrow(halves: [Self::Half; 2]) -> Self;
}

/// `impl MathLanes` through [`Halves`].
#[cfg(target_arch = "x86_64")]
macro_rules! by_halves {
    ($Lanes:ident: $($name:ident($($other:ident)?))+) => {
        impl MathLanes for $Lanes {
            $(
                #[inline(always)]
                fn $name(self $(, $other: Self)?) -> Self {
                    let [low, high] = self.widen();
                    by_halves!(@apply $name(low, high) $($other)?)
                }
            )+
        }
    };
    (@apply $name:ident($low:ident, $high:ident)) => {
        Self::narrow([$low.$name(), $high.$name()])
    };
    (@apply $name:ident($low:ident, $high:ident) $other:ident) => {{
        let [other_low, other_high] = $other.widen();
        Self::narrow([$low.$name(other_low), $high.$name(other_high)])
    }};
}

/// `impl MathLanes for f32` through `f64`.
macro_rules! by_f64 {
    ($($name:ident($($other:ident)?))+) => {
        impl MathLanes for f32 {
            $(
                #[inline(always)]
                fn $name(self $(, $other: Self)?) -> Self {
                    MathLanes::$name(f64::from(self) $(, f64::from($other))?) as f32
                }
            )+
        }
    };
}

/// Hands the list of functions to one of the macros above.
macro_rules! every_function {
    ($macro:ident! $($Lanes:ident:)?) => {
        $macro! {
            $($Lanes:)? exp() expm1() sigmoid() softplus() log() log1p() sin() cos() tan() asin() acos() atan()
            atan2(x) sinh() cosh() tanh() pow(exponent) hypot(y)
        }
    };
}

every_function!(by_f64!);
#[cfg(target_arch = "x86_64")]
mod registers {
    use super::super::{avx2::F32x8, avx512::F32x16};
    use super::{Halves, MathLanes};

    every_function!(by_halves! F32x8:);
    every_function!(by_halves! F32x16:);
}
