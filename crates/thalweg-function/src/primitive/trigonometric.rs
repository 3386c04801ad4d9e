//! Sine, cosine, tangent and their inverses.

use super::{Op, Primitive};
use crate::kernel::math::MathLanes;
use crate::program::{Builder, NodeId};

pub(crate) struct Sin;
pub(crate) struct Cos;
pub(crate) struct Tan;
pub(crate) struct Asin;
pub(crate) struct Acos;
pub(crate) struct Atan;
/// The angle of the point (x₁, x₀): operands in the order `atan2(y, x)`.
pub(crate) struct Atan2;

impl Primitive for Sin {
    const NAME: &'static str = "sin";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let cos = b.apply(Op::Cos, &x[..1]);
        Some(b.mul(t, cos))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.sin()
    }
}

impl Primitive for Cos {
    const NAME: &'static str = "cos";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let sin = b.apply(Op::Sin, &x[..1]);
        let product = b.mul(t, sin);
        Some(b.neg(product))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.cos()
    }
}

impl Primitive for Tan {
    const NAME: &'static str = "tan";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, _: [NodeId; 3], y: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let slope = one_plus_square(b, y);
        Some(b.mul(t, slope))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.tan()
    }
}

fn one_plus_square(b: &mut Builder, x: NodeId) -> NodeId {
    let one = b.constant(1.0);
    let square = b.mul(x, x);
    b.add(one, square)
}

/// `t/√((1−x)(1+x))`, which keeps its digits near ±1.
fn over_circle(b: &mut Builder, x: NodeId, t: NodeId) -> NodeId {
    let one = b.constant(1.0);
    let (less, more) = (b.sub(one, x), b.add(one, x));
    let product = b.mul(less, more);
    let root = b.apply(Op::Sqrt, &[product]);
    b.div(t, root)
}

impl Primitive for Asin {
    const NAME: &'static str = "asin";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        Some(over_circle(b, x[0], t))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.asin()
    }
}

impl Primitive for Acos {
    const NAME: &'static str = "acos";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let slope = over_circle(b, x[0], t);
        Some(b.neg(slope))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.acos()
    }
}

impl Primitive for Atan {
    const NAME: &'static str = "atan";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let denominator = one_plus_square(b, x[0]);
        Some(b.div(t, denominator))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.atan()
    }
}

impl Primitive for Atan2 {
    const NAME: &'static str = "atan2";
    const ARITY: usize = 2;

    fn derivative(b: &mut Builder, [y, x, _]: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        let (yy, xx) = (b.mul(y, y), b.mul(x, x));
        let square = b.add(yy, xx);
        let numerator = if i == 0 { x } else { b.neg(y) };
        let slope = b.div(numerator, square);
        Some(b.mul(t, slope))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([y, x, _]: [V; 3]) -> V {
        y.atan2(x)
    }
}
