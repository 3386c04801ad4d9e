//! [`Curvature`]: the Hessian of a batch's loss times a vector, for rules that ask for it.

use super::{Task, TrainError};
use crate::{data::Batch, loss::L2};
use thalweg_function::{Executable, Program, select_outputs, value_and_gradient_of, vjp};

/// The Hessian of the mean loss of a batch of fixed size by the parameters, times a vector.
#[derive(Debug)]
pub(crate) struct Curvature {
    executable: Executable<f32>,
    /// `[parameters | buffers | key | inputs | targets | vector]`, the key only in training.
    inputs: Vec<f32>,
    parameters: usize,
    buffers: usize,
    batch: usize,
    width: usize,
    /// Numbers that stand for the targets of a batch.
    targets: usize,
}

/// ∂(gᵀv)/∂x of a loss f with gradient g by the first `learnt` inputs: inputs those of f and a vector for each of the first,
/// outputs the products.
fn hessian_vector(loss: &Program, learnt: usize) -> Result<Program, TrainError> {
    let loss = select_outputs(loss, &[0])?;
    let by: Vec<usize> = (0..learnt).collect();
    let gradient = value_and_gradient_of(&loss, &by)?;
    let behind_value: Vec<usize> = (1..=learnt).collect();
    let gradient = select_outputs(&gradient, &behind_value)?;
    // The results of vjp are the gradients and then a cotangent for each input; the Hessian is symmetric.
    let products: Vec<usize> = (learnt..2 * learnt).collect();
    Ok(select_outputs(&vjp(&gradient)?, &products)?)
}

impl Curvature {
    /// As a step of training sees the loss.
    pub(crate) fn training(task: &Task, penalty: Option<L2>, batch: usize) -> Result<Self, TrainError> {
        Self::new(task, penalty, batch, true)
    }

    /// With layers as in evaluation.
    pub(crate) fn evaluating(task: &Task, batch: usize) -> Result<Self, TrainError> {
        Self::new(task, None, batch, false)
    }

    fn new(task: &Task, penalty: Option<L2>, batch: usize, training: bool) -> Result<Self, TrainError> {
        let network = &task.network;
        let loss = network.loss_program(&*task.loss, penalty, batch, training)?;
        let program = hessian_vector(&loss, network.parameters().leaves().len())?;
        let executable = Executable::new(&program)?;
        let (parameters, buffers) = (network.parameters().len(), network.buffers().len());
        let width = network.input().iter().product();
        let wants = task.loss.wants(network.output()).map_err(crate::network::NetworkError::from)?;
        Ok(Self {
            inputs: vec![0.0; executable.input_len()],
            executable,
            parameters,
            buffers,
            batch,
            width,
            targets: batch * wants.width(),
        })
    }

    /// Copies a batch in, and in training the key of its random numbers.
    pub(crate) fn load(&mut self, batch: &Batch, key: Option<f32>) {
        let mut start = self.parameters + self.buffers;
        if let Some(key) = key {
            self.inputs[start] = key;
            start += 1;
        }
        let (inputs, rest) = self.inputs[start..].split_at_mut(self.batch * self.width);
        inputs.copy_from_slice(&batch.inputs);
        let targets = &mut rest[..self.targets];
        if batch.classes.is_empty() {
            targets.copy_from_slice(&batch.targets);
        } else {
            targets.iter_mut().zip(&batch.classes).for_each(|(target, &class)| *target = class as f32);
        }
    }

    /// The Hessian at these parameters times a vector.
    pub(crate) fn product(
        &mut self,
        parameters: &[f32],
        buffers: &[f32],
        vector: &[f32],
        product: &mut [f32],
    ) -> Result<(), TrainError> {
        self.inputs[..self.parameters].copy_from_slice(parameters);
        self.inputs[self.parameters..][..self.buffers].copy_from_slice(buffers);
        let end = self.inputs.len() - self.parameters;
        self.inputs[end..].copy_from_slice(vector);
        self.executable.run(&self.inputs, product)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::Dataset,
        initializer::Initializer,
        layer::{Activation, BatchNorm, Dense, Flatten, Sequential},
        learn::Learner,
        loss::CrossEntropy,
        network::Network,
    };

    #[test]
    fn products_are_differences_of_gradients_and_symmetric() {
        let data = Dataset::digits();
        let layers = Sequential::default().then(Flatten).then(Dense::new(6)).then(BatchNorm::default());
        let layers = layers.then(Activation::Tanh).then(Dense::new(10));
        let task = Task::new(Network::new(&[8, 8], layers).unwrap(), CrossEntropy::default(), data);
        let (dim, buffers) = (task.network.parameters().len(), task.network.initial_buffers());
        let penalty = Some(L2 { factor: 0.1 });
        let mut batch = Batch::default();
        task.train.gather(&(0..40).collect::<Vec<_>>(), &mut batch).unwrap();
        let normal = |stream| {
            let mut vector = vec![0.0_f32; dim];
            Initializer::Normal { std: 1.0 }.fill(1, stream, &[dim], &mut vector);
            vector
        };
        let (x, [u, v]) = (task.network.initialize(0), [1, 2].map(normal));

        let mut curvature = Curvature::training(&task, penalty, 40).unwrap();
        curvature.load(&batch, Some(0.0));
        let mut product = |vector: &[f32]| {
            let mut out = vec![0.0; dim];
            curvature.product(&x, &buffers, vector, &mut out).unwrap();
            out
        };
        let (hu, hv) = (product(&u), product(&v));

        let mut learner = Learner::penalized(&task.network, &*task.loss, penalty, 40).unwrap();
        learner.load(&batch).unwrap();
        let mut gradient = |step: f32| -> Vec<f32> {
            let at: Vec<f32> = x.iter().zip(&u).map(|(x, u)| x + step * u).collect();
            learner.loss_and_gradient(&at, &buffers).unwrap();
            learner.gradient().to_vec()
        };
        let step = 1e-3;
        let (ahead, behind) = (gradient(step), gradient(-step));
        let size = hu.iter().map(|h| h.abs()).fold(0.0, f32::max);
        for ((a, b), h) in ahead.iter().zip(&behind).zip(&hu) {
            let difference = (a - b) / (2.0 * step);
            assert!((difference - h).abs() < 2e-3 * size, "{difference} {h} of {size}");
        }
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
        let (one, other) = (dot(&v, &hu), dot(&u, &hv));
        assert!((one - other).abs() < 1e-4 * dot(&hu, &hu).sqrt() * dot(&v, &v).sqrt(), "{one} {other}");
    }
}
