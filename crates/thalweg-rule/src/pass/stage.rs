//! The links of a chain at work: what each may do with the update, and when.

use super::frame::{Frame, Framed, Plain, Simple};
use super::isa::Isa;
use super::loops::{DescendFramed, RefineFramed};
use super::state::SlotRange;
use super::{Fused, Pipeline, Problem, Rule};
use crate::formula::{self, MAX_COEFFICIENTS, Symbol};
use crate::memory::{Memory, Visit};
use crate::{Evaluation, Needs, Real, RuleError, Transform};

/// How much of the update a stage must see before it can work on a block of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The block itself.
    Block,
    /// All of it, once: `prepare` and `gather` on all blocks, then `measure`, then `apply` on blocks. Not the same blocks: the whole
    /// update is in memory in between.
    Measured,
    /// All of it, to be changed in one go by `rework`.
    Whole,
}

/// How a stage that measures gets to see the update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gathering {
    /// By `measure` alone.
    No,
    /// By `gather` before that, block by block: while the pass before has them in the cache, or in a pass of its own, in which so many
    /// vectors are read and written.
    Blocks([usize; 2]),
    /// By `gather` before that, everything at once.
    AtOnce([usize; 2]),
}

impl Gathering {
    pub(crate) fn of(by_blocks: bool, vectors: [usize; 2]) -> Self {
        if by_blocks { Gathering::Blocks(vectors) } else { Gathering::AtOnce(vectors) }
    }
}

/// All that can be seen of a step at once.
pub(crate) struct Whole<'a, F> {
    /// What the rule was told.
    pub(crate) at: Evaluation<'a, F>,
    /// Steps made before.
    pub(crate) step: u64,
    /// The parameters.
    pub(crate) x: &'a [F],
    /// The stage's own slots.
    pub(crate) slots: SlotRange<'a, F>,
}

/// A stage of a chain, at work on blocks.
pub(crate) trait Stage<F>: Send + Sync {
    /// What errors and explanations call it.
    fn name(&self) -> &'static str {
        "element-wise"
    }
    /// Names and starting values of the slots it needs, at most [`MAX_SLOTS`](crate::transform::MAX_SLOTS).
    fn slots(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }
    /// Shows what it remembers beside its slots.
    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        let _ = visit;
    }
    /// As [`Transform::begin`]: zero starts afresh, all that [`memory`](Stage::memory) shows included.
    fn begin(&mut self, step: u64) {
        let _ = step;
    }
    /// Hears what the rule was told, at the beginning of every step.
    fn tell(&mut self, at: &Evaluation<'_, F>) {
        let _ = at;
    }
    /// How much it must see. The same at every step.
    fn reach(&self) -> Reach {
        Reach::Block
    }
    /// Whether [`prepare`](Stage::prepare) does anything.
    fn prepares(&self) -> bool {
        false
    }
    /// For `Measured`: works on the part of the update that starts at element `at`, before the measurement.
    fn prepare(&self, at: usize, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        let _ = (at, update, x, slots);
    }
    /// For `Measured`: whether [`gather`](Stage::gather) does anything. The same at every step.
    fn gathering(&self) -> Gathering {
        Gathering::No
    }
    /// For `Measured`: looks at the part of the update that starts at element `at`, a multiple of [`BLOCK`](super::BLOCK), before the
    /// measurement. May change the slots.
    fn gather(&self, at: usize, update: &[F], x: &[F], slots: SlotRange<'_, F>) {
        let _ = (at, update, x, slots);
    }
    /// For `Measured`: looks at the whole update.
    fn measure(&mut self, update: &[F], whole: Whole<'_, F>) {
        let _ = (update, whole);
    }
    /// For `Whole`: changes the whole update.
    fn rework(&mut self, update: &mut [F], whole: Whole<'_, F>) {
        let _ = (update, whole);
    }
    /// For `Block` and `Measured`: maps the part of the update that starts at element `at`.
    fn apply(&self, at: usize, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        let _ = (at, update, x, slots);
    }
    /// What it does, if that is simple enough for the loop of another; asked after [`begin`](Stage::begin) and
    /// [`measure`](Stage::measure). [`apply`](Stage::apply) is not called then.
    fn simple(&self) -> Option<Simple<F>> {
        None
    }
    /// Its loop, if that can do simple links before and behind it too.
    fn framed(&self) -> Option<&dyn Framed<F>> {
        None
    }
    /// Whether [`apply`](Stage::apply) does not look at the update that it gets.
    fn overwrites(&self) -> bool {
        false
    }
    /// What it needs beside the gradient.
    fn needs(&self) -> Needs {
        Needs::default()
    }
    /// As [`Rule::probe`], for the step after so many.
    fn probe(&self, step: u64, direction: &mut [F]) -> bool {
        let _ = (step, direction);
        false
    }
    /// Whether [`probe`](Stage::probe) gives a direction for the step after so many.
    fn probes(&self, step: u64) -> bool {
        let _ = step;
        false
    }
    /// As [`Transform::look_ahead`].
    fn look_ahead(&self) -> Option<(usize, f64)> {
        None
    }
    /// As [`Transform::average`].
    fn average(&self) -> Option<(usize, f64)> {
        None
    }
    /// Maps the symbol of an update; only if the stage is one formula for every parameter.
    fn record(&self, u: Symbol, x: Symbol, slots: &mut [Symbol]) -> Symbol {
        let _ = (x, slots);
        formula::fail();
        u
    }
    /// Writes the numbers of the formula that change from step to step, as far as `out` reaches; how many there are, if the stage
    /// is one formula for every parameter.
    fn coefficients(&self, out: &mut [f64]) -> Option<usize> {
        let _ = out;
        None
    }
}

/// A link of a chain that has not been told its size yet.
pub(crate) trait Piece<F: Real>: 'static {
    /// As a stage beside others.
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError>;
    /// As a rule by itself.
    fn rule(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Rule<F>>, RuleError> {
        Ok(Box::new(Pipeline::new(vec![self.stage(problem)?], problem)?))
    }
}

impl<T: Transform, F: Real> Piece<F> for T {
    fn stage(self: Box<Self>, _: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        Ok(Box::new(ElementWise { transform: *self, isa: Isa::detect(), simple: None }))
    }
    fn rule(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Rule<F>>, RuleError> {
        Ok(Box::new(Fused::new(*self, problem.shape.dim, problem.shape.lanes)?))
    }
}

/// A transform at work, with what it does if that is simple.
struct ElementWise<T, F> {
    transform: T,
    isa: Isa,
    simple: Option<fn(&T) -> Simple<F>>,
}

/// A simple transform, for others' loops.
pub(super) fn simple<T: Plain, F: Real>(transform: T) -> Box<dyn Stage<F>> {
    Box::new(ElementWise { transform, isa: Isa::detect(), simple: Some(T::simple) })
}

impl<T: Transform, F: Real> Framed<F> for ElementWise<T, F> {
    fn refine(&self, frame: Frame<F>, far: bool, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        self.isa.run(RefineFramed { transform: &self.transform, frame, far }, update, x, slots);
    }
    fn descend(&self, frame: Frame<F>, far: bool, x: &mut [F], from: &[F], slots: SlotRange<'_, F>) {
        self.isa.run(DescendFramed { transform: &self.transform, frame, far }, x, from, slots);
    }
}

impl<T: Transform, F: Real> Stage<F> for ElementWise<T, F> {
    fn slots(&self) -> Vec<(&'static str, f64)> {
        (0..T::SLOTS).map(|slot| (T::slot_name(slot), self.transform.slot_start(slot))).collect()
    }
    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        self.transform
            .numbers(&mut |name, number| visit(name, Memory::Numbers(std::slice::from_mut(number))));
    }
    fn begin(&mut self, step: u64) {
        self.transform.begin(step);
    }
    fn apply(&self, _: usize, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        self.refine(Frame::new(), false, update, x, slots);
    }
    fn simple(&self) -> Option<Simple<F>> {
        self.simple.map(|simple| simple(&self.transform))
    }
    fn framed(&self) -> Option<&dyn Framed<F>> {
        Some(self)
    }
    fn look_ahead(&self) -> Option<(usize, f64)> {
        self.transform.look_ahead()
    }
    fn average(&self) -> Option<(usize, f64)> {
        self.transform.average()
    }
    fn record(&self, u: Symbol, x: Symbol, slots: &mut [Symbol]) -> Symbol {
        formula::through(&self.transform, u, x, slots)
    }
    fn coefficients(&self, out: &mut [f64]) -> Option<usize> {
        let count = formula::numbers(&self.transform, out);
        (count <= MAX_COEFFICIENTS).then_some(count)
    }
}
