//! Hyperbolic sine, cosine and tangent.

use super::{Op, Primitive};
use crate::kernel::math::MathLanes;
use crate::program::{Builder, NodeId};

pub(crate) struct Sinh;
pub(crate) struct Cosh;
pub(crate) struct Tanh;

impl Primitive for Sinh {
    const NAME: &'static str = "sinh";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let cosh = b.apply(Op::Cosh, &x[..1]);
        Some(b.mul(t, cosh))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.sinh()
    }
}

impl Primitive for Cosh {
    const NAME: &'static str = "cosh";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let sinh = b.apply(Op::Sinh, &x[..1]);
        Some(b.mul(t, sinh))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.cosh()
    }
}

impl Primitive for Tanh {
    const NAME: &'static str = "tanh";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, _: [NodeId; 3], y: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let one = b.constant(1.0);
        let (less, more) = (b.sub(one, y), b.add(one, y));
        let slope = b.mul(less, more);
        Some(b.mul(t, slope))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.tanh()
    }
}
