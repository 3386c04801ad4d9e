//! Steps with infinite or undefined gradients left out.

use crate::hyper::{NOT_NEGATIVE, recipe};
use crate::memory::{Memory, Visit, join, within};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Problem, Shape};
use crate::wrap::selected::{self, Selected, Selection};
use crate::{Evaluation, Explanation, Needs, Real, Rule, RuleError};

recipe! {
    /// Leaves out steps whose gradient is not finite, up to a number of them in succession.
    ///
    /// ```text
    /// if all of g is finite:                the rest of the chain steps with g;   n ← 0
    /// else, if n < max_consecutive:         nothing moves, no step is counted;   n ← n + 1
    /// else:                                 an error; parameters and state are as they were
    /// ```
    ///
    /// `skip_nonfinite(0)` stops at the first. A value that the chain needs, and a Hessian-vector product, must be finite too. Of
    /// several problems side by side each is looked at by itself and stays where it is when it has had too many; it is an error when
    /// all have.
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `apply_if_finite(rule, max_consecutive)`, which however steps with what is not finite from then on.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("skip_nonfinite(1) | sgd(lr=1)")?.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[f64::NAN])?;
    /// let error = rule.step(&mut x, &[f64::INFINITY]).unwrap_err();
    /// assert!(error.to_string().starts_with("2 gradients in succession were not finite, at most 1 are allowed"));
    /// rule.step(&mut x, &[-3.0])?;
    /// assert_eq!(x, [3.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct SkipNonfinite = skip_nonfinite("leaves out steps whose gradient is not finite") {
        /// How many steps in succession may be left out.
        max_consecutive: u64 = 10, NOT_NEGATIVE;
    }
}

impl Assemble for SkipNonfinite {
    fn part<F: Real>(&self) -> Part<F> {
        let limit = self.max_consecutive;
        Part::Wrapper(Box::new(move |inner, problem| {
            let shape = problem.shape;
            let one = Shape { lanes: 1, size: shape.dim, ..shape };
            let alone = |i: usize| Problem { shape: one, first: problem.first + i as u64, ..problem.clone() };
            let part = |i: usize| {
                let selection = Selection::Problem { first: i, lanes: shape.lanes };
                Ok(Selected::new(selection, shape.dim, inner(&alone(i))?))
            };
            // Problems that may leave out different steps cannot share a rule.
            let parts: Vec<_> = if shape.lanes > 1 {
                (0..shape.lanes).map(part).collect::<Result<_, RuleError>>()?
            } else {
                vec![Selected::new(Selection::all(shape.size), shape.size, inner(problem)?)]
            };
            let (skipped, finite) = (vec![0; parts.len()], vec![true; parts.len()]);
            Ok(Box::new(Skipping { limit, parts, skipped, finite, shape }))
        }))
    }
}

struct Skipping<F> {
    limit: u64,
    /// A rule for each problem.
    parts: Vec<Selected<F>>,
    /// Steps left out in succession, of each problem; more than the limit, and it stays where it is.
    skipped: Vec<u64>,
    finite: Vec<bool>,
    shape: Shape,
}

/// Whether all numbers of one problem are finite.
fn finite<F: Real>(values: &[F], problem: usize, lanes: usize) -> bool {
    if lanes > 1 {
        return values.iter().skip(problem).step_by(lanes).all(|value| value.to_f64().is_finite());
    }
    // Without a way out of the inner loop it runs in vectors.
    let block = |block: &[F]| block.iter().fold(true, |all, value| all & value.to_f64().is_finite());
    values.chunks(1024).all(block)
}

impl<F: Real> Skipping<F> {
    /// Finds out which problems can step.
    fn look(&mut self, at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        let lanes = self.shape.lanes;
        let values = at.values.filter(|_| self.needs().values);
        for (problem, ok) in self.finite.iter_mut().enumerate() {
            let known = [Some(at.gradient), values, at.hessian_vector];
            *ok = known.into_iter().flatten().all(|known| finite(known, problem, lanes));
        }
        let too_many =
            |(&ok, &skipped): (&bool, &u64)| skipped > self.limit || (!ok && skipped == self.limit);
        if self.finite.iter().zip(&self.skipped).all(too_many) {
            return Err(RuleError::NotFinite { steps: self.limit.saturating_add(1), limit: self.limit });
        }
        Ok(())
    }
}

impl<F: Real> Rule<F> for Skipping<F> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("gradient", at.gradient.len())?;
        if let Some(product) = at.hessian_vector {
            self.shape.check("Hessian-vector product", product.len())?;
        }
        let lanes = self.shape.lanes;
        if let Some(found) = at.values.map(<[F]>::len)
            && found != lanes
        {
            return Err(RuleError::Length { what: "values", found, dim: 1, lanes });
        }
        self.look(at)?;
        let each = self.parts.iter_mut().zip(&mut self.skipped).zip(&self.finite).enumerate();
        for (problem, ((part, skipped), &finite)) in each {
            match (finite, *skipped > self.limit) {
                (_, true) => {}
                (false, _) => *skipped += 1,
                (true, _) => {
                    // Without problems there is one rule all the same, which gets no values.
                    let own = problem..lanes.min(problem + 1);
                    part.advance(params, at, at.values.map(|values| &values[own]))?;
                    *skipped = 0;
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.skipped.fill(0);
        self.parts.iter_mut().for_each(|part| part.rule.reset());
    }

    fn steps(&self) -> u64 {
        self.parts.iter().map(|part| part.rule.steps()).max().unwrap_or_default()
    }

    fn needs(&self) -> Needs {
        selected::needs(&self.parts)
    }

    fn evaluation_point(&self, params: &[F], point: &mut [F]) -> bool {
        selected::evaluation_point(&self.parts, params, point)
    }

    fn averaged(&self, params: &[F], out: &mut [F]) -> bool {
        selected::averaged(&self.parts, params, out)
    }

    fn probe(&self, direction: &mut [F]) -> bool {
        selected::probe(&self.parts, direction)
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        let several = self.parts.len() > 1;
        for (problem, (part, skipped)) in self.parts.iter_mut().zip(&mut self.skipped).enumerate() {
            let outer = if several { problem.to_string() } else { String::new() };
            visit(&join(&outer, "skipped"), Memory::Count(skipped));
            within(&outer, &mut *part.rule, visit);
        }
    }

    fn explain(&self) -> Explanation {
        let rule = |part: &Selected<F>| part.rule.explain();
        self.parts.first().map_or_else(|| Explanation::new::<F>(0, Vec::new()), rule)
    }
}
