//! Work on some leaves only, chosen by patterns of names.

use std::ops::Range;

use super::Problem;
use super::isa::Isa;
use super::stage::{Piece, Stage};
use super::state::SlotRange;
use crate::{Real, RuleError};

/// What happens to the leaves that are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Treatment {
    /// `u ← 0`
    Freeze,
    /// `u ← u + factor · x`
    Decay(f64),
}

/// A treatment of the leaves whose names match a pattern.
pub(crate) struct Masked {
    pub(crate) rule: &'static str,
    /// The hyperparameter that holds the pattern.
    pub(crate) key: &'static str,
    pub(crate) pattern: String,
    pub(crate) treatment: Treatment,
}

struct Sized {
    rule: &'static str,
    treatment: Treatment,
    /// Of elements, in order, without neighbours.
    ranges: Vec<Range<usize>>,
    isa: Isa,
}

impl<F: Real> Piece<F> for Masked {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let Masked { rule, key, pattern, treatment } = *self;
        let leaves = problem.layout.leaves();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut any = false;
        for leaf in problem.layout.matching(&pattern) {
            any = true;
            let own = &leaves[leaf].range;
            let own = own.start * problem.shape.lanes..own.end * problem.shape.lanes;
            match ranges.last_mut() {
                Some(last) if last.end == own.start => last.end = own.end,
                _ => ranges.push(own),
            }
        }
        if !any {
            let names: Vec<&str> = leaves.iter().map(|leaf| leaf.name.as_str()).collect();
            let problem = format!("`{pattern}` matches none of the parameters' names: {}", names.join(", "));
            return Err(RuleError::Hyperparameter { rule: rule.to_owned(), name: key.to_owned(), problem });
        }
        Ok(Box::new(Sized { rule, treatment, ranges, isa: Isa::detect() }))
    }
}

impl<F: Real> Stage<F> for Sized {
    fn name(&self) -> &'static str {
        self.rule
    }

    fn apply(&self, at: usize, update: &mut [F], x: &[F], _: SlotRange<'_, F>) {
        let end = at + update.len();
        let before = self.ranges.partition_point(|range| range.end <= at);
        for range in self.ranges[before..].iter().take_while(|range| range.start < end) {
            let part = range.start.max(at) - at..range.end.min(end) - at;
            match self.treatment {
                Treatment::Freeze => update[part].fill(F::default()),
                Treatment::Decay(factor) => {
                    self.isa.add_multiple(&mut update[part.clone()], F::of(factor), &x[part]);
                }
            }
        }
    }
}
