//! [`Recall`]: which examples the gradients of a step were of, so that a rule can have them again.

use crate::data::{Batch, DataError, Dataset};

/// The batches of the calls of one step.
#[derive(Debug, Default)]
pub(super) struct Recall {
    /// For each call the number of its batch, and where its examples are among all.
    calls: Vec<(u64, std::ops::Range<usize>)>,
    examples: Vec<usize>,
    batch: Batch,
}

impl Recall {
    /// A step begins.
    pub(super) fn forget(&mut self) {
        self.calls.clear();
        self.examples.clear();
    }

    /// The next call sees a new batch.
    pub(super) fn note(&mut self, number: u64, batch: &Batch) {
        let first = self.examples.len();
        self.examples.extend_from_slice(&batch.indices);
        self.calls.push((number, first..self.examples.len()));
    }

    /// The next call sees what was seen so many calls ago, if that was in this step.
    pub(super) fn repeat(&mut self, ago: u64) -> bool {
        let call = self.calls.len().checked_sub(ago as usize).and_then(|call| self.calls.get(call)).cloned();
        self.calls.extend(call.clone());
        call.is_some()
    }

    /// The batch of the next call and its number.
    pub(super) fn gather(&mut self, data: &Dataset) -> Result<(&Batch, u64), DataError> {
        let (number, examples) = self.calls.last().cloned().unwrap_or_default();
        data.gather(&self.examples[examples], &mut self.batch)?;
        Ok((&self.batch, number))
    }
}
