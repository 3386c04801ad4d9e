//! Slow parameters that follow fast ones.

use crate::hyper::{FROM_ONE, UP_TO_ONE, recipe};
use crate::memory::{Memory, Visit};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Isa, Shape, Slots, together};
use crate::wrap::pass_on;
use crate::{Evaluation, Explanation, Real, Rule, RuleError, Step};

recipe! {
    /// Lookahead: every `k` steps slow parameters go part of the way to the fast ones, which go on from there.
    ///
    /// ```text
    /// the rest of the chain steps with x
    /// every k-th step:   s ← s + alpha · (x − s);   x ← s         (at first s is x)
    /// ```
    ///
    /// The slow parameters are handed out as [`averaged`](crate::Rule::averaged) ones.
    ///
    /// Source: Zhang, Lucas, Hinton and Ba, "Lookahead optimizer: k steps forward, 1 step back", 2019.
    ///
    /// Conventions: Optax's `lookahead(rule, sync_period=k, slow_step_size=alpha, reset_state)`, the fast parameters being the ones that
    /// are stepped.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("lookahead(k=2, alpha=0.5) | sgd(lr=1)")?.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[-1.0])?;
    /// assert_eq!(x, [1.0]);
    /// rule.step(&mut x, &[-3.0])?;
    /// assert_eq!(x, [2.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Lookahead = lookahead("slow parameters that every k steps go part of the way to fast ones") {
        /// Fast steps to a slow one.
        k: u64 = 5, FROM_ONE;
        /// How much of the way the slow parameters go.
        alpha: f64 = 0.5, UP_TO_ONE;
        /// Whether the fast rule starts afresh after each slow step.
        reset_state: bool = false;
    }
}

impl Assemble for Lookahead {
    fn part<F: Real>(&self) -> Part<F> {
        let recipe = self.clone();
        Part::Wrapper(Box::new(move |inner, problem| {
            let (inner, shape) = (inner(problem)?, problem.shape);
            let slow = Slots::single(shape, "slow")?;
            Ok(Box::new(Following { recipe, steps: 0, since: 0, slow, inner, shape, isa: Isa::detect() }))
        }))
    }
}

struct Following<F> {
    recipe: Lookahead,
    steps: u64,
    /// Fast steps since the last slow one.
    since: u64,
    slow: Slots<F>,
    inner: Box<dyn Rule<F>>,
    shape: Shape,
    isa: Isa,
}

impl<F: Real> Rule<F> for Following<F> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        if self.steps == 0 {
            self.slow.slot_mut(0).copy_from_slice(params);
        }
        let before = self.inner.steps();
        self.inner.advance(params, at)?;
        if self.inner.steps() == before {
            return Ok(());
        }
        self.steps += 1;
        self.since += 1;
        if self.since < self.recipe.k {
            return Ok(());
        }
        self.since = 0;
        let (isa, alpha, slow) = (self.isa, F::of(self.recipe.alpha), self.slow.slot_mut(0));
        together(slow, params, |slow, fast| isa.average_in(slow, alpha, fast));
        params.copy_from_slice(slow);
        if self.recipe.reset_state {
            self.inner.reset();
        }
        Ok(())
    }

    fn averaged(&self, _: &[F], out: &mut [F]) -> bool {
        if self.steps > 0 {
            out.copy_from_slice(self.slow.slot(0));
        }
        self.steps > 0
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn reset(&mut self) {
        (self.steps, self.since) = (0, 0);
        self.inner.reset();
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        visit("lookahead.steps", Memory::Count(&mut self.steps));
        visit("lookahead.since", Memory::Count(&mut self.since));
        visit("lookahead", Memory::Slots(&mut self.slow));
        self.inner.memory(visit);
    }

    fn explain(&self) -> Explanation {
        let mut explanation = self.inner.explain();
        let name = format!("lookahead, every {} steps", self.recipe.k);
        explanation.steps.push(Step { name, reads: 2, writes: 2 });
        explanation
    }

    pass_on!(inner: needs probe evaluation_point again takes_nonfinite);
}
