//! Running programs: [`Executable`].
//!
//! A program is planned once: products merged into sums, every operation given its places, the places of values no longer
//! needed used again. Then it runs over blocks of lanes small enough that all intermediate values stay in the first-level
//! cache, in registers as wide as the machine has: elementary functions one at a time over a whole block, the arithmetic
//! between them as machine code (`native`). One point runs the same instructions on single numbers. A lane's bits depend
//! neither on its neighbours nor on the number of threads.

mod interpret;
mod iteration;
mod memory;
#[cfg(all(feature = "native", target_arch = "x86_64"))]
mod native;
#[cfg(not(all(feature = "native", target_arch = "x86_64")))]
#[path = "interpreted.rs"]
mod native;
mod plan;
mod schedule;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use crate::error::FunctionError;
use crate::kernel::isa::{Element, Isa, WithLanes};
use crate::kernel::math::MathLanes;
use crate::program::Program;
pub use iteration::Iteration;
use memory::Memory;
use native::{Native, Step};
use plan::{Instruction, Plan};
pub use schedule::fuse;

/// A type of number that programs run on: `f32` or `f64`.
#[expect(private_bounds, reason = "sealed: the kernels exist for two types")]
pub trait Float: Element + Copy + Default + std::fmt::Debug {
    /// Rounds from `f64`.
    fn from_f64(value: f64) -> Self;
    /// Widens to `f64`.
    fn to_f64(self) -> f64;
}

impl Float for f32 {
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Float for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn to_f64(self) -> f64 {
        self
    }
}

/// A program made ready to run on numbers of type `F`. Allocates nothing after its first run of a given size.
///
/// Buffers hold all inputs (or outputs) one after the other, in order; an array of shape `[m, n]` row by row.
///
/// ```
/// use thalweg_function::{Executable, trace};
///
/// let f = trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0))?;
/// let mut rosenbrock = Executable::<f64>::new(&f)?;
/// let mut y = [0.0];
/// rosenbrock.run(&[-1.0, 2.0], &mut y)?;
/// assert_eq!(y, [104.0]);
///
/// // The same program at three points: all x1, then all x2.
/// let mut y = [0.0; 3];
/// rosenbrock.run_lanes(3, &[-1.0, 0.0, 1.0, 2.0, 0.0, 1.0], &mut y)?;
/// assert_eq!(y, [104.0, 1.0, 0.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
#[derive(Debug)]
pub struct Executable<F> {
    planned: Arc<Planned>,
    isa: Isa,
    /// One number a place: single runs, and the uniform values of runs over lanes.
    values: Vec<F>,
    /// What each thread works in.
    memories: Vec<Memory<F>>,
}

/// A plan and its translations, made when first needed and shared by all clones.
#[derive(Debug)]
struct Planned {
    plan: Plan,
    /// Prologue and body.
    everything: Vec<Instruction>,
    single: OnceLock<Native>,
    lanes: OnceLock<Native>,
}

/// Below this many operations in all, one thread is faster than several.
const THREADING_PAYS: usize = 1 << 19;

impl<F: Float> Executable<F> {
    /// Plans the program for numbers of type `F` and this machine.
    ///
    /// # Errors
    /// None today; programs that cannot be run are refused here.
    pub fn new(program: &Program) -> Result<Self, FunctionError> {
        Ok(Self::for_isa(Plan::new(program), Isa::detect()))
    }

    fn for_isa(plan: Plan, isa: Isa) -> Self {
        let everything = [plan.prologue.as_slice(), &plan.body].concat();
        let planned = Planned { plan, everything, single: OnceLock::new(), lanes: OnceLock::new() };
        Self::planned(Arc::new(planned), isa)
    }

    fn planned(planned: Arc<Planned>, isa: Isa) -> Self {
        let plan = &planned.plan;
        let mut values = vec![F::default(); plan.places()];
        for (value, &constant) in values[plan.first_uniform()..].iter_mut().zip(&plan.constants) {
            *value = F::from_f64(constant);
        }
        Executable { planned, isa, values, memories: Vec::new() }
    }

    /// How many numbers the input buffer of [`Executable::run`] holds.
    pub fn input_len(&self) -> usize {
        self.planned.plan.inputs.iter().map(|(size, _)| size).sum()
    }

    /// How many numbers the output buffer of [`Executable::run`] holds.
    pub fn output_len(&self) -> usize {
        self.planned.plan.outputs * self.planned.plan.shape.size()
    }

    /// Runs the program once, over all members of its batch if it is one.
    ///
    /// # Errors
    /// A buffer has the wrong length.
    #[inline]
    pub fn run(&mut self, inputs: &[F], outputs: &mut [F]) -> Result<(), FunctionError> {
        if self.planned.plan.shape.is_scalar() {
            check("input", inputs.len(), self.planned.plan.inputs.len())?;
            check("output", outputs.len(), self.planned.plan.outputs)?;
            self.run_once(inputs, outputs);
            return Ok(());
        }
        check("input", inputs.len(), self.input_len())?;
        check("output", outputs.len(), self.output_len())?;
        self.run_over(self.planned.plan.shape.size(), inputs, outputs);
        Ok(())
    }

    /// Runs a program of scalars at `lanes` points: input `j` of point `i` is `inputs[j * lanes + i]`, and so for outputs.
    ///
    /// # Errors
    /// A buffer has the wrong length, or the program has arrays.
    pub fn run_lanes(&mut self, lanes: usize, inputs: &[F], outputs: &mut [F]) -> Result<(), FunctionError> {
        if !self.planned.plan.shape.is_scalar() {
            return Err(FunctionError::LanesOfArrays { shape: self.planned.plan.shape });
        }
        check("input", inputs.len(), self.planned.plan.inputs.len().saturating_mul(lanes))?;
        check("output", outputs.len(), self.planned.plan.outputs.saturating_mul(lanes))?;
        match lanes {
            0 => {}
            1 => self.run_once(inputs, outputs),
            _ => self.run_over(lanes, inputs, outputs),
        }
        Ok(())
    }

    #[inline]
    fn run_once(&mut self, inputs: &[F], outputs: &mut [F]) {
        let planned = &*self.planned;
        let code = &planned.everything;
        let native = planned.single.get_or_init(|| Native::single::<F>(&planned.plan, code, self.isa));
        if let [Step::Call(offset)] = native.steps.as_slice() {
            let (values, inputs) = (self.values.as_mut_ptr(), inputs.as_ptr());
            // SAFETY: the buffers' lengths were checked by the callers; there is one value a place.
            unsafe { native.call_single(*offset, values, inputs, outputs.as_mut_ptr()) };
            return;
        }
        self.values[..inputs.len()].copy_from_slice(inputs);
        F::dispatch_single(self.isa, Single { native, code, inputs: inputs.len(), values: &mut self.values });
        outputs.copy_from_slice(&self.values[inputs.len()..inputs.len() + outputs.len()]);
    }

    fn run_over(&mut self, lanes: usize, inputs: &[F], outputs: &mut [F]) {
        let threads = self.threads_for(lanes);
        let planned = &*self.planned;
        let plan = &planned.plan;
        let mut offset = 0;
        for (value, &(size, per_lane)) in self.values.iter_mut().zip(&plan.inputs) {
            if !per_lane && size == 1 {
                *value = inputs[offset];
            }
            offset += if plan.shape.is_scalar() { lanes } else { size };
        }
        F::dispatch_single(self.isa, Prologue { plan, values: &mut self.values });

        while self.memories.len() < threads {
            self.memories.push(Memory::new(plan));
        }
        for memory in &mut self.memories[..threads] {
            memory.splat_uniforms(plan, &self.values);
        }
        let native = planned.lanes.get_or_init(|| Native::lanes::<F>(plan, &plan.body, self.isa));
        let outputs = OutputPointer(outputs.as_mut_ptr());
        let job = Job { plan, native, isa: self.isa, lanes, inputs, outputs };
        if threads == 1 {
            // SAFETY: the buffers' lengths were checked by the callers.
            unsafe { job.run(&mut self.memories[0], 0..lanes) };
            return;
        }
        #[cfg(feature = "threads")]
        {
            use rayon::prelude::*;
            // Whole cache lines for each thread.
            let share = lanes.div_ceil(threads).next_multiple_of(64);
            self.memories[..threads].par_iter_mut().enumerate().for_each(|(t, memory)| {
                let range = (t * share).min(lanes)..((t + 1) * share).min(lanes);
                // SAFETY: as above; the threads' ranges do not overlap.
                unsafe { job.run(memory, range) };
            });
        }
    }

    #[cfg(feature = "threads")]
    fn threads_for(&self, lanes: usize) -> usize {
        let work = lanes.saturating_mul(self.planned.plan.body.len());
        if work < THREADING_PAYS { 1 } else { rayon::current_num_threads().min(lanes.div_ceil(64)) }
    }

    #[cfg(not(feature = "threads"))]
    fn threads_for(&self, _: usize) -> usize {
        1
    }
}

impl<F: Float> Clone for Executable<F> {
    /// Another executable of the same plan, with memory of its own.
    fn clone(&self) -> Self {
        Self::planned(Arc::clone(&self.planned), self.isa)
    }
}

#[inline]
fn check(buffer: &'static str, found: usize, expected: usize) -> Result<(), FunctionError> {
    if found == expected { Ok(()) } else { Err(FunctionError::BufferLength { buffer, found, expected }) }
}

/// The whole program on single numbers.
struct Single<'a, F> {
    native: &'a Native,
    code: &'a [Instruction],
    inputs: usize,
    values: &'a mut [F],
}

impl<F: Float> WithLanes<F> for Single<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        for step in &self.native.steps {
            // SAFETY: the planner names places below `plan.places()`, the length of `values`, the inputs and then the outputs
            // first; a program of scalars has no gathers.
            unsafe {
                match step {
                    Step::Interpret(range) => {
                        interpret::run_single::<F>(&self.code[range.clone()], self.values);
                    }
                    Step::Call(offset) => {
                        let values = self.values.as_mut_ptr();
                        self.native.call_single(*offset, values, values, values.add(self.inputs));
                    }
                }
            }
        }
    }
}

/// What all lanes share.
struct Prologue<'a, F> {
    plan: &'a Plan,
    values: &'a mut [F],
}

impl<F: Float> WithLanes<F> for Prologue<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        // SAFETY: the planner names places below `plan.places()`, the length of `values`; uniform values have no gathers.
        unsafe { interpret::run_single::<F>(&self.plan.prologue, self.values) };
    }
}

struct OutputPointer<F>(*mut F);

// SAFETY: threads write disjoint ranges of lanes.
unsafe impl<F: Send> Sync for OutputPointer<F> {}

/// One run over lanes, to be shared by the threads.
struct Job<'a, F> {
    plan: &'a Plan,
    native: &'a Native,
    isa: Isa,
    lanes: usize,
    inputs: &'a [F],
    outputs: OutputPointer<F>,
}

impl<F: Float> Job<'_, F> {
    /// # Safety
    /// The input buffer has as many numbers as the plan and `lanes` ask for, the output buffer too, and nobody else uses the
    /// outputs of these lanes.
    unsafe fn run(&self, memory: &mut Memory<F>, range: std::ops::Range<usize>) {
        F::dispatch(self.isa, Blocks { job: self, memory, range });
    }
}

struct Blocks<'a, 'b, F> {
    job: &'a Job<'b, F>,
    memory: &'a mut Memory<F>,
    range: std::ops::Range<usize>,
}

impl<F: Float> WithLanes<F> for Blocks<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Blocks { job, memory, range } = self;
        let mut start = range.start;
        while start < range.end {
            let lanes = memory.block.min(range.end - start);
            let whole = lanes - lanes % V::WIDTH;
            // The last few lanes, less than a register, are computed in the memory's own places.
            let (count, partial) = if whole > 0 { (whole, false) } else { (lanes, true) };
            let registers = count.div_ceil(V::WIDTH);
            // SAFETY: the lanes lie within the buffers (promised by the caller of `Job::run`), and `point` leaves every place
            // with room for `count` lanes, rounded up to whole registers where `partial`.
            unsafe {
                memory.point(job.plan, job.inputs, job.outputs.0, job.lanes, start, count, partial);
                for step in &job.native.steps {
                    match step {
                        Step::Interpret(range) => {
                            let code = &job.plan.body[range.clone()];
                            interpret_lanes(job, memory, code, start, count, registers);
                        }
                        Step::Call(offset) => {
                            let base = memory.base();
                            let bytes = registers * V::WIDTH * size_of::<F>();
                            job.native.call_lanes(*offset, memory.places.as_ptr(), bytes, base);
                        }
                    }
                }
                if partial {
                    memory.copy_out(job.plan, job.outputs.0, job.lanes, start, count);
                }
            }
            start += count;
        }
    }
}

/// Interprets `code` for `count` lanes from `start`, gathers included.
///
/// # Safety
/// [`Memory::point`] has pointed every place at enough room.
unsafe fn interpret_lanes<F: Float>(
    job: &Job<'_, F>,
    memory: &Memory<F>,
    mut code: &[Instruction],
    start: usize,
    count: usize,
    registers: usize,
) {
    // SAFETY: as promised by the caller.
    unsafe {
        while let Some(gather) = code.iter().position(|i| i.code == plan::Code::Gather) {
            interpret::run_block(job.isa, &code[..gather], &memory.places, registers);
            memory.gather(job.plan, &code[gather], job.inputs, start, count);
            code = &code[gather + 1..];
        }
        interpret::run_block(job.isa, code, &memory.places, registers);
    }
}
