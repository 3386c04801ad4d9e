//! Loops of fixed length.

use crate::error::FunctionError;
use crate::execute::{Executable, Float, Precision};
use crate::primitive::Loop;

/// A loop's body, ready to run.
#[derive(Debug)]
pub(super) struct Repeated<F> {
    body: Executable<F>,
    carry: usize,
    record: usize,
    steps: usize,
    /// Carry, shared, row.
    inputs: Vec<F>,
    /// Carry, record.
    outputs: Vec<F>,
}

impl<F: Float> Repeated<F> {
    pub(super) fn new(body: &Loop, precision: Precision) -> Result<Self, FunctionError> {
        let (carry, record, steps) = (body.carry(), body.record(), body.steps);
        let body = Executable::split_in(&body.body, usize::MAX, precision)?;
        let inputs = vec![F::default(); body.input_len()];
        let outputs = vec![F::default(); carry + record];
        Ok(Repeated { body, carry, record, steps, inputs, outputs })
    }

    /// `result` is the last carry, then the records of all steps.
    pub(super) fn run(
        &mut self,
        [carry, shared, rows]: [&[F]; 3],
        result: &mut [F],
    ) -> Result<(), FunctionError> {
        let row = self.inputs.len() - carry.len() - shared.len();
        let (last, records) = result.split_at_mut(self.carry);
        last.copy_from_slice(carry);
        self.inputs[self.carry..][..shared.len()].copy_from_slice(shared);
        for step in 0..self.steps {
            self.inputs[..self.carry].copy_from_slice(last);
            self.inputs[self.carry + shared.len()..].copy_from_slice(&rows[step * row..][..row]);
            self.body.run(&self.inputs, &mut self.outputs)?;
            let (next, record) = self.outputs.split_at(self.carry);
            last.copy_from_slice(next);
            records[step * self.record..][..self.record].copy_from_slice(record);
        }
        Ok(())
    }
}
