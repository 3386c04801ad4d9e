//! Several gradients to a step.

use crate::hyper::recipe;
use crate::memory::{Memory, Visit};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Isa, Shape, Slots, together};
use crate::wrap::pass_on;
use crate::{Evaluation, Explanation, Real, Rule, RuleError, Step};

recipe! {
    /// The mean of several gradients as one: of every `steps` steps the last one moves the parameters.
    ///
    /// ```text
    /// a ← a + (g − a) / k        (k = 1 … steps, from a = 0)
    /// every steps-th step: the rest of the chain steps with a
    /// ```
    ///
    /// Batches too large for memory can so be taken in parts. Only the steps that move the parameters count for schedules. Values,
    /// for a rule that needs them, are averaged in the same way; a Hessian-vector product is that of the last part. A rule that takes
    /// several gradients to a step, such as [`Sam`](crate::Sam), gets each as the mean of the same parts: `accumulate(4) | sam() | …`
    /// is `sam() | …` on the whole batch, while `sam() | accumulate(4) | …` goes uphill for each part by itself.
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `MultiSteps`, the mean kept the same way.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("accumulate(2) | sgd(lr=1)")?.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[1.0])?;
    /// assert_eq!(x, [0.0]);
    /// rule.step(&mut x, &[3.0])?;
    /// assert_eq!(x, [-2.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Accumulate = accumulate("the mean of several gradients as one") requires {
        /// Gradients to a step.
        steps: u64 = 1;
    } {}
}

impl Assemble for Accumulate {
    fn part<F: Real>(&self) -> Part<F> {
        let every = self.steps;
        Part::Wrapper(Box::new(move |inner, problem| {
            let (inner, shape) = (inner(problem)?, problem.shape);
            let mean = Slots::single(shape, "mean")?;
            let values = vec![F::default(); if inner.needs().values { shape.lanes } else { 0 }];
            Ok(Box::new(Accumulating { every, seen: 0, mean, values, inner, shape, isa: Isa::detect() }))
        }))
    }
}

struct Accumulating<F> {
    every: u64,
    /// Gradients in `mean`.
    seen: u64,
    mean: Slots<F>,
    /// The mean of the values, if the rule needs them.
    values: Vec<F>,
    inner: Box<dyn Rule<F>>,
    shape: Shape,
    isa: Isa,
}

impl<F: Real> Rule<F> for Accumulating<F> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("gradient", at.gradient.len())?;
        let values = match at.values {
            Some(values) if values.len() == self.values.len() => values,
            _ if self.values.is_empty() => &[],
            _ => {
                let rule = "accumulate".to_owned();
                return Err(RuleError::Missing { rule, what: "the function's value, one for every problem" });
            }
        };
        let (isa, mean) = (self.isa, self.mean.slot_mut(0));
        if self.seen == 0 {
            mean.copy_from_slice(at.gradient);
            self.values.copy_from_slice(values);
        } else {
            let part = F::of(1.0 / (self.seen + 1) as f64);
            together(mean, at.gradient, |mean, gradient| isa.average_in(mean, part, gradient));
            isa.average_in(&mut self.values, part, values);
        }
        self.seen += 1;
        if self.seen < self.every {
            return Ok(());
        }
        self.seen = 0;
        let values = (!self.values.is_empty()).then_some(&self.values[..]);
        self.inner.advance(params, &Evaluation { gradient: self.mean.slot(0), values, ..*at })
    }

    fn reset(&mut self) {
        self.seen = 0;
        self.inner.reset();
    }

    fn probe(&self, direction: &mut [F]) -> bool {
        self.seen + 1 == self.every && self.inner.probe(direction)
    }

    fn again(&self) -> Option<u64> {
        // Every gradient of the rest of the chain is as many calls.
        self.inner.again().map(|calls| calls * self.every)
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        visit("accumulated", Memory::Count(&mut self.seen));
        visit("accumulated", Memory::Slots(&mut self.mean));
        visit("accumulated.values", Memory::Vector(&mut self.values));
        self.inner.memory(visit);
    }

    fn explain(&self) -> Explanation {
        let mut explanation = self.inner.explain();
        explanation.steps.insert(0, Step { name: "accumulate".to_owned(), reads: 2, writes: 1 });
        explanation
    }

    pass_on!(inner: steps needs evaluation_point averaged takes_nonfinite);
}
