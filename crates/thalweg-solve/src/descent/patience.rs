//! [`Patience`]: when steps change nothing but rounding any more.

use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::search::line::{ULPS, epsilon};

/// Counts steps after which neither the value is lower, beyond rounding, nor the gradient half as large.
///
/// A search that looks at values alone accepts such steps for ever, and a gradient that is mostly rounding never becomes as small as
/// was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    value: f64,
    /// max |gᵢ|.
    largest: f64,
    steps: u32,
    most: u32,
    /// A value above the lowest by no more than this part of it, or rounding, is as low.
    slack: f64,
}

impl Patience {
    pub(super) fn new(most: u32, slack: f64) -> Self {
        Patience { value: f64::MAX, largest: f64::INFINITY, steps: 0, most, slack }
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        keeper.number("patience_value", &mut self.value);
        keeper.number("patience_largest", &mut self.largest);
        let mut steps = u64::from(self.steps);
        keeper.count("patience_steps", &mut steps, u64::from(self.most));
        self.steps = steps as u32;
    }

    pub(super) fn is_over(&self) -> bool {
        self.steps >= self.most
    }

    /// After a step to a point of this value and gradient. Patience is over at once if the step's direction promised nothing but rounding too.
    ///
    /// A step that changes nothing is not enough: of a direction almost at right angles to the gradient it says little.
    pub(super) fn step<F: Scalar>(&mut self, value: f64, largest: f64, promised: f64) {
        let rounding = ULPS * epsilon::<F>() * self.value.abs();
        if value < self.value - rounding || largest < 0.5 * self.largest {
            self.value = self.value.min(value);
            self.largest = self.largest.min(largest);
            self.steps = 0;
        } else if value <= self.value + rounding.max(self.slack * self.value.abs()) {
            self.steps = if promised <= rounding { self.most } else { self.steps.saturating_add(1) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_where_values_differ_by_rounding_and_gradients_do_not_shrink() {
        let mut patience = Patience::new(3, 0.0);
        let step = f64::EPSILON;
        for (value, largest, over) in [
            (1.0, 1e-6, false),
            (1.0 + step, 1e-6, false),
            (1.0 - step, 9e-7, false),
            // Half of the smallest so far: that was something.
            (1.0, 4e-7, false),
            // Above, as a search that allows it may go: neither.
            (2.0, 1.0, false),
            (1.0, 3e-7, false),
            (1.0, 3e-7, false),
            (1.0, 3e-7, true),
        ] {
            patience.step::<f64>(value, largest, 1.0);
            assert_eq!(patience.is_over(), over, "{value} {largest}");
        }
    }

    #[test]
    fn it_ends_at_once_where_nothing_more_was_promised() {
        let mut patience = Patience::new(3, 0.0);
        patience.step::<f64>(1.0, 1e-6, 1.0);
        patience.step::<f64>(1.0, 1e-6, 1e-9);
        assert!(!patience.is_over());
        patience.step::<f64>(1.0, 1e-6, 1e-16);
        assert!(patience.is_over());
    }
}
