//! Exponentials, logarithms, powers, and what is made of them.

use super::{Op, Primitive};
use crate::kernel::math::MathLanes;
use crate::program::{Builder, NodeId};

pub(crate) struct Exp;
pub(crate) struct Expm1;
pub(crate) struct Log;
pub(crate) struct Log1p;
pub(crate) struct Pow;
pub(crate) struct Hypot;
/// `1/(1 + e^−x)`.
pub(crate) struct Sigmoid;
/// `log(1 + e^x)`.
pub(crate) struct Softplus;

impl Primitive for Exp {
    const NAME: &'static str = "exp";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, _: [NodeId; 3], y: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        Some(b.mul(t, y))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.exp()
    }
}

impl Primitive for Expm1 {
    const NAME: &'static str = "expm1";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let exp = b.apply(Op::Exp, &x[..1]);
        Some(b.mul(t, exp))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.expm1()
    }
}

impl Primitive for Log {
    const NAME: &'static str = "log";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        Some(b.div(t, x[0]))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.log()
    }
}

impl Primitive for Log1p {
    const NAME: &'static str = "log1p";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let one = b.constant(1.0);
        let sum = b.add(one, x[0]);
        Some(b.div(t, sum))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.log1p()
    }
}

impl Primitive for Pow {
    const NAME: &'static str = "pow";
    const ARITY: usize = 2;

    fn derivative(b: &mut Builder, [x, p, _]: [NodeId; 3], y: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        if i == 0 {
            let one = b.constant(1.0);
            let less = b.sub(p, one);
            let power = b.apply(Op::Pow, &[x, less]);
            let slope = b.mul(p, power);
            return Some(b.mul(t, slope));
        }
        // y·log(x), with log(1) in the place of log(0) so that 0^p has the limit 0 for p ≥ 0.
        let (zero, one) = (b.constant(0.0), b.constant(1.0));
        let at_zero = b.apply(Op::Equal, &[x, zero]);
        let base = b.select(at_zero, one, x);
        let log = b.apply(Op::Log, &[base]);
        let slope = b.mul(y, log);
        Some(b.mul(t, slope))
    }

    fn identity(b: &mut Builder, [x, p, _]: [NodeId; 3]) -> Option<NodeId> {
        let p = b.as_constant(p)?;
        if p == 0.0 {
            return Some(b.constant(1.0));
        }
        if p == 1.0 {
            return Some(x);
        }
        if p == -1.0 {
            let one = b.constant(1.0);
            return Some(b.div(one, x));
        }
        if ![2.0, 3.0, 4.0].contains(&p) {
            return None;
        }
        let square = b.mul(x, x);
        match p {
            2.0 => Some(square),
            3.0 => Some(b.mul(square, x)),
            _ => Some(b.mul(square, square)),
        }
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
        x.pow(y)
    }
}

impl Primitive for Hypot {
    const NAME: &'static str = "hypot";
    const ARITY: usize = 2;
    const COMMUTATIVE: bool = true;

    fn derivative(b: &mut Builder, x: [NodeId; 3], y: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        let zero = b.constant(0.0);
        let at_zero = b.apply(Op::Equal, &[y, zero]);
        let cosine = b.div(x[i], y);
        let cosine = b.select(at_zero, zero, cosine);
        Some(b.mul(t, cosine))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
        x.hypot(y)
    }
}

impl Primitive for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, _: [NodeId; 3], y: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let one = b.constant(1.0);
        let rest = b.sub(one, y);
        let slope = b.mul(y, rest);
        Some(b.mul(t, slope))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.sigmoid()
    }
}

impl Primitive for Softplus {
    const NAME: &'static str = "softplus";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let sigmoid = b.apply(Op::Sigmoid, &x[..1]);
        Some(b.mul(t, sigmoid))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.softplus()
    }
}
