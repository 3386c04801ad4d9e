//! [`Golden`]: a minimum by golden section.

use super::brent::GOLDEN;
use super::{Probe, ScalarOptions};

/// The minimum lies in [a, b], of which two inner points are known.
pub(super) struct Golden {
    rtol: f64,
    atol: f64,
    a: f64,
    b: f64,
    /// The lower and the upper inner point, with their values once they are known.
    left: (f64, Option<f64>),
    right: (f64, Option<f64>),
}

impl Golden {
    pub(super) fn new(low: f64, high: f64, options: &ScalarOptions) -> Self {
        let part = GOLDEN * (high - low);
        let (rtol, atol) = (options.rtol, options.atol);
        Golden { rtol, atol, a: low, b: high, left: (low + part, None), right: (high - part, None) }
    }

    fn best(&self) -> (f64, f64) {
        let (left, right) = (self.left.1.unwrap_or(f64::INFINITY), self.right.1.unwrap_or(f64::INFINITY));
        if right < left { (self.right.0, right) } else { (self.left.0, left) }
    }
}

impl Probe for Golden {
    type Told = f64;

    fn next(&mut self) -> Option<f64> {
        if let (Some(left), Some(right)) = (self.left.1, self.right.1) {
            let tolerance = self.rtol * self.best().0.abs() + self.atol;
            let crossed = self.left.0 >= self.right.0;
            if self.b - self.a <= 4.0 * tolerance || crossed {
                return None;
            }
            if left <= right {
                self.b = self.right.0;
                self.right = self.left;
                self.left = (self.a + GOLDEN * (self.b - self.a), None);
            } else {
                self.a = self.left.0;
                self.left = self.right;
                self.right = (self.b - GOLDEN * (self.b - self.a), None);
            }
        }
        Some(if self.left.1.is_none() { self.left.0 } else { self.right.0 })
    }

    fn tell(&mut self, value: f64) -> bool {
        let value = if value.is_nan() { f64::INFINITY } else { value };
        let unknown = if self.left.1.is_none() { &mut self.left } else { &mut self.right };
        unknown.1 = Some(value);
        true
    }

    fn found(&self) -> (f64, f64, (f64, f64)) {
        let (x, value) = self.best();
        (x, value, (self.a, self.b))
    }
}
