//! The tasks of a pass: stretches, rows and columns of the index space, computed block by block.

use std::ops::Range;

use super::super::memory::{Extent, Memory};
use super::super::native::{Native, Step};
use super::super::plan::Plan;
use super::super::{Float, interpret};
use super::load::{load, load_padded, store};
use super::pass::{Bases, Cut, Scratch};
use super::plan::{PassPlan, Place, Reduction, Sink, Source};
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;

/// Where the partial results of each sink begin.
pub(super) struct Partials<'a, F>(pub(super) &'a [*mut F]);

// SAFETY: tasks write disjoint elements.
unsafe impl<F: Send> Sync for Partials<'_, F> {}

/// One run, shared by the threads.
pub(super) struct Job<'a, F> {
    pub(super) plan: &'a PassPlan,
    pub(super) lanes: &'a Plan,
    pub(super) native: &'a Native,
    pub(super) cut: Cut,
    pub(super) bases: Bases<F>,
    pub(super) isa: Isa,
    pub(super) partials: Partials<'a, F>,
    /// For each sink, whether it takes the place of a source: then it is written when the block is done.
    pub(super) in_place: &'a [bool],
}

/// The tasks of one thread.
pub(super) struct Share<'a, 'b, F> {
    pub(super) job: &'a Job<'b, F>,
    pub(super) scratch: &'a mut Scratch<F>,
    pub(super) tasks: Range<usize>,
}

impl<F: Float> WithLanes<F> for Share<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Share { job, scratch, tasks } = self;
        let [_, reduced, inner] = job.plan.geometry;
        for task in tasks {
            // SAFETY: tasks lie within the index space, and the caller of `Pass::run` promised what lies behind the bases.
            unsafe {
                match job.cut {
                    Cut::Stretches(count) => {
                        let start = task * count;
                        job.stretch::<V>(scratch, start, (start + count).min(job.plan.size));
                    }
                    Cut::Rows(rows) => job.rows::<V>(scratch, task * rows, rows, reduced),
                    Cut::LongRows(count) => {
                        let parts = reduced.div_ceil(count);
                        job.long_row::<V>(scratch, task, task / parts, task % parts * count, count, reduced);
                    }
                    Cut::Columns(rows, width) => {
                        job.columns::<V>(scratch, task, rows, width, reduced, inner);
                    }
                }
            }
        }
    }
}

/// One stretch of the index space.
pub(super) struct Stretch<'a, 'b, F> {
    pub(super) job: &'a Job<'b, F>,
    pub(super) scratch: &'a mut Scratch<F>,
    pub(super) range: Range<usize>,
}

impl<F: Float> WithLanes<F> for Stretch<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Stretch { job, scratch, range } = self;
        // SAFETY: the stretch lies within the index space (promised by the caller of `Pass::run_after`).
        unsafe { job.stretch::<V>(scratch, range.start, range.end) };
    }
}

impl<F: Float> Job<'_, F> {
    /// The results of sink `k` for the block just computed.
    #[inline(always)]
    unsafe fn results<'s>(&self, scratch: &'s Scratch<F>, k: usize, count: usize) -> &'s [F] {
        let place = scratch.memory.places[self.plan.sources.len() + k];
        // SAFETY: the block's results lie there.
        unsafe { std::slice::from_raw_parts(place, count) }
    }

    #[inline(always)]
    fn reductions(&self) -> impl Iterator<Item = (usize, Reduction, Place)> {
        self.plan.sinks.iter().enumerate().filter_map(|(k, sink)| match sink {
            Sink::Reduce(kind, place) => Some((k, *kind, *place)),
            Sink::Store(_) => None,
        })
    }

    /// # Safety
    /// `start ≤ end ≤ size`.
    #[inline(always)]
    pub(super) unsafe fn stretch<V: MathLanes<Elem = F>>(
        &self,
        scratch: &mut Scratch<F>,
        start: usize,
        end: usize,
    ) {
        let block = scratch.memory.block;
        let mut at = start;
        while at < end {
            let count = block.min(end - at);
            // SAFETY: as promised by the caller.
            unsafe { self.block::<V>(&mut scratch.memory, at, count) };
            at += count;
        }
    }

    /// Reduces whole rows, each of `length` elements.
    ///
    /// # Safety
    /// `first` is a row.
    #[inline(always)]
    unsafe fn rows<V: MathLanes<Elem = F>>(
        &self,
        scratch: &mut Scratch<F>,
        first: usize,
        rows: usize,
        length: usize,
    ) {
        let end = (first + rows).min(self.plan.geometry[0]);
        let block = scratch.memory.block;
        let together = (block / length).max(1);
        let mut row = first;
        while row < end {
            let taken = together.min(end - row);
            // SAFETY: as promised by the caller; results are written to the elements of their rows.
            unsafe {
                if length > block {
                    self.long_row::<V>(scratch, usize::MAX, row, 0, length, length);
                } else {
                    self.block::<V>(&mut scratch.memory, row * length, taken * length);
                    for (k, kind, place) in self.reductions() {
                        let target = self.bases.at(place);
                        let values = self.results(scratch, k, taken * length);
                        for (i, values) in values.chunks_exact(length).enumerate() {
                            *target.add(row + i) = kind.row(values);
                        }
                    }
                }
            }
            row += taken;
        }
    }

    /// Reduces `count` elements of a row from `from` on, to the partial result of the task or, with the task `usize::MAX`, to
    /// the result.
    ///
    /// # Safety
    /// `row` is a row of `length` elements.
    #[inline(always)]
    unsafe fn long_row<V: MathLanes<Elem = F>>(
        &self,
        scratch: &mut Scratch<F>,
        task: usize,
        row: usize,
        from: usize,
        count: usize,
        length: usize,
    ) {
        let end = (from + count).min(length);
        let mut at = from;
        while at < end {
            let taken = scratch.memory.block.min(end - at);
            // SAFETY: as promised by the caller; each task has its partial result, each row its result.
            unsafe {
                self.block::<V>(&mut scratch.memory, row * length + at, taken);
                for (k, kind, place) in self.reductions() {
                    let value = kind.row(self.results(scratch, k, taken));
                    let target = if task == usize::MAX {
                        self.bases.at(place).add(row)
                    } else {
                        self.partials.0[k].add(task)
                    };
                    *target = if at == from { value } else { kind.combine(*target, value) };
                }
            }
            at += taken;
        }
    }

    /// Reduces some rows of some columns to accumulators.
    ///
    /// # Safety
    /// `task` is one of the tasks.
    #[inline(always)]
    unsafe fn columns<V: MathLanes<Elem = F>>(
        &self,
        scratch: &mut Scratch<F>,
        task: usize,
        rows: usize,
        width: usize,
        reduced: usize,
        inner: usize,
    ) {
        let (parts, bands) = (reduced.div_ceil(rows), inner.div_ceil(width));
        let (band, part, outer) = (task % bands, task / bands % parts, task / bands / parts);
        let first_column = band * width;
        let columns = width.min(inner - first_column);
        let (first_row, last_row) = (part * rows, ((part + 1) * rows).min(reduced));
        for (k, kind, _) in self.reductions() {
            scratch.accumulators[k].fill(kind.empty());
        }
        let block = scratch.memory.block;
        let together = if columns == inner { (block / inner).max(1) } else { 1 };
        let stripe = block.min(columns);
        let mut column = 0;
        while column < columns {
            let taken = stripe.min(columns - column);
            let mut row = first_row;
            while row < last_row {
                let count = together.min(last_row - row);
                let start = (outer * reduced + row) * inner + first_column + column;
                let lanes = if count > 1 { count * inner } else { taken };
                // SAFETY: as promised by the caller.
                unsafe {
                    self.block::<V>(&mut scratch.memory, start, lanes);
                    for (k, kind, _) in self.reductions() {
                        let place = scratch.memory.places[self.plan.sources.len() + k];
                        let values = std::slice::from_raw_parts(place, lanes);
                        let accumulators = &mut scratch.accumulators[k][column..column + taken];
                        for values in values.chunks_exact(taken) {
                            kind.accumulate(accumulators, values);
                        }
                    }
                }
                row += count;
            }
            column += taken;
        }
        for (k, _, place) in self.reductions() {
            // SAFETY: each task has its part of the columns.
            unsafe {
                let target = if parts == 1 {
                    self.bases.at(place).add(outer * inner + first_column)
                } else {
                    self.partials.0[k].add((outer * parts + part) * inner + first_column)
                };
                std::ptr::copy_nonoverlapping(scratch.accumulators[k].as_ptr(), target, columns);
            }
        }
    }

    /// Computes `count` elements from `start` on; what is reduced stays in the memory's room.
    ///
    /// # Safety
    /// The elements lie within the index space, and `count` is at most the memory's block.
    #[inline(always)]
    unsafe fn block<V: MathLanes<Elem = F>>(&self, memory: &mut Memory<F>, start: usize, count: usize) {
        let registers = count.div_ceil(V::WIDTH);
        let lanes = registers * V::WIDTH;
        let extent = Extent { whole: registers, last: false, in_own_room: true };
        // SAFETY: as promised by the caller; whole registers are read and written only where there is room for them.
        unsafe {
            for (k, source) in self.plan.sources.iter().enumerate() {
                if !source.uniform {
                    memory.places[k] = self.source(memory.own[k], source, start, count, lanes);
                }
            }
            let first = self.plan.sources.len();
            for (k, sink) in self.plan.sinks.iter().enumerate() {
                memory.places[first + k] = match sink {
                    Sink::Store(elements)
                        if elements.step() == Some(1) && lanes == count && !self.in_place[k] =>
                    {
                        self.bases.of(elements.region).offset(elements.offset).add(start)
                    }
                    _ => memory.own[first + k],
                };
            }
            for step in &self.native.steps {
                match step {
                    Step::Interpret(range) => {
                        let code = &self.lanes.body[range.clone()];
                        interpret::run_block(self.isa, code, memory.tables(), extent);
                    }
                    Step::Call(offset) => {
                        let base = memory.base();
                        let bytes = lanes * size_of::<F>();
                        self.native.call_lanes(*offset, memory.tables(), bytes, bytes, base);
                    }
                }
            }
            for (k, sink) in self.plan.sinks.iter().enumerate() {
                let own = memory.own[first + k];
                if let Sink::Store(elements) = sink
                    && memory.places[first + k] == own
                {
                    store(elements, self.bases.of(elements.region), start, count, own);
                }
            }
        }
    }

    /// Where the source's elements for a block lie: in place if they are neighbours with room for whole registers, else
    /// brought together in `own`.
    #[inline(always)]
    unsafe fn source(
        &self,
        own: *mut F,
        source: &Source,
        start: usize,
        count: usize,
        lanes: usize,
    ) -> *mut F {
        let elements = &source.elements;
        let base = self.bases.of(elements.region);
        // SAFETY: as promised by the caller of `block`.
        unsafe {
            if let Some(padding) = &source.padded {
                load_padded(elements, padding, base, start, count, own);
                return own;
            }
            let ahead = lanes == count || !source.overwritten;
            if elements.step() == Some(1) && start + lanes <= source.room && ahead {
                return base.offset(elements.offset).add(start);
            }
            load(elements, base, start, count, own);
            own
        }
    }
}
