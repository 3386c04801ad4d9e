//! [`Dropout`]: numbers left out at random while training.

use super::{Form, Layer, Misfit, Pass};
use thalweg_function::Var;

/// In training each number is 0 with probability `rate` and divided by 1 − `rate` otherwise, anew each step; in evaluation nothing
/// happens (Srivastava et al. 2014).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// How many numbers are left out, from 0 to below 1.
    pub rate: f64,
}

impl Layer for Dropout {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        if !(0.0..1.0).contains(&self.rate) {
            return Err(Misfit::number("the rate", self.rate, "from 0 to below 1"));
        }
        Ok(Form::of(input))
    }

    fn apply(&self, x: Var, pass: &mut Pass) -> Var {
        match pass.key() {
            Some(key) if self.rate > 0.0 => x.dropout(key, self.rate),
            _ => x,
        }
    }
}
