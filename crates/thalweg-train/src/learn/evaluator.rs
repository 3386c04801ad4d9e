//! [`Evaluator`]: loss, accuracy and predictions over a whole data set.

use super::feed::Feed;
use crate::data::Dataset;
use crate::loss::Loss;
use crate::network::{Network, NetworkError, fits};
use thalweg_function::Executable;

/// What a network makes of a data set, computed batch by batch; the last batch may be a short one.
#[derive(Debug)]
pub struct Evaluator {
    metrics: Executable<f32>,
    outputs: Executable<f32>,
    feed: Feed,
    /// `[losses | how right]` of each example of a batch, the second only if that is a question.
    results: Vec<f32>,
    rated: bool,
    parameters: usize,
    width: usize,
    indices: Vec<usize>,
}

/// What a network makes of a data set, in numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metrics {
    /// The mean loss of an example, without penalties.
    pub loss: f64,
    /// How right the examples are, from 0 to 1, if the loss knows.
    pub accuracy: Option<f64>,
    /// How many examples there were.
    pub examples: usize,
}

/// What a network says of examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// For each example as many numbers as the network has outputs: probabilities if they stand for some.
    pub outputs: Vec<f32>,
    /// How many numbers belong to an example.
    pub width: usize,
    /// The most probable class of each example, if the targets are classes: the first largest output.
    pub classes: Vec<u32>,
}

impl Evaluator {
    /// Computes `batch` examples at a time.
    ///
    /// # Errors
    /// The loss cannot take the network's outputs, or the batch is empty.
    pub fn new(network: &Network, loss: &dyn Loss, batch: usize) -> Result<Self, NetworkError> {
        let wants = loss.wants(network.output())?;
        let targets = network.targets(loss, batch)?;
        let metrics = network.trace(batch, false, &[("targets", targets)], |outputs, _, more| {
            let losses = loss.of_each(outputs, more[0]);
            [losses].into_iter().chain(loss.right(outputs, more[0])).collect()
        })?;
        let outputs = network
            .trace(batch, false, &[("targets", targets)], |outputs, _, _| vec![loss.predictions(outputs)])?;
        let learnt = network.parameters().leaves().len();
        let rated = metrics.output_count() > 1;
        let metrics = Executable::split(&metrics, learnt)?;
        Ok(Evaluator {
            results: vec![0.0; metrics.output_len()],
            rated,
            metrics,
            outputs: Executable::split(&outputs, learnt)?,
            feed: Feed::new(network, batch, false, wants),
            parameters: network.parameters().len(),
            width: network.output().iter().product(),
            indices: Vec::with_capacity(batch),
        })
    }

    /// Loss and accuracy over all examples.
    ///
    /// # Errors
    /// The data are not what network and loss take, or there are none; the parameters or the buffers are not as many as the network's.
    pub fn evaluate(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
        data: &Dataset,
    ) -> Result<Metrics, NetworkError> {
        self.evaluate_some(parameters, buffers, data, 0..data.len())
    }

    /// Loss and accuracy over some examples.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`]; an index is out of range.
    pub fn evaluate_some(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
        data: &Dataset,
        indices: impl IntoIterator<Item = usize>,
    ) -> Result<Metrics, NetworkError> {
        let (mut loss, mut right, mut examples) = (0.0, 0.0, 0);
        self.each_batch(parameters, buffers, data, indices, |this, count| {
            this.metrics.run_split(parameters, this.feed.as_slice(), &mut this.results)?;
            let (losses, rights) = this.results.split_at(this.feed.batch());
            loss += losses[..count].iter().map(|&loss| f64::from(loss)).sum::<f64>();
            right += rights.iter().take(count).map(|&right| f64::from(right)).sum::<f64>();
            examples += count;
            Ok(())
        })?;
        let count = examples as f64;
        Ok(Metrics { loss: loss / count, accuracy: self.rated.then(|| right / count), examples })
    }

    /// What the network says of all examples.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn predict(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
        data: &Dataset,
    ) -> Result<Predictions, NetworkError> {
        self.predict_some(parameters, buffers, data, 0..data.len())
    }

    /// What the network says of some examples.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate_some`].
    pub fn predict_some(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
        data: &Dataset,
        indices: impl IntoIterator<Item = usize>,
    ) -> Result<Predictions, NetworkError> {
        let width = self.width;
        let (mut outputs, mut batch) = (Vec::new(), vec![0.0; self.feed.batch() * width]);
        self.each_batch(parameters, buffers, data, indices, |this, count| {
            this.outputs.run_split(parameters, this.feed.as_slice(), &mut batch)?;
            outputs.extend_from_slice(&batch[..count * width]);
            Ok(())
        })?;
        let classes = match data.classes() {
            Some(_) if width > 1 => outputs.chunks_exact(width).map(first_largest).collect(),
            Some(_) => outputs.iter().map(|&p| u32::from(p > 0.5)).collect(),
            None => Vec::new(),
        };
        Ok(Predictions { outputs, width, classes })
    }

    /// Calls `run` with each batch in place, and with how many of its examples count.
    fn each_batch(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
        data: &Dataset,
        indices: impl IntoIterator<Item = usize>,
        mut run: impl FnMut(&mut Self, usize) -> Result<(), NetworkError>,
    ) -> Result<(), NetworkError> {
        fits("parameters", parameters.len(), self.parameters)?;
        self.feed.set_buffers(buffers)?;
        self.feed.check(data)?;
        let mut indices = indices.into_iter();
        loop {
            let mut taken = std::mem::take(&mut self.indices);
            taken.clear();
            taken.extend(indices.by_ref().take(self.feed.batch()));
            let gathered = if taken.is_empty() { Ok(()) } else { self.feed.gather(data, &taken) };
            let count = taken.len();
            self.indices = taken;
            gathered?;
            if count == 0 {
                return Ok(());
            }
            run(self, count)?;
        }
    }
}

fn first_largest(outputs: &[f32]) -> u32 {
    let mut best = 0;
    for (k, &output) in outputs.iter().enumerate() {
        if output > outputs[best] {
            best = k;
        }
    }
    best as u32
}
