//! [`Var`]: the number or array that a traced closure computes with.

use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};
use std::panic::Location;

use super::record;
use crate::primitive::Op;
use crate::program::NodeId;

/// A number or an array in a traced function: what a closure given to [`trace`](crate::trace) computes with.
///
/// The usual operators work between `Var`s and with `f64`; functions have the names of the expression grammar.
#[derive(Debug, Clone, Copy)]
pub struct Var {
    pub(super) tape: u64,
    pub(super) node: NodeId,
}

/// What an operation takes beside a [`Var`]: another one, or a plain number.
#[derive(Debug, Clone, Copy)]
pub enum Operand {
    /// A traced number.
    Var(Var),
    /// A constant.
    Constant(f64),
}

impl From<Var> for Operand {
    fn from(var: Var) -> Self {
        Operand::Var(var)
    }
}

impl From<f64> for Operand {
    fn from(value: f64) -> Self {
        Operand::Constant(value)
    }
}

macro_rules! unary {
    ($($(#[$doc:meta])* $method:ident $op:ident;)*) => {
        $(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(self) -> Var {
                record(Op::$op, &[self.into()], Location::caller())
            }
        )*
    };
}

macro_rules! binary {
    ($($(#[$doc:meta])* $method:ident $op:ident;)*) => {
        $(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(self, other: impl Into<Operand>) -> Var {
                record(Op::$op, &[self.into(), other.into()], Location::caller())
            }
        )*
    };
}

impl Var {
    /// What comes of an ill-formed operation; no trace has the number 0.
    pub(super) const POISON: Var = Var { tape: 0, node: NodeId(0) };

    /// A constant in the trace in progress.
    #[track_caller]
    pub fn constant(value: f64) -> Var {
        record(Op::Add, &[Operand::Constant(value), Operand::Constant(0.0)], Location::caller())
    }

    unary! {
        /// |x|; derivative 0 at 0.
        abs Abs;
        /// −1, 0 or 1; derivative 0.
        sign Sign;
        /// √x; NaN for x < 0, derivative +∞ at 0.
        sqrt Sqrt;
        /// eˣ.
        exp Exp;
        /// eˣ − 1, exact near 0.
        expm1 Expm1;
        /// The natural logarithm; NaN for x < 0.
        log Log;
        /// log(1 + x), exact near 0.
        log1p Log1p;
        /// The sine of an angle in radians.
        sin Sin;
        /// The cosine of an angle in radians.
        cos Cos;
        /// The tangent of an angle in radians.
        tan Tan;
        /// The angle in [−π/2, π/2] with this sine.
        asin Asin;
        /// The angle in [0, π] with this cosine.
        acos Acos;
        /// The angle in (−π/2, π/2) with this tangent.
        atan Atan;
        /// The hyperbolic sine.
        sinh Sinh;
        /// The hyperbolic cosine.
        cosh Cosh;
        /// The hyperbolic tangent.
        tanh Tanh;
        /// 1/(1 + e⁻ˣ).
        sigmoid Sigmoid;
        /// log(1 + eˣ).
        softplus Softplus;
        /// max(x, 0); derivative 0 at 0.
        relu Relu;
    }

    binary! {
        /// xʸ, as C's `pow`: NaN for x < 0 unless y is whole.
        pow Pow;
        /// The smaller one; NaN if either is. At ties each side has derivative ½.
        min Min;
        /// The larger one; NaN if either is. At ties each side has derivative ½.
        max Max;
        /// √(x² + y²) without overflow; derivatives 0 at (0, 0).
        hypot Hypot;
        /// The angle of the point (`other`, `self`), in (−π, π].
        atan2 Atan2;
        /// 1 where `self < other`, else 0.
        less Less;
        /// 1 where `self ≤ other`, else 0.
        less_equal LessEqual;
        /// 1 where `self = other`, else 0.
        equal Equal;
    }

    /// `self·factor + term`, rounded once.
    #[track_caller]
    pub fn mul_add(self, factor: impl Into<Operand>, term: impl Into<Operand>) -> Var {
        record(Op::MulAdd, &[self.into(), factor.into(), term.into()], Location::caller())
    }
}

/// `if_true` where `condition` is not 0, else `if_false`.
///
/// ```
/// use thalweg_function::{select, trace};
///
/// let huber = trace(1, |x| select(x[0].abs().less(1.0), 0.5 * x[0] * x[0], x[0].abs() - 0.5))?;
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
#[track_caller]
pub fn select(condition: Var, if_true: impl Into<Operand>, if_false: impl Into<Operand>) -> Var {
    record(Op::Select, &[condition.into(), if_true.into(), if_false.into()], Location::caller())
}

macro_rules! operator {
    ($trait:ident $method:ident $assign:ident $assign_method:ident) => {
        impl $trait for Var {
            type Output = Var;
            #[track_caller]
            fn $method(self, other: Var) -> Var {
                record(Op::$trait, &[self.into(), other.into()], Location::caller())
            }
        }

        impl $trait<f64> for Var {
            type Output = Var;
            #[track_caller]
            fn $method(self, other: f64) -> Var {
                record(Op::$trait, &[self.into(), other.into()], Location::caller())
            }
        }

        impl $trait<Var> for f64 {
            type Output = Var;
            #[track_caller]
            fn $method(self, other: Var) -> Var {
                record(Op::$trait, &[self.into(), other.into()], Location::caller())
            }
        }

        impl<T> $assign<T> for Var
        where
            Var: $trait<T, Output = Var>,
        {
            #[track_caller]
            fn $assign_method(&mut self, other: T) {
                *self = $trait::$method(*self, other);
            }
        }
    };
}
operator!(Add add AddAssign add_assign);
operator!(Sub sub SubAssign sub_assign);
operator!(Mul mul MulAssign mul_assign);
operator!(Div div DivAssign div_assign);

impl Neg for Var {
    type Output = Var;
    #[track_caller]
    fn neg(self) -> Var {
        record(Op::Neg, &[self.into()], Location::caller())
    }
}

impl Sum for Var {
    #[track_caller]
    fn sum<I: Iterator<Item = Var>>(vars: I) -> Var {
        vars.reduce(|a, b| a + b).unwrap_or_else(|| Var::constant(0.0))
    }
}

impl Product for Var {
    #[track_caller]
    fn product<I: Iterator<Item = Var>>(vars: I) -> Var {
        vars.reduce(|a, b| a * b).unwrap_or_else(|| Var::constant(1.0))
    }
}
