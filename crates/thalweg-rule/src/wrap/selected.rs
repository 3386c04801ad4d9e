//! Rules that each have a part of the elements: some ranges of them, or every so manyth.

use std::cell::RefCell;
use std::ops::Range;

use crate::memory::Visit;
use crate::pass::Shape;
use crate::{Evaluation, Explanation, Needs, Real, Rule, RuleError};

/// Which elements a rule has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Ranges in order, none of which touch.
    Ranges(Vec<Range<usize>>),
    /// Problem `first` of so many side by side.
    Problem { first: usize, lanes: usize },
}

impl Selection {
    pub(crate) fn all(size: usize) -> Self {
        Selection::Ranges(vec![Range { start: 0, end: size }])
    }

    /// The elements, if they lie side by side.
    fn range(&self) -> Option<Range<usize>> {
        match self {
            Selection::Ranges(ranges) if ranges.len() == 1 => Some(ranges[0].clone()),
            _ => None,
        }
    }

    /// Copies the elements out.
    fn gather<F: Copy>(&self, whole: &[F], part: &mut [F]) {
        match self {
            Selection::Ranges(ranges) => {
                let mut rest = part;
                for range in ranges {
                    let (now, after) = rest.split_at_mut(range.len());
                    now.copy_from_slice(&whole[range.clone()]);
                    rest = after;
                }
            }
            Selection::Problem { first, lanes } => {
                let own = whole.iter().skip(*first).step_by(*lanes);
                part.iter_mut().zip(own).for_each(|(to, &from)| *to = from);
            }
        }
    }

    /// Copies the elements back.
    fn scatter<F: Copy>(&self, part: &[F], whole: &mut [F]) {
        match self {
            Selection::Ranges(ranges) => {
                let mut rest = part;
                for range in ranges {
                    let (now, after) = rest.split_at(range.len());
                    whole[range.clone()].copy_from_slice(now);
                    rest = after;
                }
            }
            Selection::Problem { first, lanes } => {
                let own = whole.iter_mut().skip(*first).step_by(*lanes);
                own.zip(part).for_each(|(to, &from)| *to = from);
            }
        }
    }
}

/// A rule for some of the elements, which it sees as if there were no others. Elements side by side are worked on in place.
pub(crate) struct Selected<F> {
    selection: Selection,
    pub(crate) rule: Box<dyn Rule<F>>,
    /// Copies of the elements, where they do not lie side by side: of the parameters and of what is known of them.
    room: RefCell<[Vec<F>; 3]>,
    size: usize,
}

impl<F: Real> Selected<F> {
    pub(crate) fn new(selection: Selection, size: usize, rule: Box<dyn Rule<F>>) -> Self {
        let room = if selection.range().is_some() { 0 } else { size };
        // Hessian-vector products are rare; room for them is made when they come.
        let room = RefCell::new([vec![F::default(); room], vec![F::default(); room], Vec::new()]);
        Selected { selection, rule, room, size }
    }

    /// As [`Rule::advance`], from what is known of all elements. `values` are those of the rule's problems.
    pub(crate) fn advance(
        &mut self,
        params: &mut [F],
        at: &Evaluation<'_, F>,
        values: Option<&[F]>,
    ) -> Result<(), RuleError> {
        if let Some(range) = self.selection.range() {
            let hessian_vector = at.hessian_vector.map(|product| &product[range.clone()]);
            let at = Evaluation { gradient: &at.gradient[range.clone()], values, hessian_vector };
            return self.rule.advance(&mut params[range], &at);
        }
        let [x, gradient, product] = self.room.get_mut();
        self.selection.gather(params, x);
        self.selection.gather(at.gradient, gradient);
        let hessian_vector = at.hessian_vector.map(|whole| {
            product.resize(self.size, F::default());
            self.selection.gather(whole, product);
            &product[..]
        });
        self.rule.advance(x, &Evaluation { gradient, values, hessian_vector })?;
        self.selection.scatter(x, params);
        Ok(())
    }

    /// Asks the rule for a vector, given the parameters or nothing; both are all elements'.
    fn ask(
        &self,
        params: &[F],
        out: &mut [F],
        question: impl Fn(&dyn Rule<F>, &[F], &mut [F]) -> bool,
    ) -> bool {
        if let Some(range) = self.selection.range() {
            return question(&*self.rule, params.get(range.clone()).unwrap_or_default(), &mut out[range]);
        }
        let [x, answer, _] = &mut *self.room.borrow_mut();
        if !params.is_empty() {
            self.selection.gather(params, x);
        }
        let answered = question(&*self.rule, x, answer);
        if answered {
            self.selection.scatter(answer, out);
        }
        answered
    }

    /// Writes the elements by their numbers.
    fn write(&self, out: &mut [F], value: impl Fn(usize) -> F) {
        let mut write = |at: usize| out[at] = value(at);
        match &self.selection {
            Selection::Ranges(ranges) => ranges.iter().cloned().flatten().for_each(&mut write),
            Selection::Problem { first, lanes } => {
                (0..self.size).for_each(|j| write(j * lanes + first));
            }
        }
    }
}

/// How rules that share the elements out among them go about a step.
pub(crate) trait Sharing<F>: Send + Sync {
    /// One step, from vectors that have the right lengths.
    fn advance(
        &mut self,
        parts: &mut [Selected<F>],
        params: &mut [F],
        at: &Evaluation<'_, F>,
    ) -> Result<(), RuleError>;

    /// Forgets what is remembered beside the rules.
    fn reset(&mut self);

    /// Whether it looks for what is not finite before the rules get it.
    fn takes_nonfinite(&self) -> bool {
        false
    }

    fn memory(&mut self, parts: &mut [Selected<F>], visit: &mut Visit<'_, F>);

    fn explain(&self, parts: &[Selected<F>]) -> Explanation;
}

/// Rules that have all elements among them, as one.
pub(crate) struct Shared<F, S> {
    pub(crate) parts: Vec<Selected<F>>,
    pub(crate) sharing: S,
    pub(crate) shape: Shape,
}

impl<F: Real, S> Shared<F, S> {
    /// Asks all rules for a vector. Where some answer and others do not, the elements of these become `otherwise`.
    fn ask(
        &self,
        params: &[F],
        out: &mut [F],
        question: impl Fn(&dyn Rule<F>, &[F], &mut [F]) -> bool,
        otherwise: impl Fn(usize) -> F,
    ) -> bool {
        let answers = |part: &Selected<F>, out: &mut [F]| part.ask(params, out, &question);
        let Some(first) = self.parts.iter().position(|part| answers(part, out)) else { return false };
        for (i, part) in self.parts.iter().enumerate() {
            if i < first || (i > first && !answers(part, out)) {
                part.write(out, &otherwise);
            }
        }
        true
    }
}

impl<F: Real, S: Sharing<F>> Rule<F> for Shared<F, S> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("gradient", at.gradient.len())?;
        if let Some(product) = at.hessian_vector {
            self.shape.check("Hessian-vector product", product.len())?;
        }
        let lanes = self.shape.lanes;
        match at.values.map(<[F]>::len) {
            Some(found) if found != lanes => Err(RuleError::Length { what: "values", found, dim: 1, lanes }),
            _ => self.sharing.advance(&mut self.parts, params, at),
        }
    }

    fn reset(&mut self) {
        self.sharing.reset();
        self.parts.iter_mut().for_each(|part| part.rule.reset());
    }

    fn steps(&self) -> u64 {
        self.parts.iter().map(|part| part.rule.steps()).max().unwrap_or_default()
    }

    fn needs(&self) -> Needs {
        needs(&self.parts)
    }

    fn evaluation_point(&self, params: &[F], point: &mut [F]) -> bool {
        self.ask(params, point, |rule, x, out| rule.evaluation_point(x, out), |at| params[at])
    }

    fn averaged(&self, params: &[F], out: &mut [F]) -> bool {
        self.ask(params, out, |rule, x, out| rule.averaged(x, out), |at| params[at])
    }

    fn probe(&self, direction: &mut [F]) -> bool {
        self.ask(&[], direction, |rule, _, out| rule.probe(out), |_| F::default())
    }

    fn again(&self) -> Option<u64> {
        self.parts.iter().filter_map(|part| part.rule.again()).max()
    }

    fn takes_nonfinite(&self) -> bool {
        self.sharing.takes_nonfinite() || self.parts.iter().all(|part| part.rule.takes_nonfinite())
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        self.sharing.memory(&mut self.parts, visit);
    }

    fn explain(&self) -> Explanation {
        self.sharing.explain(&self.parts)
    }
}

/// [`Rule::needs`] of all.
pub(crate) fn needs<F: Real>(parts: &[Selected<F>]) -> Needs {
    parts.iter().fold(Needs::default(), |needs, part| needs.or(part.rule.needs()))
}
