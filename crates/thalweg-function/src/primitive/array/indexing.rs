//! Elements by index, and their transposes, which add.

use super::ArrayOp;
use crate::program::{Builder, NodeId, Shape};

impl Builder {
    /// `x` at the indices along the axis; the indices' axes take its place.
    pub(crate) fn take(&mut self, x: NodeId, indices: NodeId, axis: usize) -> NodeId {
        let (shape, places) = (self.shape(x), self.shape(indices));
        let before = shape.axes().take(axis);
        let taken = Shape::of(before.chain(places.axes()).chain(shape.axes().skip(axis + 1)));
        self.array(ArrayOp::Take(axis as u8), &[x, indices], taken)
    }

    pub(crate) fn take_along(&mut self, x: NodeId, indices: NodeId, axis: usize) -> NodeId {
        let shape = self.shape(indices);
        self.array(ArrayOp::TakeAlong(axis as u8), &[x, indices], shape)
    }
}

pub(super) fn reverse(op: ArrayOp, b: &mut Builder, x: [NodeId; 3], t: NodeId) -> NodeId {
    let shape = b.shape(x[0]);
    let transposed = match op {
        ArrayOp::Take(axis) => ArrayOp::ScatterAdd(axis),
        ArrayOp::ScatterAdd(axis) => ArrayOp::Take(axis),
        ArrayOp::TakeAlong(axis) => ArrayOp::ScatterAlong(axis),
        ArrayOp::ScatterAlong(axis) => ArrayOp::TakeAlong(axis),
        other => other,
    };
    b.array(transposed, &[t, x[1]], shape)
}
