//! A rule behind a chain of transforms, for rules that are more than one.

use crate::memory::{Visit, within};
use crate::pass::{Direction, Problem, Stage};
use crate::wrap::pass_on;
use crate::{Evaluation, Explanation, Needs, Real, Rule, RuleError};

/// Transforms, and the rule that gets what they make of the gradient.
pub(crate) struct Behind<F> {
    direction: Direction<F>,
    rule: Box<dyn Rule<F>>,
}

impl<F: Real> Behind<F> {
    pub(crate) fn new(
        stages: Vec<Box<dyn Stage<F>>>,
        rule: Box<dyn Rule<F>>,
        problem: &Problem,
    ) -> Result<Self, RuleError> {
        Ok(Behind { direction: Direction::new(stages, problem)?, rule })
    }
}

impl<F: Real> Rule<F> for Behind<F> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        let gradient = self.direction.update(params, at)?;
        self.rule.advance(params, &Evaluation { gradient, ..*at })
    }

    fn reset(&mut self) {
        self.direction.chain().reset();
        self.rule.reset();
    }

    fn needs(&self) -> Needs {
        self.direction.chain_ref().needs().or(self.rule.needs())
    }

    fn probe(&self, direction: &mut [F]) -> bool {
        self.direction.chain_ref().probe(direction) || self.rule.probe(direction)
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        within("before", self.direction.chain(), visit);
        self.rule.memory(visit);
    }

    fn explain(&self) -> Explanation {
        let mut explanation = self.direction.chain_ref().explain();
        explanation.steps.extend(self.rule.explain().steps);
        explanation
    }

    pass_on!(rule: steps evaluation_point averaged again takes_nonfinite);
}
