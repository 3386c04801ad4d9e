//! Rules that estimate their step size: numbers for each problem, made from sums over all its parameters, beside vectors that are kept
//! in the pass that sums.

use super::groups::{Groups, Unit};
use super::isa::{Isa, Kernel};
use super::stage::{Gathering, Piece, Reach, Stage, Whole};
use super::state::{SlotRange, no_slots};
use super::sums::Sums;
use super::{Problem, Shape};
use crate::memory::{Memory, Visit};
use crate::transform::MAX_SLOTS;
use crate::{Arithmetic, Needs, Real, RuleError};

/// The most numbers that a problem may remember, sums that may be taken and numbers that a formula may get for each problem.
pub(crate) const OWN: usize = 4;

/// What one problem's numbers are made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// The sums, in order.
    pub(crate) sums: [f64; OWN],
    /// The function's value, if it is needed.
    pub(crate) value: f64,
    /// Whether this is the first step.
    pub(crate) first: bool,
}

/// A rule that estimates its step size.
pub(crate) trait Estimator: Clone + Send + Sync + 'static {
    /// What errors and explanations call it.
    const NAME: &'static str;
    /// Vectors that are remembered: first those that [`remember`](Estimator::remember) changes.
    const SLOTS: &'static [&'static str];
    /// How many of them it changes.
    const CHANGED: usize;
    /// Whether the last of them is where the parameters were at first.
    const FROM_START: bool;
    /// Numbers that are remembered for each problem.
    const NUMBERS: &'static [&'static str];
    /// Whether the function's value is needed.
    const VALUE: bool = false;
    /// What both formulas get beside the element: the same for all problems, constant over one step.
    type Coefficients<A: Arithmetic>: Copy;

    /// The numbers before the first step.
    fn starts(&self) -> [f64; OWN];
    /// Called before each step with the number of steps already made.
    fn begin(&mut self, step: u64);
    /// See [`Coefficients`](Estimator::Coefficients).
    fn coefficients<A: Arithmetic>(&self) -> Self::Coefficients<A>;

    /// What [`remember`](Estimator::remember) gets for a problem, from its numbers.
    fn known(&self, numbers: &[f64; OWN]) -> [f64; OWN];
    /// Adds to the sums what is summed before anything changes.
    fn before<F: Real>(&self, sums: &Sums, at: usize, u: &[F], x: &[F], slots: &SlotRange<'_, F>) {
        let _ = (sums, at, u, x, slots);
    }
    /// Changes the first slots.
    fn remember<A: Arithmetic>(
        coefficients: &Self::Coefficients<A>,
        known: &[A; OWN],
        u: A,
        slots: &mut [A; MAX_SLOTS],
    ) {
        let _ = (coefficients, known, u, slots);
    }
    /// Adds to the sums what is summed after that.
    fn after<F: Real>(&self, sums: &Sums, at: usize, u: &[F], x: &[F], slots: &SlotRange<'_, F>) {
        let _ = (sums, at, u, x, slots);
    }

    /// Brings the numbers up to date and says what [`update`](Estimator::update) gets for the problem.
    fn measure(&self, measured: &Measured, numbers: &mut [f64; OWN]) -> [f64; OWN];
    /// The next update.
    fn update<A: Arithmetic>(
        coefficients: &Self::Coefficients<A>,
        measured: &[A; OWN],
        u: A,
        x: A,
        slots: &[A; MAX_SLOTS],
    ) -> A;
}

/// An [`Estimator`] as a link of a chain.
pub(crate) struct Estimated<E>(pub(crate) E);

impl<E: Estimator, F: Real> Piece<F> for Estimated<E> {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let lanes = problem.shape.lanes;
        Ok(Box::new(Sized {
            estimator: self.0,
            sums: Sums::new(Groups::new(problem, Unit::Problem), OWN),
            numbers: vec![0.0; E::NUMBERS.len() * lanes],
            own: vec![F::default(); OWN * lanes],
            first: true,
            shape: problem.shape,
            isa: Isa::detect(),
        }))
    }
}

struct Sized<E, F> {
    estimator: E,
    sums: Sums,
    /// Of all problems, one kind after the other; `own` too.
    numbers: Vec<f64>,
    own: Vec<F>,
    first: bool,
    shape: Shape,
    isa: Isa,
}

impl<E: Estimator, F: Real> Sized<E, F> {
    /// One problem's numbers.
    fn of(&self, problem: usize) -> [f64; OWN] {
        let number = |k| self.numbers.get(k * self.shape.lanes + problem).copied().unwrap_or(0.0);
        std::array::from_fn(number)
    }

    fn give(&mut self, problem: usize, own: [f64; OWN]) {
        for (k, number) in own.into_iter().enumerate() {
            self.own[k * self.shape.lanes + problem] = F::of(number);
        }
    }

    fn place(&self, at: usize) -> Place<'_, E, F> {
        Place { estimator: &self.estimator, own: &self.own, lanes: self.shape.lanes, at }
    }
}

impl<E: Estimator, F: Real> Stage<F> for Sized<E, F> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn slots(&self) -> Vec<(&'static str, f64)> {
        E::SLOTS.iter().map(|name| (*name, 0.0)).collect()
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        for (k, name) in E::NUMBERS.iter().enumerate() {
            let lanes = self.shape.lanes;
            visit(name, Memory::Numbers(&mut self.numbers[k * lanes..(k + 1) * lanes]));
        }
    }

    fn begin(&mut self, step: u64) {
        self.first = step == 0;
        self.estimator.begin(step);
        if self.first {
            for (k, start) in self.estimator.starts().into_iter().take(E::NUMBERS.len()).enumerate() {
                self.numbers[k * self.shape.lanes..][..self.shape.lanes].fill(start);
            }
        }
        for problem in 0..self.shape.lanes {
            self.give(problem, self.estimator.known(&self.of(problem)));
        }
    }

    fn needs(&self) -> Needs {
        Needs { values: E::VALUE, ..Needs::default() }
    }

    fn reach(&self) -> Reach {
        Reach::Measured
    }

    fn gathering(&self) -> Gathering {
        Gathering::of(self.sums.by_blocks(), [2 + E::SLOTS.len(), E::CHANGED])
    }

    fn gather(&self, at: usize, update: &[F], x: &[F], slots: SlotRange<'_, F>) {
        let mut slots = slots;
        if E::FROM_START && self.first {
            slots[E::SLOTS.len() - 1].copy_from_slice(x);
        }
        self.estimator.before(&self.sums, at, update, x, &slots);
        if E::CHANGED > 0 {
            let mut own = no_slots();
            for (own, slot) in own.iter_mut().zip(&mut slots).take(E::CHANGED) {
                *own = &mut **slot;
            }
            self.isa.run(Remember(self.place(at)), &mut [], update, own);
        }
        self.estimator.after(&self.sums, at, update, x, &slots);
    }

    fn measure(&mut self, _: &[F], whole: Whole<'_, F>) {
        if self.shape.size == 0 {
            return;
        }
        self.sums.totals();
        let values = whole.at.values.filter(|_| E::VALUE);
        for problem in 0..self.shape.lanes {
            let measured = Measured {
                sums: std::array::from_fn(|n| self.sums.total(n)[problem]),
                value: values.map_or(0.0, |values| values[problem].to_f64()),
                first: self.first,
            };
            let mut numbers = self.of(problem);
            let own = self.estimator.measure(&measured, &mut numbers);
            for (k, number) in numbers.into_iter().take(E::NUMBERS.len()).enumerate() {
                self.numbers[k * self.shape.lanes + problem] = number;
            }
            self.give(problem, own);
        }
    }

    fn apply(&self, at: usize, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        self.isa.run(Update(self.place(at)), update, x, slots);
    }
}

/// A block's place among problems side by side.
struct Place<'a, E, F> {
    estimator: &'a E,
    own: &'a [F],
    lanes: usize,
    at: usize,
}

impl<E, F: Real> Place<'_, E, F> {
    /// Does something for every element with its problem's numbers.
    #[inline(always)]
    fn each<A: Arithmetic<Element = F>>(&self, size: usize, mut work: impl FnMut(usize, &[A; OWN])) {
        if let [a, b, c, d] = *self.own {
            let own = [a, b, c, d].map(A::load);
            for i in 0..size {
                work(i, &own);
            }
            return;
        }
        if size == 0 {
            return;
        }
        let lanes = self.lanes;
        let mut own = self.own.chunks_exact(lanes);
        let mut next = || own.next().unwrap_or_default();
        let own: [&[F]; OWN] = [next(), next(), next(), next()];
        let (mut from, mut problem) = (0, self.at % lanes);
        while from < size {
            let count = (size - from).min(lanes - problem);
            let row = own.map(|own| &own[problem..problem + count]);
            for i in 0..count {
                work(from + i, &row.map(|row| A::load(row[i])));
            }
            (from, problem) = (from + count, 0);
        }
    }
}

struct Remember<'a, E, F>(Place<'a, E, F>);

impl<E: Estimator, F: Real> Kernel<F> for Remember<'_, E, F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, _: &mut [F], update: &[F], slots: SlotRange<'_, F>) {
        let size = update.len();
        let coefficients = self.0.estimator.coefficients::<A>();
        let mut slots = slots;
        for slot in slots.iter_mut().take(E::CHANGED) {
            *slot = &mut std::mem::take(slot)[..size];
        }
        self.0.each::<A>(size, |i, known| {
            let mut own = [A::of(0.0); MAX_SLOTS];
            for slot in 0..E::CHANGED {
                own[slot] = A::load(slots[slot][i]);
            }
            E::remember(&coefficients, known, A::load(update[i]), &mut own);
            for slot in 0..E::CHANGED {
                slots[slot][i] = own[slot].store();
            }
        });
    }
}

struct Update<'a, E, F>(Place<'a, E, F>);

impl<E: Estimator, F: Real> Kernel<F> for Update<'_, E, F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        let size = update.len();
        let coefficients = self.0.estimator.coefficients::<A>();
        let x = &x[..size];
        let mut slots = slots;
        for slot in slots.iter_mut().take(E::SLOTS.len()) {
            *slot = &mut std::mem::take(slot)[..size];
        }
        self.0.each::<A>(size, |i, measured| {
            let mut own = [A::of(0.0); MAX_SLOTS];
            for slot in 0..E::SLOTS.len() {
                own[slot] = A::load(slots[slot][i]);
            }
            update[i] = E::update(&coefficients, measured, A::load(update[i]), A::load(x[i]), &own).store();
        });
    }
}
