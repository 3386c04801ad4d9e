//! Losses of numbers: [`MeanSquaredError`], [`Huber`].

use super::{Loss, Wants, mean_of_each};
use crate::layer::Misfit;
use thalweg_function::{Var, select};

/// The mean over the outputs of (y − t)².
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeanSquaredError;

impl Loss for MeanSquaredError {
    fn wants(&self, output: &[usize]) -> Result<Wants, Misfit> {
        Ok(Wants::Values(output.iter().product()))
    }

    fn of_each(&self, outputs: Var, targets: Var) -> Var {
        let error = outputs.reshape(targets.shape()) - targets;
        mean_of_each(error * error)
    }
}

/// The mean over the outputs of e²/2 for errors e of at most `delta`, else of delta·(|e| − delta/2) (Huber 1964).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Huber {
    /// Where the square becomes a line.
    pub delta: f64,
}

impl Default for Huber {
    fn default() -> Self {
        Huber { delta: 1.0 }
    }
}

impl Loss for Huber {
    fn wants(&self, output: &[usize]) -> Result<Wants, Misfit> {
        if self.delta > 0.0 {
            return Ok(Wants::Values(output.iter().product()));
        }
        Err(Misfit::new("delta", self.delta, "above 0"))
    }

    fn of_each(&self, outputs: Var, targets: Var) -> Var {
        let error = outputs.reshape(targets.shape()) - targets;
        let size = error.abs();
        let line = self.delta * (size - 0.5 * self.delta);
        mean_of_each(select(size.less_equal(self.delta), 0.5 * (error * error), line))
    }
}
