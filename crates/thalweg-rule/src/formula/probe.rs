//! The arithmetic that tells which numbers a transform asks for, at the cost of a few stores.

use std::cell::Cell;

use super::operators;
use crate::{Arithmetic, Transform};

/// The most numbers that one transform of a formula may ask for per step.
pub(crate) const MAX_COEFFICIENTS: usize = 64;

/// What was asked for so far.
struct Notes {
    numbers: [Cell<f64>; MAX_COEFFICIENTS],
    count: Cell<usize>,
}

thread_local! {
    static NOTES: Notes = const {
        Notes { numbers: [const { Cell::new(0.0) }; MAX_COEFFICIENTS], count: Cell::new(0) }
    };
}

/// Writes what the transform asks for at the step at hand, as far as `out` reaches and at most [`MAX_COEFFICIENTS`]; how many that
/// are in all.
#[inline(always)]
pub(crate) fn numbers<T: Transform>(transform: &T, out: &mut [f64]) -> usize {
    NOTES.with(|notes| {
        notes.count.set(0);
        transform.coefficients::<Probe>();
        let count = notes.count.get();
        // One by one: reading back several at once would wait for the single stores just made.
        for (place, number) in out.iter_mut().zip(&notes.numbers).take(count) {
            *place = number.get();
        }
        count
    })
}

/// A number that is noted when it comes up.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Probe(f64);

impl Arithmetic for Probe {
    type Element = f64;

    #[inline(always)]
    fn of(number: f64) -> Self {
        NOTES.with(|notes| {
            let count = notes.count.get();
            if let Some(place) = notes.numbers.get(count) {
                place.set(number);
            }
            notes.count.set(count + 1);
        });
        Probe(number)
    }
    #[inline(always)]
    fn load(element: f64) -> Self {
        Self::of(element)
    }
    #[inline(always)]
    fn store(self) -> f64 {
        self.0
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Probe(self.0 * a.0 + b.0)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Probe(self.0.sqrt())
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Probe(self.0.abs())
    }
    #[inline(always)]
    fn if_positive(self, then: Self, otherwise: Self) -> Self {
        if self.0 > 0.0 { then } else { otherwise }
    }
    #[inline(always)]
    fn cbrt(self) -> Self {
        Probe(self.0.cbrt())
    }
}

operators!(Probe:
    Add add(a, b) Probe(a + b);
    Sub sub(a, b) Probe(a - b);
    Mul mul(a, b) Probe(a * b);
    Div div(a, b) Probe(a / b);
    -a Probe(-a)
);
