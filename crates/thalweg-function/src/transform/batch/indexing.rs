//! Batches of indexing where each member has its own indices.

use super::arrays::{Batch, Value};
use crate::primitive::{ArrayOp, Axes};
use crate::program::{NodeId, Shape};

impl Batch {
    /// `x` at each member's indices along `axis`.
    pub(super) fn take(&mut self, axis: usize, [x, i]: [Value; 2], xs: Shape, places: Shape) -> NodeId {
        if !x.batched {
            // The batch axis comes in with the indices, behind the axes before `axis`.
            let taken = self.builder.take(x.id, i.id, axis);
            let rank = self.builder.shape(taken).rank();
            let order: Vec<_> = [axis].into_iter().chain((0..rank).filter(|&k| k != axis)).collect();
            return self.builder.permute(taken, &order);
        }
        let along = xs.with_axis(axis, places.size());
        let indices = self.repeated_indices(i.id, axis, along);
        let taken = self.builder.take_along(x.id, indices, axis + 1);
        let split = xs.axes().take(axis).chain(places.axes()).chain(xs.axes().skip(axis + 1));
        let wide = self.wide(Shape::of(split));
        self.builder.reshape(taken, wide)
    }

    /// The transpose of `take`, to an array of `shape` for each member.
    pub(super) fn scatter(
        &mut self,
        axis: usize,
        x: NodeId,
        i: NodeId,
        places: Shape,
        shape: Shape,
    ) -> NodeId {
        let along = shape.with_axis(axis, places.size());
        let indices = self.repeated_indices(i, axis, along);
        let (merged, wide) = (self.wide(along), self.wide(shape));
        let x = self.builder.reshape(x, merged);
        self.builder.array(ArrayOp::ScatterAlong(axis as u8 + 1), &[x, indices], wide)
    }

    /// Each member's indices as one axis, repeated along the others of `shape`.
    fn repeated_indices(&mut self, i: NodeId, axis: usize, shape: Shape) -> NodeId {
        let wide = self.wide(shape);
        let list = self.builder.reshape(i, Shape::of([self.size, shape.axis(axis)]));
        self.builder.broadcast(list, Axes::of([0, axis + 1]).0, wide)
    }
}
