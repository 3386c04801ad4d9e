//! Sums, extremes and running sums.
//!
//! Where several elements share the largest or smallest value, each has an equal share of the derivative.

use super::{ArrayOp, Axes, Edge};
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Shape};

impl Builder {
    pub(crate) fn sum(&mut self, x: NodeId, axes: Axes) -> NodeId {
        let shape = self.shape(x).without(axes);
        self.array(ArrayOp::Sum(axes), &[x], shape)
    }

    /// Repeats `x` along `axes` of `shape`, which `x` lacks: the transpose of a sum.
    pub(crate) fn spread(&mut self, x: NodeId, axes: Axes, shape: Shape) -> NodeId {
        let kept = Axes::all(shape.rank()).without(axes);
        self.broadcast(x, kept.0, shape)
    }
}

pub(super) fn forward(Edge { op, x, y, .. }: Edge, b: &mut Builder, t: NodeId) -> NodeId {
    match op {
        ArrayOp::Largest(axes) | ArrayOp::Smallest(axes) => {
            let share = share(b, x[0], y, axes);
            let part = b.mul(t, share);
            b.sum(part, axes)
        }
        _ => b.array(op, &[t], b.shape(y)),
    }
}

pub(super) fn reverse(Edge { op, x, y, .. }: Edge, b: &mut Builder, t: NodeId) -> NodeId {
    let shape = b.shape(x[0]);
    match op {
        ArrayOp::Largest(axes) | ArrayOp::Smallest(axes) => {
            let share = share(b, x[0], y, axes);
            let all = b.spread(t, axes, shape);
            b.mul(all, share)
        }
        ArrayOp::CumSum { axis, backwards } => {
            b.array(ArrayOp::CumSum { axis, backwards: !backwards }, &[t], shape)
        }
        ArrayOp::Sum(axes) => b.spread(t, axes, shape),
        _ => t,
    }
}

/// For each element of `x`, its share of the derivative of the extreme `y` over `axes`.
pub(super) fn share(b: &mut Builder, x: NodeId, y: NodeId, axes: Axes) -> NodeId {
    let shape = b.shape(x);
    let extreme = b.spread(y, axes, shape);
    let is_extreme = b.apply(Op::Equal, &[x, extreme]);
    let count = b.sum(is_extreme, axes);
    let count = b.spread(count, axes, shape);
    b.div(is_extreme, count)
}

pub(super) fn identity(op: ArrayOp, axes: Axes, b: &mut Builder, x: NodeId, shape: Shape) -> Option<NodeId> {
    let from = b.shape(x);
    if axes.iter().all(|axis| from.axis(axis) == 1) {
        return Some(b.reshape(x, shape));
    }
    let is_sum = matches!(op, ArrayOp::Sum(_));
    match b.op(x) {
        Op::Broadcast(mask) => {
            // What was repeated along reduced axes need not be.
            let source = b.operand(x, 0);
            let repeated = Axes(axes.0 & !mask);
            if repeated.is_empty() {
                return None;
            }
            let copies: usize = repeated.iter().map(|axis| from.axis(axis)).product();
            let still = Axes::of(
                (0..from.rank())
                    .filter(|&k| mask & (1 << k) != 0)
                    .enumerate()
                    .filter_map(|(place, k)| axes.contains(k).then_some(place)),
            );
            let reduced = b.shape(source).without(still);
            let rest = match op {
                ArrayOp::Sum(_) => b.array(ArrayOp::Sum(still), &[source], reduced),
                ArrayOp::Largest(_) => b.array(ArrayOp::Largest(still), &[source], reduced),
                _ => b.array(ArrayOp::Smallest(still), &[source], reduced),
            };
            let kept_mask = kept_after(mask, axes, from.rank());
            let rest = if is_sum { b.scale(copies as f64, rest) } else { rest };
            Some(b.broadcast(rest, kept_mask, shape))
        }
        Op::Mul if is_sum => {
            let (factor, rest) = (b.operand(x, 0), b.operand(x, 1));
            b.as_constant(factor)?;
            let sum = b.sum(rest, axes);
            Some(b.mul(factor, sum))
        }
        Op::Neg if is_sum => {
            let rest = b.operand(x, 0);
            let sum = b.sum(rest, axes);
            Some(b.neg(sum))
        }
        Op::Array(ArrayOp::Sum(first)) if is_sum => {
            let source = b.operand(x, 0);
            let rank = b.shape(source).rank();
            let left: Vec<_> = (0..rank).filter(|&k| !first.contains(k)).collect();
            let both = Axes(first.0 | Axes::of(axes.iter().map(|k| left[k])).0);
            Some(b.sum(source, both))
        }
        _ => None,
    }
}

/// The mask of a broadcast after the axes `reduced` are gone.
fn kept_after(mask: u8, reduced: Axes, rank: usize) -> u8 {
    let left = (0..rank).filter(|&k| !reduced.contains(k));
    Axes::of(left.enumerate().filter(|&(_, k)| mask & (1 << k) != 0).map(|(place, _)| place)).0
}
