//! Layers that bring numbers to mean 0 and variance 1: [`BatchNorm`] over examples, [`LayerNorm`] within each.

use super::{Form, Layer, Misfit, Pass};
use crate::initializer::Initializer;
use thalweg_function::{Shape, Var, keep};

/// y = w·(x − μ)/√(σ² + `eps`) + b for each channel: the first axis of an example (Ioffe and Szegedy 2015).
///
/// In training μ and σ² are the mean and the variance (divided by n) over the batch and all other axes; in evaluation they are
/// running averages, r ← (1 − `momentum`)·r + `momentum`·(of the batch), where the variance is divided by n − 1, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// How much of a batch goes into the running averages.
    pub momentum: f64,
    /// What keeps the division from growing without bound.
    pub eps: f64,
    /// Whether w and b are learnt, from 1 and 0.
    pub affine: bool,
}

impl Default for BatchNorm {
    /// PyTorch's numbers: momentum 0.1, eps 1e-5.
    fn default() -> Self {
        BatchNorm { momentum: 0.1, eps: 1e-5, affine: true }
    }
}

impl Layer for BatchNorm {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        let Some(&channels) = input.first() else {
            return Err(Misfit::shape(input, "one axis or more, the first of which counts channels"));
        };
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(Misfit::number("the momentum", self.momentum, "from 0 to 1"));
        }
        let form = affine(Form::of(input), self.affine, &[channels]);
        Ok(form.keeps("running_mean", &[channels], 0.0).keeps("running_var", &[channels], 1.0))
    }

    fn apply(&self, x: Var, pass: &mut Pass) -> Var {
        let axes: Vec<_> = x.shape().axes().collect();
        let channels = axes.get(1).copied().unwrap_or(1);
        // A number for each channel, so that it meets all others of its channel.
        let ones = vec![1; axes.len().saturating_sub(2)];
        let of_channel = Shape::new(&[&[channels], &ones[..]].concat()).unwrap_or(Shape::SCALAR);
        let (mean, variance) = if pass.training() {
            let over: Vec<i32> = (0..axes.len() as i32).filter(|&axis| axis != 1).collect();
            let mean = x.mean(over.as_slice());
            let deviation = x - mean.reshape(of_channel);
            let variance = (deviation * deviation).mean(over.as_slice());
            let count = (x.shape().size() / channels.max(1)) as f64;
            let unbiased = variance * (count / (count - 1.0));
            for (name, of_batch) in [("running_mean", mean), ("running_var", unbiased)] {
                let running = pass.buffer(name);
                let next = (1.0 - self.momentum) * running + self.momentum * of_batch.stop_gradient();
                pass.update(name, next);
            }
            (mean, variance)
        } else {
            (pass.buffer("running_mean"), pass.buffer("running_var"))
        };
        let mut factor = 1.0 / (variance + self.eps).sqrt();
        if self.affine {
            factor *= pass.parameter("weight");
        }
        let y = (x - mean.reshape(of_channel)) * factor.reshape(of_channel);
        if self.affine { y + pass.parameter("bias").reshape(of_channel) } else { y }
    }
}

/// y = w·(x − μ)/√(σ² + `eps`) + b, where μ and σ² are the mean and the variance of each example's last `axes` axes, and w and b have
/// their shape (Ba, Kiros and Hinton 2016).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerNorm {
    /// Over how many axes, counted from the last.
    pub axes: usize,
    /// What keeps the division from growing without bound.
    pub eps: f64,
    /// Whether w and b are learnt, from 1 and 0.
    pub affine: bool,
}

impl Default for LayerNorm {
    /// Over the last axis, with PyTorch's eps, 1e-5.
    fn default() -> Self {
        LayerNorm { axes: 1, eps: 1e-5, affine: true }
    }
}

impl Layer for LayerNorm {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        if self.axes == 0 || self.axes > input.len() {
            let wanted = format!("of {} axes or more, over which it is made even", self.axes.max(1));
            return Err(Misfit::shape(input, wanted));
        }
        Ok(affine(Form::of(input), self.affine, &input[input.len() - self.axes..]))
    }

    fn apply(&self, x: Var, pass: &mut Pass) -> Var {
        let over: Vec<i32> = (1..=self.axes as i32).map(|axis| -axis).collect();
        let deviation = x - x.mean(keep(over.as_slice()));
        let variance = (deviation * deviation).mean(keep(over.as_slice()));
        let y = deviation / (variance + self.eps).sqrt();
        if self.affine { y * pass.parameter("weight") + pass.parameter("bias") } else { y }
    }
}

fn affine(form: Form, affine: bool, shape: &[usize]) -> Form {
    if !affine {
        return form;
    }
    form.learns("weight", shape, Initializer::Constant(1.0)).learns("bias", shape, Initializer::Constant(0.0))
}
