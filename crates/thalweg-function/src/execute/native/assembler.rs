//! Bytes of x86-64 instructions with VEX and EVEX prefixes.
//!
//! Formats after Intel's *Software Developer's Manual*, volume 2, sections 2.3 (VEX) and 2.7 (EVEX).

/// The registers that the code uses beside the vector registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Rax = 0,
    Rcx = 1,
    Rdx = 2,
    Rsi = 6,
    Rdi = 7,
}

/// Where an operand is in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// `[base + offset]`.
    At(Base, i32),
    /// `[base + rcx + offset]`.
    Counted(Base, i32),
    /// A register full of copies of this bit pattern, kept behind the code.
    Literal(Literal),
}

/// Masks that the arithmetic needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literal {
    /// Only the sign bit.
    Sign,
    /// All but the sign bit.
    Magnitude,
}

/// A vector register or a place in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    Register(u8),
    Memory(Address),
}

/// How many numbers an instruction works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Scalar,
    Ymm,
    Zmm,
}

/// The opcode map, in the numbering of the prefixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Map {
    Of = 1,
    Of38 = 2,
}

/// An arithmetic instruction `target = a op b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Sqrt,
}

/// The signs of a fused product and sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fused {
    MulAdd,
    MulSub,
    NegMulAdd,
}

#[derive(Debug)]
pub(super) struct Assembler {
    code: Vec<u8>,
    format: Format,
    double: bool,
    /// Places of four bytes to be filled with the distance to a literal.
    fixups: Vec<(usize, Literal)>,
}

impl Assembler {
    pub(super) fn new(format: Format, double: bool) -> Self {
        Assembler { code: Vec::new(), format, double, fixups: Vec::new() }
    }

    pub(super) fn registers(&self) -> usize {
        if self.format == Format::Zmm { 32 } else { 16 }
    }

    pub(super) fn is_scalar(&self) -> bool {
        self.format == Format::Scalar
    }

    pub(super) fn here(&self) -> usize {
        self.code.len()
    }

    /// Bytes in a register.
    fn width(&self) -> u32 {
        match self.format {
            Format::Scalar => 8,
            Format::Ymm => 32,
            Format::Zmm => 64,
        }
    }

    /// The code, with its literals behind it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let padded = self.code.len().next_multiple_of(64);
        self.code.resize(padded, 0xCC);
        for (at, literal) in self.fixups {
            let target = padded + if literal == Literal::Sign { 0 } else { 64 };
            let distance = (target - (at + 4)) as i32;
            self.code[at..at + 4].copy_from_slice(&distance.to_le_bytes());
        }
        for keep_sign in [true, false] {
            for byte in 0..64 {
                let top = byte % if self.double { 8 } else { 4 } == if self.double { 7 } else { 3 };
                self.code.push(match (top, keep_sign) {
                    (true, true) => 0x80,
                    (true, false) => 0x7F,
                    (false, true) => 0,
                    (false, false) => 0xFF,
                });
            }
        }
        self.code
    }

    /// `xor ecx, ecx`: the start of a loop over a block.
    pub(super) fn start_counting(&mut self) {
        self.code.extend([0x31, 0xC9]);
    }

    /// `add rcx, width; cmp rcx, rsi; jb top`: the end of a loop over a block.
    pub(super) fn count_back_to(&mut self, top: usize) {
        self.code.extend([0x48, 0x81, 0xC1]);
        self.code.extend(self.width().to_le_bytes());
        self.code.extend([0x48, 0x39, 0xF1, 0x0F, 0x82]);
        self.distance_to(top);
    }

    /// `mov rsi, rdx; add rdx, results; add rcx, inputs; dec r8; jnz top`: once more, on the results of this time.
    pub(super) fn repeat_from(&mut self, top: usize, results: i32, inputs: i32) {
        self.code.extend([0x48, 0x89, 0xD6, 0x48, 0x81, 0xC2]);
        self.code.extend(results.to_le_bytes());
        self.code.extend([0x48, 0x81, 0xC1]);
        self.code.extend(inputs.to_le_bytes());
        self.code.extend([0x49, 0xFF, 0xC8, 0x0F, 0x85]);
        self.distance_to(top);
    }

    fn distance_to(&mut self, top: usize) {
        let distance = top as i64 - (self.code.len() as i64 + 4);
        self.code.extend((distance as i32).to_le_bytes());
    }

    /// `mov rax, [rdi + offset]`.
    pub(super) fn load_pointer(&mut self, offset: i32) {
        self.code.extend([0x48, 0x8B, 0x87]);
        self.code.extend(offset.to_le_bytes());
    }

    /// Back to the caller, the upper halves of the registers clean.
    pub(super) fn finish_function(&mut self) {
        if !self.is_scalar() {
            self.code.extend([0xC5, 0xF8, 0x77]);
        }
        self.code.push(0xC3);
    }

    pub(super) fn load(&mut self, target: u8, source: Operand) {
        match source {
            Operand::Register(_) => self.packed(0x28, target, 0, source),
            Operand::Memory(_) => self.elements(Map::Of, 0x10, target, 0, source),
        }
    }

    pub(super) fn store(&mut self, source: u8, target: Address) {
        self.elements(Map::Of, 0x11, source, 0, Operand::Memory(target));
    }

    pub(super) fn arithmetic(&mut self, op: Arithmetic, target: u8, a: u8, b: Operand) {
        let opcode = match op {
            Arithmetic::Sqrt => 0x51,
            Arithmetic::Add => 0x58,
            Arithmetic::Mul => 0x59,
            Arithmetic::Sub => 0x5C,
            Arithmetic::Div => 0x5E,
        };
        // A packed square root has one operand; the scalar one takes its upper half from `a`.
        let a = if op == Arithmetic::Sqrt && !self.is_scalar() { 0 } else { a };
        self.elements(Map::Of, opcode, target, a, b);
    }

    pub(super) fn flip_sign(&mut self, target: u8, a: u8) {
        self.packed(0x57, target, a, Operand::Memory(Address::Literal(Literal::Sign)));
    }

    pub(super) fn drop_sign(&mut self, target: u8, a: u8) {
        self.packed(0x54, target, a, Operand::Memory(Address::Literal(Literal::Magnitude)));
    }

    /// `target = a·b ± target`.
    pub(super) fn fused_into_sum(&mut self, op: Fused, target: u8, a: u8, b: Operand) {
        self.fused(op, 0xB8, target, a, b);
    }

    /// `target = a·target ± c`.
    pub(super) fn fused_into_factor(&mut self, op: Fused, target: u8, a: u8, c: Operand) {
        self.fused(op, 0xA8, target, a, c);
    }

    fn fused(&mut self, op: Fused, form: u8, target: u8, a: u8, b: Operand) {
        let signs = match op {
            Fused::MulAdd => 0,
            Fused::MulSub => 2,
            Fused::NegMulAdd => 4,
        };
        let opcode = form + signs + u8::from(self.is_scalar());
        self.emit(Map::Of38, 1, opcode, target, a, b);
    }

    /// An instruction whose prefix says both the element type and whether it is packed.
    fn elements(&mut self, map: Map, opcode: u8, target: u8, a: u8, b: Operand) {
        let prefix = match (self.is_scalar(), self.double) {
            (true, true) => 3,
            (true, false) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        self.emit(map, prefix, opcode, target, a, b);
    }

    /// An instruction that exists in packed form only.
    fn packed(&mut self, opcode: u8, target: u8, a: u8, b: Operand) {
        self.emit(Map::Of, u8::from(self.double), opcode, target, a, b);
    }

    fn emit(&mut self, map: Map, prefix: u8, opcode: u8, target: u8, a: u8, b: Operand) {
        let high = |register: u8, bit: u8| register >> bit & 1;
        let (b_high, b_higher) = match b {
            Operand::Register(b) => (high(b, 3), high(b, 4)),
            Operand::Memory(_) => (0, 0),
        };
        let wide = u8::from(self.double);
        if self.format == Format::Zmm {
            let first = (1 ^ high(target, 3)) << 7
                | (1 ^ b_higher) << 6
                | (1 ^ b_high) << 5
                | (1 ^ high(target, 4)) << 4
                | map as u8;
            let second = wide << 7 | (!a & 15) << 3 | 4 | prefix;
            let third = 0b10 << 5 | (1 ^ high(a, 4)) << 3;
            self.code.extend([0x62, first, second, third, opcode]);
        } else {
            let first = (1 ^ high(target, 3)) << 7 | 1 << 6 | (1 ^ b_high) << 5 | map as u8;
            let long = u8::from(self.format == Format::Ymm);
            let second = wide << 7 | (!a & 15) << 3 | long << 2 | prefix;
            self.code.extend([0xC4, first, second, opcode]);
        }
        let field = (target & 7) << 3;
        match b {
            Operand::Register(b) => self.code.push(0b1100_0000 | field | (b & 7)),
            Operand::Memory(Address::At(base, offset)) => {
                self.code.push(0b1000_0000 | field | base as u8);
                self.code.extend(offset.to_le_bytes());
            }
            Operand::Memory(Address::Counted(base, offset)) => {
                self.code.extend([0b1000_0100 | field, (Base::Rcx as u8) << 3 | base as u8]);
                self.code.extend(offset.to_le_bytes());
            }
            Operand::Memory(Address::Literal(literal)) => {
                self.code.push(0b0000_0101 | field);
                self.fixups.push((self.code.len(), literal));
                self.code.extend([0; 4]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected bytes from GNU as 2.40.
    #[test]
    fn bytes_are_those_of_the_gnu_assembler() {
        let mut zmm = Assembler::new(Format::Zmm, true);
        zmm.arithmetic(Arithmetic::Add, 17, 9, Operand::Register(30));
        assert_eq!(zmm.code, [0x62, 0x81, 0xb5, 0x48, 0x58, 0xce], "vaddpd zmm17, zmm9, zmm30");

        let mut ymm = Assembler::new(Format::Ymm, false);
        ymm.fused_into_sum(Fused::NegMulAdd, 12, 3, Operand::Memory(Address::Counted(Base::Rax, 0x120)));
        let expected = [0xc4, 0x62, 0x65, 0xbc, 0xa4, 0x08, 0x20, 0x01, 0x00, 0x00];
        assert_eq!(ymm.code, expected, "vfnmadd231ps ymm12, ymm3, [rax+rcx+0x120]");

        let mut scalar = Assembler::new(Format::Scalar, true);
        scalar.fused_into_factor(Fused::MulSub, 11, 2, Operand::Memory(Address::At(Base::Rdx, 0x88)));
        let expected = [0xc4, 0x62, 0xe9, 0xab, 0x9a, 0x88, 0x00, 0x00, 0x00];
        assert_eq!(scalar.code, expected, "vfmsub213sd xmm11, xmm2, [rdx+0x88]");
    }
}
