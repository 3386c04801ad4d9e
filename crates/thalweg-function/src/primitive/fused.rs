//! Products with a sum in one rounding.

use super::Primitive;
use crate::kernel::math::MathLanes;
use crate::program::{Builder, NodeId};

/// `x₀·x₁ + x₂`.
pub(crate) struct MulAdd;
/// `x₀·x₁ − x₂`.
pub(crate) struct MulSub;
/// `x₂ − x₀·x₁`.
pub(crate) struct NegMulAdd;

impl Primitive for MulAdd {
    const NAME: &'static str = "mul_add";
    const ARITY: usize = 3;
    const COMMUTATIVE: bool = true;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        Some(if i == 2 { t } else { b.mul(t, x[1 - i]) })
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, z]: [V; 3]) -> V {
        x.mul_add(y, z)
    }
}

impl Primitive for MulSub {
    const NAME: &'static str = "mul_sub";
    const ARITY: usize = 3;
    const COMMUTATIVE: bool = true;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        Some(if i == 2 { b.neg(t) } else { b.mul(t, x[1 - i]) })
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, z]: [V; 3]) -> V {
        x.mul_sub(y, z)
    }
}

impl Primitive for NegMulAdd {
    const NAME: &'static str = "neg_mul_add";
    const ARITY: usize = 3;
    const COMMUTATIVE: bool = true;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        if i == 2 {
            return Some(t);
        }
        let product = b.mul(t, x[1 - i]);
        Some(b.neg(product))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, z]: [V; 3]) -> V {
        x.neg_mul_add(y, z)
    }
}
