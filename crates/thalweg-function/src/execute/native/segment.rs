//! A run of arithmetic instructions to machine code.

use std::collections::HashMap;
use std::ops::Range;

use super::assembler::{Address, Arithmetic, Assembler, Base, Fused, Operand};
use super::registers::{Content, Registers};
use crate::execute::memory::Layout;
use crate::execute::plan::{Code, Instruction, Plan};

/// Where the places are in memory.
#[derive(Debug)]
pub(super) struct Places {
    inputs: u32,
    first_uniform: u32,
    first_slot: u32,
    element: usize,
    /// For lanes: the offsets of the uniform values and of the slots, and from one slot to the next.
    lanes: Option<(usize, usize, usize)>,
    /// For repetitions: how many of the inputs are the state, which the outputs of the last time replace.
    state: Option<u32>,
}

impl Places {
    pub(super) fn single<F>(plan: &Plan) -> Self {
        Places {
            inputs: plan.inputs.len() as u32,
            first_uniform: plan.first_uniform() as u32,
            first_slot: plan.first_slot() as u32,
            element: size_of::<F>(),
            lanes: None,
            state: None,
        }
    }

    pub(super) fn lanes<F>(plan: &Plan, layout: &Layout) -> Self {
        Places { lanes: Some((layout.uniforms, layout.slots, layout.row)), ..Self::single::<F>(plan) }
    }

    pub(super) fn repeated<F>(plan: &Plan, state: usize) -> Self {
        Places { state: Some(state as u32), ..Self::single::<F>(plan) }
    }

    /// The address of a place; may load a pointer into `rax` first.
    fn address(&self, assembler: &mut Assembler, place: u32, uniform: bool) -> Address {
        let offset = |k: u32, stride: usize| (k as usize * stride) as i32;
        let Some((uniforms, slots, row)) = self.lanes else {
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
        } else {
            Address::Counted(Base::Rdx, slots as i32 + offset(place - self.first_slot, row))
        }
    }
}

/// For each instruction, the last one that reads its result, if any.
pub(super) fn last_reads(code: &[Instruction]) -> Vec<Option<usize>> {
    let mut readers: HashMap<u32, usize> = HashMap::new();
    let mut last = vec![None; code.len()];
    for (i, instruction) in code.iter().enumerate().rev() {
        last[i] = readers.remove(&instruction.target);
        for place in operand_places(instruction) {
            readers.entry(place).or_insert(i);
        }
    }
    last
}

/// Appends a function that does what `code[range]` says, given [`last_reads`] of `code`; returns where it starts.
pub(super) fn translate(
    assembler: &mut Assembler,
    code: &[Instruction],
    range: Range<usize>,
    places: &Places,
    last_reads: &[Option<usize>],
) -> usize {
    let start = assembler.here();
    let uses = Uses::of(code, &range, places, last_reads);
    let registers = Registers::new(assembler.registers());
    if places.lanes.is_some() {
        assembler.start_counting();
    }
    let top = assembler.here();
    let mut translator = Translator { assembler, places, registers };
    for (i, instruction) in code[range].iter().enumerate() {
        translator.instruction(instruction, &uses.of_instruction[i]);
    }
    if places.lanes.is_some() {
        assembler.count_back_to(top);
    } else if let Some(state) = places.state {
        let row = |numbers: u32| (numbers as usize * places.element) as i32;
        assembler.repeat_from(top, row(places.first_uniform - places.inputs), row(places.inputs - state));
    }
    assembler.finish_function();
    start
}

/// When the values that an instruction touches are read again within the segment.
#[derive(Debug, Clone, Default)]
struct InstructionUses {
    operands: [Option<usize>; 3],
    target: Option<usize>,
    /// Whether the target's value is read behind the segment.
    escapes: bool,
}

struct Uses {
    of_instruction: Vec<InstructionUses>,
}

impl Uses {
    fn of(code: &[Instruction], range: &Range<usize>, places: &Places, last_reads: &[Option<usize>]) -> Self {
        let mut next: HashMap<u32, usize> = HashMap::new();
        let mut of_instruction = vec![InstructionUses::default(); range.len()];
        for (i, instruction) in code[range.clone()].iter().enumerate().rev() {
            let uses = &mut of_instruction[i];
            let is_result = instruction.target < places.first_slot;
            uses.escapes = is_result || last_reads[range.start + i].is_some_and(|last| last >= range.end);
            uses.target = next.remove(&instruction.target);
            let operands = instruction.operands;
            for (k, place) in operands.iter().enumerate() {
                uses.operands[k] = next.get(place).copied();
            }
            for place in operand_places(instruction) {
                next.insert(place, i);
            }
        }
        Uses { of_instruction }
    }
}

fn operand_places(instruction: &Instruction) -> impl Iterator<Item = u32> {
    let count = match instruction.code {
        Code::Gather => 0,
        _ => 3,
    };
    instruction.operands.into_iter().take(count)
}

struct Translator<'a> {
    assembler: &'a mut Assembler,
    places: &'a Places,
    registers: Registers,
}

impl Translator<'_> {
    fn instruction(&mut self, i: &Instruction, uses: &InstructionUses) {
        let [a, b, _] = i.operands;
        let target = match i.code {
            Code::MulAdd => self.fused(Fused::MulAdd, i, uses),
            Code::MulSub => self.fused(Fused::MulSub, i, uses),
            Code::NegMulAdd => self.fused(Fused::NegMulAdd, i, uses),
            Code::Add | Code::Mul => {
                let op = if i.code == Code::Add { Arithmetic::Add } else { Arithmetic::Mul };
                let swap = self.registers.find(a).is_none() && self.registers.find(b).is_some();
                self.binary(op, i, uses, if swap { [1, 0] } else { [0, 1] })
            }
            Code::Sub => self.binary(Arithmetic::Sub, i, uses, [0, 1]),
            Code::Div => self.binary(Arithmetic::Div, i, uses, [0, 1]),
            Code::Sqrt => self.unary(i, uses, |assembler, target, a| {
                assembler.arithmetic(Arithmetic::Sqrt, target, a, Operand::Register(a));
            }),
            Code::Neg => self.unary(i, uses, Assembler::flip_sign),
            Code::Abs => self.unary(i, uses, Assembler::drop_sign),
            _ => self.unary(i, uses, |assembler, target, a| assembler.load(target, Operand::Register(a))),
        };
        self.define(i.target, target, uses);
        self.registers.unpin();
    }

    fn unary(&mut self, i: &Instruction, uses: &InstructionUses, emit: fn(&mut Assembler, u8, u8)) -> u8 {
        let a = self.in_register(i, uses, 0);
        self.release(i, uses);
        let target = self.fresh();
        emit(self.assembler, target, a);
        target
    }

    fn binary(&mut self, op: Arithmetic, i: &Instruction, uses: &InstructionUses, order: [usize; 2]) -> u8 {
        let a = self.in_register(i, uses, order[0]);
        let b = self.anywhere(i, uses, order[1]);
        self.release(i, uses);
        let target = self.fresh();
        let b = self.operand(b);
        self.assembler.arithmetic(op, target, a, b);
        target
    }

    /// A fused product and sum overwrites one of its operands: one that is not needed again, else a copy.
    fn fused(&mut self, op: Fused, i: &Instruction, uses: &InstructionUses) -> u8 {
        let [a, b, c] = i.operands;
        let dies = |k: usize| uses.operands[k].is_none();
        let distinct = |k: usize| i.operands.iter().filter(|&&place| place == i.operands[k]).count() == 1;
        if dies(2) && distinct(2) && self.registers.find(c).is_some() {
            let target = self.in_register(i, uses, 2);
            let swap = self.registers.find(a).is_none() && self.registers.find(b).is_some();
            let (first, second) = if swap { (1, 0) } else { (0, 1) };
            let first = self.in_register(i, uses, first);
            let second = self.anywhere(i, uses, second);
            self.release(i, uses);
            let second = self.operand(second);
            self.assembler.fused_into_sum(op, target, first, second);
            return target;
        }
        let in_place = |k: usize, this: &Self| {
            dies(k)
                && distinct(k)
                && (this.registers.find(i.operands[k]).is_some() || i.uniform & (1 << k) == 0)
        };
        let (overwritten, factor) = if in_place(1, self) && !in_place(0, self) { (1, 0) } else { (0, 1) };
        let other = self.in_register(i, uses, factor);
        let (target, sum);
        if in_place(overwritten, self) {
            target = self.in_register(i, uses, overwritten);
            sum = self.anywhere(i, uses, 2);
            self.release(i, uses);
        } else {
            let source = self.anywhere(i, uses, overwritten);
            sum = self.anywhere(i, uses, 2);
            target = self.fresh();
            self.registers.pin(target);
            let source = self.operand(source);
            self.assembler.load(target, source);
            self.release(i, uses);
        }
        let sum = self.operand(sum);
        self.assembler.fused_into_factor(op, target, other, sum);
        target
    }

    /// Operand `k` in a register that stays until the end of the instruction.
    fn in_register(&mut self, i: &Instruction, uses: &InstructionUses, k: usize) -> u8 {
        let place = i.operands[k];
        let register = self.registers.find(place).unwrap_or_else(|| {
            let register = self.fresh();
            let address = self.places.address(self.assembler, place, i.uniform & (1 << k) != 0);
            self.assembler.load(register, Operand::Memory(address));
            let next_use = uses.operands[k];
            self.registers.put(register, Content { place, next_use, dirty: false });
            register
        });
        self.registers.pin(register);
        register
    }

    /// Operand `k` in a register if it is there or will be needed again, else where it is in memory.
    fn anywhere(&mut self, i: &Instruction, uses: &InstructionUses, k: usize) -> Where {
        let place = i.operands[k];
        let uniform = i.uniform & (1 << k) != 0;
        if self.registers.find(place).is_some() || (uses.operands[k].is_some() && !uniform) {
            return Where::Register(self.in_register(i, uses, k));
        }
        Where::Memory { place, uniform }
    }

    fn operand(&mut self, place: Where) -> Operand {
        match place {
            Where::Register(register) => Operand::Register(register),
            Where::Memory { place, uniform } => {
                Operand::Memory(self.places.address(self.assembler, place, uniform))
            }
        }
    }

    /// Gives up the registers of operands that are not read again. They stay readable for this instruction: the target may
    /// be one of them.
    fn release(&mut self, i: &Instruction, uses: &InstructionUses) {
        for (k, &place) in i.operands.iter().enumerate() {
            self.registers.used(place, uses.operands[k]);
        }
        self.registers.unpin();
        for &place in &i.operands {
            if let Some(register) = self.registers.find(place) {
                self.registers.pin(register);
            }
        }
    }

    /// A register to write to; what was in it is stored if it is still needed.
    fn fresh(&mut self) -> u8 {
        let (register, evicted) = self.registers.vacate();
        if let Some(content) = evicted {
            let address = self.places.address(self.assembler, content.place, false);
            self.assembler.store(register, address);
        }
        register
    }

    fn define(&mut self, place: u32, register: u8, uses: &InstructionUses) {
        self.registers.forget(place);
        if uses.escapes {
            let address = self.places.address(self.assembler, place, false);
            self.assembler.store(register, address);
        }
        if uses.target.is_some() {
            let content = Content { place, next_use: uses.target, dirty: !uses.escapes };
            self.registers.put(register, content);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Where {
    Register(u8),
    Memory { place: u32, uniform: bool },
}
