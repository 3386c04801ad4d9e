//! Rules that each have a part of the elements: some ranges of them, or every so manyth.

use std::cell::RefCell;
use std::ops::Range;

use crate::{Evaluation, Needs, Real, Rule, RuleError};

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

/// Asks all rules for a vector. Where some answer and others do not, the elements of these become `otherwise`.
fn ask_all<F: Real>(
    parts: &[Selected<F>],
    params: &[F],
    out: &mut [F],
    question: impl Fn(&dyn Rule<F>, &[F], &mut [F]) -> bool,
    otherwise: impl Fn(usize) -> F,
) -> bool {
    let answers = |part: &Selected<F>, out: &mut [F]| part.ask(params, out, &question);
    let Some(first) = parts.iter().position(|part| answers(part, out)) else { return false };
    for (i, part) in parts.iter().enumerate() {
        if i < first || (i > first && !answers(part, out)) {
            part.write(out, &otherwise);
        }
    }
    true
}

/// [`Rule::evaluation_point`] of rules that have all elements among them.
pub(crate) fn evaluation_point<F: Real>(parts: &[Selected<F>], params: &[F], point: &mut [F]) -> bool {
    ask_all(parts, params, point, |rule, x, out| rule.evaluation_point(x, out), |at| params[at])
}

/// [`Rule::averaged`], as [`evaluation_point`].
pub(crate) fn averaged<F: Real>(parts: &[Selected<F>], params: &[F], out: &mut [F]) -> bool {
    ask_all(parts, params, out, |rule, x, out| rule.averaged(x, out), |at| params[at])
}

/// [`Rule::probe`], as [`evaluation_point`].
pub(crate) fn probe<F: Real>(parts: &[Selected<F>], direction: &mut [F]) -> bool {
    ask_all(parts, &[], direction, |rule, _, out| rule.probe(out), |_| F::default())
}

/// [`Rule::needs`] of all.
pub(crate) fn needs<F: Real>(parts: &[Selected<F>]) -> Needs {
    parts.iter().fold(Needs::default(), |needs, part| needs.or(part.rule.needs()))
}
