//! burn: tensor operations of its backend Flex on the processor, its differentiation and its Adam.
//!
//! Its pixels are kept as `f32` from 0 to 1, so that nothing has to be converted.

use std::error::Error;

use burn::optim::{AdamConfig, Optimizer};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};

use thalweg_bench::time;
use thalweg_bench::training::{
    BATCH, CHECKED, LR, PICTURES, STEPS, WIDTHS, digits, indices, pixels, weights,
};

use crate::Measured;

/// A parameter with what the optimiser remembers of it.
struct Learnt<const D: usize, S> {
    value: Tensor<D>,
    state: Option<S>,
}

impl<const D: usize, S> Learnt<D, S> {
    fn new(value: Tensor<D>) -> Self {
        Learnt { value: value.autodiff().require_grad(), state: None }
    }

    fn step<O: Optimizer<State<D> = S>>(&mut self, optimizer: &O, gradients: &mut Gradients) {
        let Some(gradient) = self.value.grad_remove(gradients) else { return };
        let value = self.value.clone().inner();
        let (value, state) = optimizer.step(LR, value, gradient, self.state.take());
        *self = Learnt { state, ..Learnt::new(value) };
    }
}

pub(crate) fn measure() -> Result<Measured, Box<dyn Error>> {
    let device = Device::flex();
    let pixels: Vec<f32> = pixels().into_iter().map(|byte| f32::from(byte) / 255.0).collect();
    let pixels = Tensor::<2>::from_data(TensorData::new(pixels, [PICTURES, WIDTHS[0]]), &device);
    let digits: Vec<i64> = digits().into_iter().map(i64::from).collect();
    let digits = Tensor::<1, Int>::from_data(TensorData::new(digits, [PICTURES]), &device);
    let mut layers = Vec::new();
    for (widths, matrix) in WIDTHS.windows(2).zip(weights()) {
        let matrix = Tensor::<2>::from_data(TensorData::new(matrix, [widths[1], widths[0]]), &device);
        layers.push((Learnt::new(matrix.transpose()), Learnt::new(Tensor::<1>::zeros([widths[1]], &device))));
    }
    let optimizer = AdamConfig::new().with_epsilon(1e-8).build();
    let mut step = |chosen: &Tensor<1, Int>| -> Result<f64, Box<dyn Error>> {
        let mut x = pixels.clone().select(0, chosen.clone()).autodiff();
        let count = layers.len();
        for (k, (weight, bias)) in layers.iter().enumerate() {
            x = x.matmul(weight.value.clone()) + bias.value.clone().unsqueeze();
            if k + 1 < count {
                x = relu(x);
            }
        }
        let digits = digits.clone().select(0, chosen.clone()).reshape([BATCH, 1]).autodiff();
        let loss = log_softmax(x, 1).gather(1, digits).mean().neg();
        let mut gradients = loss.backward();
        for (weight, bias) in &mut layers {
            weight.step(&optimizer, &mut gradients);
            bias.step(&optimizer, &mut gradients);
        }
        let loss = loss.inner().to_data().try_to_vec::<f32>()?;
        Ok(loss.first().copied().unwrap_or(f32::NAN).into())
    };
    let batch = |k| {
        let chosen: Vec<_> = indices(k, BATCH).into_iter().map(|index| index as i64).collect();
        Tensor::<1, Int>::from_data(TensorData::new(chosen, [BATCH]), &device)
    };
    let batches: Vec<_> = (0..STEPS).map(batch).collect();
    let check = batches[..CHECKED].iter().map(&mut step).collect::<Result<_, _>>()?;
    let (seconds, _) = time(|| batches.iter().try_fold(0.0, |_, chosen| step(chosen)))?;
    Ok((seconds, check))
}
