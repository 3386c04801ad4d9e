//! Batches of convolutions: a batch of images is more images; where the kernels differ too, every member has its own products.

use super::arrays::{Batch, Value};
use crate::primitive::{ArrayOp, Side, Window};
use crate::program::{NodeId, Shape};

impl Batch {
    /// One side of a convolution from two others of `shapes`, one batched or both; of each member it has `shape`.
    pub(super) fn convolution(
        &mut self,
        window: Window,
        side: Side,
        [x, y]: [Value; 2],
        shapes: [Shape; 2],
        shape: Shape,
    ) -> NodeId {
        let (op, wide) = (ArrayOp::Convolve(window, side), self.wide(shape));
        if side != Side::Kernel && x.batched && !y.batched {
            let merged =
                |shape: Shape| Shape::of([self.size * shape.axis(0)].into_iter().chain(shape.axes().skip(1)));
            let (from, to) = (merged(shapes[0]), merged(shape));
            let images = self.builder.reshape(x.id, from);
            let result = self.builder.array(op, &[images, y.id], to);
            return self.builder.reshape(result, wide);
        }
        let (x, y) = (self.spread(x, shapes[0]), self.spread(y, shapes[1]));
        self.builder.by_patches(window, side, [x, y], wide)
    }
}
