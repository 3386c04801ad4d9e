//! Where PyTorch's rules begin, and the momentum they share.

use crate::pass::Piece;
use crate::{Arithmetic, Chain, Real, Schedule, Transform};

/// The gradient as PyTorch's rules take it: `u ← ±u + weight_decay · x`, minus to maximise.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gradient {
    /// The factor of an L2 penalty's gradient.
    pub weight_decay: f64,
    /// Climbs instead of descending.
    pub maximize: bool,
}

impl Gradient {
    /// Followed by `next`; the gradient as it is costs nothing.
    pub(crate) fn then<F: Real>(self, next: impl Transform) -> Box<dyn Piece<F>> {
        if self == Self::default() { Box::new(next) } else { Box::new(Chain(self, next)) }
    }
}

impl Transform for Gradient {
    type Coefficients<A: Arithmetic> = [A; 2];

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 2] {
        [A::of(if self.maximize { -1.0 } else { 1.0 }), A::of(self.weight_decay)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([sign, decay]: &[A; 2], u: A, x: A, _: &mut [A]) -> A {
        decay.mul_add(x, *sign * u)
    }
}

/// Momentum: a decaying sum of the updates.
///
/// ```text
/// b ← momentum · b + (1 − dampening) · u      (first step: b ← u)
/// u ← b,   with nesterov:   u ← u + momentum · b
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    schedule: Schedule,
    /// At the step at hand.
    momentum: f64,
    dampening: f64,
    nesterov: bool,
    look_ahead: bool,
    first: bool,
}

impl Trace {
    /// Plain momentum.
    pub fn new(momentum: impl Into<Schedule>) -> Self {
        let schedule = momentum.into();
        let momentum = schedule.at(0);
        Trace { schedule, momentum, dampening: 0.0, nesterov: false, look_ahead: false, first: true }
    }

    /// With new updates weighted by `1 − dampening`, the first one excepted.
    pub fn dampened(self, dampening: f64) -> Self {
        Trace { dampening, ..self }
    }

    /// Adding the newest update once more, as if the momentum had been followed first.
    pub fn nesterov(self, nesterov: bool) -> Self {
        Trace { nesterov, ..self }
    }

    /// With the gradient to be taken at `x − momentum · b`.
    pub fn looking_ahead(self, look_ahead: bool) -> Self {
        Trace { look_ahead, ..self }
    }
}

impl Transform for Trace {
    const SLOTS: usize = 1;
    type Coefficients<A: Arithmetic> = [A; 4];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.first = step == 0;
        self.momentum = self.schedule.at(step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 4] {
        let [keep, new] = if self.first { [0.0, 1.0] } else { [self.momentum, 1.0 - self.dampening] };
        let [again, buffer] = if self.nesterov { [1.0, self.momentum] } else { [0.0, 1.0] };
        [A::of(keep), A::of(new), A::of(again), A::of(buffer)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([keep, new, again, buffer]: &[A; 4], u: A, _: A, slots: &mut [A]) -> A {
        let b = keep.mul_add(slots[0], *new * u);
        slots[0] = b;
        buffer.mul_add(b, *again * u)
    }

    fn slot_name(_: usize) -> &'static str {
        "momentum_buffer"
    }

    fn look_ahead(&self) -> Option<(usize, f64)> {
        self.look_ahead.then_some((0, self.momentum))
    }
}
