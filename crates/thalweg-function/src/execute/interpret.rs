//! The inner loops: one instruction over a block of lanes, or on single numbers.

use std::marker::PhantomData;

use super::memory::{Extent, Tables};
use super::plan::{Code, Instruction};
use crate::kernel::isa::{Element, Isa, WithLanes};
use crate::kernel::math::MathLanes;
use crate::primitive::{self, Primitive, with_primitives};
use crate::program::{Builder, NodeId};

/// Runs instructions over full registers of `isa`, as many as `extent` says. Entry `p` of the tables points at the lanes of place
/// `p`, or at one register of equal numbers for a uniform place.
///
/// Each instruction is a call of its own: kernels inlined into one function would need a stack frame of megabytes in a build
/// without optimisation.
///
/// # Safety
/// The machine has `isa`; every place named by an instruction points at that many readable (targets: writable) registers;
/// `Gather` does not occur.
pub(super) unsafe fn run_block<F: Element>(
    isa: Isa,
    code: &[Instruction],
    tables: Tables<'_, F>,
    extent: Extent,
) {
    macro_rules! block {
        ($($name:ident)*) => {
            for instruction in code {
                match instruction.code {
                    Code::Copy => F::dispatch(isa, Block::<Identity, F>::new(instruction, tables, extent)),
                    Code::Gather => {}
                    $(Code::$name => {
                        F::dispatch(isa, Block::<primitive::$name, F>::new(instruction, tables, extent));
                    })*
                }
            }
        };
    }
    with_primitives!(block);
}

/// One instruction over a block. Made by [`run_block`] only, whose callers promise that the places have room.
struct Block<'a, P, F> {
    instruction: &'a Instruction,
    tables: Tables<'a, F>,
    extent: Extent,
    kernel: PhantomData<P>,
}

impl<'a, P, F> Block<'a, P, F> {
    fn new(instruction: &'a Instruction, tables: Tables<'a, F>, extent: Extent) -> Self {
        Block { instruction, tables, extent, kernel: PhantomData }
    }
}

impl<P: Primitive, F> WithLanes<F> for Block<'_, P, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        // SAFETY: as promised by the caller of `run_block`.
        unsafe { lanes::<V, P>(self.instruction, self.tables, self.extent) };
    }
}

/// Runs instructions on single numbers: place `p` is `values[p]`.
///
/// # Safety
/// Every place named by an instruction lies within `values`; `Gather` does not occur.
#[inline(always)]
pub(super) unsafe fn run_single<V: MathLanes<Elem = V>>(code: &[Instruction], values: &mut [V]) {
    let values = values.as_mut_ptr();
    macro_rules! single {
        ($($name:ident)*) => {
            for instruction in code {
                match instruction.code {
                    // SAFETY: as promised by the caller.
                    Code::Copy => unsafe { number::<V, Identity>(instruction, values) },
                    Code::Gather => {}
                    // SAFETY: as promised by the caller.
                    $(Code::$name => unsafe { number::<V, primitive::$name>(instruction, values) },)*
                }
            }
        };
    }
    with_primitives!(single);
}

/// The kernel of a plain copy.
struct Identity;

impl Primitive for Identity {
    const NAME: &'static str = "copy";
    const ARITY: usize = 1;

    fn derivative(_: &mut Builder, _: [NodeId; 3], _: NodeId, _: usize, t: NodeId) -> Option<NodeId> {
        Some(t)
    }

    #[inline(always)]
    fn kernel<V: MathLanes>([x, ..]: [V; 3]) -> V {
        x
    }
}

/// # Safety
/// As [`run_block`].
#[inline(always)]
unsafe fn lanes<V: MathLanes, P: Primitive>(i: &Instruction, tables: Tables<V::Elem>, extent: Extent) {
    let parts = [(tables.places, 0..extent.whole), (tables.last, extent.whole..extent.registers())];
    for (places, registers) in parts {
        // SAFETY: the places exist and hold enough registers (promised by the caller); a register is read before the one at the
        // same offset is written, so a target may be one of the operands.
        unsafe {
            let target = *places.get_unchecked(i.target as usize);
            let x = [0, 1, 2].map(|k| *places.get_unchecked(i.operands[k] as usize));
            let step = [0, 1, 2].map(|k| if i.uniform & (1 << k) == 0 { usize::MAX } else { 0 });
            for register in registers {
                let at = register * V::WIDTH;
                let first = V::load(x[0].add(at & step[0]));
                let second = if P::ARITY > 1 { V::load(x[1].add(at & step[1])) } else { first };
                let third = if P::ARITY > 2 { V::load(x[2].add(at & step[2])) } else { first };
                P::kernel([first, second, third]).store(target.add(at));
            }
        }
    }
}

/// # Safety
/// As [`run_single`].
#[inline(always)]
unsafe fn number<V: MathLanes<Elem = V>, P: Primitive>(i: &Instruction, values: *mut V) {
    // SAFETY: the places exist (promised by the caller).
    unsafe {
        let first = *values.add(i.operands[0] as usize);
        let second = if P::ARITY > 1 { *values.add(i.operands[1] as usize) } else { first };
        let third = if P::ARITY > 2 { *values.add(i.operands[2] as usize) } else { first };
        *values.add(i.target as usize) = P::kernel([first, second, third]);
    }
}
