//! Comparisons, choices, and the operations that are choices in disguise.
//!
//! Truth is 1, falsehood 0. Derivatives choose between numbers instead of multiplying by 0, so that an infinity on the
//! side not taken does no harm.

use super::{Op, Primitive};
use crate::kernel::math::MathLanes;
use crate::program::{Builder, NodeId};

pub(crate) struct Min;
pub(crate) struct Max;
/// `max(x, 0)`.
pub(crate) struct Relu;
pub(crate) struct Less;
pub(crate) struct LessEqual;
pub(crate) struct Equal;
/// `x₁` where `x₀` is not 0, else `x₂`.
pub(crate) struct Select;

/// `t` where `winner < loser` holds strictly, `t/2` at ties, else 0.
fn to_the_smaller(b: &mut Builder, winner: NodeId, loser: NodeId, t: NodeId) -> NodeId {
    let zero = b.constant(0.0);
    let half = b.scale(0.5, t);
    let tie = b.apply(Op::Equal, &[winner, loser]);
    let won = b.apply(Op::Less, &[winner, loser]);
    let unless_won = b.select(tie, half, zero);
    b.select(won, t, unless_won)
}

#[inline(always)]
fn truth<V: MathLanes>(mask: V::Mask) -> V {
    V::select(mask, V::splat(1.0), V::splat(0.0))
}

/// `value`, or NaN where `x` is.
#[inline(always)]
fn unless_nan<V: MathLanes>(x: V, value: V) -> V {
    V::select(x.eq(x), value, x)
}

impl Primitive for Min {
    const NAME: &'static str = "min";
    const ARITY: usize = 2;
    const COMMUTATIVE: bool = true;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        Some(to_the_smaller(b, x[i], x[1 - i], t))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
        unless_nan(x, V::select(x.le(y), x, y))
    }
}

impl Primitive for Max {
    const NAME: &'static str = "max";
    const ARITY: usize = 2;
    const COMMUTATIVE: bool = true;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        let (winner, loser) = (b.neg(x[i]), b.neg(x[1 - i]));
        Some(to_the_smaller(b, winner, loser, t))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
        unless_nan(x, V::select(y.le(x), x, y))
    }
}

impl Primitive for Relu {
    const NAME: &'static str = "relu";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let zero = b.constant(0.0);
        let positive = b.apply(Op::Less, &[zero, x[0]]);
        Some(b.select(positive, t, zero))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        V::select(x.le(V::splat(0.0)), V::splat(0.0), x)
    }
}

macro_rules! comparison {
    ($type:ident, $name:literal, $lanes:ident, $commutative:literal) => {
        impl Primitive for $type {
            const NAME: &'static str = $name;
            const ARITY: usize = 2;
            const COMMUTATIVE: bool = $commutative;

            fn derivative(_: &mut Builder, _: [NodeId; 3], _: NodeId, _: usize, _: NodeId) -> Option<NodeId> {
                None
            }

            #[inline(always)]
            fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
                truth(x.$lanes(y))
            }
        }
    };
}
comparison!(Less, "less", lt, false);
comparison!(LessEqual, "less_equal", le, false);
comparison!(Equal, "equal", eq, true);

impl Primitive for Select {
    const NAME: &'static str = "select";
    const ARITY: usize = 3;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        let zero = b.constant(0.0);
        match i {
            0 => None,
            1 => Some(b.select(x[0], t, zero)),
            _ => Some(b.select(x[0], zero, t)),
        }
    }

    fn identity(b: &mut Builder, [condition, if_true, if_false]: [NodeId; 3]) -> Option<NodeId> {
        if if_true == if_false {
            return Some(if_true);
        }
        let condition = b.as_constant(condition)?;
        Some(if condition == 0.0 { if_false } else { if_true })
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([condition, if_true, if_false]: [V; 3]) -> V {
        V::select(condition.eq(V::splat(0.0)), if_false, if_true)
    }
}
