//! candle: tensor operations on the processor, its differentiation and its Adam.

use std::error::Error;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss};

use thalweg_bench::time;
use thalweg_bench::training::{
    BATCH, CHECKED, LR, PICTURES, STEPS, WIDTHS, digits, indices, pixels, weights,
};

use crate::Measured;

pub(crate) fn measure() -> Result<Measured, Box<dyn Error>> {
    let device = &Device::Cpu;
    let pixels = Tensor::from_vec(pixels(), (PICTURES, WIDTHS[0]), device)?;
    let digits = Tensor::from_vec(digits(), PICTURES, device)?;
    let mut layers = Vec::new();
    for (widths, matrix) in WIDTHS.windows(2).zip(weights()) {
        let weight = Var::from_vec(matrix, (widths[1], widths[0]), device)?;
        layers.push((weight, Var::zeros(widths[1], DType::F32, device)?));
    }
    let all = layers.iter().flat_map(|(weight, bias)| [weight.clone(), bias.clone()]).collect();
    let adam = ParamsAdamW { lr: LR, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(all, adam)?;
    let mut step = |chosen: &Tensor| -> candle_core::Result<f64> {
        let x = pixels.index_select(chosen, 0)?.to_dtype(DType::F32)?;
        let mut x = (x * (1.0 / 255.0))?;
        for (k, (weight, bias)) in layers.iter().enumerate() {
            x = x.matmul(&weight.t()?)?.broadcast_add(bias)?;
            if k + 1 < layers.len() {
                x = x.relu()?;
            }
        }
        let value = loss::cross_entropy(&x, &digits.index_select(chosen, 0)?)?;
        optimizer.backward_step(&value)?;
        Ok(value.to_scalar::<f32>()?.into())
    };
    let batch = |k| {
        let chosen: Vec<_> = indices(k, BATCH).into_iter().map(|index| index as u32).collect();
        Tensor::new(chosen, device)
    };
    let batches = (0..STEPS).map(batch).collect::<candle_core::Result<Vec<_>>>()?;
    let check = batches[..CHECKED].iter().map(&mut step).collect::<candle_core::Result<_>>()?;
    let (seconds, _) = time(|| batches.iter().try_fold(0.0, |_, chosen| step(chosen)))?;
    Ok((seconds, check))
}
