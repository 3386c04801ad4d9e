//! Steps with infinite or undefined gradients left out.

use crate::hyper::{NOT_NEGATIVE, recipe};
use crate::memory::{Memory, Visit, join, within};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Problem, Shape};
use crate::wrap::selected::{self, Selected, Selection, Shared, Sharing};
use crate::{Evaluation, Explanation, Needs, Real, RuleError};

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
            let sharing = Skipping { limit, skipped, finite };
            Ok(Box::new(Shared { parts, sharing, shape }))
        }))
    }
}

/// Each problem's rule makes its step unless what it is told is not finite.
struct Skipping {
    limit: u64,
    /// Steps left out in succession, of each problem; more than the limit, and it stays where it is.
    skipped: Vec<u64>,
    finite: Vec<bool>,
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

impl Skipping {
    /// Finds out which problems can step.
    fn look<F: Real>(&mut self, at: &Evaluation<'_, F>, needs: Needs) -> Result<(), RuleError> {
        let lanes = self.finite.len();
        let values = at.values.filter(|_| needs.values);
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

impl<F: Real> Sharing<F> for Skipping {
    fn advance(
        &mut self,
        parts: &mut [Selected<F>],
        params: &mut [F],
        at: &Evaluation<'_, F>,
    ) -> Result<(), RuleError> {
        self.look(at, selected::needs(parts))?;
        let each = parts.iter_mut().zip(&mut self.skipped).zip(&self.finite).enumerate();
        for (problem, ((part, skipped), &finite)) in each {
            match (finite, *skipped > self.limit) {
                (_, true) => {}
                (false, _) => *skipped += 1,
                (true, _) => {
                    // Without problems there is one rule all the same, which gets no values.
                    let values = at.values.map(|values| values.get(problem..=problem).unwrap_or_default());
                    part.advance(params, at, values)?;
                    *skipped = 0;
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.skipped.fill(0);
    }

    fn takes_nonfinite(&self) -> bool {
        true
    }

    fn memory(&mut self, parts: &mut [Selected<F>], visit: &mut Visit<'_, F>) {
        let several = parts.len() > 1;
        for (problem, (part, skipped)) in parts.iter_mut().zip(&mut self.skipped).enumerate() {
            let outer = if several { problem.to_string() } else { String::new() };
            visit(&join(&outer, "skipped"), Memory::Count(skipped));
            within(&outer, &mut *part.rule, visit);
        }
    }

    fn explain(&self, parts: &[Selected<F>]) -> Explanation {
        let rule = |part: &Selected<F>| part.rule.explain();
        parts.first().map_or_else(|| Explanation::new::<F>(0, Vec::new()), rule)
    }
}
