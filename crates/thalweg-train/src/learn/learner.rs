//! [`Learner`]: the loss of a batch and its gradient.

use super::feed::Feed;
use crate::data::{Batch, Dataset};
use crate::loss::{L2, Loss};
use crate::network::{Network, NetworkError, fits};
use thalweg_function::tree::Parameters;
use thalweg_function::{Executable, Explanation, Precision, Shape, select_outputs, value_and_gradient_of};

/// The mean loss of a batch of fixed size, and its gradient by a network's parameters.
///
/// A step is: [`gather`](Learner::gather) or [`load`](Learner::load), [`loss_and_gradient`](Learner::loss_and_gradient), and what a
/// rule does with [`gradient`](Learner::gradient).
#[derive(Debug)]
pub struct Learner {
    executable: Executable<f32>,
    feed: Feed,
    /// `[gradient | loss | right | buffers]`, the third only if that is a question.
    results: Parameters<f32, Shape>,
    parameters: usize,
    rated: bool,
}

impl Learner {
    /// For batches of `batch` examples.
    ///
    /// # Errors
    /// The loss cannot take the network's outputs, or the batch is empty.
    pub fn new(network: &Network, loss: &dyn Loss, batch: usize) -> Result<Self, NetworkError> {
        Self::penalized(network, loss, None, batch)
    }

    /// For batches of `batch` examples, with a penalty added to the loss.
    ///
    /// # Errors
    /// As [`Learner::new`].
    pub fn penalized(
        network: &Network,
        loss: &dyn Loss,
        penalty: Option<L2>,
        batch: usize,
    ) -> Result<Self, NetworkError> {
        Self::in_precision(network, loss, penalty, batch, Precision::Full)
    }

    /// As [`penalized`](Learner::penalized), with matrix products and convolutions of loss and gradient in this precision. Parameters,
    /// gradient, and all that is computed element by element, are in `f32` in any case.
    ///
    /// ```
    /// use thalweg_function::Precision;
    /// use thalweg_train::{data::Dataset, learn::Learner, loss::CrossEntropy, network::Model};
    ///
    /// let data = Dataset::digits();
    /// let network = "mlp(64)".parse::<Model>()?.network(data.shape(), 10)?;
    /// let loss = CrossEntropy::default();
    /// let [exact, rounded] = [Precision::Full, Precision::Bf16].map(|precision| {
    ///     let mut learner = Learner::in_precision(&network, &loss, None, 32, precision)?;
    ///     learner.gather(&data, &(0..32).collect::<Vec<_>>())?;
    ///     learner.loss_and_gradient(&network.initialize(0), &[])
    /// });
    /// let (exact, rounded) = (exact?, rounded?);
    /// assert!(exact != rounded && (exact - rounded).abs() < 0.01 * exact);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Learner::new`].
    pub fn in_precision(
        network: &Network,
        loss: &dyn Loss,
        penalty: Option<L2>,
        batch: usize,
        precision: Precision,
    ) -> Result<Self, NetworkError> {
        let wants = loss.wants(network.output())?;
        let program = network.loss_program(loss, penalty, batch, true)?;
        let learnt = network.parameters().leaves().len();
        let kept = network.buffers().leaves().len();
        let values = program.output_count();
        let gradient = value_and_gradient_of(&program, &(0..learnt).collect::<Vec<_>>())?;
        // The gradient first, so that it lies at the start of the aligned buffer.
        let order: Vec<_> = (values..values + learnt).chain(0..values).collect();
        let executable = Executable::split_in(&select_outputs(&gradient, &order)?, learnt, precision)?;
        let feed = Feed::new(network, batch, true, wants);
        let results = Parameters::zeros(Shape::from([executable.output_len()]));
        let parameters = network.parameters().len();
        Ok(Learner { executable, feed, results, parameters, rated: values > kept + 1 })
    }

    /// How many examples a batch has.
    pub fn batch(&self) -> usize {
        self.feed.batch()
    }

    /// Copies these examples, as many as the batch has, to where the next run reads them.
    ///
    /// # Errors
    /// Their number is another, an index is out of range, or the data are not what network and loss take.
    pub fn gather(&mut self, data: &Dataset, indices: &[usize]) -> Result<(), NetworkError> {
        fits("the indices of a batch", indices.len(), self.batch())?;
        self.feed.check(data)?;
        self.feed.gather(data, indices)
    }

    /// Copies a batch to where the next run reads it.
    ///
    /// # Errors
    /// The batch has another number of examples, or other examples than network and loss take.
    pub fn load(&mut self, batch: &Batch) -> Result<(), NetworkError> {
        self.feed.load(batch)
    }

    /// Where the next run reads its examples and their targets, to be filled by hand.
    pub fn batch_mut(&mut self) -> (&mut [f32], &mut [f32]) {
        self.feed.parts()
    }

    /// Chooses the random numbers of the next runs, as [`Dropout`](crate::layer::Dropout) draws them: those of a step of a seeded run.
    pub fn set_key(&mut self, seed: u64, step: u64) {
        self.feed.set_key(key(seed, step));
    }

    /// The key that was chosen, for programs that are to draw the same random numbers.
    pub(crate) fn key(&self) -> f32 {
        self.feed.key()
    }

    /// The mean loss of the batch, penalty included; its gradient is then in [`gradient`](Learner::gradient), the buffers' new values in
    /// [`buffers`](Learner::buffers).
    ///
    /// # Errors
    /// The parameters or the buffers are not as many as the network's.
    pub fn loss_and_gradient(&mut self, parameters: &[f32], buffers: &[f32]) -> Result<f32, NetworkError> {
        fits("parameters", parameters.len(), self.parameters)?;
        self.feed.set_buffers(buffers)?;
        self.executable.run_split(parameters, self.feed.as_slice(), self.results.as_mut_slice())?;
        Ok(self.loss())
    }

    /// The loss of the last run.
    pub fn loss(&self) -> f32 {
        self.results.as_slice()[self.parameters]
    }

    /// How right the last batch was, from 0 to 1, if the loss knows.
    pub fn accuracy(&self) -> Option<f32> {
        self.rated.then(|| self.results.as_slice()[self.parameters + 1])
    }

    /// The gradient of the last run by the parameters, in their order.
    pub fn gradient(&self) -> &[f32] {
        &self.results.as_slice()[..self.parameters]
    }

    /// The same, for those who change it before the step.
    pub fn gradient_mut(&mut self) -> &mut [f32] {
        &mut self.results.as_mut_slice()[..self.parameters]
    }

    /// The buffers' values after the last run.
    pub fn buffers(&self) -> &[f32] {
        &self.results.as_slice()[self.parameters + 1 + usize::from(self.rated)..]
    }

    /// What a run does, step by step.
    pub fn explain(&self) -> Explanation {
        self.executable.explain()
    }
}

/// A whole number below 2²⁴, which `f32` holds exactly, from seed and step (the mixing of SplitMix64, Steele et al. 2014).
fn key(seed: u64, step: u64) -> f32 {
    let mut z =
        seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(step).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 40) as f32
}
