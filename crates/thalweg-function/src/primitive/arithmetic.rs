//! `+ − · / √` and sign.

use super::{Op, Primitive};
use crate::kernel::math::MathLanes;
use crate::program::{Builder, NodeId};

pub(crate) struct Add;
pub(crate) struct Sub;
pub(crate) struct Mul;
pub(crate) struct Div;
pub(crate) struct Neg;
pub(crate) struct Abs;
pub(crate) struct Sign;
pub(crate) struct Sqrt;

/// The operand of a negation.
fn negated(b: &Builder, id: NodeId) -> Option<NodeId> {
    (b.op(id) == Op::Neg).then(|| b.operand(id, 0))
}

impl Primitive for Add {
    const NAME: &'static str = "add";
    const ARITY: usize = 2;
    const COMMUTATIVE: bool = true;

    fn derivative(_: &mut Builder, _: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        Some(t)
    }

    fn identity(b: &mut Builder, [x, y, _]: [NodeId; 3]) -> Option<NodeId> {
        if b.as_constant(x) == Some(0.0) {
            return Some(y);
        }
        if x == y {
            return Some(b.scale(2.0, x));
        }
        if let Some(y) = negated(b, y) {
            return Some(b.sub(x, y));
        }
        negated(b, x).map(|x| b.sub(y, x))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
        x.add(y)
    }
}

impl Primitive for Sub {
    const NAME: &'static str = "sub";
    const ARITY: usize = 2;

    fn derivative(b: &mut Builder, _: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        Some(if i == 0 { t } else { b.neg(t) })
    }

    fn identity(b: &mut Builder, [x, y, _]: [NodeId; 3]) -> Option<NodeId> {
        if b.as_constant(y) == Some(0.0) {
            return Some(x);
        }
        if b.as_constant(x) == Some(0.0) {
            return Some(b.neg(y));
        }
        negated(b, y).map(|y| b.add(x, y))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
        x.sub(y)
    }
}

impl Primitive for Mul {
    const NAME: &'static str = "mul";
    const ARITY: usize = 2;
    const COMMUTATIVE: bool = true;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        Some(b.mul(t, x[1 - i]))
    }

    fn identity(b: &mut Builder, [x, y, _]: [NodeId; 3]) -> Option<NodeId> {
        if let Some(c) = b.as_constant(x) {
            if c == 1.0 {
                return Some(y);
            }
            if c == -1.0 {
                return Some(b.neg(y));
            }
            if let Some(y) = negated(b, y) {
                return Some(b.scale(-c, y));
            }
            if b.op(y) == Op::Mul {
                let inner = b.as_constant(b.operand(y, 0)).map(|d| c * d);
                if let Some(product) = inner.filter(|p| p.is_normal()) {
                    let rest = b.operand(y, 1);
                    return Some(b.scale(product, rest));
                }
            }
            return None;
        }
        match (negated(b, x), negated(b, y)) {
            (Some(x), Some(y)) => Some(b.mul(x, y)),
            (Some(x), None) => {
                let product = b.mul(x, y);
                Some(b.neg(product))
            }
            (None, Some(y)) => {
                let product = b.mul(x, y);
                Some(b.neg(product))
            }
            (None, None) => constant_outwards(b, x, y),
        }
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
        x.mul(y)
    }
}

/// `(c·x)·y = c·(x·y)`: constants travel outwards, where they meet and become one.
fn constant_outwards(b: &mut Builder, x: NodeId, y: NodeId) -> Option<NodeId> {
    let factor = |b: &Builder, id: NodeId| {
        (b.op(id) == Op::Mul)
            .then(|| b.as_constant(b.operand(id, 0)))
            .flatten()
            .map(|c| (c, b.operand(id, 1)))
    };
    let (c, product) = match (factor(b, x), factor(b, y)) {
        (Some((c, x)), Some((d, y))) if (c * d).is_normal() => (c * d, b.mul(x, y)),
        (Some((c, x)), None) => (c, b.mul(x, y)),
        (None, Some((d, y))) => (d, b.mul(x, y)),
        _ => return None,
    };
    Some(b.scale(c, product))
}

impl Primitive for Div {
    const NAME: &'static str = "div";
    const ARITY: usize = 2;

    fn derivative(b: &mut Builder, x: [NodeId; 3], y: NodeId, i: usize, t: NodeId) -> Option<NodeId> {
        let by_numerator = b.div(t, x[1]);
        Some(if i == 0 {
            by_numerator
        } else {
            let product = b.mul(by_numerator, y);
            b.neg(product)
        })
    }

    fn identity(b: &mut Builder, [x, y, _]: [NodeId; 3]) -> Option<NodeId> {
        if let Some(c) = b.as_constant(y) {
            // Only a power of two has a reciprocal that changes no quotient.
            let reciprocal = 1.0 / c;
            let exact = reciprocal.is_normal() && c.to_bits() << 12 == 0;
            return exact.then(|| b.scale(reciprocal, x));
        }
        match (negated(b, x), negated(b, y)) {
            (Some(x), Some(y)) => Some(b.div(x, y)),
            (Some(x), None) => {
                let quotient = b.div(x, y);
                Some(b.neg(quotient))
            }
            (None, Some(y)) => {
                let quotient = b.div(x, y);
                Some(b.neg(quotient))
            }
            (None, None) => None,
        }
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, y, _]: [V; 3]) -> V {
        x.div(y)
    }
}

impl Primitive for Neg {
    const NAME: &'static str = "neg";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, _: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        Some(b.neg(t))
    }

    fn identity(b: &mut Builder, [x, ..]: [NodeId; 3]) -> Option<NodeId> {
        if b.op(x) == Op::Sub {
            let (left, right) = (b.operand(x, 0), b.operand(x, 1));
            return Some(b.sub(right, left));
        }
        let factor = if b.op(x) == Op::Mul { b.as_constant(b.operand(x, 0)) } else { None };
        if let Some(c) = factor {
            let rest = b.operand(x, 1);
            return Some(b.scale(-c, rest));
        }
        negated(b, x)
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.neg()
    }
}

impl Primitive for Abs {
    const NAME: &'static str = "abs";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, x: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let sign = b.apply(Op::Sign, &x[..1]);
        Some(b.mul(t, sign))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.abs()
    }
}

impl Primitive for Sign {
    const NAME: &'static str = "sign";
    const ARITY: usize = 1;

    fn derivative(_: &mut Builder, _: [NodeId; 3], _: NodeId, _: usize, _: NodeId) -> Option<NodeId> {
        None
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        let zero = V::splat(0.0);
        let negative = V::select(x.lt(zero), V::splat(-1.0), x);
        V::select(zero.lt(x), V::splat(1.0), negative)
    }
}

impl Primitive for Sqrt {
    const NAME: &'static str = "sqrt";
    const ARITY: usize = 1;

    fn derivative(b: &mut Builder, _: [NodeId; 3], y: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        let half = b.scale(0.5, t);
        Some(b.div(half, y))
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x.sqrt()
    }
}
