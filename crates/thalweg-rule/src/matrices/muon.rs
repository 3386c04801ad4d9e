//! Muon at work: matrices by Newton and Schulz's iteration, all else by AdamW.

use std::ops::Range;

use super::dense::dot;
use super::newton_schulz::NewtonSchulz;
use super::places::{Place, zeros};
use crate::memory::{Memory, Visit};
use crate::pass::{Isa, Problem, Reach, Refine, Stage, Whole};
use crate::rule::Orthogonal;
use crate::{Leaf, Real, RuleError, Transform};

pub(crate) fn muon<F: Real>(rule: Orthogonal, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
    let leaves = problem.layout.leaves();
    let is_matrix = |leaf: &&Leaf| if rule.two_axes { leaf.shape.len() == 2 } else { leaf.is_matrix() };
    let (matrices, others): (Vec<&Leaf>, Vec<&Leaf>) = leaves.iter().partition(is_matrix);
    if let (None, Some(leaf)) = (&rule.others, others.first()) {
        let Leaf { name, shape, .. } = leaf;
        return Err(RuleError::Hyperparameter {
            rule: rule.name.to_owned(),
            name: "adam_lr".to_owned(),
            problem: format!(
                "must be given: `{name}` of shape {shape:?} is no matrix, and would go by AdamW"
            ),
        });
    }
    let matrices: Vec<Place> = matrices.into_iter().map(|leaf| Place::new(leaf, problem)).collect();
    let others: Vec<Range<usize>> = others.into_iter().map(|leaf| Place::new(leaf, problem).range).collect();
    let squares = vec![F::default(); others.iter().map(Range::len).sum()];
    let sizes = matrices.iter().map(|place| (place.rows, place.columns));
    let newton_schulz = NewtonSchulz::new(rule.iteration.clone(), sizes);
    let largest = matrices.iter().map(Place::size).max().filter(|_| rule.adaptive);
    let before = zeros(problem, largest.or(Some(0)))?;
    let isa = Isa::detect();
    Ok(Box::new(Muon { rule, matrices, others, squares, newton_schulz, before, isa }))
}

struct Muon<F> {
    rule: Orthogonal,
    matrices: Vec<Place>,
    /// The elements of what is no matrix.
    others: Vec<Range<usize>>,
    /// The mean squares of all that is no matrix.
    squares: Vec<F>,
    newton_schulz: NewtonSchulz<F>,
    /// A matrix before the iteration, where its length matters.
    before: Vec<F>,
    isa: Isa,
}

impl<F: Real> Stage<F> for Muon<F> {
    fn name(&self) -> &'static str {
        self.rule.name
    }

    fn slots(&self) -> Vec<(&'static str, f64)> {
        vec![("momentum_buffer", 0.0)]
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        if let Some(adam) = &mut self.rule.others {
            visit("exp_avg_sq", Memory::Vector(&mut self.squares));
            adam.numbers(&mut |name, number| visit(name, Memory::Numbers(std::slice::from_mut(number))));
        }
    }

    fn begin(&mut self, step: u64) {
        if step == 0 {
            self.squares.fill(F::default());
        }
        self.rule.mean.begin(step);
        if let Some(adam) = &mut self.rule.others {
            adam.begin(step);
        }
    }

    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn rework(&mut self, update: &mut [F], whole: Whole<'_, F>) {
        let [momentum, ..] = whole.slots;
        let lr = self.rule.lr.at(whole.step);
        for place in &self.matrices {
            let range = place.range.clone();
            let x = &whole.x[range.clone()];
            let slots = [&mut momentum[range.clone()], &mut [], &mut [], &mut []];
            self.isa.run(Refine(&self.rule.mean), &mut update[range.clone()], x, slots);
            for lane in 0..place.lanes {
                let size = place.size();
                place.gather(lane, update, &mut self.newton_schulz.x[..size]);
                if self.rule.adaptive {
                    self.before[..size].copy_from_slice(&self.newton_schulz.x[..size]);
                }
                self.newton_schulz.run(place.rows, place.columns);
                let result = &mut self.newton_schulz.x[..size];
                let steep = if self.rule.adaptive { dot(&self.before[..size], result) } else { 1.0 };
                let factor = lr * self.rule.scale.of(place.rows, place.columns) * steep;
                self.isa.scale(result, F::of(factor));
                place.scatter(lane, result, update);
            }
            if self.rule.weight_decay != 0.0 {
                self.isa.add_multiple(&mut update[range], F::of(lr * self.rule.weight_decay), x);
            }
        }
        let Some(adam) = &self.rule.others else { return };
        let mut rest = &mut self.squares[..];
        for range in &self.others {
            let (squares, after) = rest.split_at_mut(range.len());
            let slots = [&mut momentum[range.clone()], squares, &mut [], &mut []];
            self.isa.run(Refine(adam), &mut update[range.clone()], &whole.x[range.clone()], slots);
            rest = after;
        }
    }
}
