//! Machine code for the arithmetic between the elementary functions (x86-64).
//!
//! The interpreter stores every intermediate value and loads it again. Runs of plain arithmetic are instead translated,
//! when a plan first runs, into one loop over registers that stores only what somebody else reads. The translation
//! executes the same IEEE operations in the same order as the interpreter: the bits are the same. Where the system
//! grants no executable memory, or on other machines, everything is interpreted.

mod assembler;
mod registers;
mod segment;

use std::ops::Range;

use memmap2::{Mmap, MmapMut};

use super::memory::Layout;
use super::plan::{Code, Instruction, Plan};
use crate::kernel::isa::Isa;
use assembler::{Assembler, Format};
use segment::{Places, last_reads, translate};

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

/// Code for lanes: the table of places, the bytes in a block of lanes, the start of the working memory.
type LanesCode<F> = unsafe extern "sysv64" fn(places: *const *mut F, bytes: usize, base: *mut u8);

impl Native {
    /// Translates instructions on single numbers.
    pub(super) fn single<F>(plan: &Plan, code: &[Instruction], isa: Isa) -> Self {
        Self::new::<F>(code, isa, Format::Scalar, &Places::single::<F>(plan))
    }

    /// Translates instructions to be repeated on their own results; of use only if one call does everything.
    pub(super) fn repeated<F>(plan: &Plan, code: &[Instruction], isa: Isa, state: usize) -> Self {
        Self::new::<F>(code, isa, Format::Scalar, &Places::repeated::<F>(plan, state))
    }

    /// Translates instructions over lanes.
    pub(super) fn lanes<F>(plan: &Plan, code: &[Instruction], isa: Isa) -> Self {
        let format = if isa == Isa::Avx512 { Format::Zmm } else { Format::Ymm };
        Self::new::<F>(code, isa, format, &Places::lanes::<F>(plan, &Layout::new::<F>(plan)))
    }

    fn new<F>(code: &[Instruction], isa: Isa, format: Format, places: &Places) -> Self {
        let interpreted = || Native { steps: vec![Step::Interpret(0..code.len())], memory: None };
        if isa == Isa::Portable || code.len() > MOST_INSTRUCTIONS {
            return interpreted();
        }
        let mut assembler = Assembler::new(format, size_of::<F>() == 8);
        let last_reads = last_reads(code);
        let mut steps = Vec::new();
        let mut start = 0;
        while start < code.len() {
            let arithmetic = code[start..].iter().take_while(|i| is_arithmetic(i.code)).count();
            if arithmetic >= 2 {
                let range = start..start + arithmetic;
                steps.push(Step::Call(translate(&mut assembler, code, range, places, &last_reads)));
                start += arithmetic;
                continue;
            }
            let end = start + arithmetic.max(1);
            match steps.last_mut() {
                Some(Step::Interpret(range)) => range.end = end,
                _ => steps.push(Step::Interpret(start..end)),
            }
            start = end;
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
    /// `offset` comes from a [`Step::Call`] of this, which was made by [`Native::lanes`] for numbers of type `F`; `places` points at
    /// the table of places, each with room for `bytes` bytes, a positive multiple of the register; `base` is where the
    /// memory of that table starts.
    #[inline]
    pub(super) unsafe fn call_lanes<F>(
        &self,
        offset: usize,
        places: *const *mut F,
        bytes: usize,
        base: *mut u8,
    ) {
        let Some(memory) = &self.memory else { return };
        // SAFETY: machine code of this signature starts there (promised by the caller), and it keeps to the places of the plan.
        unsafe {
            let code: LanesCode<F> = std::mem::transmute(memory.as_ptr().add(offset));
            code(places, bytes, base);
        }
    }
}

fn is_arithmetic(code: Code) -> bool {
    use Code::{Abs, Add, Copy, Div, Mul, MulAdd, MulSub, Neg, NegMulAdd, Sqrt, Sub};
    matches!(code, Copy | Add | Sub | Mul | Div | Neg | Abs | Sqrt | MulAdd | MulSub | NegMulAdd)
}

fn load(code: &[u8]) -> std::io::Result<Mmap> {
    let mut memory = MmapMut::map_anon(code.len().max(1))?;
    memory[..code.len()].copy_from_slice(code);
    memory.make_exec()
}
