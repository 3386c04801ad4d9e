//! candle: tensor operations on the processor. The gradient comes from its own differentiation of `Σ g · x`, once.

use std::error::Error;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, SGD};

use thalweg_bench::flat::{FACTORS, check, gradient, start, steps};
use thalweg_bench::time;

use crate::{LR, Measured};

pub(crate) fn measure(text: &str, n: usize) -> Result<Option<Measured>, Box<dyn Error>> {
    let adam = |weight_decay| ParamsAdamW { lr: LR, weight_decay, ..ParamsAdamW::default() };
    let x = Var::from_vec(start(n), n, &Device::Cpu)?;
    let all = vec![x.clone()];
    Ok(Some(match text {
        "sgd(lr=0.01)" => run(SGD::new(all, LR)?, &x)?,
        "adam(lr=0.01)" => run(AdamW::new(all, adam(0.0))?, &x)?,
        "adamw(lr=0.01)" => run(AdamW::new(all, adam(0.01))?, &x)?,
        _ => return Ok(None),
    }))
}

fn run(mut optimizer: impl Optimizer, x: &Var) -> Result<Measured, Box<dyn Error>> {
    let n = x.elem_count();
    let g = Tensor::from_vec(gradient(n), n, &Device::Cpu)?;
    let slope = |factor: f32| -> candle_core::Result<GradStore> {
        ((x.as_tensor() * &g)? * f64::from(factor))?.sum_all()?.backward()
    };
    for factor in FACTORS {
        optimizer.step(&slope(factor)?)?;
    }
    let early = check(&x.to_vec1::<f32>()?);
    let gradients = slope(1.0)?;
    let (seconds, ()) = time(|| (0..steps(n)).try_for_each(|_| optimizer.step(&gradients)))?;
    Ok((seconds, early))
}
