//! The contract of element-wise transforms, how two become one, and the blocks that rules are made of.

mod average;
mod bias;
mod decay;
mod framed;
mod moments;
mod rate;
mod trace;

pub(crate) use average::Average;
pub(crate) use bias::Gathered;
pub use decay::AddDecayedWeights;
pub(crate) use framed::Framed;
pub use moments::ScaleByAdam;
pub(crate) use moments::Weights;
pub use rate::Rate;
pub use trace::{Gradient, Trace};

pub use crate::rule::{ClipByValue, ScaleByRms, ScaleByRss};
pub use crate::rule::{ScaleByAdadelta, ScaleByAdamax, ScaleByRprop, Sign, SignOfMean};

use crate::Arithmetic;

/// The most state slots that one statically composed transform may keep.
pub const MAX_SLOTS: usize = 4;

/// An element-wise map from an update `u` (at first the gradient) to the next one, with state.
///
/// What is not element-wise happens once per step in [`begin`](Transform::begin); the rest is a scalar formula that the
/// pass repeats for every element.
///
/// ```
/// use thalweg_rule::{Arithmetic, Fused, Rule, Transform};
///
/// /// `u = lr · sign(g)`
/// #[derive(Clone)]
/// struct SignDescent {
///     lr: f64,
/// }
///
/// impl Transform for SignDescent {
///     type Coefficients<A: Arithmetic> = A;
///     fn coefficients<A: Arithmetic>(&self) -> A {
///         A::of(self.lr)
///     }
///     fn apply<A: Arithmetic>(lr: &A, u: A, _: A, _: &mut [A]) -> A {
///         if u > A::of(0.0) { *lr } else { -*lr }
///     }
/// }
///
/// let mut rule = Fused::new(SignDescent { lr: 0.5 }, 2, 1)?;
/// let mut x = [1.0, 2.0];
/// rule.step(&mut x, &[3.0, -0.1])?;
/// assert_eq!(x, [0.5, 2.5]);
/// # Ok::<(), thalweg_rule::RuleError>(())
/// ```
pub trait Transform: Clone + Send + Sync + 'static {
    /// How many numbers are remembered per parameter, at most [`MAX_SLOTS`].
    const SLOTS: usize = 0;

    /// What the scalar formula needs beside the element: constant over one pass.
    type Coefficients<A: Arithmetic>: Copy;

    /// Called before each pass with the number of steps already made. Zero starts afresh, whatever came before.
    fn begin(&mut self, step: u64) {
        let _ = step;
    }

    /// The numbers for the pass at hand. For [`Rule::formula`](crate::Rule::formula), what is asked of `A` is the same at every
    /// step; only the values given to [`Arithmetic::of`] change.
    fn coefficients<A: Arithmetic>(&self) -> Self::Coefficients<A>;

    /// The formula: update `u`, parameter `x` and the parameter's slots to the next update. The last update of a chain is
    /// subtracted from `x`. Implementations are best marked `#[inline(always)]`.
    ///
    /// [`Rule::formula`](crate::Rule::formula) runs it once on symbols, of which nothing can be compared:
    /// [`max`](Arithmetic::max), [`min`](Arithmetic::min) and [`abs`](Arithmetic::abs) can be written down, an `if` cannot.
    fn apply<A: Arithmetic>(coefficients: &Self::Coefficients<A>, u: A, x: A, slots: &mut [A]) -> A;

    /// The name of a slot.
    fn slot_name(slot: usize) -> &'static str {
        let _ = slot;
        "state"
    }

    /// What a slot holds before the first step.
    fn slot_start(&self, slot: usize) -> f64 {
        let _ = slot;
        0.0
    }

    /// Shows every number that is carried from step to step by [`begin`](Transform::begin), with a name: what a saved run needs
    /// beside the slots and the step count.
    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        let _ = visit;
    }

    /// `Some((slot, factor))` if the gradient is to be taken at `x − factor · slot` instead of at `x`.
    fn look_ahead(&self) -> Option<(usize, f64)> {
        None
    }

    /// `Some((slot, factor))` if `factor · slot` are better parameters for use after training than the last ones:
    /// [`Rule::averaged`](crate::Rule::averaged).
    fn average(&self) -> Option<(usize, f64)> {
        None
    }
}

/// Two transforms, one after the other, in one loop.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain<A, B>(pub A, pub B);

impl<P: Transform, Q: Transform> Transform for Chain<P, Q> {
    const SLOTS: usize = P::SLOTS + Q::SLOTS;
    type Coefficients<A: Arithmetic> = (P::Coefficients<A>, Q::Coefficients<A>);

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.0.begin(step);
        self.1.begin(step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> Self::Coefficients<A> {
        (self.0.coefficients(), self.1.coefficients())
    }

    #[inline(always)]
    fn apply<A: Arithmetic>((p, q): &Self::Coefficients<A>, u: A, x: A, slots: &mut [A]) -> A {
        let (first, second) = slots.split_at_mut(P::SLOTS);
        Q::apply(q, P::apply(p, u, x, first), x, second)
    }

    fn slot_name(slot: usize) -> &'static str {
        if slot < P::SLOTS { P::slot_name(slot) } else { Q::slot_name(slot - P::SLOTS) }
    }

    fn slot_start(&self, slot: usize) -> f64 {
        if slot < P::SLOTS { self.0.slot_start(slot) } else { self.1.slot_start(slot - P::SLOTS) }
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        self.0.numbers(visit);
        self.1.numbers(visit);
    }

    fn look_ahead(&self) -> Option<(usize, f64)> {
        let second = || self.1.look_ahead().map(|(slot, factor)| (slot + P::SLOTS, factor));
        self.0.look_ahead().or_else(second)
    }

    fn average(&self) -> Option<(usize, f64)> {
        let second = self.1.average().map(|(slot, factor)| (slot + P::SLOTS, factor));
        second.or_else(|| self.0.average())
    }
}
