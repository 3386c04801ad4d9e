//! Batches of array programs: the batch is the outermost axis of every value that depends on it.

use super::batched;
use crate::error::FunctionError;
use crate::primitive::{ArrayOp, Axes, Op, Span};
use crate::program::{Builder, Node, NodeId, Program, Shape};

/// A node of the program in the batched one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub(super) id: NodeId,
    /// Whether it has the batch axis; else all members share it.
    pub(super) batched: bool,
}

/// A batch under construction.
pub(super) struct Batch {
    pub(super) builder: Builder,
    pub(super) size: usize,
}

pub(super) fn batch(
    program: &Program,
    size: usize,
    axes: &[Option<usize>],
) -> Result<Program, FunctionError> {
    refuse_deep(program, size, axes)?;
    let mut batch = Batch { builder: Builder::new(), size };
    let mut arguments = Vec::with_capacity(axes.len());
    for (input, axis) in program.inputs.iter().zip(axes) {
        let shape = program.node(input.node).shape;
        let given = axis.map_or(Ok(shape), |axis| batched(shape, size, axis))?;
        arguments.push((batch.builder.input(&input.name, given), *axis));
    }
    let arguments: Vec<_> = arguments.into_iter().map(|(id, axis)| batch.argument(id, axis)).collect();
    let mut placed: Vec<Value> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let value = batch.node(program, node, &arguments, &placed)?;
        placed.push(value);
    }
    let outputs: Vec<_> =
        program.outputs.iter().map(|id| batch.spread(placed[id.index()], program.node(*id).shape)).collect();
    Ok(batch.builder.finish(&outputs))
}

/// Every value that depends on the batch, and every result, has to have room for its axis.
fn refuse_deep(program: &Program, size: usize, axes: &[Option<usize>]) -> Result<(), FunctionError> {
    let mut depends = vec![false; program.nodes.len()];
    for (k, node) in program.nodes.iter().enumerate() {
        depends[k] = match node.op {
            Op::Input(i) => axes[i as usize].is_some(),
            _ => node.operands().iter().any(|id| depends[id.index()]),
        };
    }
    for id in &program.outputs {
        depends[id.index()] = true;
    }
    let deep = program.nodes.iter().zip(depends).filter(|&(_, depends)| depends);
    deep.map(|(node, _)| batched(node.shape, size, 0)).try_for_each(|shape| shape.map(|_| ()))
}

impl Batch {
    /// The shape of a batch of arrays of `shape`, for which [`refuse_deep`] saw that there is room.
    pub(super) fn wide(&self, shape: Shape) -> Shape {
        shape.batched(self.size).unwrap_or(shape)
    }

    /// The value, which has `shape` for one member, for each member.
    pub(super) fn spread(&mut self, value: Value, shape: Shape) -> NodeId {
        if value.batched {
            return value.id;
        }
        let own = Axes::all(shape.rank() + 1).without(Axes::of([0]));
        let wide = self.wide(shape);
        self.builder.broadcast(value.id, own.0, wide)
    }

    /// An argument with the batch axis in front.
    fn argument(&mut self, id: NodeId, axis: Option<usize>) -> Value {
        let Some(axis) = axis else { return Value { id, batched: false } };
        let rank = self.builder.shape(id).rank();
        let order: Vec<_> = [axis].into_iter().chain((0..rank).filter(|&k| k != axis)).collect();
        Value { id: self.builder.permute(id, &order), batched: true }
    }

    /// What was computed with the batch axis, of which it may turn out not to depend.
    fn settled(&mut self, id: NodeId, shape: Shape) -> Value {
        match self.builder.op(id) {
            Op::Broadcast(mask) if mask & 1 == 0 => {
                let source = self.builder.operand(id, 0);
                Value { id: self.builder.broadcast(source, mask >> 1, shape), batched: false }
            }
            _ => Value { id, batched: true },
        }
    }

    fn node(
        &mut self,
        program: &Program,
        node: &Node,
        arguments: &[Value],
        placed: &[Value],
    ) -> Result<Value, FunctionError> {
        let operands: Vec<_> = node.operands().iter().map(|id| placed[id.index()]).collect();
        let shapes: Vec<_> = node.operands().iter().map(|id| program.node(*id).shape).collect();
        let ids: Vec<_> = operands.iter().map(|value| value.id).collect();
        let builder = &mut self.builder;
        let is_batched = operands.iter().any(|value| value.batched);
        let id = match node.op {
            Op::Input(k) => return Ok(arguments[k as usize]),
            Op::Constant(bits) => builder.constant(f64::from_bits(bits)),
            Op::Broadcast(mask) if is_batched => {
                let wide = self.wide(node.shape);
                self.builder.broadcast(ids[0], (mask << 1) | 1, wide)
            }
            Op::Broadcast(mask) => builder.broadcast(ids[0], mask, node.shape),
            Op::Array(ArrayOp::Scan(number)) if is_batched => {
                let body = &program.loops[number as usize];
                self.scan(body, [operands[0], operands[1], operands[2]], [shapes[0], shapes[1], shapes[2]])?
            }
            Op::Array(op) if is_batched => self.array(op, &operands, &shapes, node.shape),
            Op::Array(op) => {
                let op = builder.adopted(op, program);
                builder.array(op, &ids, node.shape)
            }
            op if is_batched => self.element_wise(op, &operands, &shapes, node.shape),
            op => builder.apply(op, &ids),
        };
        Ok(if is_batched { self.settled(id, node.shape) } else { Value { id, batched: false } })
    }

    fn element_wise(&mut self, op: Op, operands: &[Value], shapes: &[Shape], shape: Shape) -> NodeId {
        let wide = self.wide(shape);
        let mut ids = Vec::with_capacity(operands.len());
        for (value, own) in operands.iter().zip(shapes) {
            ids.push(match (own.is_scalar(), value.batched) {
                (true, true) => self.builder.broadcast(value.id, 1, wide),
                (true, false) => value.id,
                (false, _) => self.spread(*value, *own),
            });
        }
        self.builder.apply(op, &ids)
    }

    /// An operation on whole arrays, some of them batched.
    fn array(&mut self, op: ArrayOp, operands: &[Value], shapes: &[Shape], shape: Shape) -> NodeId {
        let wide = self.wide(shape);
        let moved = match op {
            ArrayOp::Product { transpose } => {
                return self.product(transpose, [operands[0], operands[1]], [shapes[0], shapes[1]]);
            }
            ArrayOp::TriangularSolve { transposed } if !operands[0].batched && shape.rank() == 2 => {
                return self.shared_solve(transposed, operands[0].id, operands[1].id);
            }
            ArrayOp::Take(axis) if operands[1].batched => {
                return self.take(usize::from(axis), [operands[0], operands[1]], shapes[0], shapes[1]);
            }
            ArrayOp::ScatterAdd(axis) if operands[1].batched => {
                let x = self.spread(operands[0], shapes[0]);
                return self.scatter(usize::from(axis), x, operands[1].id, shapes[1], shape);
            }
            ArrayOp::Convolve(window, side) => {
                let (x, shapes) = ([operands[0], operands[1]], [shapes[0], shapes[1]]);
                return self.convolution(window, side, x, shapes, shape);
            }
            // All members have the same indices.
            ArrayOp::Take(axis) => {
                return self.builder.array(ArrayOp::Take(axis + 1), &[operands[0].id, operands[1].id], wide);
            }
            ArrayOp::ScatterAdd(axis) => {
                return self.builder.array(
                    ArrayOp::ScatterAdd(axis + 1),
                    &[operands[0].id, operands[1].id],
                    wide,
                );
            }
            op => below_new_axis(op, shape.rank().max(shapes[0].rank())),
        };
        let ids: Vec<_> =
            operands.iter().zip(shapes).map(|(value, shape)| self.spread(*value, *shape)).collect();
        self.builder.array(moved, &ids, wide)
    }
}

/// The operation with all its axes one further in, for operands that all have a new outermost axis.
fn below_new_axis(op: ArrayOp, rank: usize) -> ArrayOp {
    let inner = |span: Span| Span { axis: span.axis + 1, ..span };
    match op {
        ArrayOp::Permute(order) => {
            let mut longer = [0; Shape::MAX_RANK];
            for k in 0..rank.min(Shape::MAX_RANK - 1) {
                longer[k + 1] = order[k] + 1;
            }
            ArrayOp::Permute(longer)
        }
        ArrayOp::Slice(span) => ArrayOp::Slice(inner(span)),
        ArrayOp::Pad(span) => ArrayOp::Pad(inner(span)),
        ArrayOp::Concat(axis) => ArrayOp::Concat(axis + 1),
        ArrayOp::Sum(axes) => ArrayOp::Sum(Axes(axes.0 << 1)),
        ArrayOp::Largest(axes) => ArrayOp::Largest(Axes(axes.0 << 1)),
        ArrayOp::Smallest(axes) => ArrayOp::Smallest(Axes(axes.0 << 1)),
        ArrayOp::ArgMax(axis) => ArrayOp::ArgMax(axis + 1),
        ArrayOp::CumSum { axis, backwards } => ArrayOp::CumSum { axis: axis + 1, backwards },
        ArrayOp::ArgSort(axis) => ArrayOp::ArgSort(axis + 1),
        ArrayOp::TakeAlong(axis) => ArrayOp::TakeAlong(axis + 1),
        ArrayOp::ScatterAlong(axis) => ArrayOp::ScatterAlong(axis + 1),
        // These work on the last axes, or on all elements in order.
        other => other,
    }
}
