//! [`Newton`]: a root by Newton's steps within an interval that shrinks.

use super::{Probe, ScalarOptions, root_tolerance};

/// The root lies between `negative`, where the function is below 0 or 0, and `positive`.
pub(super) struct Newton {
    atol: f64,
    negative: f64,
    positive: f64,
    /// The best point known and its value.
    x: f64,
    value: f64,
    derivative: f64,
    asked: f64,
    /// The last step and the one before it.
    last: f64,
    before: f64,
    done: bool,
}

impl Newton {
    pub(super) fn new(
        (low, high): (f64, f64),
        (at_low, at_high): (f64, f64),
        options: &ScalarOptions,
    ) -> Self {
        let (negative, positive) = if at_low <= 0.0 && at_high >= 0.0 { (low, high) } else { (high, low) };
        let (x, value) = if at_low.abs() < at_high.abs() { (low, at_low) } else { (high, at_high) };
        let width = high - low;
        // Without a derivative the first step is to the middle.
        let derivative = f64::NAN;
        let done = value == 0.0;
        let atol = options.atol;
        Newton { atol, negative, positive, x, value, derivative, asked: x, last: width, before: width, done }
    }
}

impl Probe for Newton {
    type Told = (f64, f64);

    fn next(&mut self) -> Option<f64> {
        let (low, high) = (self.negative.min(self.positive), self.negative.max(self.positive));
        let tolerance = root_tolerance(self.x, self.atol);
        if self.done || self.value == 0.0 {
            return None;
        }
        let step = -self.value / self.derivative;
        let to = self.x + step;
        let (inside, small) = (to > low && to < high, step.abs() <= tolerance);
        let useful = inside && (small || 2.0 * step.abs() < self.before.abs());
        if !useful && (small || 0.5 * (high - low) <= tolerance) {
            return None;
        }
        self.before = self.last;
        self.asked = if useful { to } else { low + 0.5 * (high - low) };
        self.last = self.asked - self.x;
        // A Newton step that small ends at the root, as far as numbers go.
        self.done = small;
        Some(self.asked)
    }

    fn tell(&mut self, (value, derivative): (f64, f64)) -> bool {
        if value.is_nan() {
            return false;
        }
        if value <= 0.0 {
            self.negative = self.asked;
        } else {
            self.positive = self.asked;
        }
        (self.x, self.value, self.derivative) = (self.asked, value, derivative);
        true
    }

    fn found(&self) -> (f64, f64, (f64, f64)) {
        let interval = (self.negative.min(self.positive), self.negative.max(self.positive));
        (self.x, self.value, interval)
    }
}
