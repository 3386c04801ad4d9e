//! Running a group: block by block through the first-level cache, reductions on the way.
//!
//! The index space is cut into tasks that do not depend on the number of threads; each task belongs to one thread, and what
//! tasks leave behind of a reduction is brought together in their order.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use super::super::explain::flops_of;
use super::super::lanes::{Prologue, Single};
use super::super::memory::Memory;
use super::super::native::Native;
use super::super::plan::{Code, Instruction, Plan};
use super::super::{ExplainedStep, Float};
use super::plan::{PassPlan, Place, ProductPlan, Region, Sink, Source, Strided};
use super::task::{Job, Partials, Share, Stretch};
use crate::kernel::isa::Isa;
use crate::primitive::ProductDims;

/// Where the regions begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bases<F> {
    pub(super) inputs: *mut F,
    pub(super) further: *mut F,
    pub(super) outputs: *mut F,
    pub(super) constants: *mut F,
    pub(super) workspace: *mut F,
}

// SAFETY: the steps that use it write disjoint elements on different threads.
unsafe impl<F: Send> Send for Bases<F> {}
// SAFETY: as above.
unsafe impl<F: Sync> Sync for Bases<F> {}

impl<F> Bases<F> {
    pub(super) fn of(&self, region: Region) -> *mut F {
        match region {
            Region::Inputs => self.inputs,
            Region::Further => self.further,
            Region::Outputs => self.outputs,
            Region::Constants => self.constants,
            Region::Workspace => self.workspace,
        }
    }

    /// # Safety
    /// The place lies within its region.
    pub(super) unsafe fn at(&self, place: Place) -> *mut F {
        // SAFETY: as promised by the caller.
        unsafe { self.of(place.region).add(place.offset) }
    }
}

/// Finds the sinks that take the place of a source, and marks these sources.
fn in_place(plan: &mut PassPlan) -> Vec<bool> {
    let sources = &mut plan.sources;
    let mut of_source = |sink: &Strided| {
        let same = |source: &&mut Source| {
            let Strided { region, offset, .. } = source.elements;
            !source.uniform && region == Region::Workspace && region == sink.region && offset == sink.offset
        };
        sources.iter_mut().find(same).is_some_and(|source| {
            source.overwritten = true;
            true
        })
    };
    let sinks = plan.sinks.iter().map(|sink| match sink {
        Sink::Store(elements) => of_source(elements),
        Sink::Reduce(..) => false,
    });
    sinks.collect()
}

/// What a lock guards, for its owner; a panic while it was locked left nothing half done that matters.
fn unlocked<T>(lock: &mut Mutex<T>) -> &mut T {
    lock.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// What a lock guards, if nobody else has it.
fn if_free<T>(lock: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match lock.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// How many elements a task has, about.
const TASK: usize = 1 << 14;
/// How many columns are reduced side by side.
const COLUMNS: usize = 1 << 12;

/// How the index space is cut.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    /// Stretches of so many elements.
    Stretches(usize),
    /// So many whole rows each.
    Rows(usize),
    /// Each row in stretches of so many elements.
    LongRows(usize),
    /// So many rows of so many columns each.
    Columns(usize, usize),
}

/// A group made ready to run.
#[derive(Debug)]
pub(super) struct Pass<F> {
    pub(super) plan: PassPlan,
    pub(super) lanes: Plan,
    /// Prologue and body, for an index space of one element.
    everything: Vec<Instruction>,
    native: OnceLock<Native>,
    values: Vec<F>,
    /// One for each thread; a thread that comes with a finished part of a product takes one that is free.
    scratches: Vec<Mutex<Scratch<F>>>,
    cut: Cut,
    /// For each sink, what the tasks leave behind of a reduction.
    partials: Vec<Vec<F>>,
    /// Where these lie.
    partial_places: Vec<*mut F>,
    /// For each sink, whether it takes the place of a source.
    in_place: Vec<bool>,
}

/// What one thread works in.
#[derive(Debug)]
pub(super) struct Scratch<F> {
    pub(super) memory: Memory<F>,
    /// A row of accumulators for each sink that needs it.
    pub(super) accumulators: Vec<Vec<F>>,
}

// SAFETY: `partial_places` leads into `partials`, which the same value owns.
unsafe impl<F: Send> Send for Pass<F> {}
// SAFETY: nothing is written through a shared reference.
unsafe impl<F: Sync> Sync for Pass<F> {}

impl<F: Float> Pass<F> {
    pub(super) fn new(mut plan: PassPlan) -> Self {
        let lanes = Plan::new(&plan.program);
        let size = plan.size;
        for (source, &(_, per_lane)) in plan.sources.iter_mut().zip(&lanes.inputs) {
            source.uniform = !per_lane;
            if per_lane && source.padded.is_none() && source.elements.axes.is_empty() {
                source.elements.axes = vec![(size, 0)];
            }
        }
        let in_place = in_place(&mut plan);
        let mut values = vec![F::default(); lanes.places()];
        for (value, &constant) in values[lanes.first_uniform()..].iter_mut().zip(&lanes.constants) {
            *value = F::from_f64(constant);
        }
        let everything = [lanes.prologue.as_slice(), &lanes.body].concat();
        let block = Memory::<F>::block_of(&lanes);
        let [_, reduced, inner] = plan.geometry;
        let reduces = plan.sinks.iter().any(|sink| matches!(sink, Sink::Reduce(..)));
        let whole_blocks = |count: usize| (count / block).max(1) * block;
        let cut = if !reduces {
            Cut::Stretches(whole_blocks(TASK))
        } else if inner == 1 && reduced <= TASK {
            Cut::Rows((TASK / reduced.max(1)).max(1))
        } else if inner == 1 {
            Cut::LongRows(whole_blocks(TASK))
        } else {
            let width = inner.min(COLUMNS);
            Cut::Columns((TASK / width).max(1), width)
        };
        let mut pass = Pass {
            plan,
            lanes,
            everything,
            native: OnceLock::new(),
            values,
            scratches: Vec::new(),
            cut,
            partials: Vec::new(),
            partial_places: Vec::new(),
            in_place,
        };
        let count = pass.partial_count();
        let partials = pass.plan.sinks.iter().map(|sink| match sink {
            Sink::Reduce(kind, _) => vec![kind.empty(); count],
            Sink::Store(_) => Vec::new(),
        });
        pass.partials = partials.collect();
        pass
    }

    /// How many tasks there are.
    fn tasks(&self) -> usize {
        let [outer, reduced, inner] = self.plan.geometry;
        match self.cut {
            Cut::Stretches(count) => self.plan.size.div_ceil(count),
            Cut::Rows(rows) => outer.div_ceil(rows),
            Cut::LongRows(count) => outer * reduced.div_ceil(count),
            Cut::Columns(rows, width) => outer * reduced.div_ceil(rows) * inner.div_ceil(width),
        }
    }

    /// How many partial results a reduction leaves behind; none if each task finishes its own.
    fn partial_count(&self) -> usize {
        let [outer, reduced, inner] = self.plan.geometry;
        match self.cut {
            Cut::LongRows(_) => self.tasks(),
            Cut::Columns(rows, _) if reduced > rows => outer * reduced.div_ceil(rows) * inner,
            _ => 0,
        }
    }

    pub(super) fn explain(&self) -> ExplainedStep {
        let [outer, reduced, inner] = self.plan.geometry;
        let (size, width) = (self.plan.size, size_of::<F>());
        let reductions = self.plan.sinks.iter().filter(|sink| matches!(sink, Sink::Reduce(..))).count();
        let operations = self.lanes.body.iter().filter(|i| i.code != Code::Copy).count();
        let done = match operations {
            0 => format!("copy {size}"),
            1 => format!("1 operation on {size}"),
            _ => format!("{operations} fused operations on {size}"),
        };
        let what = match reductions {
            0 => done,
            _ => format!("{done}, {reductions} reduced {outer}×[{reduced}]×{inner}"),
        };
        let read = self.plan.sources.iter().filter(|source| !source.uniform).map(|source| {
            let axes = source.elements.axes.iter().filter(|&&(_, stride)| stride != 0);
            axes.map(|&(length, _)| length).product::<usize>()
        });
        let written = self.plan.sinks.iter().map(|sink| match sink {
            Sink::Store(_) => size,
            Sink::Reduce(..) => outer * inner,
        });
        let bytes = (read.sum::<usize>() + written.sum::<usize>()) * width;
        let flops = (flops_of(&self.lanes.body) + reductions as f64) * size as f64;
        let flops = flops + flops_of(&self.lanes.prologue);
        ExplainedStep { what, flops, bytes: bytes as f64, bf16: false }
    }

    /// Bytes of memory beside the workspace: what threads work in, and partial results.
    pub(super) fn bytes(&self) -> usize {
        self.partials.iter().map(|part| size_of_val(part.as_slice())).sum::<usize>()
    }

    /// # Safety
    /// The bases have the elements that the plan names, and the pass may write those of its sinks.
    pub(super) unsafe fn run(&mut self, bases: Bases<F>, isa: Isa, threads: usize) {
        let [outer, reduced, inner] = self.plan.geometry;
        if self.plan.size == 0 {
            for sink in &self.plan.sinks {
                if let Sink::Reduce(kind, place) = sink {
                    debug_assert_eq!(outer * reduced * inner, 0);
                    // SAFETY: the sink's elements may be written (promised by the caller).
                    unsafe { std::slice::from_raw_parts_mut(bases.at(*place), outer * inner) }
                        .fill(kind.empty());
                }
            }
            return;
        }
        if self.plan.size == 1 {
            // SAFETY: as promised by the caller.
            unsafe { self.run_single(bases, isa) };
            return;
        }
        let tasks = self.tasks();
        let work = self.plan.size.saturating_mul(self.lanes.body.len().max(4));
        let threads = if work < super::THREADING_PAYS { 1 } else { threads.min(tasks) };
        // SAFETY: as promised by the caller.
        let (job, scratches) = unsafe { self.job(bases, isa, threads) };
        let share = |thread: usize| thread * tasks / threads..(thread + 1) * tasks / threads;
        super::in_parallel(scratches, |thread, scratch| {
            F::dispatch(isa, Share { job: &job, scratch: unlocked(scratch), tasks: share(thread) });
        });
        // SAFETY: the sinks' elements may be written (promised by the caller).
        unsafe { self.finish(bases) };
    }

    /// The work of one run, and what each of the threads works in.
    ///
    /// # Safety
    /// As [`Pass::run`].
    unsafe fn job(
        &mut self,
        bases: Bases<F>,
        isa: Isa,
        threads: usize,
    ) -> (Job<'_, F>, &mut [Mutex<Scratch<F>>]) {
        for (k, source) in self.plan.sources.iter().enumerate().filter(|(_, source)| source.uniform) {
            // SAFETY: the source lies within its region (promised by the caller).
            self.values[k] = unsafe { *bases.of(source.elements.region).offset(source.elements.offset) };
        }
        F::dispatch_single(isa, Prologue { plan: &self.lanes, values: &mut self.values });
        let width = match self.cut {
            Cut::Columns(_, width) => width,
            _ => 0,
        };
        while self.scratches.len() < threads {
            let accumulators = self.plan.sinks.iter().map(|sink| match sink {
                Sink::Reduce(..) => vec![F::default(); width],
                Sink::Store(_) => Vec::new(),
            });
            let accumulators = accumulators.collect();
            self.scratches.push(Mutex::new(Scratch { memory: Memory::new(&self.lanes), accumulators }));
        }
        for scratch in &mut self.scratches[..threads] {
            unlocked(scratch).memory.splat_uniforms(&self.lanes, &self.values);
        }
        let native = self.native.get_or_init(|| Native::lanes::<F>(&self.lanes, &self.lanes.body, isa));
        self.partial_places.clear();
        self.partial_places.extend(self.partials.iter_mut().map(Vec::as_mut_ptr));
        let job = Job {
            plan: &self.plan,
            lanes: &self.lanes,
            native,
            cut: self.cut,
            bases,
            isa,
            partials: Partials(&self.partial_places),
            in_place: &self.in_place,
        };
        (job, &mut self.scratches[..threads])
    }

    /// Whether this can run on each part of a product as soon as that is finished: element by element, reading the product
    /// only where it stands.
    pub(super) fn can_follow(&self, product: &ProductPlan) -> bool {
        let ProductDims { count, rows, columns, .. } = product.dims;
        let reads = |source: &Source| {
            let elements = &source.elements;
            let place = product.target;
            let within = place.offset as isize..(place.offset + rows * columns) as isize;
            elements.region == place.region && within.contains(&elements.offset)
        };
        let in_place = |source: &Source| {
            source.elements.step() == Some(1) && source.elements.offset == product.target.offset as isize
        };
        count == 1
            && self.plan.size == rows * columns
            && matches!(self.cut, Cut::Stretches(_))
            && self
                .plan
                .sources
                .iter()
                .all(|source| !reads(source) || (in_place(source) && source.padded.is_none()))
            && self.plan.sources.iter().any(reads)
    }

    /// Calls `product` with work to be done on each finished part of a product, a range of rows and of columns: this pass, on
    /// those elements.
    ///
    /// # Safety
    /// As [`Pass::run`]; the parts cover the product once.
    pub(super) unsafe fn run_after(
        &mut self,
        bases: Bases<F>,
        isa: Isa,
        threads: usize,
        columns: usize,
        product: impl FnOnce(&(dyn Fn(Range<usize>, Range<usize>) + Sync)),
    ) {
        // SAFETY: as promised by the caller.
        let (job, scratches) = unsafe { self.job(bases, isa, threads) };
        product(&|rows, part| {
            // As many threads finish parts as there are scratches.
            let Some(mut scratch) = scratches.iter().cycle().find_map(if_free) else {
                return;
            };
            let mut run = |range| F::dispatch(isa, Stretch { job: &job, scratch: &mut scratch, range });
            if part.len() == columns {
                run(rows.start * columns..rows.end * columns);
            } else {
                rows.for_each(|row| run(row * columns + part.start..row * columns + part.end));
            }
        });
    }

    /// An index space of one element.
    unsafe fn run_single(&mut self, bases: Bases<F>, isa: Isa) {
        for (value, source) in self.values.iter_mut().zip(&self.plan.sources) {
            let holds = source.padded.is_none_or(|padding| padding.start == 0 && padding.count > 0);
            // SAFETY: the source lies within its region (promised by the caller of `run`).
            *value = if holds {
                unsafe { *bases.of(source.elements.region).offset(source.elements.offset) }
            } else {
                F::default()
            };
        }
        let (plan, code) = (&self.lanes, &self.everything);
        let native = self.native.get_or_init(|| Native::single::<F>(plan, code, isa));
        let inputs = plan.inputs.len();
        F::dispatch_single(isa, Single { native, code, inputs, values: &mut self.values });
        for (k, sink) in self.plan.sinks.iter().enumerate() {
            let target = match sink {
                Sink::Store(elements) => bases.of(elements.region).wrapping_offset(elements.offset),
                Sink::Reduce(_, place) => bases.of(place.region).wrapping_add(place.offset),
            };
            // SAFETY: the sink lies within its region (promised by the caller of `run`).
            unsafe { *target = self.values[inputs + k] };
        }
    }

    /// Brings together what the tasks left behind.
    unsafe fn finish(&mut self, bases: Bases<F>) {
        let [outer, reduced, inner] = self.plan.geometry;
        for (sink, parts) in self.plan.sinks.iter().zip(&mut self.partials) {
            let Sink::Reduce(kind, place) = sink else { continue };
            if parts.is_empty() {
                continue;
            }
            // SAFETY: the sink's elements may be written (promised by the caller of `run`).
            let target = unsafe { std::slice::from_raw_parts_mut(bases.at(*place), outer * inner) };
            match self.cut {
                Cut::LongRows(count) => {
                    for (result, row) in target.iter_mut().zip(parts.chunks(reduced.div_ceil(count))) {
                        *result = kind.halves(row);
                    }
                }
                Cut::Columns(rows, _) => {
                    let count = reduced.div_ceil(rows);
                    for (results, parts) in target.chunks_mut(inner).zip(parts.chunks_mut(count * inner)) {
                        let mut left = count;
                        while left > 1 {
                            let half = left.div_ceil(2);
                            let (front, back) = parts.split_at_mut(half * inner);
                            kind.accumulate(&mut front[..(left - half) * inner], back);
                            left = half;
                        }
                        results.copy_from_slice(&parts[..inner]);
                    }
                }
                _ => {}
            }
        }
    }
}
