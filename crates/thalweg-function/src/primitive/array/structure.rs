//! Numbers in other places: reshape, permute, slice, pad, concatenate, repeat.

use super::{ArrayOp, Axes, Edge, Span};
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Shape};

impl Builder {
    pub(crate) fn reshape(&mut self, x: NodeId, shape: Shape) -> NodeId {
        self.array(ArrayOp::Reshape, &[x], shape)
    }

    /// Axis `k` of the result is axis `order[k]` of `x`.
    pub(crate) fn permute(&mut self, x: NodeId, order: &[usize]) -> NodeId {
        let shape = self.shape(x);
        let mut places = [0; Shape::MAX_RANK];
        for (place, &axis) in places.iter_mut().zip(order) {
            *place = axis as u8;
        }
        let permuted = Shape::of(order.iter().map(|&axis| shape.axis(axis)));
        self.array(ArrayOp::Permute(places), &[x], permuted)
    }

    /// The last two axes change places.
    pub(crate) fn transpose(&mut self, x: NodeId) -> NodeId {
        let rank = self.shape(x).rank();
        let mut order: Vec<_> = (0..rank).collect();
        order.swap(rank - 2, rank - 1);
        self.permute(x, &order)
    }

    /// `length` elements along the axis: `start`, `start + step`, …
    pub(crate) fn slice(&mut self, x: NodeId, span: Span, length: usize) -> NodeId {
        let shape = self.shape(x).with_axis(usize::from(span.axis), length);
        self.array(ArrayOp::Slice(span), &[x], shape)
    }

    /// Zeros of `length` along the axis, but `x` at the places of the span.
    pub(crate) fn pad(&mut self, x: NodeId, span: Span, length: usize) -> NodeId {
        let shape = self.shape(x).with_axis(usize::from(span.axis), length);
        self.array(ArrayOp::Pad(span), &[x], shape)
    }

    pub(crate) fn concat(&mut self, x: NodeId, y: NodeId, axis: usize) -> NodeId {
        let length = self.shape(x).axis(axis) + self.shape(y).axis(axis);
        let shape = self.shape(x).with_axis(axis, length);
        self.array(ArrayOp::Concat(axis as u8), &[x, y], shape)
    }

    /// `x` with further axes of length 1, so that it has the axes of `kept` only.
    pub(crate) fn insert_axes(&mut self, x: NodeId, inserted: Axes) -> NodeId {
        let mut axes: Vec<_> = self.shape(x).axes().collect();
        for axis in inserted.iter() {
            axes.insert(axis.min(axes.len()), 1);
        }
        self.reshape(x, Shape::of(axes))
    }

    /// A scalar repeated to fill `shape`; an array has it already.
    pub(crate) fn filled(&mut self, x: NodeId, shape: Shape) -> NodeId {
        if self.shape(x) == shape { x } else { self.broadcast(x, 0, shape) }
    }

    /// 1 on the diagonal of the last two axes of `shape`, else 0.
    pub(crate) fn eye(&mut self, shape: Shape) -> NodeId {
        let (row, column) = self.row_and_column(shape);
        self.apply(Op::Equal, &[row, column])
    }

    /// The indices along the last two axes of `shape`.
    pub(crate) fn row_and_column(&mut self, shape: Shape) -> (NodeId, NodeId) {
        let rank = shape.rank();
        let row = self.array(ArrayOp::Iota(rank as u8 - 2), &[], shape);
        let column = self.array(ArrayOp::Iota(rank as u8 - 1), &[], shape);
        (row, column)
    }
}

/// The first places of the span that lie in `x`, if `y` holds the rest of the concatenation.
fn part(b: &Builder, x: [NodeId; 3], axis: u8, i: usize) -> Span {
    let start = if i == 0 { 0 } else { b.shape(x[0]).axis(usize::from(axis)) };
    Span { axis, start: start as u32, step: 1 }
}

pub(super) fn forward(Edge { op, x, y, i }: Edge, b: &mut Builder, t: NodeId) -> NodeId {
    let shape = b.shape(y);
    match op {
        ArrayOp::Concat(axis) => {
            let span = part(b, x, axis, i);
            b.pad(t, span, shape.axis(usize::from(axis)))
        }
        _ => b.array(op, &[t], shape),
    }
}

pub(super) fn reverse(Edge { op, x, i, .. }: Edge, b: &mut Builder, t: NodeId) -> NodeId {
    let shape = b.shape(x[i]);
    match op {
        ArrayOp::Permute(order) => {
            let mut back = [0; Shape::MAX_RANK];
            for (k, &axis) in order[..shape.rank()].iter().enumerate() {
                back[usize::from(axis)] = k;
            }
            b.permute(t, &back[..shape.rank()])
        }
        ArrayOp::Slice(span) => b.pad(t, span, shape.axis(usize::from(span.axis))),
        ArrayOp::Pad(span) => b.slice(t, span, shape.axis(usize::from(span.axis))),
        ArrayOp::Concat(axis) => {
            let span = part(b, x, axis, i);
            b.slice(t, span, shape.axis(usize::from(axis)))
        }
        _ => b.reshape(t, shape),
    }
}

pub(super) fn identity(op: ArrayOp, b: &mut Builder, x: &[NodeId], shape: Shape) -> Option<NodeId> {
    let inner = b.op(x[0]);
    if let (Op::Broadcast(0), false) = (inner, matches!(op, ArrayOp::Pad(_) | ArrayOp::Concat(_))) {
        // All elements are equal, wherever they go.
        let scalar = b.operand(x[0], 0);
        return Some(b.filled(scalar, shape));
    }
    match op {
        ArrayOp::Reshape => {
            if b.shape(x[0]) == shape {
                return Some(x[0]);
            }
            if b.as_constant(x[0]).is_some() {
                return Some(b.broadcast(x[0], 0, shape));
            }
            (inner == Op::Array(ArrayOp::Reshape)).then(|| {
                let source = b.operand(x[0], 0);
                b.reshape(source, shape)
            })
        }
        ArrayOp::Permute(order) => {
            let order = &order[..shape.rank()];
            if order.iter().enumerate().all(|(k, &axis)| k == usize::from(axis)) {
                return Some(x[0]);
            }
            // Axes of length 1 may stand anywhere.
            let from = b.shape(x[0]);
            let long = || order.iter().filter(|&&axis| from.axis(usize::from(axis)) != 1);
            if long().is_sorted() {
                return Some(b.reshape(x[0], shape));
            }
            let Op::Array(ArrayOp::Permute(first)) = inner else { return None };
            let both: Vec<_> = order.iter().map(|&axis| usize::from(first[usize::from(axis)])).collect();
            let source = b.operand(x[0], 0);
            Some(b.permute(source, &both))
        }
        ArrayOp::Slice(span) => sliced(b, x[0], span, shape),
        ArrayOp::Pad(span) => {
            let whole = b.shape(x[0]) == shape && span.start == 0 && span.step == 1;
            whole.then_some(x[0])
        }
        ArrayOp::Concat(axis) => {
            // Both parts of one array, put together again.
            let axis = usize::from(axis);
            let (Op::Array(ArrayOp::Slice(s)), Op::Array(ArrayOp::Slice(t))) = (inner, b.op(x[1])) else {
                return None;
            };
            let source = b.operand(x[0], 0);
            let first = b.shape(x[0]).axis(axis);
            let along = usize::from(s.axis) == axis && usize::from(t.axis) == axis && s.step == t.step;
            let next = i64::from(s.start) + first as i64 * i64::from(s.step);
            (along && source == b.operand(x[1], 0) && next == i64::from(t.start))
                .then(|| b.slice(source, s, shape.axis(axis)))
        }
        _ => None,
    }
}

fn sliced(b: &mut Builder, x: NodeId, span: Span, shape: Shape) -> Option<NodeId> {
    let axis = usize::from(span.axis);
    if b.shape(x) == shape && span.step == 1 {
        return Some(x);
    }
    let length = shape.axis(axis);
    match b.op(x) {
        Op::Array(ArrayOp::Slice(first)) if first.axis == span.axis => {
            let source = b.operand(x, 0);
            let start = i64::from(first.start) + i64::from(span.start) * i64::from(first.step);
            let both = Span { start: start as u32, step: first.step * span.step, ..span };
            Some(b.slice(source, both, length))
        }
        Op::Array(ArrayOp::Pad(put)) if put == span => {
            let source = b.operand(x, 0);
            (b.shape(source).axis(axis) == length).then_some(source)
        }
        Op::Array(ArrayOp::Concat(along)) if along == span.axis && span.step > 0 => {
            let (left, right) = (b.operand(x, 0), b.operand(x, 1));
            let boundary = b.shape(left).axis(axis);
            let last = span.start as usize + length.saturating_sub(1) * span.step as usize;
            if last < boundary {
                Some(b.slice(left, span, length))
            } else if span.start as usize >= boundary {
                Some(b.slice(right, Span { start: span.start - boundary as u32, ..span }, length))
            } else {
                None
            }
        }
        Op::Broadcast(mask) if mask & (1 << axis) == 0 => {
            let source = b.operand(x, 0);
            Some(b.broadcast(source, mask, shape))
        }
        _ => None,
    }
}
