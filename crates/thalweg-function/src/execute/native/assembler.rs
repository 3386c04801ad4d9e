//! Bytes of x86-64 instructions with VEX and EVEX prefixes.
//!
//! Formats after Intel's *Software Developer's Manual*, volume 2, sections 2.3 (VEX) and 2.7 (EVEX).

use crate::kernel::record::Comparison;

/// The literal of only sign bits, and of all others.
const SIGN: u32 = 0;
const MAGNITUDE: u32 = 1;

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
    /// The literal with this number; see [`Assembler::literal`].
    Literal(u32),
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
    Of3a = 3,
}

/// An instruction `target = a op b`. From `Min` on they are made for lanes only; from `Scale` on, for AVX-512 only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    And,
    Or,
    Xor,
    /// As 64-bit integers.
    BitsAdd,
    BitsSub,
    /// `a·2^⌊b⌋`.
    Scale,
    /// `b` where this mask register holds, else `a`.
    Choose(u8),
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
    /// Places of four bytes to be filled with the distance from an instruction's end to a literal.
    fixups: Vec<Fixup>,
    literals: Vec<[u64; 8]>,
}

#[derive(Debug)]
struct Fixup {
    at: usize,
    end: usize,
    literal: u32,
}

/// An instruction without its operands.
#[derive(Debug, Clone, Copy)]
struct Opcode {
    map: Map,
    prefix: u8,
    code: u8,
    wide: bool,
    /// The register of masks that governs it, 0 for none.
    mask: u8,
    immediate: Option<u8>,
}

impl Assembler {
    pub(super) fn new(format: Format, double: bool) -> Self {
        let mut assembler =
            Assembler { code: Vec::new(), format, double, fixups: Vec::new(), literals: Vec::new() };
        let sign = if double { 1 << 63 } else { 1 << 63 | 1 << 31 };
        for (place, bits) in [(SIGN, sign), (MAGNITUDE, !sign)] {
            let at = assembler.literal([bits; 8]);
            debug_assert_eq!(at, place);
        }
        assembler
    }

    /// The number of a literal, which lies behind the code.
    pub(super) fn literal(&mut self, bits: [u64; 8]) -> u32 {
        let known = self.literals.iter().position(|&literal| literal == bits);
        known.unwrap_or_else(|| {
            self.literals.push(bits);
            self.literals.len() - 1
        }) as u32
    }

    /// How many literals there are.
    pub(super) fn literals(&self) -> usize {
        self.literals.len()
    }

    /// Whether the operations of kernels can be translated.
    pub(super) fn has_kernels(&self) -> bool {
        self.format == Format::Zmm && self.double
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
        for Fixup { at, end, literal } in self.fixups {
            let distance = (padded + 64 * literal as usize - end) as i32;
            self.code[at..at + 4].copy_from_slice(&distance.to_le_bytes());
        }
        self.code.extend(self.literals.iter().flatten().flat_map(|bits| bits.to_le_bytes()));
        self.code
    }

    /// `mov r9, rcx; xor ecx, ecx`: the start of a loop over a block.
    pub(super) fn start_counting(&mut self) {
        self.code.extend([0x49, 0x89, 0xC9, 0x31, 0xC9]);
    }

    /// The end of a loop over a block: once more below `rsi`, then up to `r8` with the other table of places.
    ///
    /// `add rcx, width; cmp rcx, rsi; jb top; cmp rcx, r8; mov rdi, r9; jb top`.
    pub(super) fn count_back_to(&mut self, top: usize) {
        self.code.extend([0x48, 0x81, 0xC1]);
        self.code.extend(self.width().to_le_bytes());
        self.code.extend([0x48, 0x39, 0xF1, 0x0F, 0x82]);
        self.distance_to(top);
        self.code.extend([0x4C, 0x39, 0xC1, 0x4C, 0x89, 0xCF, 0x0F, 0x82]);
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
            Operand::Memory(_) => self.elements(0x10, target, 0, source),
        }
    }

    pub(super) fn store(&mut self, source: u8, target: Address) {
        self.elements(0x11, source, 0, Operand::Memory(target));
    }

    pub(super) fn binary(&mut self, op: Binary, target: u8, a: u8, b: Operand) {
        match op {
            Binary::Add => self.elements(0x58, target, a, b),
            Binary::Mul => self.elements(0x59, target, a, b),
            Binary::Sub => self.elements(0x5C, target, a, b),
            Binary::Min => self.elements(0x5D, target, a, b),
            Binary::Div => self.elements(0x5E, target, a, b),
            Binary::Max => self.elements(0x5F, target, a, b),
            Binary::And => self.packed(0x54, target, a, b),
            Binary::Or => self.packed(0x56, target, a, b),
            Binary::Xor => self.packed(0x57, target, a, b),
            Binary::BitsAdd => self.packed(0xD4, target, a, b),
            Binary::BitsSub => self.packed(0xFB, target, a, b),
            Binary::Scale => self.emit(self.op(Map::Of38, 0x2C), target, a, b),
            Binary::Choose(mask) => self.emit(Opcode { mask, ..self.op(Map::Of38, 0x65) }, target, a, b),
        }
    }

    pub(super) fn square_root(&mut self, target: u8, a: u8) {
        // A packed square root has one operand; the scalar one takes its upper half from another.
        let upper = if self.is_scalar() { a } else { 0 };
        self.elements(0x51, target, upper, Operand::Register(a));
    }

    /// To the nearest whole number, ties to even (AVX-512).
    pub(super) fn round(&mut self, target: u8, a: u8) {
        let opcode = Opcode { immediate: Some(8), ..self.op(Map::Of3a, 0x09) };
        self.emit(opcode, target, 0, Operand::Register(a));
    }

    pub(super) fn shift_left(&mut self, target: u8, a: u8, places: u8) {
        self.shift(6, target, a, places);
    }

    pub(super) fn shift_right(&mut self, target: u8, a: u8, places: u8) {
        self.shift(2, target, a, places);
    }

    /// Each 64-bit integer by an immediate (AVX-512).
    fn shift(&mut self, kind: u8, target: u8, a: u8, places: u8) {
        let opcode = Opcode { immediate: Some(places), ..self.op(Map::Of, 0x73) };
        self.emit(opcode, kind, target, Operand::Register(a));
    }

    /// Leaves in a mask register where `a` compares so with `b` (AVX-512).
    pub(super) fn compare(&mut self, comparison: Comparison, mask: u8, a: u8, b: Operand) {
        let predicate = match comparison {
            Comparison::Equal => 0x00,
            Comparison::Less => 0x11,
            Comparison::LessEqual => 0x12,
        };
        self.emit(Opcode { immediate: Some(predicate), ..self.op(Map::Of, 0xC2) }, mask, a, b);
    }

    /// Puts the number for the low four bits of each `target` in its place (AVX-512).
    pub(super) fn lookup(&mut self, target: u8, low: u8, high: Operand) {
        self.emit(self.op(Map::Of38, 0x77), target, low, high);
    }

    pub(super) fn flip_sign(&mut self, target: u8, a: u8) {
        self.packed(0x57, target, a, Operand::Memory(Address::Literal(SIGN)));
    }

    pub(super) fn drop_sign(&mut self, target: u8, a: u8) {
        self.packed(0x54, target, a, Operand::Memory(Address::Literal(MAGNITUDE)));
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
        let code = form + signs + u8::from(self.is_scalar());
        self.emit(self.op(Map::Of38, code), target, a, b);
    }

    /// An instruction whose prefix says both the element type and whether it is packed.
    fn elements(&mut self, code: u8, target: u8, a: u8, b: Operand) {
        let prefix = match (self.is_scalar(), self.double) {
            (true, true) => 3,
            (true, false) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        self.emit(Opcode { prefix, ..self.op(Map::Of, code) }, target, a, b);
    }

    /// An instruction that exists in packed form only.
    fn packed(&mut self, code: u8, target: u8, a: u8, b: Operand) {
        self.emit(Opcode { prefix: u8::from(self.double), ..self.op(Map::Of, code) }, target, a, b);
    }

    /// The most frequent form.
    fn op(&self, map: Map, code: u8) -> Opcode {
        Opcode { map, prefix: 1, code, wide: self.double, mask: 0, immediate: None }
    }

    fn emit(&mut self, opcode: Opcode, target: u8, a: u8, b: Operand) {
        let Opcode { map, prefix, code, wide, mask, immediate } = opcode;
        let high = |register: u8, bit: u8| register >> bit & 1;
        let (b_high, b_higher) = match b {
            Operand::Register(b) => (high(b, 3), high(b, 4)),
            Operand::Memory(_) => (0, 0),
        };
        let second = u8::from(wide) << 7 | (!a & 15) << 3 | prefix;
        if self.format == Format::Zmm {
            let first = (1 ^ high(target, 3)) << 7
                | (1 ^ b_higher) << 6
                | (1 ^ b_high) << 5
                | (1 ^ high(target, 4)) << 4
                | map as u8;
            let third = 0b10 << 5 | (1 ^ high(a, 4)) << 3 | mask;
            self.code.extend([0x62, first, second | 4, third, code]);
        } else {
            let first = (1 ^ high(target, 3)) << 7 | 1 << 6 | (1 ^ b_high) << 5 | map as u8;
            let long = u8::from(self.format == Format::Ymm);
            self.code.extend([0xC4, first, second | long << 2, code]);
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
                let at = self.code.len();
                self.fixups.push(Fixup { at, end: at + 4 + usize::from(immediate.is_some()), literal });
                self.code.extend([0; 4]);
            }
        }
        self.code.extend(immediate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Emit = fn(&mut Assembler);

    /// Expected bytes from GNU as 2.40.
    #[test]
    fn bytes_are_those_of_the_gnu_assembler() {
        let mut zmm = Assembler::new(Format::Zmm, true);
        zmm.binary(Binary::Add, 17, 9, Operand::Register(30));
        assert_eq!(zmm.code, [0x62, 0x81, 0xb5, 0x48, 0x58, 0xce], "vaddpd zmm17, zmm9, zmm30");

        let cases: [(Emit, &[u8], &str); 9] = [
            (
                |zmm| zmm.compare(Comparison::Less, 3, 18, Operand::Register(9)),
                &[0x62, 0xd1, 0xed, 0x40, 0xc2, 0xd9, 0x11],
                "vcmplt_oqpd k3, zmm18, zmm9",
            ),
            (
                |zmm| zmm.binary(Binary::Choose(3), 20, 3, Operand::Register(28)),
                &[0x62, 0x82, 0xe5, 0x4b, 0x65, 0xe4],
                "vblendmpd zmm20{k3}, zmm3, zmm28",
            ),
            (
                |zmm| zmm.binary(Binary::Scale, 2, 19, Operand::Register(1)),
                &[0x62, 0xf2, 0xe5, 0x40, 0x2c, 0xd1],
                "vscalefpd zmm2, zmm19, zmm1",
            ),
            (
                |zmm| zmm.lookup(17, 5, Operand::Register(30)),
                &[0x62, 0x82, 0xd5, 0x48, 0x77, 0xce],
                "vpermi2pd zmm17, zmm5, zmm30",
            ),
            (
                |zmm| zmm.round(21, 6),
                &[0x62, 0xe3, 0xfd, 0x48, 0x09, 0xee, 0x08],
                "vrndscalepd zmm21, zmm6, 8",
            ),
            (
                |zmm| zmm.shift_left(20, 9, 52),
                &[0x62, 0xd1, 0xdd, 0x40, 0x73, 0xf1, 0x34],
                "vpsllq zmm20, zmm9, 52",
            ),
            (
                |zmm| zmm.shift_right(3, 25, 7),
                &[0x62, 0x91, 0xe5, 0x48, 0x73, 0xd1, 0x07],
                "vpsrlq zmm3, zmm25, 7",
            ),
            (
                |zmm| zmm.binary(Binary::BitsAdd, 16, 1, Operand::Register(8)),
                &[0x62, 0xc1, 0xf5, 0x48, 0xd4, 0xc0],
                "vpaddq zmm16, zmm1, zmm8",
            ),
            (
                |zmm| zmm.binary(Binary::Min, 9, 10, Operand::Register(27)),
                &[0x62, 0x11, 0xad, 0x48, 0x5d, 0xcb],
                "vminpd zmm9, zmm10, zmm27",
            ),
        ];
        for (emit, expected, name) in cases {
            let mut zmm = Assembler::new(Format::Zmm, true);
            emit(&mut zmm);
            assert_eq!(zmm.code, expected, "{name}");
        }

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
