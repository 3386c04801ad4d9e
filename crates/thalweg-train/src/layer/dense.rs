//! [`Dense`]: every output depends on every input.

use super::{Form, Layer, Misfit, Pass};
use crate::initializer::Initializer;
use thalweg_function::Var;

/// y = W·x + b, W of shape `[outputs, inputs]`, on the last axis of examples of any shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// How many numbers it makes of each row.
    pub outputs: usize,
    /// Whether there is a bias b, which starts at 0.
    pub bias: bool,
    /// What W is before training.
    pub weight: Initializer,
}

impl Dense {
    /// With a bias, and weights by [`Initializer::LECUN_NORMAL`].
    pub fn new(outputs: usize) -> Self {
        Dense { outputs, bias: true, weight: Initializer::LECUN_NORMAL }
    }
}

impl Layer for Dense {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        let Some((&inputs, rows)) = input.split_last() else {
            return Err(Misfit::shape(input, "one axis or more"));
        };
        if self.outputs == 0 {
            return Err(Misfit::number("the number of outputs", 0, "at least 1"));
        }
        let form = Form::of(&[rows, &[self.outputs]].concat()).learns(
            "weight",
            &[self.outputs, inputs],
            self.weight,
        );
        Ok(if self.bias { form.learns("bias", &[self.outputs], Initializer::Constant(0.0)) } else { form })
    }

    fn apply(&self, x: Var, pass: &mut Pass) -> Var {
        let axes: Vec<_> = x.shape().axes().collect();
        let (rows, inputs) = (axes.iter().rev().skip(1).product(), axes.last().copied().unwrap_or(1));
        // All leading axes count as one, so that there is a single product.
        let x = if axes.len() == 2 { x } else { x.reshape([rows, inputs]) };
        let mut y = x.matmul(pass.parameter("weight").t());
        if self.bias {
            y += pass.parameter("bias");
        }
        match axes.split_last() {
            Some((_, outer)) if axes.len() != 2 => y.reshape(super::shape::shape_of(outer, &[self.outputs])),
            _ => y,
        }
    }
}
