//! What a run does with a batch: a gradient, or several of the same for a rule that wants them, and what the rule makes of them.

use super::{NonFinite, Run, Status, TrainError, status::first};
use thalweg_rule::{Evaluation, RuleError};

impl Run {
    /// Takes the next batch, and goes back to those before it if the rule wants them once more. Ends the run where something is not
    /// finite and the rule does not see to that.
    pub(super) fn take_batch(&mut self) -> Result<(), TrainError> {
        let batch = self.loader.next_batch();
        let examples = batch.len() as f64;
        let curved = !self.probe.is_empty();
        self.engine.load(batch, self.options.seed, self.batches, curved)?;
        self.recall.note(self.batches, batch);
        self.batches += 1;
        let made = self.rule.steps();
        let mut again = false;
        loop {
            let ahead = self.rule.evaluation_point(&self.parameters, &mut self.ahead);
            let point = if ahead { &self.ahead } else { &self.parameters };
            let loss = self.engine.slope(point, &self.buffers)?;
            let learner = self.engine.learner();
            if !again {
                (self.loss, self.accuracy) = (loss, learner.accuracy());
                self.kept.copy_from_slice(learner.buffers());
                self.tally.loss += f64::from(loss) * examples;
                self.tally.right += learner.accuracy().map_or(0.0, f64::from) * examples;
                self.tally.examples += examples;
            }
            if !loss.is_finite() && !self.rule.takes_nonfinite() {
                return self.end_at(self.steps + 1, loss);
            }
            let product = if curved && self.rule.probe(&mut self.probe) {
                let point = if ahead { &self.ahead } else { &self.parameters };
                self.engine.hessian_vector(point, &self.buffers, &self.probe, &mut self.product)?;
                Some(&self.product[..])
            } else {
                None
            };
            let values = [loss];
            let mut at = Evaluation::of(self.engine.learner().gradient()).with_values(&values);
            at.hessian_vector = product;
            match self.rule.advance(&mut self.parameters, &at) {
                Err(RuleError::NotFinite { .. }) => return self.end_at(self.steps + 1, loss),
                other => other?,
            }
            if self.rule.steps() != made {
                self.recall.forget();
                break;
            }
            let Some(ago) = self.rule.again().filter(|&ago| self.recall.repeat(ago)) else { break };
            if ago > 1 {
                let (batch, number) = self.recall.gather(&self.engine.task().train)?;
                self.engine.load(batch, self.options.seed, number, curved)?;
            }
            again = true;
        }
        std::mem::swap(&mut self.buffers, &mut self.kept);
        Ok(())
    }

    /// Ends the run with a loss, a gradient or parameters that are not finite.
    pub(super) fn end_at(&mut self, step: u64, loss: f32) -> Result<(), TrainError> {
        self.settle(true)?;
        let task = self.engine.task().clone();
        let layout = task.network.parameters();
        let place = first("the parameter", layout, &self.parameters)
            .or_else(|| first("the gradient of", layout, self.engine.learner().gradient()));
        self.status =
            Some(Status::NonFinite(NonFinite { step, loss, place, checkpoint: self.saved.clone() }));
        Ok(())
    }
}
