//! Loops whose derivative in reverse keeps fewer carries and computes the others again.

use std::sync::Arc;

use super::{inputs_of, outputs_of, with_loops};
use crate::primitive::Loop;
use crate::program::{Builder, NodeId, Program, Shape};

/// The same program with every loop of n steps cut into segments, so that [`gradient`](crate::gradient) keeps the carries at
/// the segments' starts only and runs each segment again when it comes to it: with segments of √n steps (`None`) it holds
/// about 2√n carries instead of n, for one more run of the loop. Values stay the same.
///
/// ```
/// use thalweg_function::{checkpointed, trace};
///
/// let without_loops = trace(1, |x| x[0].sin())?;
/// assert_eq!(checkpointed(&without_loops, None), without_loops);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// Chen, Xu, Zhang and Guestrin, *Training Deep Nets with Sublinear Memory Cost*, arXiv:1604.06174; Griewank and Walther,
/// *Evaluating Derivatives*, chapter 12.
pub fn checkpointed(program: &Program, segment: Option<usize>) -> Program {
    let mut builder = Builder::new();
    let arguments = inputs_of(&mut builder, program);
    let placed = with_loops(&mut builder, program, &arguments, |builder, body, x| {
        let length = segment.unwrap_or_else(|| body.steps.isqrt()).max(1);
        in_segments(builder, body, length, x)
    });
    let outputs = outputs_of(program, &placed);
    builder.finish(&outputs)
}

/// The loop as a loop over segments of `length` steps, and what remains of the steps.
fn in_segments(b: &mut Builder, body: &Loop, length: usize, [carry, shared, rows]: [NodeId; 3]) -> NodeId {
    let (width, record) = (body.carry(), body.record());
    let segments = body.steps / length;
    if segments < 2 {
        return b.scan(body.clone(), carry, shared, rows);
    }
    let row = b.shape(rows).size() / body.steps;
    let whole = segments * length;
    let rows = b.reshape(rows, Shape::of([body.steps, row]));
    let first = b.part(rows, 0, 0, whole);
    let first = b.reshape(first, Shape::of([segments, length * row]));
    let outer = Loop { body: Arc::new(segment_body(body, length, row)), steps: segments };
    let result = b.scan(outer, carry, shared, first);
    if whole == body.steps {
        return result;
    }
    let reached = b.part(result, 0, 0, width);
    let records = b.part(result, 0, width, whole * record);
    let left = body.steps - whole;
    let last = b.part(rows, 0, whole, left);
    let rest = b.scan(Loop { steps: left, ..body.clone() }, reached, shared, last);
    let end = b.part(rest, 0, 0, width);
    let further = b.part(rest, 0, width, left * record);
    b.joined(&[end, records, further], 0)
}

/// One segment as a step: its row is all rows of the segment, its record all records.
fn segment_body(body: &Loop, length: usize, row: usize) -> Program {
    let mut b = Builder::new();
    let shared = body.body.input_shapes().nth(1).unwrap_or_default();
    let carry = b.input("carry", Shape::of([body.carry()]));
    let shared = b.input("shared", shared);
    let rows = b.input("rows", Shape::of([length * row]));
    let rows = b.reshape(rows, Shape::of([length, row]));
    let result = b.scan(Loop { steps: length, ..body.clone() }, carry, shared, rows);
    let next = b.part(result, 0, 0, body.carry());
    let records = b.part(result, 0, body.carry(), length * body.record());
    b.finish(&[next, records])
}
