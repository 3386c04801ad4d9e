//! Derivatives of loops: a loop forward, and one that runs back over the carries it kept.
//!
//! Forward, the tangents ride along: the carry is (carry, its tangent). In reverse, the loop records the carry before each
//! step as well; a second loop goes through the steps from the last to the first, each time pulling back through one step
//! from the carry recorded. Both cost a small multiple of the loop.

use std::sync::Arc;

use super::forward::push_forward;
use super::reverse::pull_back_from;
use super::{simplify, with_loops};
use crate::primitive::{Loop, Span};
use crate::program::{Builder, NodeId, Program, Shape};

/// The shape of a vector.
fn vector(length: usize) -> Shape {
    Shape::of([length])
}

impl Builder {
    /// The elements from `start` on along the axis.
    pub(super) fn part(&mut self, x: NodeId, axis: usize, start: usize, length: usize) -> NodeId {
        self.slice(x, Span { axis: axis as u8, start: start as u32, step: 1 }, length)
    }

    /// Arrays one behind the other along the axis, empty ones left out.
    pub(super) fn joined(&mut self, parts: &[NodeId], axis: usize) -> NodeId {
        let full: Vec<_> = parts.iter().copied().filter(|&id| self.shape(id).axis(axis) > 0).collect();
        match full.as_slice() {
            [] => parts[0],
            [first, rest @ ..] => rest.iter().fold(*first, |left, &right| self.concat(left, right, axis)),
        }
    }

    fn zeros(&mut self, shape: Shape) -> NodeId {
        let zero = self.constant(0.0);
        self.filled(zero, shape)
    }

    /// The rows in reverse order.
    fn rows_flipped(&mut self, rows: NodeId) -> NodeId {
        let count = self.shape(rows).axis(0);
        self.slice(rows, Span { axis: 0, start: count.saturating_sub(1) as u32, step: -1 }, count)
    }
}

/// The lengths of what a loop carries.
#[derive(Clone, Copy)]
struct Lengths {
    carry: usize,
    shared: usize,
    row: usize,
    record: usize,
    steps: usize,
}

impl Lengths {
    fn of(body: &Loop) -> Self {
        let inputs: Vec<_> = body.body.input_shapes().map(|shape| shape.size()).collect();
        Lengths {
            carry: body.carry(),
            shared: inputs[1],
            row: inputs[2],
            record: body.record(),
            steps: body.steps,
        }
    }
}

/// A body under construction, with the body it derives from.
struct Body {
    builder: Builder,
    inner: Program,
}

impl Body {
    fn new(body: &Loop) -> Self {
        Body { builder: Builder::new(), inner: simplify(&body.body) }
    }

    /// The inputs `carry`, `shared` and `row` of the new body.
    fn inputs(&mut self, carry: usize, shared: usize, row: usize) -> [NodeId; 3] {
        let names = [("carry", carry), ("shared", shared), ("row", row)];
        names.map(|(name, length)| self.builder.input(name, vector(length)))
    }

    fn finish(self, steps: usize, carry: NodeId, record: NodeId) -> Loop {
        Loop { body: Arc::new(self.builder.finish(&[carry, record])), steps }
    }
}

/// The tangent of a loop's result for the tangents of its operands; `None` is zero.
pub(super) fn forward(
    builder: &mut Builder,
    body: &Loop,
    x: [NodeId; 3],
    tangents: [Option<NodeId>; 3],
) -> Option<NodeId> {
    if tangents.iter().all(Option::is_none) {
        return None;
    }
    let n = Lengths::of(body);
    let moving = [true, tangents[1].is_some(), tangents[2].is_some()];
    let tangent_body = tangent_body(body, n, moving);

    let carry_tangent = tangents[0].unwrap_or_else(|| builder.zeros(vector(n.carry)));
    let carry = builder.joined(&[x[0], carry_tangent], 0);
    let shared = tangents[1].map_or(x[1], |tangent| {
        let shape = vector(n.shared);
        let (shared, tangent) = (builder.reshape(x[1], shape), builder.reshape(tangent, shape));
        builder.joined(&[shared, tangent], 0)
    });
    let rows = tangents[2].map_or(x[2], |tangent| {
        let shape = Shape::of([n.steps, n.row]);
        let (rows, tangent) = (builder.reshape(x[2], shape), builder.reshape(tangent, shape));
        builder.joined(&[rows, tangent], 1)
    });
    let both = builder.scan(tangent_body, carry, shared, rows);
    let last = builder.part(both, 0, n.carry, n.carry);
    let records = builder.part(both, 0, 2 * n.carry, n.steps * 2 * n.record);
    let records = builder.reshape(records, Shape::of([n.steps, 2 * n.record]));
    let records = builder.part(records, 1, n.record, n.record);
    let records = builder.reshape(records, vector(n.steps * n.record));
    Some(builder.joined(&[last, records], 0))
}

/// The loop's step on (carry, its tangent), and likewise for what else moves.
fn tangent_body(body: &Loop, n: Lengths, moving: [bool; 3]) -> Loop {
    let mut new = Body::new(body);
    let lengths = [n.carry, n.shared, n.row];
    let width = |i: usize| lengths[i] * (1 + usize::from(moving[i]));
    let inputs = new.inputs(width(0), width(1), width(2));
    let b = &mut new.builder;
    let values = [0, 1, 2].map(|i| b.part(inputs[i], 0, 0, lengths[i]));
    let tangents = [0, 1, 2].map(|i| moving[i].then(|| b.part(inputs[i], 0, lengths[i], lengths[i])));
    let placed = b.inline(&new.inner, &values);
    let pushed = push_forward(b, &new.inner, &placed, &tangents);
    let pairs: Vec<_> = new
        .inner
        .outputs
        .iter()
        .map(|id| {
            let zero = b.constant(0.0);
            let tangent = b.filled(pushed[id.index()].unwrap_or(zero), new.inner.node(*id).shape);
            b.joined(&[placed[id.index()], tangent], 0)
        })
        .collect();
    let record = pairs.get(1).copied().unwrap_or_else(|| b.zeros(vector(0)));
    new.finish(n.steps, pairs[0], record)
}

/// The cotangents of a loop's operands for the cotangent `t` of its result.
pub(super) fn reverse(
    builder: &mut Builder,
    body: &Loop,
    x: [NodeId; 3],
    t: NodeId,
    wanted: [bool; 3],
) -> [Option<NodeId>; 3] {
    let n = Lengths::of(body);
    let shapes = x.map(|id| builder.shape(id));
    let (_, kept) = recorded(builder, body, n, x);
    let carries = builder.part(kept, 1, n.record, n.carry);

    let back = reversed_body(body, n, wanted);
    let last = builder.part(t, 0, 0, n.carry);
    let seeds = builder.part(t, 0, n.carry, n.steps * n.record);
    let seeds = builder.reshape(seeds, Shape::of([n.steps, n.record]));
    let rows = builder.reshape(x[2], Shape::of([n.steps, n.row]));
    let rows = builder.joined(&[rows, carries, seeds], 1);
    let rows = builder.rows_flipped(rows);
    let carry = if wanted[1] {
        let none = builder.zeros(vector(n.shared));
        builder.joined(&[last, none], 0)
    } else {
        last
    };
    let width = builder.shape(carry).size();
    let result = builder.scan(back, carry, x[1], rows);

    let of_carry = builder.part(result, 0, 0, n.carry);
    let of_shared = wanted[1].then(|| {
        let sum = builder.part(result, 0, n.carry, n.shared);
        builder.reshape(sum, shapes[1])
    });
    let of_rows = wanted[2].then(|| {
        let records = builder.part(result, 0, width, n.steps * n.row);
        let records = builder.reshape(records, Shape::of([n.steps, n.row]));
        let records = builder.rows_flipped(records);
        builder.reshape(records, shapes[2])
    });
    [wanted[0].then_some(of_carry), of_shared, of_rows]
}

/// The loop's result, from a run that [`reverse`] shares.
pub(super) fn run_recording(builder: &mut Builder, body: &Loop, x: [NodeId; 3]) -> NodeId {
    let n = Lengths::of(body);
    let (last, kept) = recorded(builder, body, n, x);
    let records = builder.part(kept, 1, 0, n.record);
    let records = builder.reshape(records, vector(n.steps * n.record));
    builder.joined(&[last, records], 0)
}

/// The last carry, and for each step its record and the carry before it.
fn recorded(builder: &mut Builder, body: &Loop, n: Lengths, x: [NodeId; 3]) -> (NodeId, NodeId) {
    let run = builder.scan(recording_body(body, n), x[0], x[1], x[2]);
    let last = builder.part(run, 0, 0, n.carry);
    let kept = builder.part(run, 0, n.carry, n.steps * (n.record + n.carry));
    (last, builder.reshape(kept, Shape::of([n.steps, n.record + n.carry])))
}

/// The loop's step, with the carry before it as a further record.
fn recording_body(body: &Loop, n: Lengths) -> Loop {
    let mut new = Body::new(body);
    let inputs = new.inputs(n.carry, n.shared, n.row);
    let placed = new.builder.inline(&new.inner, &inputs);
    let results: Vec<_> = new.inner.outputs.iter().map(|id| placed[id.index()]).collect();
    let kept = match results.get(1) {
        Some(&record) => new.builder.joined(&[record, inputs[0]], 0),
        None => inputs[0],
    };
    new.finish(n.steps, results[0], kept)
}

/// One step back: from the cotangent of the carry after a step to that before it. The carry is (that cotangent, the sum of
/// the cotangents of what every step sees), a row is (the step's row, the carry before it, the cotangent of its record),
/// the record is the cotangent of the step's row.
fn reversed_body(body: &Loop, n: Lengths, wanted: [bool; 3]) -> Loop {
    let mut new = Body::new(body);
    let sums = if wanted[1] { n.shared } else { 0 };
    let [carry, shared, row] = new.inputs(n.carry + sums, n.shared, n.row + n.carry + n.record);
    let b = &mut new.builder;
    let after = b.part(carry, 0, 0, n.carry);
    let step_row = b.part(row, 0, 0, n.row);
    let before = b.part(row, 0, n.row, n.carry);
    let seed = b.part(row, 0, n.row + n.carry, n.record);
    let placed = with_loops(b, &new.inner, &[before, shared, step_row], run_recording);
    let seeds: Vec<_> = new.inner.outputs.iter().copied().zip([after, seed]).collect();
    let slopes = pull_back_from(b, &new.inner, &placed, &seeds);
    let next = if wanted[1] {
        let so_far = b.part(carry, 0, n.carry, n.shared);
        let sum = b.add(so_far, slopes[1]);
        b.joined(&[slopes[0], sum], 0)
    } else {
        slopes[0]
    };
    let record = if wanted[2] { slopes[2] } else { b.zeros(vector(0)) };
    new.finish(n.steps, next, record)
}
