//! [`Engine`]: the compiled parts of a run, which runs with other optimisers can use again.

use super::{Options, Task, TrainError, curvature::Curvature};
use crate::{
    data::{Batch, Dataset, shuffle},
    learn::{Evaluator, Learner, Metrics},
    loss::L2,
};
use std::sync::Arc;
use thalweg_function::Precision;

/// Examples that are evaluated at a time.
const EVALUATED: usize = 256;

/// What is compiled for batches of one size.
struct Sized {
    learner: Learner,
    curvature: Option<Curvature>,
}

pub(crate) struct Engine {
    task: Task,
    penalty: Option<L2>,
    precision: Precision,
    whole: Sized,
    /// For the last batch of an epoch, if it has been smaller.
    rest: Option<Sized>,
    /// Whether the batch at hand is such.
    at_rest: bool,
    evaluator: Evaluator,
    /// The validation examples that are looked at.
    validated: Vec<usize>,
}

impl Engine {
    pub(crate) fn new(task: &Task, options: &Options) -> Result<Self, TrainError> {
        let whole = Sized::new(task, options.penalty, options.batch, options.precision)?;
        let evaluator = Evaluator::new(&task.network, &*task.loss, EVALUATED)?;
        let engine = Self {
            task: task.clone(),
            penalty: options.penalty,
            precision: options.precision,
            whole,
            rest: None,
            at_rest: false,
            evaluator,
            validated: Vec::new(),
        };
        Ok(engine.checked()?.validating_on(options))
    }

    /// That the data are what network and loss take.
    fn checked(mut self) -> Result<Self, TrainError> {
        let batch = self.whole.learner.batch();
        self.whole.learner.gather(&self.task.train, &vec![0; batch])?;
        if let Some(data) = self.task.validation.clone() {
            let network = &self.task.network;
            let (parameters, buffers) =
                (vec![0.0; network.parameters().len()], vec![0.0; network.buffers().len()]);
            self.evaluator.evaluate_some(&parameters, &buffers, &data, 0..0)?;
        }
        Ok(self)
    }

    /// Whether it does for runs of this task with these options.
    pub(crate) fn serves(&self, task: &Task, options: &Options) -> bool {
        let Task { network, loss, train, validation } = &self.task;
        let same_validation = match (validation, &task.validation) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        };
        same_validation
            && Arc::ptr_eq(network, &task.network)
            && Arc::ptr_eq(loss, &task.loss)
            && Arc::ptr_eq(train, &task.train)
            && self.penalty == options.penalty
            && self.precision == options.precision
            && self.whole.learner.batch() == options.batch
    }

    pub(crate) fn validating_on(mut self, options: &Options) -> Self {
        self.validated.clear();
        let len = self.task.validation.as_ref().map_or(0, |data| data.len());
        match options.validate_on {
            Some(some) if some < len => {
                // The same for every seed, so that runs can be compared.
                shuffle(0, *b"validate", 0, len, &mut self.validated);
                self.validated.truncate(some);
                self.validated.sort_unstable();
            }
            _ => self.validated = (0..len).collect(),
        }
        self
    }

    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    /// Puts a batch in place. Of batches, numbered from 0, random numbers depend.
    pub(crate) fn load(
        &mut self,
        batch: &Batch,
        seed: u64,
        number: u64,
        curved: bool,
    ) -> Result<(), TrainError> {
        let size = batch.len();
        self.at_rest = size != self.whole.learner.batch();
        if self.at_rest && self.rest.as_ref().is_none_or(|rest| rest.learner.batch() != size) {
            self.rest = Some(Sized::new(&self.task, self.penalty, size, self.precision)?);
        }
        let (task, penalty) = (self.task.clone(), self.penalty);
        let Sized { learner, curvature } = self.sized();
        learner.load(batch)?;
        learner.set_key(seed, number);
        if curved {
            if curvature.is_none() {
                *curvature = Some(Curvature::training(&task, penalty, size)?);
            }
            if let Some(curvature) = curvature {
                // So random layers draw the numbers that they draw for the gradient.
                curvature.load(batch, Some(learner.key()));
            }
        }
        Ok(())
    }

    fn sized(&mut self) -> &mut Sized {
        match &mut self.rest {
            Some(rest) if self.at_rest => rest,
            _ => &mut self.whole,
        }
    }

    /// The loss of the batch in place.
    pub(crate) fn slope(&mut self, parameters: &[f32], buffers: &[f32]) -> Result<f32, TrainError> {
        Ok(self.sized().learner.loss_and_gradient(parameters, buffers)?)
    }

    /// Gradient, buffers and accuracy of the last [`slope`](Self::slope).
    pub(crate) fn learner(&mut self) -> &Learner {
        &self.sized().learner
    }

    /// The Hessian of the batch in place times a vector.
    pub(crate) fn hessian_vector(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
        vector: &[f32],
        product: &mut [f32],
    ) -> Result<(), TrainError> {
        match &mut self.sized().curvature {
            Some(curvature) => curvature.product(parameters, buffers, vector, product),
            None => Ok(()),
        }
    }

    /// Loss and accuracy on the validation examples that are looked at, if there are some.
    pub(crate) fn validate(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
    ) -> Result<Option<Metrics>, TrainError> {
        let Some(data) = &self.task.validation else { return Ok(None) };
        let indices = self.validated.iter().copied();
        Ok(Some(self.evaluator.evaluate_some(parameters, buffers, data, indices)?))
    }

    /// Loss and accuracy on other examples.
    pub(crate) fn evaluate(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
        data: &Dataset,
    ) -> Result<Metrics, TrainError> {
        Ok(self.evaluator.evaluate(parameters, buffers, data)?)
    }
}

impl Sized {
    fn new(task: &Task, penalty: Option<L2>, batch: usize, precision: Precision) -> Result<Self, TrainError> {
        let learner = Learner::in_precision(&task.network, &*task.loss, penalty, batch, precision)?;
        Ok(Self { learner, curvature: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Normalization, Over},
        initializer::Initializer,
        layer::{Activation, Dense, Dropout, Flatten, Sequential},
        loss::CrossEntropy,
        network::Network,
    };

    #[test]
    fn products_with_the_hessian_leave_out_what_the_gradient_leaves_out() {
        let layers = Sequential::default().then(Flatten).then(Dense::new(12)).then(Activation::Tanh);
        let layers = layers.then(Dropout { rate: 0.5 }).then(Dense::new(8)).then(Activation::Tanh);
        let network = Network::new(&[8, 8], layers.then(Dropout { rate: 0.3 }).then(Dense::new(10))).unwrap();
        let mut data = Dataset::digits();
        let scale = data.normalizer(Normalization::Unit, Over::Whole).unwrap();
        data.normalize(&scale).unwrap();
        let task = Task::new(network, CrossEntropy::default(), data);
        let options = Options { batch: 40, ..Options::new("sgd".parse().unwrap()) };
        let mut engine = Engine::new(&task, &options).unwrap();
        let mut batch = Batch::default();
        task.train.gather(&(0..40).collect::<Vec<_>>(), &mut batch).unwrap();
        let x = task.network.initialize(0);
        let [mut v, mut product, mut other] = [(); 3].map(|()| vec![0.0; x.len()]);
        Initializer::Normal { std: 1.0 }.fill(1, 2, &[x.len()], &mut v);
        for number in [0, 1, 1 << 30] {
            engine.load(&batch, 7, number, true).unwrap();
            engine.hessian_vector(&x, &[], &v, &mut product).unwrap();
            let step = 3e-3;
            let mut gradient = |step: f32| -> Vec<f32> {
                let at: Vec<f32> = x.iter().zip(&v).map(|(x, v)| x + step * v).collect();
                engine.slope(&at, &[]).unwrap();
                engine.learner().gradient().to_vec()
            };
            let (ahead, behind) = (gradient(step), gradient(-step));
            let size = product.iter().map(|h| h.abs()).fold(0.0, f32::max);
            for ((a, b), h) in ahead.iter().zip(&behind).zip(&product) {
                let difference = (a - b) / (2.0 * step);
                assert!((difference - h).abs() < 5e-3 * size, "batch {number}: {difference} {h} of {size}");
            }
            // Other numbers would have been left out of another batch.
            engine.load(&batch, 7, number + 1, true).unwrap();
            engine.hessian_vector(&x, &[], &v, &mut other).unwrap();
            assert!(other.iter().zip(&product).any(|(a, b)| (a - b).abs() > 0.2 * size));
        }
    }
}
