//! [`Places`]: where each place's value is in memory.

use super::assembler::{Address, Assembler, Base};
use crate::execute::memory::{Layout, TEMPORARIES};
use crate::execute::plan::Plan;

/// Where the places are in memory.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) inputs: u32,
    pub(super) first_uniform: u32,
    pub(super) first_slot: u32,
    first_temporary: u32,
    pub(super) first_literal: u32,
    pub(super) element: usize,
    /// For lanes: how the working memory is divided.
    pub(super) lanes: Option<Layout>,
    /// For repetitions: how many of the inputs are the state, which the outputs of the last time replace.
    pub(super) state: Option<u32>,
}

impl Places {
    pub(super) fn single<F>(plan: &Plan) -> Self {
        Places {
            inputs: plan.inputs.len() as u32,
            first_uniform: plan.first_uniform() as u32,
            first_slot: plan.first_slot() as u32,
            first_temporary: plan.places() as u32,
            first_literal: (plan.places() + TEMPORARIES) as u32,
            element: size_of::<F>(),
            lanes: None,
            state: None,
        }
    }

    pub(super) fn lanes<F>(plan: &Plan) -> Self {
        Places { lanes: Some(Layout::new::<F>(plan)), ..Self::single::<F>(plan) }
    }

    pub(super) fn repeated<F>(plan: &Plan, state: usize) -> Self {
        Places { state: Some(state as u32), ..Self::single::<F>(plan) }
    }

    /// The address of a place; may load a pointer into `rax` first.
    pub(super) fn address(&self, assembler: &mut Assembler, place: u32, uniform: bool) -> Address {
        let offset = |k: u32, stride: usize| (k as usize * stride) as i32;
        let Some(Layout { uniforms, slots, row, temporaries, .. }) = self.lanes else {
            return if let Some(state) = self.state.filter(|&state| (state..self.inputs).contains(&place)) {
                Address::At(Base::Rcx, offset(place - state, self.element))
            } else if place < self.inputs {
                Address::At(Base::Rsi, offset(place, self.element))
            } else if place < self.first_uniform {
                Address::At(Base::Rdx, offset(place - self.inputs, self.element))
            } else {
                Address::At(Base::Rdi, offset(place, self.element))
            };
        };
        if place < self.first_uniform {
            assembler.load_pointer(offset(place, size_of::<usize>()));
            if uniform { Address::At(Base::Rax, 0) } else { Address::Counted(Base::Rax, 0) }
        } else if place < self.first_slot {
            Address::At(Base::Rdx, uniforms as i32 + offset(place - self.first_uniform, 64))
        } else if place < self.first_temporary {
            Address::Counted(Base::Rdx, slots as i32 + offset(place - self.first_slot, row))
        } else if place < self.first_literal {
            Address::At(Base::Rdx, temporaries as i32 + offset(place - self.first_temporary, 64))
        } else {
            Address::Literal(place - self.first_literal)
        }
    }
}
