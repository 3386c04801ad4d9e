//! [`Recorded`]: a register that computes nothing and notes what would be done with it, so that a kernel can be translated to
//! machine code from the one place where it is written.

use std::cell::RefCell;

use super::lanes::{BitLanes, Lanes};

/// One operation of a kernel. Values and masks are numbered in the order in which they come up, masks apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Operation {
    /// The kernel's argument with this number.
    Argument(usize),
    Constant(u64),
    Add,
    Sub,
    Mul,
    Div,
    MulAdd,
    NegMulAdd,
    MulSub,
    Neg,
    Abs,
    Sqrt,
    Round,
    Min,
    Max,
    And,
    Or,
    Xor,
    BitsAdd,
    BitsSub,
    ShiftLeft(u32),
    ShiftRight(u32),
    ScaleFloor,
    Lookup(&'static [f64; 16]),
    /// Leaves no value but the mask with this number.
    Compare(Comparison, u8),
    /// The first operand where the mask with this number holds, else the second.
    Choose(u8),
}

/// How two numbers are compared; never true of a NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessEqual,
    Equal,
}

/// Operations and the numbers of the values that each works on; what is unused is 0.
pub(crate) type Recording = Vec<(Operation, [u16; 3])>;

/// The value with this number.
#[derive(Clone, Copy)]
pub(crate) struct Recorded(u16);

/// The mask with this number, or where it does not hold.
#[derive(Clone, Copy)]
pub(crate) struct RecordedMask {
    number: u8,
    negated: bool,
}

#[derive(Default)]
struct Recorder {
    operations: Recording,
    masks: u8,
    /// Something was asked for that depends on the values.
    failed: bool,
}

thread_local! {
    static RECORDER: RefCell<Recorder> = RefCell::default();
}

/// The operations of a kernel, the last one giving its result; `None` if it is not a plain sequence of them, or has more than
/// `masks` masks.
pub(crate) fn record(masks: u8, kernel: impl FnOnce([Recorded; 3]) -> Recorded) -> Option<Recording> {
    RECORDER.take();
    let result = kernel([0, 1, 2].map(|k| note(Operation::Argument(k), [])));
    let Recorder { operations, masks: used, failed } = RECORDER.take();
    let complete = !failed && used <= masks && usize::from(result.0) + 1 == operations.len();
    complete.then_some(operations)
}

fn note<const N: usize>(operation: Operation, operands: [Recorded; N]) -> Recorded {
    RECORDER.with_borrow_mut(|recorder| {
        let mut numbers = [0; 3];
        for (number, operand) in numbers.iter_mut().zip(operands) {
            *number = operand.0;
        }
        let noted = recorder.operations.iter().position(|&before| before == (operation, numbers));
        Recorded(noted.unwrap_or_else(|| {
            recorder.operations.push((operation, numbers));
            recorder.operations.len() - 1
        }) as u16)
    })
}

fn compare(comparison: Comparison, a: Recorded, b: Recorded) -> RecordedMask {
    let number = RECORDER.with_borrow_mut(|recorder| {
        recorder.masks += 1;
        recorder.masks - 1
    });
    note(Operation::Compare(comparison, number), [a, b]);
    RecordedMask { number, negated: false }
}

fn fail<T>(value: T) -> T {
    RECORDER.with_borrow_mut(|recorder| recorder.failed = true);
    value
}

/// Methods that only note an operation.
macro_rules! noted {
    ($($name:ident($self:ident $(, $other:ident)*) $Operation:ident;)*) => {
        $(
            fn $name($self $(, $other: Self)*) -> Self {
                note(Operation::$Operation, [$self $(, $other)*])
            }
        )*
    };
}

impl Lanes for Recorded {
    type Elem = f64;
    type Mask = RecordedMask;
    const WIDTH: usize = 1;

    fn splat(value: f64) -> Self {
        note(Operation::Constant(value.to_bits()), [])
    }
    unsafe fn load(_: *const f64) -> Self {
        fail(Recorded(0))
    }
    unsafe fn store(self, _: *mut f64) {
        fail(());
    }
    unsafe fn store_columns(_: [Self; 4], _: *mut f64, _: usize) {
        fail(());
    }
    noted! {
        add(self, other) Add;
        sub(self, other) Sub;
        mul(self, other) Mul;
        div(self, other) Div;
        mul_add(self, b, c) MulAdd;
        neg_mul_add(self, b, c) NegMulAdd;
        mul_sub(self, b, c) MulSub;
        neg(self) Neg;
        abs(self) Abs;
        sqrt(self) Sqrt;
        round(self) Round;
        min(self, other) Min;
        max(self, other) Max;
    }
    fn lt(self, other: Self) -> RecordedMask {
        compare(Comparison::Less, self, other)
    }
    fn le(self, other: Self) -> RecordedMask {
        compare(Comparison::LessEqual, self, other)
    }
    fn eq(self, other: Self) -> RecordedMask {
        compare(Comparison::Equal, self, other)
    }
    fn select(mask: RecordedMask, if_true: Self, if_false: Self) -> Self {
        let operands = if mask.negated { [if_false, if_true] } else { [if_true, if_false] };
        note(Operation::Choose(mask.number), operands)
    }
    fn mask_and(a: RecordedMask, _: RecordedMask) -> RecordedMask {
        fail(a)
    }
    fn mask_or(a: RecordedMask, _: RecordedMask) -> RecordedMask {
        fail(a)
    }
    fn mask_not(a: RecordedMask) -> RecordedMask {
        RecordedMask { negated: !a.negated, ..a }
    }
    fn any(_: RecordedMask) -> bool {
        fail(false)
    }
}

impl BitLanes for Recorded {
    fn from_bits(bits: u64) -> Self {
        note(Operation::Constant(bits), [])
    }
    noted! {
        bit_and(self, other) And;
        bit_or(self, other) Or;
        bit_xor(self, other) Xor;
        bits_add(self, other) BitsAdd;
        bits_sub(self, other) BitsSub;
        scale_floor(self, k) ScaleFloor;
    }
    fn shift_left(self, places: u32) -> Self {
        note(Operation::ShiftLeft(places), [self])
    }
    fn shift_right(self, places: u32) -> Self {
        note(Operation::ShiftRight(places), [self])
    }
    fn sign_bit(self) -> RecordedMask {
        fail(RecordedMask { number: 0, negated: false })
    }
    /// For whole `k` the same.
    fn scale(self, k: Self) -> Self {
        self.scale_floor(k)
    }
    fn lookup(self, table: &'static [f64; 16]) -> Self {
        note(Operation::Lookup(table), [self])
    }
    fn patch(self, _: RecordedMask, _: Self, _: fn(f64) -> f64) -> Self {
        fail(self)
    }
}
