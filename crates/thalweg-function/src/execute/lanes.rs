//! [`LaneExecutable`]: a program whose values all lie along the same axes, run over blocks of lanes.

use std::sync::{Arc, OnceLock};

use super::memory::{Extent, Memory};
use super::native::{Native, Step};
use super::plan::{self, Instruction, Plan};
use super::{ExplainedStep, Explanation, Float, check, explain, interpret};
use crate::error::FunctionError;
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;

/// A program whose values all lie along the same axes, in lanes.
#[derive(Debug)]
pub(super) struct LaneExecutable<F> {
    pub(super) planned: Arc<Planned>,
    pub(super) isa: Isa,
    /// One number a place: single runs, and the uniform values of runs over lanes.
    pub(super) values: Vec<F>,
    /// What each thread works in.
    memories: Vec<Memory<F>>,
}

/// A plan and its translations, made when first needed and shared by all clones.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// Prologue and body.
    pub(super) everything: Vec<Instruction>,
    pub(super) single: OnceLock<Native>,
    pub(super) lanes: OnceLock<Native>,
}

/// Below this many operations in all, one thread is faster than several.
#[cfg(feature = "threads")]
const THREADING_PAYS: usize = 1 << 19;

impl<F: Float> LaneExecutable<F> {
    pub(super) fn for_isa(plan: Plan, isa: Isa) -> Self {
        let everything = [plan.prologue.as_slice(), &plan.body].concat();
        let planned = Planned { plan, everything, single: OnceLock::new(), lanes: OnceLock::new() };
        Self::planned(Arc::new(planned), isa)
    }

    pub(super) fn planned(planned: Arc<Planned>, isa: Isa) -> Self {
        let plan = &planned.plan;
        let mut values = vec![F::default(); plan.places()];
        for (value, &constant) in values[plan.first_uniform()..].iter_mut().zip(&plan.constants) {
            *value = F::from_f64(constant);
        }
        LaneExecutable { planned, isa, values, memories: Vec::new() }
    }

    pub(super) fn explain(&self) -> Explanation {
        let plan = &self.planned.plan;
        let lanes = plan.shape.size();
        let values = self.input_len() + self.output_len();
        let bytes = values * size_of::<F>();
        let elementary = plan.body.len();
        let step = ExplainedStep {
            what: format!("{elementary} fused operations on {}", plan.shape),
            flops: explain::flops_of(&plan.body) * lanes as f64 + explain::flops_of(&plan.prologue),
            bytes: bytes as f64,
            bf16: false,
        };
        Explanation { steps: vec![step], workspace: 0, arguments: bytes, width: size_of::<F>() }
    }

    pub(super) fn input_len(&self) -> usize {
        self.planned.plan.inputs.iter().map(|(size, _)| size).sum()
    }

    pub(super) fn output_len(&self) -> usize {
        self.planned.plan.outputs * self.planned.plan.shape.size()
    }

    #[inline]
    pub(super) fn run(&mut self, inputs: &[F], outputs: &mut [F]) -> Result<(), FunctionError> {
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

    pub(super) fn run_lanes(
        &mut self,
        lanes: usize,
        inputs: &[F],
        outputs: &mut [F],
    ) -> Result<(), FunctionError> {
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
        // Uniform values that no input changes stay as they are.
        let ready = if plan.shares_inputs() { 0 } else { self.memories.len().min(threads) };
        if ready < threads {
            F::dispatch_single(self.isa, Prologue { plan, values: &mut self.values });
            while self.memories.len() < threads {
                self.memories.push(Memory::new(plan));
            }
            for memory in &mut self.memories[ready..threads] {
                memory.splat_uniforms(plan, &self.values);
            }
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

impl<F: Clone> Clone for LaneExecutable<F> {
    /// Another one of the same plan, with memory of its own.
    fn clone(&self) -> Self {
        let (planned, values) = (Arc::clone(&self.planned), self.values.clone());
        LaneExecutable { planned, isa: self.isa, values, memories: Vec::new() }
    }
}

/// The whole program on single numbers.
pub(super) struct Single<'a, F> {
    pub(super) native: &'a Native,
    pub(super) code: &'a [Instruction],
    pub(super) inputs: usize,
    pub(super) values: &'a mut [F],
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
pub(super) struct Prologue<'a, F> {
    pub(super) plan: &'a Plan,
    pub(super) values: &'a mut [F],
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
        // Each step reads its inputs anew, and a register that lies across two cache lines takes three times as long.
        let read_often = job.native.steps.len() > 3;
        let mut start = range.start;
        while start < range.end {
            let lanes = memory.block.min(range.end - start);
            let bytes = |registers: usize| registers * V::WIDTH * size_of::<F>();
            // SAFETY: the lanes lie within the buffers (promised by the caller of `Job::run`), and `point` leaves every place
            // with room for them.
            unsafe {
                let extent = memory.point(
                    job.plan,
                    job.inputs,
                    job.outputs.0,
                    job.lanes,
                    start..start + lanes,
                    V::WIDTH,
                    read_often,
                );
                for step in &job.native.steps {
                    match step {
                        Step::Interpret(range) => {
                            let code = &job.plan.body[range.clone()];
                            interpret_lanes(job, memory, code, start..start + lanes, extent, V::WIDTH);
                        }
                        Step::Call(offset) => {
                            let (whole, all) = (bytes(extent.whole), bytes(extent.registers()));
                            let base = memory.base();
                            job.native.call_lanes(*offset, memory.tables(), whole, all, base);
                        }
                    }
                }
                if extent.in_own_room {
                    memory.copy_out(job.plan, job.outputs.0, job.lanes, start, lanes);
                }
            }
            start += lanes;
        }
    }
}

/// Interprets `code` for these lanes, gathers included.
///
/// # Safety
/// [`Memory::point`] has pointed every place at enough room.
unsafe fn interpret_lanes<F: Float>(
    job: &Job<'_, F>,
    memory: &Memory<F>,
    mut code: &[Instruction],
    lanes: std::ops::Range<usize>,
    extent: Extent,
    width: usize,
) {
    // SAFETY: as promised by the caller.
    unsafe {
        while let Some(gather) = code.iter().position(|i| i.code == plan::Code::Gather) {
            interpret::run_block(job.isa, &code[..gather], memory.tables(), extent);
            memory.gather(job.plan, &code[gather], job.inputs, lanes.clone(), extent, width);
            code = &code[gather + 1..];
        }
        interpret::run_block(job.isa, code, memory.tables(), extent);
    }
}
