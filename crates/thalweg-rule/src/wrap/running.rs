//! A rule whose hyperparameters can be read and set while it runs.

use crate::memory::hand_over;
use crate::pass::Problem;
use crate::wrap::pass_on;
use crate::{Evaluation, Optimizer, Origin, Real, Rule, RuleError};

/// A rule and what it was made from. To set a hyperparameter, another rule is made, and all that this one remembers is handed over to
/// it.
pub(crate) struct Running<F> {
    pub(crate) optimizer: Optimizer,
    pub(crate) problem: Problem,
    pub(crate) rule: Box<dyn Rule<F>>,
}

impl<F: Real> Rule<F> for Running<F> {
    #[inline]
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.rule.advance(params, at)
    }

    fn origin(&self) -> Option<Origin<'_>> {
        let Problem { shape, layout, first } = &self.problem;
        Some(Origin { optimizer: &self.optimizer, layout, lanes: shape.lanes, first: *first })
    }

    fn hyperparameters(&self) -> Vec<(String, f64)> {
        self.optimizer.numbers(self.rule.steps())
    }

    fn set(&mut self, key: &str, value: f64) -> Result<(), RuleError> {
        let optimizer = self.optimizer.with(key, value)?;
        let mut rule = optimizer.part_of(&self.problem)?;
        hand_over(&mut *self.rule, &mut *rule).map_err(|error| match error {
            // Seen from the changed rule, what is there was found and what it would remember expected.
            RuleError::Memory { found, expected } => {
                RuleError::Fixed { key: key.to_owned(), found: expected, expected: found }
            }
            other => other,
        })?;
        (self.optimizer, self.rule) = (optimizer, rule);
        Ok(())
    }

    pass_on!(rule: reset steps needs probe averaged evaluation_point again takes_nonfinite formula skip memory explain);
}
