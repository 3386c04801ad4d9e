//! Losses of classes: [`CrossEntropy`] for one out of many, [`BinaryCrossEntropy`] for yes or no.

use super::{Loss, Wants, mean_of_each};
use crate::layer::Misfit;
use thalweg_function::Var;

/// `factor`·(log Σⱼeᶻʲ − (1 − s)·z\[class\] − s·mean z), for outputs z, one for each class, with s = `label_smoothing`: as in
/// PyTorch, the target puts s/classes on each class and the rest on the right one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossEntropy {
    /// How much of the target is spread over all classes, from 0 to 1.
    pub label_smoothing: f64,
    /// What the loss is multiplied by: 1, or 1/classes where a mean over classes too is meant.
    pub factor: f64,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        CrossEntropy { label_smoothing: 0.0, factor: 1.0 }
    }
}

impl Loss for CrossEntropy {
    fn wants(&self, output: &[usize]) -> Result<Wants, Misfit> {
        if !(0.0..=1.0).contains(&self.label_smoothing) {
            return Err(Misfit::new("the label smoothing", self.label_smoothing, "from 0 to 1"));
        }
        match *output {
            [classes] if classes > 0 => Ok(Wants::Class(classes)),
            _ => {
                let found = format!("{output:?}");
                Err(Misfit::new("the network's output", found, "one number for each class, [classes]"))
            }
        }
    }

    fn of_each(&self, outputs: Var, targets: Var) -> Var {
        let mut loss = outputs.softmax_cross_entropy(targets);
        if self.label_smoothing > 0.0 {
            let even = outputs.logsumexp(-1) - outputs.mean(-1);
            loss = (1.0 - self.label_smoothing) * loss + self.label_smoothing * even;
        }
        if self.factor == 1.0 { loss } else { self.factor * loss }
    }

    fn right(&self, outputs: Var, targets: Var) -> Option<Var> {
        Some(outputs.argmax(-1).equal(targets))
    }

    fn predictions(&self, outputs: Var) -> Var {
        outputs.softmax(-1)
    }
}

/// The mean over the outputs z of log(1 + eᶻ) − t·z, for targets t from 0 to 1: −t·log p − (1 − t)·log(1 − p) of the
/// probability p = sigmoid(z), without overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BinaryCrossEntropy;

impl Loss for BinaryCrossEntropy {
    fn wants(&self, output: &[usize]) -> Result<Wants, Misfit> {
        Ok(Wants::Values(output.iter().product()))
    }

    fn of_each(&self, outputs: Var, targets: Var) -> Var {
        let outputs = outputs.reshape(targets.shape());
        mean_of_each(outputs.softplus() - targets * outputs)
    }

    fn right(&self, outputs: Var, targets: Var) -> Option<Var> {
        let outputs = outputs.reshape(targets.shape());
        let (said, true_) = (Var::constant(0.0).less(outputs), Var::constant(0.5).less(targets));
        Some(mean_of_each(said.equal(true_)))
    }

    fn predictions(&self, outputs: Var) -> Var {
        outputs.sigmoid()
    }
}
