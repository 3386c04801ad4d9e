//! A factor for each group of parameters, made from sums of squares over it: clipping, normalising, trust ratios, step sizes.

use super::Problem;
use super::frame::Simple;
use super::groups::{Groups, Unit};
use super::isa::Isa;
use super::stage::{Gathering, Piece, Reach, Stage, Whole};
use super::state::SlotRange;
use super::sums::Sums;
use crate::memory::{Memory, Visit};
use crate::{Needs, Real, RuleError};

/// What is known of a group of parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    /// Parameters in it.
    pub(crate) size: usize,
    /// `‖u‖²`, if it is looked at.
    pub(crate) update: f64,
    /// `‖x‖²`, if it is looked at.
    pub(crate) parameters: f64,
    /// The function's value, if it is needed.
    pub(crate) value: f64,
    /// Steps made before.
    pub(crate) step: u64,
}

/// `u ← factor · u`, the factor that of a group of one problem's parameters.
pub(crate) trait Scaling: Send + Sync + 'static {
    /// Whether the update's norm is looked at.
    const UPDATE: bool = true;
    /// Whether the parameters' norm is looked at.
    const PARAMETERS: bool = false;
    /// What the number is called that is remembered for each group, if there is one.
    const REMEMBERED: Option<&'static str> = None;

    /// What errors and explanations call it.
    fn name(&self) -> &'static str;
    /// What makes a group.
    fn unit(&self) -> Unit;
    /// Whether the function's value is needed.
    fn needs_value(&self) -> bool {
        false
    }
    /// The factor; may change what is remembered, which is zero before the first step.
    fn factor(&self, group: Group, remembered: &mut f64) -> f64;
}

/// A [`Scaling`] as a link of a chain.
pub(crate) struct Scaled<S>(pub(crate) S);

impl<S: Scaling, F: Real> Piece<F> for Scaled<S> {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let groups = Groups::new(problem, self.0.unit());
        let count = groups.sizes().len() * groups.lanes;
        Ok(Box::new(Sized {
            scaling: self.0,
            sums: Sums::new(groups.clone(), 2),
            factors: vec![F::of(1.0); count],
            remembered: vec![0.0; if S::REMEMBERED.is_some() { count } else { 0 }],
            all: count == 1 && groups.sizes()[0] == problem.shape.size,
            groups,
            isa: Isa::detect(),
        }))
    }
}

struct Sized<S, F> {
    scaling: S,
    /// Whether there is one factor for everything.
    all: bool,
    groups: Groups,
    sums: Sums,
    factors: Vec<F>,
    remembered: Vec<f64>,
    isa: Isa,
}

impl<S: Scaling, F: Real> Stage<F> for Sized<S, F> {
    fn name(&self) -> &'static str {
        self.scaling.name()
    }

    fn needs(&self) -> Needs {
        Needs { values: self.scaling.needs_value(), ..Needs::default() }
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        if let Some(name) = S::REMEMBERED {
            visit(name, Memory::Numbers(&mut self.remembered));
        }
    }

    fn begin(&mut self, step: u64) {
        if step == 0 {
            self.remembered.fill(0.0);
        }
    }

    fn reach(&self) -> Reach {
        Reach::Measured
    }

    fn gathering(&self) -> Gathering {
        let reads = usize::from(S::UPDATE) + usize::from(S::PARAMETERS);
        Gathering::of(self.sums.by_blocks(), [reads, 0])
    }

    fn gather(&self, at: usize, update: &[F], x: &[F], _: SlotRange<'_, F>) {
        if S::UPDATE {
            self.sums.add(0, at, [update; 3], |u, _, _| u * u);
        }
        if S::PARAMETERS {
            self.sums.add(1, at, [x; 3], |x, _, _| x * x);
        }
    }

    fn measure(&mut self, _: &[F], whole: Whole<'_, F>) {
        let (update, parameters) = self.sums.totals().split_at(self.factors.len());
        let values = whole.at.values.filter(|_| self.scaling.needs_value());
        for (i, factor) in self.factors.iter_mut().enumerate() {
            let group = Group {
                size: self.groups.sizes()[i / self.groups.lanes],
                update: update[i],
                parameters: parameters[i],
                value: values.map_or(0.0, |values| values[i % self.groups.lanes].to_f64()),
                step: whole.step,
            };
            let mut nothing = 0.0;
            let remembered = self.remembered.get_mut(i).unwrap_or(&mut nothing);
            *factor = F::of(self.scaling.factor(group, remembered));
        }
    }

    fn simple(&self) -> Option<Simple<F>> {
        self.all.then(|| Simple::Scale(self.factors[0]))
    }

    fn apply(&self, at: usize, update: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        self.groups.each(at..at + update.len(), |elements, phase, numbers| {
            self.isa.multiply_lanes(
                phase,
                &mut update[elements.start - at..elements.end - at],
                &self.factors[numbers],
            );
        });
    }
}
