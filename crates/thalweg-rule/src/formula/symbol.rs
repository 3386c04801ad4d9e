//! The arithmetic that writes down what is computed with it.

use std::cell::RefCell;
use std::cmp::Ordering;

use super::{Formula, Operation, operators};
use crate::{Arithmetic, Transform};

thread_local! {
    static RECORDING: RefCell<Recording> = const { RefCell::new(Recording::new()) };
}

/// What has been written down so far on this thread.
struct Recording {
    operations: Vec<Operation>,
    coefficients: usize,
    /// Whether numbers that come up are coefficients; otherwise they are constants.
    changing: bool,
    /// How often something was asked that symbols cannot answer.
    failures: u64,
}

impl Recording {
    const fn new() -> Self {
        Recording { operations: Vec::new(), coefficients: 0, changing: false, failures: 0 }
    }

    fn push(&mut self, operation: Operation) -> Symbol {
        self.operations.push(operation);
        Symbol(self.operations.len() - 1)
    }
}

/// A number that is known only by the operation that makes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Symbol(usize);

fn push(operation: Operation) -> Symbol {
    RECORDING.with_borrow_mut(|recording| recording.push(operation))
}

/// Makes the recording at hand come to nothing; how often that has happened.
pub(crate) fn fail() -> u64 {
    RECORDING.with_borrow_mut(|recording| {
        recording.failures += 1;
        recording.failures
    })
}

/// The formula of an update from the gradient, the parameter and its slots. `None` if it asked something of its symbols that only
/// numbers can answer.
pub(crate) fn record(
    slot_starts: Vec<f64>,
    update: impl FnOnce(Symbol, Symbol, &mut [Symbol]) -> Symbol,
) -> Option<Formula> {
    let outer = RECORDING.replace(Recording::new());
    let (gradient, x) = (push(Operation::Gradient), push(Operation::Parameter));
    let mut slots: Vec<Symbol> = (0..slot_starts.len()).map(|slot| push(Operation::Slot(slot))).collect();
    let result = x - update(gradient, x, &mut slots);
    let Recording { operations, coefficients, failures, .. } = RECORDING.replace(outer);
    let slots = slots.into_iter().map(|slot| slot.0).collect();
    (failures == 0).then_some(Formula { operations, result: result.0, slots, slot_starts, coefficients })
}

/// One transform, within a recording.
pub(crate) fn through<T: Transform>(transform: &T, u: Symbol, x: Symbol, slots: &mut [Symbol]) -> Symbol {
    let changing = |changing| RECORDING.with_borrow_mut(|recording| recording.changing = changing);
    changing(true);
    let coefficients = transform.coefficients::<Symbol>();
    changing(false);
    T::apply(&coefficients, u, x, slots)
}

impl Arithmetic for Symbol {
    type Element = f64;

    fn of(number: f64) -> Self {
        RECORDING.with_borrow_mut(|recording| {
            if !recording.changing {
                return recording.push(Operation::Constant(number));
            }
            recording.coefficients += 1;
            recording.push(Operation::Coefficient(recording.coefficients - 1))
        })
    }
    fn load(element: f64) -> Self {
        Self::of(element)
    }
    fn store(self) -> f64 {
        fail();
        f64::NAN
    }
    fn mul_add(self, a: Self, b: Self) -> Self {
        push(Operation::MulAdd(self.0, a.0, b.0))
    }
    fn sqrt(self) -> Self {
        push(Operation::Sqrt(self.0))
    }
    fn abs(self) -> Self {
        push(Operation::Abs(self.0))
    }
    fn if_positive(self, then: Self, otherwise: Self) -> Self {
        push(Operation::IfPositive(self.0, then.0, otherwise.0))
    }
    fn cbrt(self) -> Self {
        fail();
        self
    }
    fn max(self, other: Self) -> Self {
        push(Operation::Max(self.0, other.0))
    }
    fn min(self, other: Self) -> Self {
        push(Operation::Min(self.0, other.0))
    }
}

operators!(Symbol:
    Add add(a, b) push(Operation::Add(a, b));
    Sub sub(a, b) push(Operation::Sub(a, b));
    Mul mul(a, b) push(Operation::Mul(a, b));
    Div div(a, b) push(Operation::Div(a, b));
    -a push(Operation::Neg(a))
);

impl PartialEq for Symbol {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Symbol {
    /// Nothing true can be said. Every answer comes up again and again, so that a loop that waits for one ends.
    fn partial_cmp(&self, _: &Self) -> Option<Ordering> {
        let turn = fail().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 62;
        [None, Some(Ordering::Less), Some(Ordering::Equal), Some(Ordering::Greater)][turn as usize]
    }
}
