//! Machine code for the arithmetic between the elementary functions (x86-64).
//!
//! The interpreter stores every intermediate value and loads it again. Runs of plain arithmetic are instead translated,
//! when a plan first runs, into one loop over registers that stores only what somebody else reads. The translation
//! executes the same IEEE operations in the same order as the interpreter: the bits are the same. Where the system
//! grants no executable memory, or on other machines, everything is interpreted.

mod action;
mod assembler;
mod places;
mod registers;
mod segment;
mod uses;

use std::ops::Range;

use memmap2::{Mmap, MmapMut};

use super::memory::Tables;
use super::plan::{Instruction, Plan};
use crate::kernel::isa::Isa;
use action::Expander;
use assembler::{Assembler, Format};
use places::Places;
use segment::Translator;

/// Longer programs are interpreted: their code would not fit the instruction cache.
const MOST_INSTRUCTIONS: usize = 1 << 14;

/// What to do next: interpret some instructions, or call machine code that stands for them.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Interpret(Range<usize>),
    /// The code's place in the executable memory.
    Call(usize),
}

/// A list of instructions, partly as machine code.
#[derive(Debug)]
pub(super) struct Native {
    pub(super) steps: Vec<Step>,
    memory: Option<Mmap>,
}

/// Code for single numbers: all places, the inputs and the outputs.
type SingleCode<F> = unsafe extern "sysv64" fn(values: *mut F, inputs: *const F, outputs: *mut F);

/// Code for repetitions: all places, the first state, the rows of results, the rows of inputs, how many times.
type RepeatedCode<F> =
    unsafe extern "sysv64" fn(values: *mut F, state: *const F, records: *mut F, rows: *const F, times: usize);

/// Code for lanes: the table of places, the bytes of whole registers, the start of the working memory, the table for the last
/// register, the bytes of all registers.
type LanesCode<F> = unsafe extern "sysv64" fn(
    places: *const *mut F,
    whole: usize,
    base: *mut u8,
    last: *const *mut F,
    all: usize,
);

impl Native {
    /// Translates instructions on single numbers.
    pub(super) fn single<F>(plan: &Plan, code: &[Instruction], isa: Isa) -> Self {
        Self::new::<F>(plan, code, isa, Format::Scalar, &Places::single::<F>(plan))
    }

    /// Translates instructions to be repeated on their own results; of use only if one call does everything.
    pub(super) fn repeated<F>(plan: &Plan, code: &[Instruction], isa: Isa, state: usize) -> Self {
        Self::new::<F>(plan, code, isa, Format::Scalar, &Places::repeated::<F>(plan, state))
    }

    /// Translates instructions over lanes.
    pub(super) fn lanes<F>(plan: &Plan, code: &[Instruction], isa: Isa) -> Self {
        let format = if isa == Isa::Avx512 { Format::Zmm } else { Format::Ymm };
        Self::new::<F>(plan, code, isa, format, &Places::lanes::<F>(plan))
    }

    fn new<F>(plan: &Plan, code: &[Instruction], isa: Isa, format: Format, places: &Places) -> Self {
        let interpreted = || Native { steps: vec![Step::Interpret(0..code.len())], memory: None };
        if isa == Isa::Portable || code.len() > MOST_INSTRUCTIONS {
            return interpreted();
        }
        let mut assembler = Assembler::new(format, size_of::<F>() == 8);
        let mut expander = Expander::new(plan.places(), assembler.has_kernels());
        let mut actions = Vec::with_capacity(code.len());
        let mut first: Vec<usize> = Vec::with_capacity(code.len() + 1);
        for instruction in code {
            first.push(actions.len());
            expander.expand(instruction, &mut assembler, &mut actions);
        }
        first.push(actions.len());

        let mut steps = Vec::new();
        let mut segments = Vec::new();
        let mut start = 0;
        while start < code.len() {
            let native = (start..code.len()).take_while(|&i| actions[first[i]].is_native()).count();
            let segment = first[start]..first[start + native];
            if segment.len() >= 2 {
                steps.push(Step::Call(segments.len()));
                segments.push(segment);
                start += native;
                continue;
            }
            let end = start + native.max(1);
            match steps.last_mut() {
                Some(Step::Interpret(range)) => range.end = end,
                _ => steps.push(Step::Interpret(start..end)),
            }
            start = end;
        }
        let mut translator = Translator::new(&mut assembler, places, &actions, &segments);
        for step in &mut steps {
            if let Step::Call(segment) = step {
                *segment = translator.translate(segments[*segment].clone());
            }
        }
        match load(&assembler.finish()) {
            Ok(memory) => Native { steps, memory: Some(memory) },
            Err(_) => interpreted(),
        }
    }

    /// # Safety
    /// `offset` comes from a [`Step::Call`] of this, which was made by [`Native::single`] for numbers of type `F`; the pointers
    /// lead to as many numbers as the plan has places, inputs and outputs.
    #[inline]
    pub(super) unsafe fn call_single<F>(
        &self,
        offset: usize,
        values: *mut F,
        inputs: *const F,
        outputs: *mut F,
    ) {
        let Some(memory) = &self.memory else { return };
        // SAFETY: machine code of this signature starts there (promised by the caller), and it keeps to the places of the plan.
        unsafe {
            let code: SingleCode<F> = std::mem::transmute(memory.as_ptr().add(offset));
            code(values, inputs, outputs);
        }
    }

    /// # Safety
    /// `offset` comes from a [`Step::Call`] of this, which was made by [`Native::repeated`] for numbers of type `F`; `values` leads to
    /// as many numbers as the plan has places, `state` to the state, `records` and `rows` to `times` > 0 rows of the plan's outputs
    /// and of its other inputs.
    pub(super) unsafe fn call_repeated<F>(
        &self,
        offset: usize,
        values: *mut F,
        state: *const F,
        records: *mut F,
        rows: *const F,
        times: usize,
    ) {
        let Some(memory) = &self.memory else { return };
        // SAFETY: machine code of this signature starts there (promised by the caller), and it keeps to the places of the plan.
        unsafe {
            let code: RepeatedCode<F> = std::mem::transmute(memory.as_ptr().add(offset));
            code(values, state, records, rows, times);
        }
    }

    /// # Safety
    /// `offset` comes from a [`Step::Call`] of this, which was made by [`Native::lanes`] for numbers of type `F`; the places of
    /// the tables have room for `whole` and `all` bytes, positive multiples of the register; `base` is where their memory starts.
    #[inline]
    pub(super) unsafe fn call_lanes<F>(
        &self,
        offset: usize,
        tables: Tables<'_, F>,
        whole: usize,
        all: usize,
        base: *mut u8,
    ) {
        let Some(memory) = &self.memory else { return };
        // SAFETY: machine code of this signature starts there (promised by the caller), and it keeps to the places of the plan.
        unsafe {
            let code: LanesCode<F> = std::mem::transmute(memory.as_ptr().add(offset));
            code(tables.places.as_ptr(), whole, base, tables.last.as_ptr(), all);
        }
    }
}

fn load(code: &[u8]) -> std::io::Result<Mmap> {
    let mut memory = MmapMut::map_anon(code.len().max(1))?;
    memory[..code.len()].copy_from_slice(code);
    memory.make_exec()
}
