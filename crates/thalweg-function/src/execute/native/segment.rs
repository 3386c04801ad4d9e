//! A run of arithmetic instructions to machine code.

use std::ops::Range;

use super::action::{Action, Kind};
use super::assembler::{Assembler, Binary, Fused, Operand};
use super::places::Places;
use super::registers::{Content, Registers};
use super::uses::{Uses, uses};
use crate::kernel::record::Operation;

/// Translates segments of one list of actions.
pub(super) struct Translator<'a> {
    assembler: &'a mut Assembler,
    places: &'a Places,
    actions: &'a [Action],
    uses: Vec<Uses>,
    registers: Registers,
}

impl<'a> Translator<'a> {
    /// Ready to translate these segments.
    pub(super) fn new(
        assembler: &'a mut Assembler,
        places: &'a Places,
        actions: &'a [Action],
        segments: &[Range<usize>],
    ) -> Self {
        let literals = assembler.literals();
        let count = places.first_literal as usize + literals;
        let uses = uses(actions, segments, places, count);
        let registers = Registers::new(assembler.registers(), count);
        Translator { assembler, places, actions, uses, registers }
    }

    /// Appends a function that does what these actions say; returns where it starts.
    pub(super) fn translate(&mut self, range: Range<usize>) -> usize {
        let start = self.assembler.here();
        if self.places.lanes.is_some() {
            self.assembler.start_counting();
        }
        let top = self.assembler.here();
        self.registers.clear();
        for k in range {
            let (action, uses) = (self.actions[k], self.uses[k]);
            self.action(&action, &uses);
        }
        if self.places.lanes.is_some() {
            self.assembler.count_back_to(top);
        } else if let Some(state) = self.places.state {
            let row = |numbers: u32| (numbers as usize * self.places.element) as i32;
            let (results, inputs) =
                (self.places.first_uniform - self.places.inputs, self.places.inputs - state);
            self.assembler.repeat_from(top, row(results), row(inputs));
        }
        self.assembler.finish_function();
        start
    }

    fn action(&mut self, i: &Action, uses: &Uses) {
        let operation = match i.kind {
            Kind::Operation(operation) => operation,
            Kind::Copy | Kind::Interpreted { .. } => {
                let load =
                    |assembler: &mut Assembler, target, a| assembler.load(target, Operand::Register(a));
                let target = self.unary(i, uses, load);
                return self.define(i.target, target, uses);
            }
        };
        let [a, b, _] = i.operands;
        let target = match operation {
            Operation::MulAdd => self.fused(Fused::MulAdd, i, uses),
            Operation::MulSub => self.fused(Fused::MulSub, i, uses),
            Operation::NegMulAdd => self.fused(Fused::NegMulAdd, i, uses),
            Operation::Lookup(_) => self.lookup(i, uses),
            Operation::Compare(comparison, mask) => {
                let a = self.in_register(i, uses, 0);
                let b = self.anywhere(i, uses, 1);
                self.release(i, uses);
                let b = self.operand(b);
                self.assembler.compare(comparison, mask + 1, a, b);
                return self.registers.unpin();
            }
            Operation::Choose(mask) => self.binary(Binary::Choose(mask + 1), i, uses, [1, 0]),
            Operation::Add | Operation::Mul => {
                let op = if operation == Operation::Add { Binary::Add } else { Binary::Mul };
                let swap = self.registers.find(a).is_none() && self.registers.find(b).is_some();
                self.binary(op, i, uses, if swap { [1, 0] } else { [0, 1] })
            }
            Operation::Sub => self.binary(Binary::Sub, i, uses, [0, 1]),
            Operation::Div => self.binary(Binary::Div, i, uses, [0, 1]),
            Operation::Min => self.binary(Binary::Min, i, uses, [0, 1]),
            Operation::Max => self.binary(Binary::Max, i, uses, [0, 1]),
            Operation::And => self.binary(Binary::And, i, uses, [0, 1]),
            Operation::Or => self.binary(Binary::Or, i, uses, [0, 1]),
            Operation::Xor => self.binary(Binary::Xor, i, uses, [0, 1]),
            Operation::BitsAdd => self.binary(Binary::BitsAdd, i, uses, [0, 1]),
            Operation::BitsSub => self.binary(Binary::BitsSub, i, uses, [0, 1]),
            Operation::ScaleFloor => self.binary(Binary::Scale, i, uses, [0, 1]),
            Operation::Sqrt => self.unary(i, uses, Assembler::square_root),
            Operation::Neg => self.unary(i, uses, Assembler::flip_sign),
            Operation::Abs => self.unary(i, uses, Assembler::drop_sign),
            Operation::Round => self.unary(i, uses, Assembler::round),
            Operation::ShiftLeft(n) => self.unary(i, uses, |assembler, target, a| {
                assembler.shift_left(target, a, n as u8);
            }),
            Operation::ShiftRight(n) => self.unary(i, uses, |assembler, target, a| {
                assembler.shift_right(target, a, n as u8);
            }),
            Operation::Argument(_) | Operation::Constant(_) => return,
        };
        self.define(i.target, target, uses);
    }

    fn unary(&mut self, i: &Action, uses: &Uses, emit: impl Fn(&mut Assembler, u8, u8)) -> u8 {
        let a = self.in_register(i, uses, 0);
        self.release(i, uses);
        let target = self.fresh();
        emit(self.assembler, target, a);
        target
    }

    fn binary(&mut self, op: Binary, i: &Action, uses: &Uses, order: [usize; 2]) -> u8 {
        let a = self.in_register(i, uses, order[0]);
        let b = self.anywhere(i, uses, order[1]);
        self.release(i, uses);
        let target = self.fresh();
        let b = self.operand(b);
        self.assembler.binary(op, target, a, b);
        target
    }

    /// A lookup overwrites the counts.
    fn lookup(&mut self, i: &Action, uses: &Uses) -> u8 {
        let low = self.in_register(i, uses, 1);
        let counts = self.in_register(i, uses, 0);
        let high = self.anywhere(i, uses, 2);
        let mut target = counts;
        if uses.operands[0].is_some() {
            target = self.fresh();
            self.assembler.load(target, Operand::Register(counts));
        }
        self.release(i, uses);
        let high = self.operand(high);
        self.assembler.lookup(target, low, high);
        target
    }

    /// A fused product and sum overwrites one of its operands: one that is not needed again, else a copy.
    fn fused(&mut self, op: Fused, i: &Action, uses: &Uses) -> u8 {
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
    fn in_register(&mut self, i: &Action, uses: &Uses, k: usize) -> u8 {
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
    fn anywhere(&mut self, i: &Action, uses: &Uses, k: usize) -> Where {
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
    fn release(&mut self, i: &Action, uses: &Uses) {
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

    fn define(&mut self, place: u32, register: u8, uses: &Uses) {
        self.registers.forget(place);
        if uses.escapes {
            let address = self.places.address(self.assembler, place, false);
            self.assembler.store(register, address);
        }
        if uses.target.is_some() {
            let content = Content { place, next_use: uses.target, dirty: !uses.escapes };
            self.registers.put(register, content);
        }
        self.registers.unpin();
    }
}

#[derive(Debug, Clone, Copy)]
enum Where {
    Register(u8),
    Memory { place: u32, uniform: bool },
}
