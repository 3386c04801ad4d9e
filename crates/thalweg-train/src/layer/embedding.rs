//! [`Embedding`]: a row of numbers for each whole number.

use super::shape::shape_of;
use super::{Form, Layer, Misfit, Pass};
use crate::initializer::Initializer;
use thalweg_function::{Shape, Var};

/// Row i of a table `[count, width]` for each whole number i from 0 to below `count`: examples `[…]` become `[…, width]`.
///
/// Another number is an error of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// How many rows there are.
    pub count: usize,
    /// How many numbers a row has.
    pub width: usize,
    /// What the table, called `weight`, is before training.
    pub weight: Initializer,
}

impl Embedding {
    /// With rows from the normal distribution of variance 1, as in PyTorch.
    pub fn new(count: usize, width: usize) -> Self {
        Embedding { count, width, weight: Initializer::Normal { std: 1.0 } }
    }
}

impl Layer for Embedding {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        if self.count == 0 || self.width == 0 {
            return Err(Misfit::number(
                "the table",
                format!("[{}, {}]", self.count, self.width),
                "not empty",
            ));
        }
        if input.len() + 2 > Shape::MAX_RANK {
            return Err(Misfit::shape(input, format!("of at most {} axes", Shape::MAX_RANK - 2)));
        }
        let output = [input, &[self.width]].concat();
        Ok(Form::of(&output).learns("weight", &[self.count, self.width], self.weight))
    }

    fn apply(&self, x: Var, pass: &mut Pass) -> Var {
        let shape: Vec<_> = x.shape().axes().collect();
        let rows = pass.parameter("weight").take(x.flatten(), 0);
        rows.reshape(shape_of(&shape, &[self.width]))
    }
}
