//! burn: tensor operations of its backend Flex on the processor.

use std::convert::Infallible;
use std::error::Error;

use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdaGradConfig, AdamConfig, AdamWConfig, LionConfig, Optimizer, RmsPropConfig, SgdConfig};
use burn::tensor::{Device, Tensor, TensorData};

use thalweg_bench::flat::{FACTORS, check, gradient, start, steps};
use thalweg_bench::time;

use crate::{LR, Measured};

pub(crate) fn measure(text: &str, n: usize) -> Result<Option<Measured>, Box<dyn Error>> {
    let momentum = MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: false };
    Ok(Some(match text {
        "sgd(lr=0.01)" => run(&SgdConfig::new().build(), n)?,
        "sgd(lr=0.01, momentum=0.9)" => run(&SgdConfig::new().with_momentum(Some(momentum)).build(), n)?,
        "adagrad(lr=0.01)" => run(&AdaGradConfig::new().with_epsilon(1e-10).build(), n)?,
        "rmsprop(lr=0.01)" => run(&RmsPropConfig::new().with_momentum(0.0).with_epsilon(1e-8).build(), n)?,
        "adam(lr=0.01)" => run(&AdamConfig::new().with_epsilon(1e-8).build(), n)?,
        "adamw(lr=0.01)" => run(&AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.01).build(), n)?,
        "lion(lr=0.01)" => run(&LionConfig::new().with_weight_decay(0.001).build(), n)?,
        _ => return Ok(None),
    }))
}

fn run<O: Optimizer>(optimizer: &O, n: usize) -> Result<Measured, Box<dyn Error>> {
    let device = Device::flex();
    let tensor = |numbers| Tensor::<1>::from_data(TensorData::new(numbers, [n]), &device);
    let (mut x, g) = (tensor(start(n)), tensor(gradient(n)));
    let mut state = None;
    for factor in FACTORS {
        (x, state) = optimizer.step(LR, x, g.clone().mul_scalar(factor), state);
    }
    let early = check(&x.to_data().try_to_vec::<f32>()?);
    let mut last = Some(x);
    let mut step = || {
        if let Some(x) = last.take() {
            let (x, next) = optimizer.step(LR, x, g.clone(), state.take());
            (last, state) = (Some(x), next);
        }
    };
    let (seconds, ()) = time(|| {
        (0..steps(n)).for_each(|_| step());
        Ok::<_, Infallible>(())
    })?;
    Ok((seconds, early))
}
