//! Batches of loops: one loop whose carry holds all members'.

use std::sync::Arc;

use super::arrays::{Batch, Value};
use super::{InputAxis, batch};
use crate::error::FunctionError;
use crate::primitive::{Loop, Span};
use crate::program::{Builder, NodeId, Program, Shape};

impl Batch {
    /// The loop for all members. Carries and records have the batch axis, what every step sees and the rows only if they
    /// differ.
    pub(super) fn scan(
        &mut self,
        body: &Loop,
        [carry, shared, rows]: [Value; 3],
        [carry_shape, shared_shape, rows_shape]: [Shape; 3],
    ) -> Result<NodeId, FunctionError> {
        let flag = |value: Value| if value.batched { InputAxis::Batched } else { InputAxis::Shared };
        let many = batch(&body.body, self.size, &[InputAxis::Batched, flag(shared), flag(rows)])?;
        let many = Loop { body: Arc::new(of_vectors(&many)), steps: body.steps };
        let (size, steps) = (self.size, body.steps);
        let (width, record) = (body.carry(), body.record());

        let carry = self.spread(carry, carry_shape);
        let b = &mut self.builder;
        let carry = b.reshape(carry, Shape::of([size * width]));
        let shared = if shared.batched {
            b.reshape(shared.id, Shape::of([size * shared_shape.size()]))
        } else {
            shared.id
        };
        let rows = if rows.batched {
            let row = rows_shape.size() / steps.max(1);
            let apart = b.reshape(rows.id, Shape::of([size, steps, row]));
            let together = b.permute(apart, &[1, 0, 2]);
            b.reshape(together, Shape::of([steps, size * row]))
        } else {
            rows.id
        };
        let result = b.scan(many, carry, shared, rows);
        let last = b.slice(result, Span { axis: 0, start: 0, step: 1 }, size * width);
        let last = b.reshape(last, Shape::of([size, width]));
        if record == 0 || steps == 0 {
            return Ok(last);
        }
        let start = (size * width) as u32;
        let records = b.slice(result, Span { axis: 0, start, step: 1 }, steps * size * record);
        let records = b.reshape(records, Shape::of([steps, size, record]));
        let records = b.permute(records, &[1, 0, 2]);
        let records = b.reshape(records, Shape::of([size, steps * record]));
        Ok(b.concat(last, records, 1))
    }
}

/// The program with every argument and result as one vector.
fn of_vectors(program: &Program) -> Program {
    let mut b = Builder::new();
    let vectors: Vec<_> = program
        .inputs
        .iter()
        .zip(program.input_shapes())
        .map(|(input, shape)| b.input(&input.name, Shape::of([shape.size()])))
        .collect();
    let arguments: Vec<_> =
        vectors.iter().zip(program.input_shapes()).map(|(&id, shape)| b.reshape(id, shape)).collect();
    let placed = b.inline(program, &arguments);
    let outputs: Vec<_> = program
        .outputs
        .iter()
        .map(|id| b.reshape(placed[id.index()], Shape::of([program.node(*id).shape.size()])))
        .collect();
    b.finish(&outputs)
}
