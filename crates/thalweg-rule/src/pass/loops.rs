//! The loops themselves: plain ones over slices that are known not to overlap, which the compiler turns into vector instructions.

use super::frame::Frame;
use super::isa::{Isa, Kernel};
use super::state::{SlotRange, no_slots};
use super::threads;
use crate::transform::MAX_SLOTS;
use crate::{Arithmetic, Real, Transform};

/// One whole step, written to the parameters from the gradient: `x ← x − T(g)`.
pub(crate) struct Descend<'a, T> {
    pub(crate) transform: &'a T,
    /// Whether the vectors are in memory, to be asked for ahead.
    pub(crate) far: bool,
}

impl<T: Transform, F: Real> Kernel<F> for Descend<'_, T> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, x: &mut [F], gradient: &[F], slots: SlotRange<'_, F>) {
        let coefficients = self.transform.coefficients::<A>();
        each::<T, A>(self.far, x, gradient, slots, |x, g, own| x - T::apply(&coefficients, g, x, own));
    }
}

/// A stage of a longer chain, written to the update from the parameters: `u ← T(u)`.
pub(crate) struct Refine<'a, T>(pub(crate) &'a T);

impl<T: Transform, F: Real> Kernel<F> for Refine<'_, T> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        let coefficients = self.0.coefficients::<A>();
        each::<T, A>(false, update, x, slots, |u, x, own| T::apply(&coefficients, u, x, own));
    }
}

/// As [`Descend`], within a frame: `x ← x − behind(T(before(g)))`.
pub(crate) struct DescendFramed<'a, T, F> {
    pub(crate) transform: &'a T,
    pub(crate) frame: Frame<F>,
    pub(crate) far: bool,
}

impl<T: Transform, F: Real> Kernel<F> for DescendFramed<'_, T, F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, x: &mut [F], gradient: &[F], slots: SlotRange<'_, F>) {
        let (coefficients, Frame { before, behind }) = (self.transform.coefficients::<A>(), self.frame);
        each::<T, A>(self.far, x, gradient, slots, |x, g, own| {
            x - behind.apply(T::apply(&coefficients, before.apply(g, x), x, own), x)
        });
    }
}

/// As [`Refine`], within a frame: `u ← behind(T(before(u)))`.
pub(crate) struct RefineFramed<'a, T, F> {
    pub(crate) transform: &'a T,
    pub(crate) frame: Frame<F>,
    pub(crate) far: bool,
}

impl<T: Transform, F: Real> Kernel<F> for RefineFramed<'_, T, F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, update: &mut [F], x: &[F], slots: SlotRange<'_, F>) {
        let (coefficients, Frame { before, behind }) = (self.transform.coefficients::<A>(), self.frame);
        each::<T, A>(self.far, update, x, slots, |u, x, own| {
            behind.apply(T::apply(&coefficients, before.apply(u, x), x, own), x)
        });
    }
}

#[inline(always)]
fn each<T: Transform, A: Arithmetic>(
    far: bool,
    to: &mut [A::Element],
    from: &[A::Element],
    slots: SlotRange<'_, A::Element>,
    formula: impl Fn(A, A, &mut [A]) -> A,
) {
    let size = to.len();
    let from = &from[..size];
    let mut slots = slots;
    for slot in slots.iter_mut().take(T::SLOTS) {
        *slot = &mut std::mem::take(slot)[..size];
    }
    let stretch = if far { threads::stretch::<A::Element>() } else { size };
    let mut start = 0;
    while start < size {
        let end = size.min(start.saturating_add(stretch));
        if far {
            threads::ask_ahead(&to[start..end]);
            threads::ask_ahead(&from[start..end]);
            for slot in slots.iter().take(T::SLOTS) {
                threads::ask_ahead(&slot[start..end]);
            }
        }
        for i in start..end {
            let mut own = [A::of(0.0); MAX_SLOTS];
            for slot in 0..T::SLOTS {
                own[slot] = A::load(slots[slot][i]);
            }
            to[i] = formula(A::load(to[i]), A::load(from[i]), &mut own[..T::SLOTS]).store();
            for slot in 0..T::SLOTS {
                slots[slot][i] = own[slot].store();
            }
        }
        start = end;
    }
}

/// `y ← y − x`
struct Subtract;

impl<F: Real> Kernel<F> for Subtract {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, y: &mut [F], x: &[F], _: SlotRange<'_, F>) {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = (A::load(*y) - A::load(x)).store());
    }
}

/// `y ← y · x`, element by element.
struct Multiply;

impl<F: Real> Kernel<F> for Multiply {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, y: &mut [F], x: &[F], _: SlotRange<'_, F>) {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = (A::load(*y) * A::load(x)).store());
    }
}

/// `y ← y · factor`
struct Scale<F>(F);

impl<F: Real> Kernel<F> for Scale<F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, y: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        let factor = A::load(self.0);
        for y in y {
            *y = (A::load(*y) * factor).store();
        }
    }
}

/// `y ← y − number`
struct Shift<F>(F);

impl<F: Real> Kernel<F> for Shift<F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, y: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        let number = A::load(self.0);
        for y in y {
            *y = (A::load(*y) - number).store();
        }
    }
}

/// `y ← y + p · x`, fused.
struct AddMultiple<F>(F);

impl<F: Real> Kernel<F> for AddMultiple<F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, y: &mut [F], x: &[F], _: SlotRange<'_, F>) {
        let p = A::load(self.0);
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = p.mul_add(A::load(x), A::load(*y)).store());
    }
}

/// As [`AddMultiple`], each element with a factor of its own.
struct AddMultiples<'a>(&'a [f64]);

impl<F: Real> Kernel<F> for AddMultiples<'_> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, y: &mut [F], x: &[F], _: SlotRange<'_, F>) {
        let each = y.iter_mut().zip(x).zip(self.0);
        each.for_each(|((y, &x), &p)| *y = A::of(p).mul_add(A::load(x), A::load(*y)).store());
    }
}

/// `y ← y + p · (x − y)`
struct AverageIn<F>(F);

impl<F: Real> Kernel<F> for AverageIn<F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, y: &mut [F], x: &[F], _: SlotRange<'_, F>) {
        let p = A::load(self.0);
        for (y, &x) in y.iter_mut().zip(x) {
            let old = A::load(*y);
            *y = p.mul_add(A::load(x) - old, old).store();
        }
    }
}

impl Isa {
    /// `y ← y + p · (x − y)`
    pub(crate) fn average_in<F: Real>(self, y: &mut [F], p: F, x: &[F]) {
        self.run(AverageIn(p), y, x, no_slots());
    }
    pub(crate) fn subtract<F: Real>(self, y: &mut [F], x: &[F]) {
        self.run(Subtract, y, x, no_slots());
    }
    pub(crate) fn multiply<F: Real>(self, y: &mut [F], x: &[F]) {
        self.run(Multiply, y, x, no_slots());
    }
    /// `y ← y · factor`, the factors in turn, beginning with the one at a place.
    pub(crate) fn multiply_lanes<F: Real>(self, at: usize, update: &mut [F], factors: &[F]) {
        if let [factor] = *factors {
            return self.scale(update, factor);
        }
        in_turn(at, update, factors, |row, factors| self.multiply(row, factors));
    }
    /// `y ← y − number`, the numbers in turn, beginning with the one at a place.
    pub(crate) fn subtract_lanes<F: Real>(self, at: usize, update: &mut [F], numbers: &[F]) {
        if let [number] = *numbers {
            return self.run(Shift(number), update, &[], no_slots());
        }
        in_turn(at, update, numbers, |row, numbers| self.subtract(row, numbers));
    }
    /// `y ← y + p · x` for a row, a factor p for each problem.
    pub(crate) fn add_multiples<F: Real>(self, y: &mut [F], p: &[f64], x: &[F]) {
        self.run(AddMultiples(p), y, x, no_slots());
    }
    pub(crate) fn scale<F: Real>(self, y: &mut [F], factor: F) {
        self.run(Scale(factor), y, &[], no_slots());
    }
    pub(crate) fn add_multiple<F: Real>(self, y: &mut [F], p: F, x: &[F]) {
        self.run(AddMultiple(p), y, x, no_slots());
    }
}

/// Goes through a vector beside numbers that stand for its elements in turn.
fn in_turn<F>(at: usize, update: &mut [F], numbers: &[F], mut work: impl FnMut(&mut [F], &[F])) {
    let mut rest = update;
    let mut place = at % numbers.len().max(1);
    while !rest.is_empty() {
        let count = rest.len().min(numbers.len() - place);
        let (row, after) = rest.split_at_mut(count);
        work(row, &numbers[place..place + count]);
        (rest, place) = (after, 0);
    }
}
