//! Simple links done in a neighbour's loop: factors, limits and weight decay before and behind an element-wise formula. The loop does
//! the same operations with the same numbers as loops of their own would; what is not there is done with numbers that change no bit.

use std::ops::Range;

use super::isa::Isa;
use super::loops::{DescendFramed, RefineFramed};
use super::state::SlotRange;
use super::threads;
use super::{Piece, Problem, Rule, Stage};
use crate::transform::{AddDecayedWeights, ClipByValue, Rate};
use crate::{Arithmetic, Real, RuleError, Transform};

/// What a simple link does. The kind is the same at every step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Simple<F> {
    /// `u ← factor · u`
    Scale(F),
    /// `u ← max(−limit, min(limit, u))`
    Clip(F),
    /// `u ← u + decay · x`
    Decay(F),
}

/// A transform that is simple.
pub(crate) trait Plain: Transform {
    /// What it does at the step that has begun.
    fn simple<F: Real>(&self) -> Simple<F>;
}

impl Plain for Rate {
    fn simple<F: Real>(&self) -> Simple<F> {
        Simple::Scale(self.coefficients())
    }
}

impl Plain for ClipByValue {
    fn simple<F: Real>(&self) -> Simple<F> {
        Simple::Clip(self.coefficients())
    }
}

impl Plain for AddDecayedWeights {
    fn simple<F: Real>(&self) -> Simple<F> {
        Simple::Decay(self.coefficients())
    }
}

/// Simple links in a row, at most one of each kind but factors:
///
/// ```text
/// u ← factor · u;  u ← max(−limit, min(limit, u));  u ← u + decay · x;  u ← again · u
/// ```
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<F> {
    factor: F,
    limit: F,
    decay: F,
    /// The bits of `x` that are looked at.
    seen: F,
    again: F,
    /// How many of the four places are taken or left behind.
    taken: u8,
}

impl<F: Real> Row<F> {
    /// Nothing. `−0 · 0` can be added to any number, −0 and NaN among them, without changing it.
    fn new() -> Self {
        let one = F::of(1.0);
        Row {
            factor: one,
            limit: F::of(f64::INFINITY),
            decay: F::of(-0.0),
            seen: F::of(0.0),
            again: one,
            taken: 0,
        }
    }

    /// Adds a link at the end; `false` if it has no place there.
    fn push(&mut self, simple: Simple<F>) -> bool {
        let place = match simple {
            Simple::Scale(_) if self.taken == 0 => 1,
            Simple::Clip(_) => 2,
            Simple::Decay(_) => 3,
            Simple::Scale(_) => 4,
        };
        if place <= self.taken {
            return false;
        }
        self.taken = place;
        match simple {
            Simple::Scale(factor) if place == 1 => self.factor = factor,
            Simple::Scale(factor) => self.again = factor,
            Simple::Clip(limit) => self.limit = limit,
            Simple::Decay(decay) => (self.decay, self.seen) = (decay, F::ALL_BITS),
        }
        true
    }

    #[inline(always)]
    pub(crate) fn apply<A: Arithmetic<Element = F>>(&self, u: A, x: A) -> A {
        let seen = A::load(x.store().common_bits(self.seen));
        let u = Rate::apply(&A::load(self.factor), u, x, &mut []);
        let u = ClipByValue::apply(&A::load(self.limit), u, x, &mut []);
        let u = AddDecayedWeights::apply(&A::load(self.decay), u, seen, &mut []);
        Rate::apply(&A::load(self.again), u, x, &mut [])
    }
}

/// What stands before and behind a formula.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<F> {
    pub(crate) before: Row<F>,
    pub(crate) behind: Row<F>,
}

impl<F: Real> Frame<F> {
    /// Nothing.
    pub(crate) fn new() -> Self {
        Frame { before: Row::new(), behind: Row::new() }
    }
}

/// A loop that does simple links beside its own formula T. Vectors that are far are asked for ahead.
pub(crate) trait Framed<F> {
    /// `u ← behind(T(before(u)))`
    fn refine(&self, frame: Frame<F>, far: bool, update: &mut [F], x: &[F], slots: SlotRange<'_, F>);
    /// `x ← x − behind(T(before(from)))`
    fn descend(&self, frame: Frame<F>, far: bool, x: &mut [F], from: &[F], slots: SlotRange<'_, F>);
}

/// The part of the update that starts at an element, with the core's slots.
pub(crate) struct Part<'a, F> {
    pub(crate) at: usize,
    pub(crate) update: &'a mut [F],
    pub(crate) slots: SlotRange<'a, F>,
    /// Whether the vectors are in memory.
    pub(crate) far: bool,
}

/// The formula of simple links that stand alone.
#[derive(Debug, Clone)]
pub(crate) struct Same;

impl Transform for Same {
    type Coefficients<A: Arithmetic> = ();
    fn coefficients<A: Arithmetic>(&self) {}
    #[inline(always)]
    fn apply<A: Arithmetic>((): &(), u: A, _: A, _: &mut [A]) -> A {
        u
    }
}

/// Links in a row that one loop does. Links are meant by their numbers.
#[derive(Debug)]
pub(crate) struct Joint<F> {
    before: Range<usize>,
    /// The one whose loop it is; none if all are simple.
    pub(crate) core: Option<usize>,
    behind: Range<usize>,
    /// What the core's neighbours do at the step at hand; none if the core's loop takes no others.
    pub(crate) frame: Option<Frame<F>>,
}

/// Parts links of a chain in those that one loop does, as few as there can be if every loop takes all that it can.
pub(crate) fn joints<F: Real>(stages: &[Box<dyn Stage<F>>], links: Range<usize>) -> Vec<Joint<F>> {
    let mut joints: Vec<Joint<F>> = Vec::new();
    for k in links {
        let stage = &stages[k];
        if joints.last_mut().is_some_and(|joint| joint.take(k, &**stage)) {
            continue;
        }
        let mut joint = Joint { before: k..k, core: None, behind: k..k, frame: Some(Frame::new()) };
        if !joint.take(k, &**stage) {
            (joint.core, joint.frame) = (Some(k), None);
        }
        joints.push(joint);
    }
    joints
}

impl<F: Real> Joint<F> {
    /// Adds the next link, if it fits.
    fn take(&mut self, k: usize, stage: &dyn Stage<F>) -> bool {
        let Some(frame) = &mut self.frame else { return false };
        match stage.simple() {
            Some(simple) if self.core.is_none() && self.behind.is_empty() && frame.before.push(simple) => {
                (self.before.end, self.behind) = (k + 1, k + 1..k + 1);
            }
            Some(simple) if frame.behind.push(simple) => self.behind.end = k + 1,
            None if self.core.is_none() && self.behind.is_empty() && stage.framed().is_some() => {
                (self.core, self.behind) = (Some(k), k + 1..k + 1);
            }
            _ => return false,
        }
        true
    }

    /// Maps a part of the update; the core is given.
    pub(crate) fn refine(&self, core: Option<&dyn Stage<F>>, isa: Isa, part: Part<'_, F>, x: &[F]) {
        let Part { at, update, slots, far } = part;
        match (self.frame, core) {
            (Some(frame), Some(core)) => {
                if let Some(framed) = core.framed() {
                    framed.refine(frame, far, update, x, slots);
                }
            }
            (Some(frame), None) => isa.run(RefineFramed { transform: &Same, frame, far }, update, x, slots),
            (None, Some(core)) => {
                if far {
                    for slot in &slots {
                        threads::ask_ahead(slot);
                    }
                }
                core.apply(at, update, x, slots);
            }
            (None, None) => {}
        }
    }

    /// As [`refine`](Joint::refine), with the result subtracted from the parameters and nothing of use left in the update. It starts
    /// from another vector if one is given; only where there is a frame.
    pub(crate) fn descend(
        &self,
        core: Option<&dyn Stage<F>>,
        isa: Isa,
        part: Part<'_, F>,
        from: Option<&[F]>,
        x: &mut [F],
    ) {
        let Part { at, update, slots, far } = part;
        let Some(frame) = self.frame else {
            self.refine(core, isa, Part { at, update: &mut *update, slots, far }, x);
            return isa.subtract(x, update);
        };
        let from = from.unwrap_or(update);
        match core {
            Some(core) => {
                if let Some(framed) = core.framed() {
                    framed.descend(frame, far, x, from, slots);
                }
            }
            None => isa.run(DescendFramed { transform: &Same, frame, far }, x, from, slots),
        }
    }

    /// Asks the simple links what they do at the step at hand.
    pub(crate) fn ask<'a>(&mut self, stage: impl Fn(usize) -> &'a dyn Stage<F>) {
        let Some(frame) = &mut self.frame else { return };
        *frame = Frame::new();
        for (row, links) in [(&mut frame.before, &self.before), (&mut frame.behind, &self.behind)] {
            for simple in links.clone().filter_map(|k| stage(k).simple()) {
                row.push(simple);
            }
        }
    }
}

/// A simple transform as a link of a chain.
pub(crate) struct Simply<T>(pub(crate) T);

impl<T: Plain, F: Real> Piece<F> for Simply<T> {
    fn stage(self: Box<Self>, _: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        Ok(super::stage::simple(self.0))
    }
    fn rule(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Rule<F>>, RuleError> {
        Piece::rule(Box::new(self.0), problem)
    }
}

#[cfg(test)]
mod tests {
    use super::super::loops::Refine;
    use super::super::state::no_slots;
    use super::*;
    use crate::Layout;
    use crate::pass::Shape;
    use crate::transform::Trace;

    const KINDS: [char; 4] = ['s', 'c', 'd', 't'];

    /// A factor, a limit, weight decay or momentum.
    fn piece<F: Real>(kind: char) -> Box<dyn Piece<F>> {
        match kind {
            's' => Box::new(Simply(Rate::new(-0.3))),
            'c' => Box::new(Simply(ClipByValue::new(0.7))),
            'd' => Box::new(Simply(AddDecayedWeights { weight_decay: 0.1 })),
            _ => Box::new(momentum()),
        }
    }

    fn momentum() -> Trace {
        let mut trace = Trace::new(0.9);
        trace.begin(1);
        trace
    }

    fn stages<F: Real>(kinds: &str) -> Vec<Box<dyn Stage<F>>> {
        let shape = Shape::new(1, 1).unwrap();
        let problem = Problem { shape, layout: Layout::flat(1).into(), first: 0 };
        let mut stages: Vec<_> = kinds.chars().map(|kind| piece(kind).stage(&problem).unwrap()).collect();
        for stage in &mut stages {
            stage.begin(1);
        }
        stages
    }

    /// One loop for each link.
    fn one_by_one<F: Real>(isa: Isa, kinds: &str, u: &mut [F], x: &mut [F], slots: &mut [Vec<F>]) {
        for (kind, slot) in kinds.chars().zip(slots) {
            let mut own = no_slots();
            own[0] = slot;
            let mut rate = Rate::new(-0.3);
            rate.begin(1);
            match kind {
                's' => isa.run(Refine(&rate), u, x, own),
                'c' => isa.run(Refine(&ClipByValue::new(0.7)), u, x, own),
                'd' => isa.run(Refine(&AddDecayedWeights { weight_decay: 0.1 }), u, x, own),
                _ => isa.run(Refine(&momentum()), u, x, own),
            }
        }
        isa.subtract(x, u);
    }

    fn together<F: Real>(isa: Isa, kinds: &str, u: &mut [F], x: &mut [F], slots: &mut [Vec<F>]) {
        let stages = stages::<F>(kinds);
        let mut joints = joints(&stages, 0..stages.len());
        let count = joints.len();
        for (i, joint) in joints.iter_mut().enumerate() {
            joint.ask(|k| &*stages[k]);
            let mut own = no_slots();
            if let Some(k) = joint.core {
                own[0] = &mut slots[k];
            }
            let core = joint.core.map(|k| &*stages[k]);
            let part = Part { at: 0, update: &mut *u, slots: own, far: kinds.len().is_multiple_of(2) };
            if i + 1 < count {
                joint.refine(core, isa, part, x);
            } else {
                joint.descend(core, isa, part, None, x);
            }
        }
    }

    fn words(length: usize) -> Vec<String> {
        match length {
            0 => vec![String::new()],
            _ => {
                words(length - 1).iter().flat_map(|word| KINDS.map(|kind| format!("{word}{kind}"))).collect()
            }
        }
    }

    /// Changes update, parameters and slots.
    type Way<F> = fn(Isa, &str, &mut [F], &mut [F], &mut [Vec<F>]);

    fn same_bits<F: Real>() {
        let numbers =
            [0.0, -0.0, 0.5, -1.1, 0.7, 3e-39, -1e-310, 1e30, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        let pairs = || numbers.into_iter().flat_map(|u| numbers.map(|x| [F::of(u), F::of(x)]));
        let key = |values: &[F]| -> Vec<Option<Vec<u8>>> {
            values.iter().map(|v| (!v.to_f64().is_nan()).then(|| v.to_bytes().collect())).collect()
        };
        // A stage chooses the instruction set for itself.
        let isa = Isa::detect();
        for word in (1..=4).flat_map(words) {
            let (u, x): (Vec<F>, Vec<F>) = pairs().map(|[u, x]| (u, x)).unzip();
            let slots = vec![x.clone(); word.len()];
            let run = |way: Way<F>| {
                let (mut u, mut x, mut slots) = (u.clone(), x.clone(), slots.clone());
                way(isa, &word, &mut u, &mut x, &mut slots);
                (key(&x), slots.iter().map(|slot| key(slot)).collect::<Vec<_>>())
            };
            assert!(run(one_by_one) == run(together), "{word}");
        }
    }

    #[test]
    fn links_in_one_loop_give_the_bits_of_loops_of_their_own() {
        same_bits::<f32>();
        same_bits::<f64>();
    }

    #[test]
    fn a_formula_takes_factors_limits_and_weight_decay_into_its_loop() {
        for word in ["scdst", "ct", "tds", "stds", "scdstscds", "dts", "sc"] {
            let stages = stages::<f32>(word);
            assert_eq!(joints(&stages, 0..stages.len()).len(), 1, "{word}");
        }
        for word in ["tt", "tdc", "cscsct"] {
            let stages = stages::<f32>(word);
            assert_eq!(joints(&stages, 0..stages.len()).len(), 2, "{word}");
        }
    }
}
