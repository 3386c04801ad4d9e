//! The stand-in for `native` where there is no machine code to be made: every step is interpreted.

#![allow(
    clippy::unused_self,
    clippy::extra_unused_type_parameters,
    reason = "the same signatures as in `native`"
)]

use std::ops::Range;

use super::memory::Tables;
use super::plan::{Instruction, Plan};
use crate::kernel::isa::Isa;

/// What to do next: interpret some instructions. There are no calls.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Interpret(Range<usize>),
    #[expect(dead_code, reason = "made by `native` only")]
    Call(usize),
}

/// A list of instructions to interpret.
#[derive(Debug)]
pub(super) struct Native {
    pub(super) steps: Vec<Step>,
}

impl Native {
    pub(super) fn single<F>(_: &Plan, code: &[Instruction], _: Isa) -> Self {
        Native { steps: vec![Step::Interpret(0..code.len())] }
    }

    pub(super) fn repeated<F>(plan: &Plan, code: &[Instruction], isa: Isa, _: usize) -> Self {
        Self::single::<F>(plan, code, isa)
    }

    pub(super) fn lanes<F>(plan: &Plan, code: &[Instruction], isa: Isa) -> Self {
        Self::single::<F>(plan, code, isa)
    }

    /// # Safety
    /// Always safe: does nothing.
    pub(super) unsafe fn call_single<F>(&self, _: usize, _: *mut F, _: *const F, _: *mut F) {}

    /// # Safety
    /// Always safe: does nothing.
    pub(super) unsafe fn call_lanes<F>(&self, _: usize, _: Tables<'_, F>, _: usize, _: usize, _: *mut u8) {}

    /// # Safety
    /// Always safe: does nothing.
    pub(super) unsafe fn call_repeated<F>(
        &self,
        _: usize,
        _: *mut F,
        _: *const F,
        _: *mut F,
        _: *const F,
        _: usize,
    ) {
    }
}
