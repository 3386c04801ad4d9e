//! [`Feed`]: the buffer from which a program reads a batch, and how data gets there.

use crate::data::{Batch, DataError, Dataset, Targets};
use crate::loss::Wants;
use crate::network::{Network, NetworkError, fits};
use std::ops::Range;
use thalweg_function::Shape;
use thalweg_function::tree::Parameters;

/// What a program reads beside the parameters: `[buffers | key | inputs | targets]`.
#[derive(Debug)]
pub(super) struct Feed {
    numbers: Parameters<f32, Shape>,
    buffers: usize,
    inputs: Range<usize>,
    batch: usize,
    wants: Wants,
}

impl Feed {
    pub(super) fn new(network: &Network, batch: usize, key: bool, wants: Wants) -> Self {
        let buffers = network.buffers().len();
        let start = buffers + usize::from(key);
        let inputs = start..start + batch * network.input().iter().product::<usize>();
        let numbers = Parameters::zeros(Shape::from([inputs.end + batch * wants.width()]));
        Feed { numbers, buffers, inputs, batch, wants }
    }

    pub(super) fn batch(&self) -> usize {
        self.batch
    }

    pub(super) fn as_slice(&self) -> &[f32] {
        self.numbers.as_slice()
    }

    pub(super) fn set_key(&mut self, key: f32) {
        self.numbers.as_mut_slice()[self.buffers] = key;
    }

    pub(super) fn key(&self) -> f32 {
        self.numbers.as_slice()[self.buffers]
    }

    pub(super) fn set_buffers(&mut self, buffers: &[f32]) -> Result<(), NetworkError> {
        fits("buffers", buffers.len(), self.buffers)?;
        self.numbers.as_mut_slice()[..self.buffers].copy_from_slice(buffers);
        Ok(())
    }

    /// Inputs and targets.
    pub(super) fn parts(&mut self) -> (&mut [f32], &mut [f32]) {
        self.numbers.as_mut_slice()[self.inputs.start..].split_at_mut(self.inputs.len())
    }

    /// That the data set's examples are what the network takes, and its targets what the loss wants.
    pub(super) fn check(&self, data: &Dataset) -> Result<(), NetworkError> {
        let width = self.inputs.len() / self.batch;
        let invalid = |what: &str, found: String, wanted: String| {
            Err(DataError::invalid("data set", what, found, wanted).into())
        };
        if data.width() != width {
            let wanted = format!("{width}, as the network takes");
            return invalid("the number of values of an example", data.width().to_string(), wanted);
        }
        let found = match data.targets() {
            Targets::Classes { classes, .. } => Wants::Class(*classes),
            Targets::Values { width, .. } => Wants::Values(*width),
        };
        match (found, self.wants) {
            (Wants::Class(found), Wants::Class(wanted)) if found <= wanted => Ok(()),
            (Wants::Class(_), Wants::Values(1)) => Ok(()),
            _ if found == self.wants => Ok(()),
            _ => invalid("what is to be learnt", found.to_string(), self.wants.to_string()),
        }
    }

    /// Copies these examples in, the last of them again and again if there are fewer than the batch has.
    pub(super) fn gather(&mut self, data: &Dataset, indices: &[usize]) -> Result<(), NetworkError> {
        let (batch, width) = (self.batch, self.wants.width());
        let (inputs, targets) = self.parts();
        let size = inputs.len() / batch;
        data.gather_inputs(indices, &mut inputs[..indices.len() * size])?;
        match data.targets() {
            Targets::Classes { labels, .. } => {
                targets.iter_mut().zip(indices).for_each(|(target, &k)| *target = labels[k] as f32);
            }
            Targets::Values { values, .. } => {
                for (target, &k) in targets.chunks_exact_mut(width).zip(indices) {
                    target.copy_from_slice(&values[k * width..][..width]);
                }
            }
        }
        if let Some(last) = indices.len().checked_sub(1) {
            for k in indices.len()..batch {
                inputs.copy_within(last * size..(last + 1) * size, k * size);
                targets.copy_within(last * width..(last + 1) * width, k * width);
            }
        }
        Ok(())
    }

    /// Copies a batch in.
    pub(super) fn load(&mut self, batch: &Batch) -> Result<(), NetworkError> {
        let (inputs, targets) = self.parts();
        fits("the batch's inputs", batch.inputs.len(), inputs.len())?;
        fits("the batch's targets", batch.classes.len() + batch.targets.len(), targets.len())?;
        inputs.copy_from_slice(&batch.inputs);
        if batch.classes.is_empty() {
            targets.copy_from_slice(&batch.targets);
        } else {
            targets.iter_mut().zip(&batch.classes).for_each(|(target, &class)| *target = class as f32);
        }
        Ok(())
    }
}
