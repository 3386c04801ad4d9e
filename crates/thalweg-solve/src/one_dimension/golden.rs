//! [`Golden`]: a minimum by golden section.

use super::brent::GOLDEN;
use super::{Probe, ScalarOptions};
use crate::Scalar;
use crate::checkpoint::Keeper;

/// The minimum lies in [a, b]; x is the lowest point known.
pub(super) struct Golden {
    rtol: f64,
    atol: f64,
    a: f64,
    b: f64,
    x: f64,
    value: f64,
    /// Where the function is being asked; `None` before the first time.
    asked: Option<f64>,
}

impl Golden {
    /// Within an interval, where `first` is asked first.
    pub(super) fn new((low, high): (f64, f64), first: f64, options: &ScalarOptions) -> Self {
        let (rtol, atol) = (options.rtol, options.atol);
        Golden { rtol, atol, a: low, b: high, x: first, value: f64::INFINITY, asked: None }
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        let mut numbers = [self.a, self.b, self.x, self.value];
        keeper.numbers("golden", &mut numbers);
        [self.a, self.b, self.x, self.value] = numbers;
        keeper.maybe("asked", &mut self.asked);
    }
}

impl Probe for Golden {
    type Told = f64;

    fn next(&mut self) -> Option<f64> {
        if self.asked.is_none() {
            self.asked = Some(self.x);
            return self.asked;
        }
        let tolerance = self.rtol * self.x.abs() + self.atol;
        // Into the larger part.
        let (below, above) = (self.x - self.a, self.b - self.x);
        let to = self.x + GOLDEN * if above >= below { above } else { -below };
        if self.b - self.a <= 4.0 * tolerance || to == self.x {
            return None;
        }
        self.asked = Some(to);
        self.asked
    }

    fn tell(&mut self, value: f64) -> bool {
        let value = if value.is_nan() { f64::INFINITY } else { value };
        let Some(at) = self.asked else { return true };
        if at == self.x {
            self.value = value;
            return true;
        }
        let lower = value < self.value;
        let end = if lower { self.x } else { at };
        if (at < self.x) == lower {
            self.b = end;
        } else {
            self.a = end;
        }
        if lower {
            (self.x, self.value) = (at, value);
        }
        true
    }

    fn found(&self) -> (f64, f64, (f64, f64)) {
        (self.x, self.value, (self.a, self.b))
    }
}
