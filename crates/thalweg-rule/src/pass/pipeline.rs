//! A chain known only at run time: each block of the update stays in the first-level cache while every stage works on it, so it
//! is one pass over memory too. Simple stages are done in the loop of a neighbour; if that makes one loop of all, there are no
//! blocks. A stage that must see the whole update first parts the chain in two passes.

use std::ops::Range;

use super::frame::{Joint, Part, joints};
use super::isa::Isa;
use super::stage::{Gathering, Reach, Stage, Whole};
use super::state::{Shared, SharedSlots, Slots, no_slots};
use super::threads;
use super::{BLOCK, Explanation, Problem, Rule, Shape, Step, average, check_coefficients, look_ahead};
use crate::formula::{self, Formula};
use crate::memory::{Memory, Visit, join};
use crate::{Evaluation, Needs, Real, RuleError};

/// A part of a step. Stages are meant by their numbers.
#[derive(Debug)]
enum Phase<F> {
    /// One pass over the update.
    Blocks(Pass<F>),
    /// One pass that leaves the update as it is: a stage gathers what it measures.
    Gather(usize),
    Measure(usize),
    Rework(usize),
}

/// These stages are applied, then one may prepare and gather what it measures. The first pass starts from the gradient; the last one
/// changes the parameters, all others leave the whole update in memory.
#[derive(Debug)]
struct Pass<F> {
    apply: Range<usize>,
    joints: Vec<Joint<F>>,
    prepare: Option<usize>,
    gather: Option<usize>,
    first: bool,
    last: bool,
}

/// Cuts a step into phases.
fn phases<F: Real>(stages: &[Box<dyn Stage<F>>]) -> Vec<Phase<F>> {
    let (mut phases, mut start) = (Vec::new(), 0);
    let mut first = true;
    let mut pass = |phases: &mut Vec<_>, apply: Range<usize>, [prepare, gather]: [_; 2], last| {
        let joints = joints(stages, apply.clone());
        phases.push(Phase::Blocks(Pass { apply, joints, prepare, gather, first, last }));
        first = false;
    };
    for (k, stage) in stages.iter().enumerate() {
        match stage.reach() {
            Reach::Block => {}
            Reach::Measured => {
                let mut gathering = stage.gathering();
                if k > start || stage.prepares() {
                    let by_blocks = matches!(gathering, Gathering::Blocks(_));
                    let [prepare, gather] = [stage.prepares(), by_blocks].map(|does| does.then_some(k));
                    pass(&mut phases, start..k, [prepare, gather], false);
                    if by_blocks {
                        gathering = Gathering::No;
                    }
                }
                if gathering != Gathering::No {
                    phases.push(Phase::Gather(k));
                }
                phases.push(Phase::Measure(k));
                start = k;
            }
            Reach::Whole => {
                pass(&mut phases, start..k, [None; 2], false);
                phases.push(Phase::Rework(k));
                start = k + 1;
            }
        }
    }
    pass(&mut phases, start..stages.len(), [None; 2], true);
    phases
}

/// Stages one after the other, as a rule.
pub(crate) struct Pipeline<F> {
    links: Vec<Link<F>>,
    phases: Vec<Phase<F>>,
    state: Slots<F>,
    /// Room for the update: one block, or all of it where some phase leaves it in memory.
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
        link.stage
            .coefficients(&mut [])
            .filter(|_| link.stage.look_ahead().is_none() && link.stage.average().is_none())
    };
    links.iter_mut().map(count).sum()
}

/// What happens to the parameters at the end of the last pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Subtract,
    Leave,
}

impl<F: Real> Pipeline<F> {
    pub(crate) fn new(stages: Vec<Box<dyn Stage<F>>>, problem: &Problem) -> Result<Self, RuleError> {
        let shape = problem.shape;
        let phases = phases(&stages);
        let mut names = Vec::new();
        let mut links = Vec::new();
        for stage in stages {
            let own = stage.slots();
            links.push(Link { stage, first_slot: names.len(), slots: own.len() });
            names.extend(own);
        }
        let whole = phases.iter().any(|phase| matches!(phase, Phase::Blocks(Pass { last: false, .. })));
        let update = vec![F::default(); if whole { shape.size } else { BLOCK.min(shape.size) }];
        let state = Slots::new(shape.size, names)
            .ok_or(RuleError::TooLarge { dim: shape.dim, lanes: shape.lanes })?;
        let coefficients = coefficients(&mut links);
        let isa = Isa::detect();
        let mut pipeline = Pipeline { links, phases, state, update, steps: 0, shape, isa, coefficients };
        if pipeline.formula().is_none() {
            pipeline.coefficients = None;
        }
        Ok(pipeline)
    }

    /// Whether all that the stages need is there.
    fn check(&self, params: &[F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("gradient", at.gradient.len())?;
        for Link { stage, .. } in &self.links {
            let missing = |what| Err(RuleError::Missing { rule: stage.name().to_owned(), what });
            if stage.needs().values {
                match at.values {
                    Some(values) if values.len() == self.shape.lanes => {}
                    Some(values) => {
                        let (found, lanes) = (values.len(), self.shape.lanes);
                        return Err(RuleError::Length { what: "values", found, dim: 1, lanes });
                    }
                    None => return missing("the function's value"),
                }
            }
            if stage.probes(self.steps) {
                match at.hessian_vector {
                    Some(product) => self.shape.check("Hessian-vector product", product.len())?,
                    None => return missing("the Hessian times its probe"),
                }
            }
        }
        Ok(())
    }

    fn phases(&mut self, params: &Shared<'_, F>, at: &Evaluation<'_, F>, end: End) {
        let step = self.steps;
        for link in &mut self.links {
            link.stage.begin(step);
            link.stage.tell(at);
        }
        self.steps += 1;
        let mut in_memory = false;
        for i in 0..self.phases.len() {
            match self.phases[i] {
                Phase::Blocks(Pass { last, .. }) => {
                    self.run(i, at.gradient, last && end == End::Subtract, params);
                    in_memory = !last;
                }
                Phase::Gather(k) => self.gather(k, (!in_memory).then_some(at.gradient), params),
                Phase::Measure(k) | Phase::Rework(k) => {
                    let Link { stage, first_slot, slots } = &mut self.links[k];
                    let state = self.state.shared();
                    // SAFETY: nothing else borrows parameters or slots between passes.
                    let (x, slots) = unsafe {
                        let all = 0..self.shape.size;
                        (params.read(all.clone()), state.slots(*first_slot, *slots, all))
                    };
                    let whole = Whole { at: *at, step, x, slots };
                    if matches!(self.phases[i], Phase::Rework(_)) {
                        stage.rework(&mut self.update, whole);
                    } else {
                        stage.measure(if in_memory { &self.update } else { at.gradient }, whole);
                    }
                }
            }
        }
    }

    /// A pass over the update, or over the gradient, by a stage that only looks at it.
    fn gather(&mut self, k: usize, gradient: Option<&[F]>, params: &Shared<'_, F>) {
        let link = &self.links[k];
        let (update, state) = (gradient.unwrap_or(&self.update), self.state.shared());
        let block = |block: Range<usize>| {
            // SAFETY: the parameters are not changed here, and blocks are disjoint.
            let (x, slots) = unsafe { (params.read(block.clone()), slots_of(&state, link, block.clone())) };
            link.stage.gather(block.start, &update[block], x, slots);
        };
        let size = self.shape.size;
        if matches!(link.stage.gathering(), Gathering::AtOnce(_)) {
            return block(0..size);
        }
        threads::cover(size, &|range| threads::in_turn(range, BLOCK, block));
    }

    /// The pass that is phase `i`.
    fn run(&mut self, i: usize, gradient: &[F], subtract: bool, params: &Shared<'_, F>) {
        let Phase::Blocks(pass) = &mut self.phases[i] else { return };
        for joint in &mut pass.joints {
            joint.ask(|k| &*self.links[k].stage);
        }
        let size = self.shape.size;
        let whole = self.update.len() == size;
        let links = &self.links[pass.apply.clone()];
        let overwritten = links.first().is_some_and(|link| link.stage.overwrites());
        let gradient = (pass.first && !overwritten).then_some(gradient);
        let [preparing, gathering] = [pass.prepare, pass.gather].map(|k| k.map(|k| &self.links[k]));
        let (update, state) = (Shared::new(&mut self.update), self.state.shared());
        let isa = self.isa;
        let (last, joints) = match pass.joints.split_last() {
            Some((last, others)) if subtract => (Some(last), others),
            _ => (None, &*pass.joints),
        };
        // One loop that does all needs no room for the update.
        let direct = gradient.is_some() && joints.is_empty() && last.is_some_and(|last| last.frame.is_some());
        let core = |joint: &Joint<F>| joint.core.map(|k| &self.links[k]);
        let vectors = 2 + links.iter().map(|link| link.slots).sum::<usize>();
        let far = threads::far::<F>(size, vectors);
        let work = |range: Range<usize>| {
            let alone = range.len() == size;
            let mut local = if whole || alone { None } else { Some([F::default(); BLOCK]) };
            let length = if direct { range.len().max(1) } else { BLOCK };
            for at in range.clone().step_by(length) {
                let block = at..range.end.min(at + length);
                // SAFETY: ranges and their blocks are disjoint, and links have slots of their own.
                let slots = |link| unsafe { slots_of(&state, link, block.clone()) };
                // SAFETY: as above; `update` is used by range if it has the full size, else only by the one thread that has the
                // whole range.
                let x = unsafe { params.read(block.clone()) };
                let u = match &mut local {
                    _ if direct => &mut [],
                    Some(local) => &mut local[..block.len()],
                    // SAFETY: as above.
                    None if whole => unsafe { update.slice(block.clone()) },
                    // SAFETY: as above.
                    None => unsafe { update.slice(0..block.len()) },
                };
                let gradient = gradient.map(|gradient| &gradient[block.clone()]);
                if let Some(gradient) = gradient.filter(|_| !direct) {
                    threads::copy(far, gradient, u);
                }
                for joint in joints {
                    let slots = core(joint).map_or_else(no_slots, slots);
                    let part = Part { at, update: u, slots, far };
                    joint.refine(core(joint).map(|link| &*link.stage), isa, part, x);
                }
                if let Some(link) = preparing {
                    link.stage.prepare(at, u, x, slots(link));
                }
                if let Some(link) = gathering {
                    link.stage.gather(at, u, x, slots(link));
                }
                if subtract {
                    // SAFETY: `x` is not used any more, and blocks are disjoint.
                    let x = unsafe { params.slice(block.clone()) };
                    match last {
                        Some(joint) => {
                            let from = gradient.filter(|_| direct);
                            let slots = core(joint).map_or_else(no_slots, slots);
                            let part = Part { at, update: u, slots, far };
                            joint.descend(core(joint).map(|link| &*link.stage), isa, part, from, x);
                        }
                        None => isa.subtract(x, u),
                    }
                }
            }
        };
        threads::cover(size, &work);
    }

    /// Of the phases' vectors.
    fn steps_over_memory(&self) -> Vec<Step> {
        let slots = |links: &[Link<F>]| links.iter().map(|link| link.slots).sum::<usize>();
        let names = |links: &[Link<F>]| {
            let names: Vec<&str> = links.iter().map(|link| link.stage.name()).collect();
            if names.is_empty() { "subtraction".to_owned() } else { names.join(", ") }
        };
        let step = |phase: &Phase<F>| {
            Some(match phase {
                Phase::Blocks(Pass { apply, prepare, gather, .. }) => {
                    let measured = prepare.or(*gather).map_or(0, |k| self.links[k].slots);
                    let links = &self.links[apply.clone()];
                    Step::pass(&names(links), 1, slots(links) + measured)
                }
                Phase::Gather(k) | Phase::Measure(k) => {
                    let stage = &self.links[*k].stage;
                    let [reads, writes] = match (phase, stage.gathering()) {
                        (Phase::Gather(_), Gathering::Blocks(vectors) | Gathering::AtOnce(vectors)) => {
                            vectors
                        }
                        (_, Gathering::No) => [1, 0],
                        _ => return None,
                    };
                    Step { name: format!("{}, measuring", stage.name()), reads, writes }
                }
                Phase::Rework(k) => {
                    let Link { stage, slots, .. } = &self.links[*k];
                    Step { name: stage.name().to_owned(), reads: 2 + slots, writes: 1 + slots }
                }
            })
        };
        self.phases.iter().filter_map(step).collect()
    }
}

/// A link's slots.
///
/// # Safety
/// No other borrow of the same slots may overlap the range.
unsafe fn slots_of<'a, F>(
    state: &'a SharedSlots<'_, F>,
    link: &Link<F>,
    block: Range<usize>,
) -> super::SlotRange<'a, F> {
    // SAFETY: as the caller promises.
    unsafe { state.slots(link.first_slot, link.slots, block) }
}

impl<F: Real> Rule<F> for Pipeline<F> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.check(params, at)?;
        self.phases(&Shared::new(params), at, End::Subtract);
        Ok(())
    }

    fn reset(&mut self) {
        self.steps = 0;
        self.state.reset();
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn needs(&self) -> Needs {
        self.links.iter().fold(Needs::default(), |needs, link| needs.or(link.stage.needs()))
    }

    fn probe(&self, direction: &mut [F]) -> bool {
        self.links.iter().any(|link| link.stage.probe(self.steps, direction))
    }

    fn evaluation_point(&self, params: &[F], point: &mut [F]) -> bool {
        let ahead = |link: &Link<F>| link.stage.look_ahead().map(|(slot, f)| (link.first_slot + slot, f));
        let Some((slot, factor)) = self.links.iter().find_map(ahead) else { return false };
        look_ahead(params, self.state.slot(slot), factor, point);
        true
    }

    fn averaged(&self, params: &[F], out: &mut [F]) -> bool {
        let _ = params;
        let last = |link: &Link<F>| link.stage.average().map(|(slot, f)| (link.first_slot + slot, f));
        let found = self.links.iter().rev().find_map(last).filter(|_| self.steps > 0);
        let Some((slot, factor)) = found else { return false };
        average(self.state.slot(slot), factor, out);
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

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        visit("steps", Memory::Count(&mut self.steps));
        for (i, link) in self.links.iter_mut().enumerate() {
            link.stage.memory(&mut |name, memory| visit(&join(&i.to_string(), name), memory));
        }
        visit("", Memory::Slots(&mut self.state));
    }

    fn explain(&self) -> Explanation {
        Explanation::new::<F>(self.shape.size, self.steps_over_memory())
    }
}

/// A chain that says where to go and leaves going there to another rule.
pub(crate) struct Direction<F>(Pipeline<F>);

impl<F: Real> Direction<F> {
    pub(crate) fn new(stages: Vec<Box<dyn Stage<F>>>, problem: &Problem) -> Result<Self, RuleError> {
        let mut pipeline = Pipeline::new(stages, problem)?;
        pipeline.update.resize(problem.shape.size, F::default());
        Ok(Direction(pipeline))
    }

    /// The update at these parameters.
    pub(crate) fn update(&mut self, params: &[F], at: &Evaluation<'_, F>) -> Result<&[F], RuleError> {
        self.0.check(params, at)?;
        self.0.phases(&Shared::reading(params), at, End::Leave);
        Ok(&self.0.update)
    }

    /// The chain, for all but stepping.
    pub(crate) fn chain_ref(&self) -> &Pipeline<F> {
        &self.0
    }

    /// As [`chain_ref`](Direction::chain_ref).
    pub(crate) fn chain(&mut self) -> &mut Pipeline<F> {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use crate::Optimizer;

    fn run(spec: &str, x: &[f64], g: &[f64]) -> Vec<f64> {
        let mut rule = Optimizer::parse(spec).unwrap().rule(x.len(), 1).unwrap();
        let mut x = x.to_vec();
        (0..2).for_each(|_| rule.step(&mut x, g).unwrap());
        x
    }

    #[test]
    fn a_vector_beyond_the_caches_gives_the_same_bits_as_its_pieces() {
        // With all their vectors 64 MiB and more.
        let numbers = |a: f64| (0..2_200_003).map(|i| (a * f64::from(i)).sin()).collect::<Vec<_>>();
        let (x, g) = (numbers(0.3), numbers(0.7));
        for spec in [
            "adam()",
            "clip_by_value(0.5) | adam() | add_decayed_weights(0.01)",
            "sgd(lr=0.1, momentum=0.9) | adam() | clip_by_value(0.5) | scale(0.5)",
            "clip_by_global_norm(1e6) | adamw()",
            "adamw() | clip_by_global_norm(1e6) | scale(0.5)",
        ] {
            let pieces = x.chunks(70_001).zip(g.chunks(70_001)).flat_map(|(x, g)| run(spec, x, g));
            assert!(run(spec, &x, &g) == pieces.collect::<Vec<_>>(), "{spec}");
        }
    }
}
