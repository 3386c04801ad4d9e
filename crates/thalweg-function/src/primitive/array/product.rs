//! Matrix products.
//!
//! With A′ = A or Aᵀ and B′ = B or Bᵀ, C = A′·B′ has dC = dA′·B′ + A′·dB′; the cotangents are A̅′ = C̅·B′ᵀ and
//! B̅′ = A′ᵀ·C̅, transposed where the operand is.

use super::ArrayOp;
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Shape};

/// The lengths of a product: C is `rows`×`columns`, the sums have `inner` terms, and there are `count` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProductDims {
    pub(crate) count: usize,
    pub(crate) rows: usize,
    pub(crate) inner: usize,
    pub(crate) columns: usize,
}

impl ProductDims {
    /// For operands of these shapes, with as many axes.
    pub(crate) fn new(a: Shape, b: Shape, transpose: [bool; 2]) -> Self {
        let rank = a.rank();
        let last = |shape: Shape, swap: bool| {
            let (r, c) = (shape.axis(rank - 2), shape.axis(rank - 1));
            if swap { (c, r) } else { (r, c) }
        };
        let ((rows, inner), (_, columns)) = (last(a, transpose[0]), last(b, transpose[1]));
        ProductDims { count: a.axes().take(rank - 2).product(), rows, inner, columns }
    }
}

impl Builder {
    /// Products over the last two axes, of `x` or its transpose and `y` or its; the other axes agree.
    pub(crate) fn matmul(&mut self, x: NodeId, y: NodeId, transpose: [bool; 2]) -> NodeId {
        let (a, b) = (self.shape(x), self.shape(y));
        let dims = ProductDims::new(a, b, transpose);
        let shape = Shape::of(a.axes().take(a.rank() - 2).chain([dims.rows, dims.columns]));
        self.array(ArrayOp::Product { transpose }, &[x, y], shape)
    }
}

pub(super) fn forward(transpose: [bool; 2], b: &mut Builder, x: [NodeId; 3], i: usize, t: NodeId) -> NodeId {
    if i == 0 { b.matmul(t, x[1], transpose) } else { b.matmul(x[0], t, transpose) }
}

pub(super) fn reverse([ta, tb]: [bool; 2], b: &mut Builder, x: [NodeId; 3], i: usize, t: NodeId) -> NodeId {
    match (i, ta, tb) {
        (0, false, _) => b.matmul(t, x[1], [false, !tb]),
        (0, true, _) => b.matmul(x[1], t, [tb, true]),
        (_, _, false) => b.matmul(x[0], t, [!ta, false]),
        (_, _, true) => b.matmul(t, x[0], [true, ta]),
    }
}

/// Transposes of operands are folded into the product; one with a diagonal matrix scales rows or columns.
pub(super) fn identity(transpose: [bool; 2], b: &mut Builder, x: &[NodeId], shape: Shape) -> Option<NodeId> {
    let rank = shape.rank();
    let swapped = |b: &Builder, id: NodeId| {
        let Op::Array(ArrayOp::Permute(order)) = b.op(id) else { return None };
        let kept = (0..rank - 2).all(|k| usize::from(order[k]) == k);
        (kept && usize::from(order[rank - 1]) == rank - 2).then(|| b.operand(id, 0))
    };
    if let Some(source) = swapped(b, x[0]) {
        return Some(b.matmul(source, x[1], [!transpose[0], transpose[1]]));
    }
    if let Some(source) = swapped(b, x[1]) {
        return Some(b.matmul(x[0], source, [transpose[0], !transpose[1]]));
    }
    let (diagonal, other, transposed, along) = match diagonal(b, x[0]) {
        Some(diagonal) => (diagonal, x[1], transpose[1], rank - 2),
        None => (self::diagonal(b, x[1])?, x[0], transpose[0], rank - 1),
    };
    let other = if transposed { b.transpose(other) } else { other };
    match diagonal {
        Diagonal::Ones => Some(other),
        Diagonal::Of(values) if b.shape(values).is_scalar() => Some(b.mul(values, other)),
        Diagonal::Of(values) => {
            let scale = b.broadcast(values, 1 << along, shape);
            Some(b.mul(scale, other))
        }
    }
}

/// A matrix with zeros off its diagonal, by what is on it.
enum Diagonal {
    Ones,
    /// A vector, or a scalar for all places.
    Of(NodeId),
}

/// The diagonal of a matrix (or of many equal ones) that is known to have no other elements.
fn diagonal(b: &mut Builder, id: NodeId) -> Option<Diagonal> {
    let shape = b.shape(id);
    let rank = shape.rank();
    if rank < 2 || shape.axis(rank - 2) != shape.axis(rank - 1) {
        return None;
    }
    match b.op(id) {
        Op::Equal => {
            let axes = [0, 1].map(|i| match b.op(b.operand(id, i)) {
                Op::Array(ArrayOp::Iota(axis)) => Some(usize::from(axis)),
                _ => None,
            });
            let along = |row, column| axes == [Some(row), Some(column)];
            (along(rank - 2, rank - 1) || along(rank - 1, rank - 2)).then_some(Diagonal::Ones)
        }
        Op::Neg if rank == 2 => match diagonal(b, b.operand(id, 0))? {
            Diagonal::Ones => Some(Diagonal::Of(b.constant(-1.0))),
            Diagonal::Of(values) => Some(Diagonal::Of(b.neg(values))),
        },
        Op::Mul if rank == 2 => {
            let (x, y) = (b.operand(id, 0), b.operand(id, 1));
            let (first, factor) = match diagonal(b, x) {
                Some(first) => (first, y),
                None => (diagonal(b, y)?, x),
            };
            let second = match b.op(factor) {
                _ if b.shape(factor).is_scalar() => factor,
                // A vector along the rows or the columns has its elements on the diagonal.
                Op::Broadcast(1 | 2) => b.operand(factor, 0),
                _ => return None,
            };
            match first {
                Diagonal::Ones => Some(Diagonal::Of(second)),
                Diagonal::Of(first) => Some(Diagonal::Of(b.mul(first, second))),
            }
        }
        _ => None,
    }
}
