//! What a run keeps of itself on the way: records, validations, checkpoints.

use super::{Run, TrainError, machine::learning_rate};
use crate::{
    checkpoint::{Best, Saved, Tally},
    history::{History, Record},
    learn::Metrics,
};
use thalweg_rule::Checkpoint;

impl Run {
    /// The learning rate of the next step, if that will have a record.
    pub(super) fn lr_due(&self) -> Option<f64> {
        let next = self.steps + 1;
        let every = self.options.validate_every;
        let due = next.is_multiple_of(self.options.record_every)
            || (every > 0 && next.is_multiple_of(every))
            || next == self.planned();
        if !due {
            return None;
        }
        learning_rate(&*self.rule).map(|(_, lr)| lr)
    }

    pub(super) fn validate(&mut self) -> Result<Option<Metrics>, TrainError> {
        let averaged = self.rule.averaged(&self.parameters, &mut self.ahead);
        let parameters = if averaged { &self.ahead } else { &self.parameters };
        let Some(metrics) = self.engine.validate(parameters, &self.buffers)? else { return Ok(None) };
        self.reached |= self.options.stop_below.is_some_and(|threshold| metrics.loss < threshold);
        if self.options.patience.is_some() {
            // NaN is never lower.
            if self.best.as_ref().is_none_or(|(best, _)| metrics.loss < best.loss) {
                let best = Best {
                    step: self.steps,
                    loss: metrics.loss,
                    parameters: parameters.clone(),
                    buffers: self.buffers.clone(),
                };
                self.best = Some((best, 0));
            } else if let Some((_, since)) = &mut self.best {
                *since += 1;
            }
        }
        Ok(Some(metrics))
    }

    pub(super) fn record(&mut self, lr: Option<f64>, validation: Option<Metrics>) {
        let Tally { loss, right, examples, seconds } = std::mem::take(&mut self.tally);
        self.history.push(Record {
            step: self.steps,
            epoch: self.epoch(),
            loss: loss / examples,
            accuracy: self.accuracy.map(|_| right / examples),
            validation_loss: validation.map(|metrics| metrics.loss),
            validation_accuracy: validation.and_then(|metrics| metrics.accuracy),
            lr,
            examples_per_second: examples / seconds,
            seconds: self.seconds(),
        });
        self.recorded = true;
    }

    /// Hands a checkpoint over to be written, unless the parameters are such that nobody could go on from them: that ends the run.
    pub(super) fn save(&mut self) -> Result<(), TrainError> {
        if self.parameters.iter().any(|value| !value.is_finite()) {
            return self.end_at(self.steps, self.loss);
        }
        let seconds = self.seconds();
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let saved = Saved {
            identity: self.identity.clone(),
            rule: Checkpoint::of(&mut *self.rule, &self.parameters)?,
            buffers: self.buffers.clone(),
            position: self.loader.position(),
            steps: self.steps,
            batches: self.batches,
            tally: self.tally,
            seconds,
            best: self.best.clone(),
            history: History::default(),
        };
        writer.save(saved, &self.history)?;
        self.handed_over = Some(self.steps);
        Ok(())
    }

    /// Looks which checkpoints have come to the disk; with `wait`, until none is on its way.
    pub(super) fn settle(&mut self, wait: bool) -> Result<(), TrainError> {
        if let Some(writer) = &mut self.writer
            && let Some(path) = writer.written(wait)?
        {
            (self.saved, self.saved_now) = (Some(path), true);
        }
        Ok(())
    }
}
