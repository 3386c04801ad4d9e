//! [`Action`]: what is translated. Instructions, with elementary functions taken apart into the operations of their kernels.

use rustc_hash::FxHashMap;

use super::assembler::Assembler;
use crate::execute::memory::TEMPORARIES;
use crate::execute::plan::{Code, Instruction};
use crate::kernel::record::{Operation, Recording, record};
use crate::primitive::{self, Primitive, with_primitives};

/// Mask registers beside the one that means no mask.
const MASKS: u8 = 7;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Left to the interpreter.
    Interpreted {
        reads: bool,
    },
    Copy,
    Operation(Operation),
}

/// One operation on places. Behind those of the plan are the temporaries, and behind these the literals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action {
    pub(super) kind: Kind,
    /// Bit `i`: operand `i` is the same for all lanes.
    pub(super) uniform: u8,
    pub(super) target: u32,
    pub(super) operands: [u32; 3],
}

impl Action {
    pub(super) fn is_native(&self) -> bool {
        !matches!(self.kind, Kind::Interpreted { .. })
    }

    /// Whether it leaves a mask and writes no place.
    pub(super) fn is_compare(&self) -> bool {
        matches!(self.kind, Kind::Operation(Operation::Compare(..)))
    }

    /// The places it reads, some of them more than once.
    pub(super) fn reads(&self) -> &[u32] {
        if self.kind == (Kind::Interpreted { reads: false }) { &[] } else { &self.operands }
    }
}

/// Makes actions of instructions.
pub(super) struct Expander {
    /// The first temporary.
    first_temporary: u32,
    /// Whether functions are taken apart.
    functions: bool,
    recordings: FxHashMap<u8, Option<Recording>>,
}

impl Expander {
    pub(super) fn new(places: usize, functions: bool) -> Self {
        Expander { first_temporary: places as u32, functions, recordings: FxHashMap::default() }
    }

    /// Appends what an instruction does.
    pub(super) fn expand(&mut self, i: &Instruction, assembler: &mut Assembler, actions: &mut Vec<Action>) {
        let one = |kind| Action { kind, uniform: i.uniform, target: i.target, operands: i.operands };
        if let Some(kind) = arithmetic(i.code) {
            return actions.push(one(kind));
        }
        if self.functions && actions.len() < super::MOST_INSTRUCTIONS {
            let recording = self.recordings.entry(i.code as u8).or_insert_with(|| recorded(i.code));
            if let Some(recording) = recording {
                return take_apart(i, recording, self.first_temporary, assembler, actions);
            }
        }
        actions.push(one(Kind::Interpreted { reads: i.code != Code::Gather }));
    }
}

fn take_apart(
    i: &Instruction,
    recording: &Recording,
    first_temporary: u32,
    assembler: &mut Assembler,
    actions: &mut Vec<Action>,
) {
    let first_literal = first_temporary + TEMPORARIES as u32;
    // Where each value is, and whether it is the same for all lanes.
    let mut places: Vec<(u32, bool)> = Vec::with_capacity(recording.len());
    let mut temporaries = first_temporary..;
    for (k, &(operation, operands)) in recording.iter().enumerate() {
        let place = match operation {
            Operation::Argument(k) => (i.operands[k], i.uniform & (1 << k) != 0),
            Operation::Constant(bits) => (first_literal + assembler.literal([bits; 8]), true),
            _ => {
                let last = k + 1 == recording.len();
                let target = if last { i.target } else { temporaries.next().unwrap_or_default() };
                let mut operands = operands.map(|number| places[usize::from(number)]);
                if let Operation::Lookup(table) = operation {
                    for half in [0, 1] {
                        let bits = std::array::from_fn(|j| table[8 * half + j].to_bits());
                        operands[1 + half] = (first_literal + assembler.literal(bits), true);
                    }
                }
                let count = arity(operation);
                let operands = std::array::from_fn(|k| operands[if k < count { k } else { 0 }]);
                let uniform = (0..3).map(|k| u8::from(operands[k].1) << k).sum();
                let operands = operands.map(|(place, _)| place);
                actions.push(Action { kind: Kind::Operation(operation), uniform, target, operands });
                (target, false)
            }
        };
        places.push(place);
    }
}

fn arity(operation: Operation) -> usize {
    use Operation::{Abs, Lookup, MulAdd, MulSub, Neg, NegMulAdd, Round, ShiftLeft, ShiftRight, Sqrt};
    match operation {
        Neg | Abs | Sqrt | Round | ShiftLeft(_) | ShiftRight(_) => 1,
        MulAdd | MulSub | NegMulAdd | Lookup(_) => 3,
        _ => 2,
    }
}

fn arithmetic(code: Code) -> Option<Kind> {
    Some(Kind::Operation(match code {
        Code::Copy => return Some(Kind::Copy),
        Code::Add => Operation::Add,
        Code::Sub => Operation::Sub,
        Code::Mul => Operation::Mul,
        Code::Div => Operation::Div,
        Code::Neg => Operation::Neg,
        Code::Abs => Operation::Abs,
        Code::Sqrt => Operation::Sqrt,
        Code::MulAdd => Operation::MulAdd,
        Code::MulSub => Operation::MulSub,
        Code::NegMulAdd => Operation::NegMulAdd,
        _ => return None,
    }))
}

/// The operations of a function's kernel, if they are a plain sequence of them.
fn recorded(code: Code) -> Option<Recording> {
    macro_rules! recorded {
        ($($name:ident)*) => {
            match code {
                Code::Copy | Code::Gather => None,
                $(Code::$name => record(MASKS, |x| primitive::$name::kernel(x)),)*
            }
        };
    }
    with_primitives!(recorded).filter(|recording| recording.len() <= TEMPORARIES)
}
