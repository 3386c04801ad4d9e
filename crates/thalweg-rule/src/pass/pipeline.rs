//! A chain known only at run time: each block of the update stays in the first-level cache while every stage works on it, so it
//! is one pass over memory too.

use std::ops::Range;

use super::isa::Isa;
use super::loops::Refine;
use super::state::{Shared, SharedState, Slots, State};
use super::threads;
use super::{Fused, Rule, Shape, check_coefficients, look_ahead};
use crate::formula::{self, Formula, MAX_COEFFICIENTS, Symbol};
use crate::{Real, RuleError, Transform};

/// Elements that go through all stages together: 8 KiB of `f64`.
const BLOCK: usize = 1024;

/// A stage of a chain, at work on blocks.
pub(crate) trait Stage<F>: Send + Sync {
    /// Names and starting values of the slots it needs.
    fn slots(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }
    /// As [`Transform::begin`].
    fn begin(&mut self, step: u64) {
        let _ = step;
    }
    /// Whether it must see the whole update before it can work on a block.
    fn needs_whole(&self) -> bool {
        false
    }
    /// Looks at the whole update, if it asked for that.
    fn measure(&mut self, update: &[F]) {
        let _ = update;
    }
    /// Maps the part of the update that starts at element `at`.
    fn apply(&self, at: usize, update: &mut [F], x: &[F], slots: Slots<'_, F>);
    /// As [`Transform::look_ahead`].
    fn look_ahead(&self) -> Option<(usize, f64)> {
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
pub(crate) trait Piece<F: Real> {
    /// As a stage beside others.
    fn stage(self: Box<Self>, shape: Shape) -> Result<Box<dyn Stage<F>>, RuleError>;
    /// As a rule by itself.
    fn rule(self: Box<Self>, shape: Shape) -> Result<Box<dyn Rule<F>>, RuleError>;
}

impl<T: Transform, F: Real> Piece<F> for T {
    fn stage(self: Box<Self>, _: Shape) -> Result<Box<dyn Stage<F>>, RuleError> {
        Ok(Box::new(ElementWise { transform: *self, isa: Isa::detect() }))
    }
    fn rule(self: Box<Self>, shape: Shape) -> Result<Box<dyn Rule<F>>, RuleError> {
        Ok(Box::new(Fused::new(*self, shape.dim, shape.lanes)?))
    }
}

struct ElementWise<T> {
    transform: T,
    isa: Isa,
}

impl<T: Transform, F: Real> Stage<F> for ElementWise<T> {
    fn slots(&self) -> Vec<(&'static str, f64)> {
        (0..T::SLOTS).map(|slot| (T::slot_name(slot), self.transform.slot_start(slot))).collect()
    }
    fn begin(&mut self, step: u64) {
        self.transform.begin(step);
    }
    fn apply(&self, _: usize, update: &mut [F], x: &[F], slots: Slots<'_, F>) {
        self.isa.run(Refine(&self.transform), update, x, slots);
    }
    fn look_ahead(&self) -> Option<(usize, f64)> {
        self.transform.look_ahead()
    }
    fn record(&self, u: Symbol, x: Symbol, slots: &mut [Symbol]) -> Symbol {
        formula::through(&self.transform, u, x, slots)
    }
    fn coefficients(&self, out: &mut [f64]) -> Option<usize> {
        let count = formula::numbers(&self.transform, out);
        (count <= MAX_COEFFICIENTS).then_some(count)
    }
}

/// Stages one after the other, as a rule.
pub(crate) struct Pipeline<F> {
    links: Vec<Link<F>>,
    state: State<F>,
    /// Room for the update: one block, or all of it where a stage in the middle needs the whole.
    update: Vec<F>,
    steps: u64,
    shape: Shape,
    isa: Isa,
    /// How many numbers the formula has that change from step to step, if there is a formula.
    coefficients: Option<usize>,
}

struct Link<F> {
    stage: Box<dyn Stage<F>>,
    first_slot: usize,
    slots: usize,
}

/// How many numbers the links' formulas have that change from step to step, if each has a formula.
fn coefficients<F>(links: &mut [Link<F>]) -> Option<usize> {
    let count = |link: &mut Link<F>| {
        link.stage.begin(0);
        link.stage.coefficients(&mut []).filter(|_| link.stage.look_ahead().is_none())
    };
    links.iter_mut().map(count).sum()
}

impl<F: Real> Pipeline<F> {
    pub(crate) fn new(stages: Vec<Box<dyn Stage<F>>>, shape: Shape) -> Result<Self, RuleError> {
        let mut names = Vec::new();
        let mut links = Vec::new();
        for stage in stages {
            let own = stage.slots();
            links.push(Link { stage, first_slot: names.len(), slots: own.len() });
            names.extend(own);
        }
        let whole = links.iter().skip(1).any(|link| link.stage.needs_whole());
        let update = vec![F::default(); if whole { shape.size } else { BLOCK.min(shape.size) }];
        let state = State::new(shape.size, names)
            .ok_or(RuleError::TooLarge { dim: shape.dim, lanes: shape.lanes })?;
        let coefficients = coefficients(&mut links);
        Ok(Pipeline { links, state, update, steps: 0, shape, isa: Isa::detect(), coefficients })
    }

    /// Runs the links `part`, none of which but the first needs the whole update.
    fn run(&mut self, part: Range<usize>, params: &mut [F], grads: &[F]) {
        let (from_gradient, last) = (part.start == 0, part.end == self.links.len());
        if self.links[part.start].stage.needs_whole() {
            self.links[part.start].stage.measure(if from_gradient { grads } else { &self.update });
        }
        let size = self.shape.size;
        let whole = self.update.len() == size;
        let links = &self.links[part];
        let (params, update, state) =
            (Shared::new(params), Shared::new(&mut self.update), self.state.shared());
        let isa = self.isa;
        let work = |range: Range<usize>| {
            let alone = range.len() == size;
            let mut local = if whole || alone { None } else { Some([F::default(); BLOCK]) };
            for at in range.clone().step_by(BLOCK) {
                let block = at..range.end.min(at + BLOCK);
                // SAFETY: ranges and their blocks are disjoint; `update` is used by range if it has the full size, else only by
                // the one thread that has the whole range.
                let x = unsafe { params.slice(block.clone()) };
                let u = match &mut local {
                    Some(local) => &mut local[..block.len()],
                    // SAFETY: as above.
                    None if whole => unsafe { update.slice(block.clone()) },
                    // SAFETY: as above.
                    None => unsafe { update.slice(0..block.len()) },
                };
                if from_gradient {
                    u.copy_from_slice(&grads[block.clone()]);
                }
                through(links, block, u, x, &state);
                if last {
                    isa.subtract(x, u);
                }
            }
        };
        if threads::pay(size) { threads::split(0..size, &work) } else { work(0..size) }
    }
}

fn through<F: Real>(
    links: &[Link<F>],
    block: Range<usize>,
    u: &mut [F],
    x: &[F],
    state: &SharedState<'_, F>,
) {
    for link in links {
        // SAFETY: the caller's blocks are disjoint and links have slots of their own.
        let slots = unsafe { state.slots(link.first_slot, link.slots, block.clone()) };
        link.stage.apply(block.start, u, x, slots);
    }
}

impl<F: Real> Rule<F> for Pipeline<F> {
    fn step(&mut self, params: &mut [F], grads: &[F]) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("gradient", grads.len())?;
        for link in &mut self.links {
            link.stage.begin(self.steps);
        }
        self.steps += 1;
        let mut start = 0;
        for end in 1..=self.links.len() {
            if end == self.links.len() || self.links[end].stage.needs_whole() {
                self.run(start..end, params, grads);
                start = end;
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.steps = 0;
        self.state.reset();
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn evaluation_point(&self, params: &[F], point: &mut [F]) -> bool {
        let ahead = |link: &Link<F>| link.stage.look_ahead().map(|(slot, f)| (link.first_slot + slot, f));
        let Some((slot, factor)) = self.links.iter().find_map(ahead) else { return false };
        look_ahead(params, self.state.slot(slot), factor, point);
        true
    }

    fn formula(&self) -> Option<Formula> {
        let coefficients = self.coefficients?;
        let update = |u, x, slots: &mut [_]| {
            let link =
                |u, link: &Link<F>| link.stage.record(u, x, &mut slots[link.first_slot..][..link.slots]);
            self.links.iter().fold(u, link)
        };
        formula::record(self.state.starts(), update).filter(|formula| formula.coefficients == coefficients)
    }

    fn coefficients(&mut self, out: &mut [f64]) -> Result<(), RuleError> {
        check_coefficients(self.coefficients, out.len())?;
        for row in out.chunks_mut(self.coefficients.unwrap_or_default().max(1)) {
            let mut at = 0;
            for link in &mut self.links {
                link.stage.begin(self.steps);
                at += link.stage.coefficients(row.get_mut(at..).unwrap_or_default()).unwrap_or_default();
            }
            self.steps += 1;
        }
        Ok(())
    }

    fn state(&self) -> Vec<(&'static str, &[F])> {
        self.state.named()
    }

    fn restore(&mut self, steps: u64, slots: &[&[F]]) -> Result<(), RuleError> {
        self.state.restore(slots, self.shape.dim, self.shape.lanes)?;
        for link in &mut self.links {
            (0..steps).for_each(|step| link.stage.begin(step));
        }
        self.steps = steps;
        Ok(())
    }
}
