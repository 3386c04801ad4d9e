//! [`Zero`]: a root by secants, inverse parabolas and halving.

use super::{Probe, ScalarOptions, root_tolerance};

/// The root lies between b and c; b is the better, a what b was before.
pub(super) struct Zero {
    atol: f64,
    a: (f64, f64),
    b: (f64, f64),
    c: (f64, f64),
    /// The last step and the one before it.
    d: f64,
    e: f64,
    /// Where the function is being asked.
    asked: f64,
}

impl Zero {
    pub(super) fn new(
        (low, high): (f64, f64),
        (at_low, at_high): (f64, f64),
        options: &ScalarOptions,
    ) -> Self {
        let (a, b) = ((low, at_low), (high, at_high));
        Zero { atol: options.atol, a, b, c: a, d: high - low, e: high - low, asked: high }
    }

    /// A step from b by the secant through a and b, or by the inverse parabola through all three; `None` where halving is better.
    fn interpolated(&mut self, half: f64, tolerance: f64) -> Option<f64> {
        if self.e.abs() < tolerance || self.a.1.abs() <= self.b.1.abs() {
            return None;
        }
        let s = self.b.1 / self.a.1;
        let (p, q) = if self.a.0 == self.c.0 {
            (2.0 * half * s, 1.0 - s)
        } else {
            let (q, r) = (self.a.1 / self.c.1, self.b.1 / self.c.1);
            let p = s * (2.0 * half * q * (q - r) - (self.b.0 - self.a.0) * (r - 1.0));
            (p, (q - 1.0) * (r - 1.0) * (s - 1.0))
        };
        let (p, q) = if p > 0.0 { (p, -q) } else { (-p, q) };
        let before = std::mem::replace(&mut self.e, self.d);
        let short = 2.0 * p < 3.0 * half * q - (tolerance * q).abs() && p < (0.5 * before * q).abs();
        short.then(|| p / q)
    }
}

impl Probe for Zero {
    type Told = f64;

    fn next(&mut self) -> Option<f64> {
        if self.c.1.abs() < self.b.1.abs() {
            (self.a, self.b, self.c) = (self.b, self.c, self.b);
        }
        let tolerance = root_tolerance(self.b.0, self.atol);
        let half = 0.5 * (self.c.0 - self.b.0);
        if half.abs() <= tolerance || self.b.1 == 0.0 {
            return None;
        }
        if let Some(step) = self.interpolated(half, tolerance) {
            self.d = step;
        } else {
            (self.d, self.e) = (half, half);
        }
        let step = if self.d.abs() > tolerance { self.d } else { tolerance.copysign(half) };
        self.asked = self.b.0 + step;
        Some(self.asked)
    }

    fn tell(&mut self, value: f64) -> bool {
        if value.is_nan() {
            return false;
        }
        self.a = self.b;
        self.b = (self.asked, value);
        if (value > 0.0) == (self.c.1 > 0.0) {
            self.c = self.a;
            (self.d, self.e) = (self.b.0 - self.a.0, self.b.0 - self.a.0);
        }
        true
    }

    fn found(&self) -> (f64, f64, (f64, f64)) {
        let (best, other) = if self.c.1.abs() < self.b.1.abs() { (self.c, self.b) } else { (self.b, self.c) };
        (best.0, best.1, (best.0.min(other.0), best.0.max(other.0)))
    }
}
