//! Weight decay.

use crate::{Arithmetic, Transform};

/// `u ← u + weight_decay · x`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AddDecayedWeights {
    /// The part of each parameter that is added.
    pub weight_decay: f64,
}

impl Transform for AddDecayedWeights {
    type Coefficients<A: Arithmetic> = A;

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(self.weight_decay)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(decay: &A, u: A, x: A, _: &mut [A]) -> A {
        decay.mul_add(x, u)
    }
}
