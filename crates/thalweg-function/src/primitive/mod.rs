//! The primitives: every operation that a program is made of, each described once.
//!
//! The element-wise ones stand in the files here, those on whole arrays in `array`. A primitive says its name, its derivative, its identities and its kernel in one place, in the file of its family.
//! Adding one is adding it there and to the list at the end of this file. What never lives here: how derivatives of
//! programs are put together (`transform`), how kernels are run over blocks (`execute`).
//!
//! At the edges of its domain an operation has IEEE 754's value, and these derivatives:
//!
//! | operation | value | derivative |
//! |---|---|---|
//! | `abs` at 0 | 0 | 0 |
//! | `sign` | −1, 0, 1 (±0 keeps its sign) | 0 |
//! | `sqrt` at 0 | 0 | +∞ (and ∞·0 = NaN in a chain rule, as in PyTorch and JAX) |
//! | `relu` at 0 | 0 | 0 |
//! | `min`, `max` at ties | the common value; NaN if either is | ½ to each side |
//! | `hypot` at (0, 0) | 0 | 0 to each side |
//! | `x^y`, x < 0 | that of `pow`: NaN unless y is whole | in x: y·x^(y−1); in y: NaN |
//! | `x^y`, x = 0 | 0, 1 or ∞ by the sign of y | in x: y·x^(y−1); in y: 0 for y ≥ 0, else NaN |
//! | `log`, `log1p`, `asin`, … outside their domain | NaN (±∞ at its ends) | that of the formula |
//! | comparisons | 1 or 0 | 0 |

mod arithmetic;
mod array;
mod exponential;
mod fused;
mod hyperbolic;
mod selection;
mod trigonometric;

use crate::kernel::math::MathLanes;
use crate::program::{Builder, NodeId};

pub(crate) use arithmetic::*;
pub(crate) use array::{
    ArrayOp, Axes, Edge, Loop, ProductDims, Side, Span, Window, composition, forward as array_forward,
    identity as array_identity, reverse as array_reverse,
};
pub(crate) use exponential::*;
pub(crate) use fused::*;
pub(crate) use hyperbolic::*;
pub(crate) use selection::*;
pub(crate) use trigonometric::*;

/// An element-wise operation on one to three numbers. The operand arrays are always three long; the places past
/// `ARITY` hold copies.
pub(crate) trait Primitive {
    const NAME: &'static str;
    const ARITY: usize;
    /// Whether the first two operands may change places.
    const COMMUTATIVE: bool = false;

    /// `t·∂y/∂x[i]` for `y = op(x)`, or `None` where that is zero everywhere.
    ///
    /// One formula serves both modes: with a tangent of `x[i]` for `t` it is a term of the tangent of `y`; with the
    /// cotangent of `y` it is a term of the cotangent of `x[i]`.
    fn derivative(b: &mut Builder, x: [NodeId; 3], y: NodeId, i: usize, t: NodeId) -> Option<NodeId>;

    /// A simpler node with the same value, if an identity gives one.
    fn identity(_: &mut Builder, _: [NodeId; 3]) -> Option<NodeId> {
        None
    }

    /// The value, a register at a time.
    fn kernel<V: MathLanes>(x: [V; 3]) -> V;
}

/// Calls a macro with the list of all primitives.
macro_rules! with_primitives {
    ($macro:ident) => {
        $macro! {
            Add Sub Mul Div Neg Abs Sign Sqrt Min Max Relu Less LessEqual Equal Select MulAdd MulSub NegMulAdd
            Exp Expm1 Log Log1p Pow Hypot Sigmoid Softplus Sin Cos Tan Asin Acos Atan Atan2 Sinh Cosh Tanh
        }
    };
}
pub(crate) use with_primitives;

macro_rules! define_op {
    ($($name:ident)*) => {
        /// What a node does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Op {
            /// The program's argument with this number.
            Input(u32),
            /// The `f64` with these bits.
            Constant(u64),
            /// An array repeated along new axes; bit `k` says whether axis `k` of the result is one of the array's.
            Broadcast(u8),
            /// An operation on whole arrays.
            Array(ArrayOp),
            $($name,)*
        }

        impl Op {
            pub(crate) fn name(self) -> &'static str {
                match self {
                    Op::Input(_) => "input",
                    Op::Constant(_) => "constant",
                    Op::Broadcast(_) => "broadcast",
                    Op::Array(op) => op.name(),
                    $(Op::$name => <$name as Primitive>::NAME,)*
                }
            }

            pub(crate) fn arity(self) -> usize {
                match self {
                    Op::Input(_) | Op::Constant(_) => 0,
                    Op::Broadcast(_) => 1,
                    Op::Array(op) => op.arity(),
                    $(Op::$name => <$name as Primitive>::ARITY,)*
                }
            }

            pub(crate) fn is_commutative(self) -> bool {
                match self {
                    Op::Input(_) | Op::Constant(_) | Op::Broadcast(_) | Op::Array(_) => false,
                    $(Op::$name => <$name as Primitive>::COMMUTATIVE,)*
                }
            }
        }

        /// See [`Primitive::derivative`].
        pub(crate) fn derivative(
            op: Op, b: &mut Builder, x: [NodeId; 3], y: NodeId, i: usize, t: NodeId,
        ) -> Option<NodeId> {
            match op {
                Op::Input(_) | Op::Constant(_) | Op::Broadcast(_) | Op::Array(_) => None,
                $(Op::$name => <$name as Primitive>::derivative(b, x, y, i, t),)*
            }
        }

        /// See [`Primitive::identity`].
        pub(crate) fn identity(op: Op, b: &mut Builder, x: [NodeId; 3]) -> Option<NodeId> {
            match op {
                Op::Input(_) | Op::Constant(_) | Op::Broadcast(_) | Op::Array(_) => None,
                $(Op::$name => <$name as Primitive>::identity(b, x),)*
            }
        }

        /// The value of an element-wise operation on numbers; NaN for what is none.
        pub(crate) fn evaluate(op: Op, x: [f64; 3]) -> f64 {
            match op {
                Op::Constant(bits) => f64::from_bits(bits),
                Op::Input(_) | Op::Broadcast(_) | Op::Array(_) => f64::NAN,
                $(Op::$name => <$name as Primitive>::kernel(x),)*
            }
        }
    };
}
with_primitives!(define_op);
