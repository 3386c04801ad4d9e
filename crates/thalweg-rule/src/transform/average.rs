//! Running means as directions.

use crate::{Arithmetic, Transform};

/// A running mean of the updates.
///
/// ```text
/// m ← keep · m + (1 − keep) · u
/// u ← m
/// with nesterov:              u ← keep · m + (1 − keep) · u
/// corrected:                  u ← m / (1 − keepᵗ)                                             (t counts from 1)
/// corrected, with nesterov:   u ← keep · m / (1 − keepᵗ⁺¹) + (1 − keep) · u / (1 − keepᵗ)
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Average {
    keep: f64,
    nesterov: bool,
    corrected: bool,
    /// What of the mean and of the update is the next update.
    mix: [f64; 2],
}

impl Average {
    /// As it is.
    pub(crate) fn new(keep: f64) -> Self {
        Average { keep, nesterov: false, corrected: false, mix: [1.0, 0.0] }
    }

    /// As if the mean had been followed first.
    pub(crate) fn nesterov(self, nesterov: bool) -> Self {
        Average { nesterov, ..self }
    }

    /// Free of its bias towards zero.
    pub(crate) fn corrected(self, corrected: bool) -> Self {
        Average { corrected, ..self }
    }
}

impl Transform for Average {
    const SLOTS: usize = 1;
    type Coefficients<A: Arithmetic> = [A; 4];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        let keep = self.keep;
        let weight = |steps: u64| if self.corrected { 1.0 - keep.powf(steps as f64) } else { 1.0 };
        let now = weight(step + 1);
        self.mix =
            if self.nesterov { [keep / weight(step + 2), (1.0 - keep) / now] } else { [1.0 / now, 0.0] };
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 4] {
        [self.keep, 1.0 - self.keep, self.mix[0], self.mix[1]].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([keep, new, of_mean, of_update]: &[A; 4], u: A, _: A, slots: &mut [A]) -> A {
        let m = keep.mul_add(slots[0], *new * u);
        slots[0] = m;
        of_mean.mul_add(m, *of_update * u)
    }

    fn slot_name(_: usize) -> &'static str {
        "momentum_buffer"
    }
}
