//! Subtracting the mean of each group of parameters.

use super::Problem;
use super::groups::{Groups, Unit};
use super::isa::Isa;
use super::stage::{Gathering, Piece, Reach, Stage, Whole};
use super::state::SlotRange;
use super::sums::Sums;
use crate::{Real, RuleError};

/// `u ← u − mean(u)`, the mean that of a group of one problem's parameters.
pub(crate) struct Centered {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
}

struct Sized<F> {
    name: &'static str,
    groups: Groups,
    sums: Sums,
    means: Vec<F>,
    isa: Isa,
}

impl<F: Real> Piece<F> for Centered {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let groups = Groups::new(problem, self.unit);
        let means = vec![F::of(0.0); groups.sizes().len() * groups.lanes];
        let sums = Sums::new(groups.clone(), 1);
        Ok(Box::new(Sized { name: self.name, groups, sums, means, isa: Isa::detect() }))
    }
}

impl<F: Real> Stage<F> for Sized<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn reach(&self) -> Reach {
        Reach::Measured
    }

    fn gathering(&self) -> Gathering {
        Gathering::of(self.sums.by_blocks(), [1, 0])
    }

    fn gather(&self, at: usize, update: &[F], _: &[F], _: SlotRange<'_, F>) {
        self.sums.add(0, at, [update; 3], |u, _, _| u);
    }

    fn measure(&mut self, _: &[F], _: Whole<'_, F>) {
        for (i, (mean, total)) in self.means.iter_mut().zip(self.sums.totals()).enumerate() {
            *mean = F::of(total / self.groups.sizes()[i / self.groups.lanes] as f64);
        }
    }

    fn apply(&self, at: usize, update: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        self.groups.each(at..at + update.len(), |elements, phase, numbers| {
            let update = &mut update[elements.start - at..elements.end - at];
            self.isa.subtract_lanes(phase, update, &self.means[numbers]);
        });
    }
}
