//! Windows that slide over images: convolutions, the largest element under a window, and the sum of all.
//!
//! A convolution relates three arrays, images x, a kernel k and results y, by one sum that is linear in each of them,
//! Σ x\[n, c, i·s + a − p, j·s′ + b − p′\]·k\[o, c, a, b\]·y\[n, o, i, j\]. [`ArrayOp::Convolve`] computes the slope of that sum along one
//! of them from the other two. So the derivatives of a convolution are its other two sides.
//!
//! Of elements that share the largest value under a window each has an equal share of the derivative. Shares count as constant.

use super::{ArrayOp, Axes, Edge, Window, reduction};
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Program, Shape};

/// What a convolution computes, from the other two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    /// The convolution itself.
    Results,
    Images,
    Kernel,
}

impl Side {
    /// What it is computed from, in this order.
    fn operands(self) -> [Side; 2] {
        match self {
            Side::Results => [Side::Images, Side::Kernel],
            Side::Images => [Side::Results, Side::Kernel],
            Side::Kernel => [Side::Images, Side::Results],
        }
    }
}

impl Window {
    /// How many elements it covers.
    pub(crate) fn elements(self) -> usize {
        usize::from(self.size[0]) * usize::from(self.size[1])
    }
}

pub(super) fn forward(Edge { op, x, y, i }: Edge, b: &mut Builder, t: NodeId) -> Option<NodeId> {
    let shape = b.shape(y);
    match op {
        ArrayOp::Convolve(..) => {
            let mut operands = [x[0], x[1]];
            operands[i] = t;
            Some(b.array(op, &operands, shape))
        }
        ArrayOp::MaxPool(window) => Some(b.array(ArrayOp::PoolGather(window), &[t, x[0]], shape)),
        ArrayOp::PoolGather(_) | ArrayOp::PoolSpread(_) => (i == 0).then(|| b.array(op, &[t, x[1]], shape)),
        _ => Some(b.array(op, &[t], shape)),
    }
}

pub(super) fn reverse(Edge { op, x, i, .. }: Edge, b: &mut Builder, t: NodeId) -> Option<NodeId> {
    let shape = b.shape(x[i]);
    match op {
        ArrayOp::Convolve(window, side) => {
            let slope = side.operands()[i];
            let given = slope.operands().map(|given| if given == side { t } else { x[1 - i] });
            Some(b.array(ArrayOp::Convolve(window, slope), &given, shape))
        }
        ArrayOp::MaxPool(window) => Some(b.array(ArrayOp::PoolSpread(window), &[t, x[0]], shape)),
        ArrayOp::PoolGather(window) => {
            (i == 0).then(|| b.array(ArrayOp::PoolSpread(window), &[t, x[1]], shape))
        }
        ArrayOp::PoolSpread(window) => {
            (i == 0).then(|| b.array(ArrayOp::PoolGather(window), &[t, x[1]], shape))
        }
        ArrayOp::SumPool(window) => Some(b.array(ArrayOp::SumSpread(window), &[t], shape)),
        ArrayOp::SumSpread(window) => Some(b.array(ArrayOp::SumPool(window), &[t], shape)),
        ArrayOp::Patches(window) => Some(b.array(ArrayOp::Unpatch(window), &[t], shape)),
        ArrayOp::Unpatch(window) => Some(b.array(ArrayOp::Patches(window), &[t], shape)),
        _ => None,
    }
}

/// What is done to all elements under a window alike, and never makes a larger one the smaller, is done to the largest alone.
pub(super) fn identity(op: ArrayOp, b: &mut Builder, x: &[NodeId], shape: Shape) -> Option<NodeId> {
    let ArrayOp::MaxPool(_) = op else { return None };
    match b.op(x[0]) {
        Op::Relu => {
            let inner = b.operand(x[0], 0);
            let pooled = b.array(op, &[inner], shape);
            Some(b.apply(Op::Relu, &[pooled]))
        }
        Op::Add => {
            let [first, second] = [0, 1].map(|i| b.operand(x[0], i));
            let (added, image) = match (along_planes(b, first), along_planes(b, second)) {
                (true, false) => (first, second),
                (false, true) => (second, first),
                _ => return None,
            };
            let pooled = b.array(op, &[image], shape);
            let narrow = match b.op(added) {
                Op::Broadcast(mask) => {
                    let source = b.operand(added, 0);
                    b.broadcast(source, mask, shape)
                }
                _ => added,
            };
            Some(b.add(narrow, pooled))
        }
        _ => None,
    }
}

/// Whether a value is the same all over each plane, the last two axes.
fn along_planes(b: &Builder, id: NodeId) -> bool {
    let rank = b.shape(id).rank();
    match b.op(id) {
        Op::Broadcast(mask) => rank >= 2 && Axes(mask).iter().all(|axis| axis + 2 < rank),
        _ => rank == 0,
    }
}

impl Builder {
    /// What the window covers at each place: `[…, C·kh·kw, places]`.
    fn patches(&mut self, x: NodeId, window: Window) -> NodeId {
        let shape = self.shape(x);
        let outer = shape.rank() - 3;
        let places = window.places([shape.axis(outer + 1), shape.axis(outer + 2)]).unwrap_or_default();
        let rows = shape.axis(outer) * window.elements();
        let covered = shape.axes().take(outer).chain([rows, places[0] * places[1]]);
        self.array(ArrayOp::Patches(window), &[x], Shape::of(covered))
    }

    /// What the window covers at each place, elements along an axis of their own: `[…, C, kh·kw, places]`.
    fn covered(&mut self, x: NodeId, window: Window) -> NodeId {
        let channels = self.shape(x).rank() - 3;
        let lengths = [self.shape(x).axis(channels), window.elements()];
        let patches = self.patches(x, window);
        let shape = self.shape(patches);
        let outer = shape.axes().take(channels);
        let apart = Shape::of(outer.chain(lengths).chain([shape.axis(channels + 1)]));
        self.reshape(patches, apart)
    }

    /// An operation of this family out of patches, products and reductions, for those who have to look into it. `None` for other
    /// operations.
    pub(crate) fn composed(&mut self, op: ArrayOp, x: &[NodeId], shape: Shape) -> Option<NodeId> {
        match op {
            ArrayOp::Convolve(window, side) => Some(self.by_patches(window, side, [x[0], x[1]], shape)),
            ArrayOp::MaxPool(window) => {
                let covered = self.covered(x[0], window);
                let largest = self.largest(covered);
                Some(self.reshape(largest, shape))
            }
            ArrayOp::PoolGather(window) => {
                let share = self.shares(x[1], window);
                let tangents = self.covered(x[0], window);
                let parts = self.mul(tangents, share);
                Some(self.over_window(parts, shape))
            }
            ArrayOp::PoolSpread(window) => {
                let share = self.shares(x[1], window);
                let all = self.under_window(x[0], self.shape(share));
                let parts = self.mul(all, share);
                Some(self.uncovered(parts, window, shape))
            }
            ArrayOp::SumPool(window) => {
                let covered = self.covered(x[0], window);
                Some(self.over_window(covered, shape))
            }
            ArrayOp::SumSpread(window) => {
                let from = self.shape(x[0]);
                let outer = shape.axes().take(shape.rank() - 2);
                let places = from.axis(shape.rank() - 2) * from.axis(shape.rank() - 1);
                let all = self.under_window(x[0], Shape::of(outer.chain([window.elements(), places])));
                Some(self.uncovered(all, window, shape))
            }
            _ => None,
        }
    }

    /// The sums of what was [`covered`](Self::covered), in the shape of the places.
    fn over_window(&mut self, covered: NodeId, shape: Shape) -> NodeId {
        let axis = Axes::of([self.shape(covered).rank() - 2]);
        let sum = self.sum(covered, axis);
        self.reshape(sum, shape)
    }

    /// A number of each place for all elements under the window there: `[…, C, kh·kw, places]`, the shape `apart`.
    fn under_window(&mut self, x: NodeId, apart: Shape) -> NodeId {
        let axis = Axes::of([apart.rank() - 2]);
        let flat = self.reshape(x, apart.without(axis));
        self.spread(flat, axis, apart)
    }

    /// The transpose of [`covered`](Self::covered): `[…, C, kh·kw, places]` to images of `shape`.
    fn uncovered(&mut self, parts: NodeId, window: Window, shape: Shape) -> NodeId {
        let apart = self.shape(parts);
        let rows = apart.axis(apart.rank() - 3) * window.elements();
        let outer = apart.axes().take(apart.rank() - 3);
        let columns = apart.axis(apart.rank() - 1);
        let patches = self.reshape(parts, Shape::of(outer.chain([rows, columns])));
        self.array(ArrayOp::Unpatch(window), &[patches], shape)
    }

    fn largest(&mut self, covered: NodeId) -> NodeId {
        let axis = Axes::of([self.shape(covered).rank() - 2]);
        let shape = self.shape(covered).without(axis);
        self.array(ArrayOp::Largest(axis), &[covered], shape)
    }

    /// For each element under a window its share of the derivative.
    fn shares(&mut self, x: NodeId, window: Window) -> NodeId {
        let covered = self.covered(x, window);
        let largest = self.largest(covered);
        let axis = Axes::of([self.shape(covered).rank() - 2]);
        reduction::share(self, covered, largest, axis)
    }

    /// One side of a convolution, of arrays that may have further axes before all of their own.
    pub(crate) fn by_patches(&mut self, window: Window, side: Side, x: [NodeId; 2], shape: Shape) -> NodeId {
        let outer = shape.rank() - 4;
        // `[…, O, C, kh, kw]` to `[…, N, O, C·kh·kw]`.
        let spread = |b: &mut Builder, kernel: NodeId, examples: usize| {
            let from = b.shape(kernel);
            let depth = from.axis(outer + 1) * window.elements();
            let axes = || from.axes().take(outer);
            let matrix = b.reshape(kernel, Shape::of(axes().chain([from.axis(outer), depth])));
            let many = Shape::of(axes().chain([examples, from.axis(outer), depth]));
            b.spread(matrix, Axes::of([outer]), many)
        };
        // `[…, N, O, oh, ow]` to `[…, N, O, places]`.
        let flat = |b: &mut Builder, results: NodeId| {
            let from = b.shape(results);
            let places = from.axis(outer + 2) * from.axis(outer + 3);
            b.reshape(results, Shape::of(from.axes().take(outer + 2).chain([places])))
        };
        let examples = self.shape(x[0]).axis(outer);
        match side {
            Side::Results => {
                let (patches, weights) = (self.patches(x[0], window), spread(self, x[1], examples));
                let product = self.matmul(weights, patches, [false, false]);
                self.reshape(product, shape)
            }
            Side::Images => {
                let (results, weights) = (flat(self, x[0]), spread(self, x[1], examples));
                let patches = self.matmul(weights, results, [true, false]);
                self.array(ArrayOp::Unpatch(window), &[patches], shape)
            }
            Side::Kernel => {
                let (patches, results) = (self.patches(x[0], window), flat(self, x[1]));
                let product = self.matmul(results, patches, [false, true]);
                let sum = self.sum(product, Axes::of([outer]));
                self.reshape(sum, shape)
            }
        }
    }
}

/// A program of this one operation out of others, if [`Builder::composed`] knows how.
pub(crate) fn composition(op: ArrayOp, operands: &[Shape], shape: Shape) -> Option<Program> {
    let mut builder = Builder::new();
    let x: Vec<_> = operands.iter().map(|&shape| builder.input("x", shape)).collect();
    let result = builder.composed(op, &x, shape)?;
    Some(builder.finish(&[result]))
}
