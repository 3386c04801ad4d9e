//! The pass over memory: loops, instruction sets, threads, state. What is computed per element never lives here.

mod centered;
mod curvature;
mod estimated;
mod explain;
mod frame;
mod fused;
mod groups;
mod isa;
mod loops;
mod masked;
mod noise;
mod pipeline;
mod precondition;
mod scaled;
mod stage;
mod state;
mod sums;
mod threads;

pub(crate) use centered::Centered;
pub(crate) use curvature::Curved;
pub(crate) use estimated::{Estimated, Estimator, Measured, OWN};
pub use explain::{Explanation, Step};
pub(crate) use frame::Simply;
pub use fused::Fused;
pub(crate) use groups::{Groups, Unit};
pub(crate) use isa::{Isa, Kernel};
#[cfg(feature = "matrices")]
pub(crate) use loops::Refine;
pub(crate) use masked::{Masked, Treatment};
pub(crate) use noise::Noise;
pub(crate) use pipeline::{Direction, Pipeline};
pub(crate) use precondition::{Dense, Diagonal};
pub(crate) use scaled::{Group, Scaled, Scaling};
pub(crate) use stage::{Piece, Reach, Stage, Whole};
pub use state::Slots;
pub(crate) use state::{SlotRange, no_slots};
pub(crate) use sums::{Columns, Sums, halves as sums_of};
#[cfg(any(feature = "bf16", feature = "matrices"))]
pub(crate) use threads::both;
pub(crate) use threads::together;

use std::sync::Arc;

use crate::memory::Visit;
use crate::{Evaluation, Formula, Layout, Needs, Optimizer, Real, RuleError};

/// Parameters that are summed in one go, and elements that go through all stages together: 8 KiB of `f64`.
pub(crate) const BLOCK: usize = 1024;

/// An optimiser at work: hyperparameters, state and step count for one parameter vector.
///
/// Built by [`Optimizer::rule`](crate::Optimizer::rule) for `lanes` problems of `dim` parameters each, laid out component by
/// component: parameter `j` of problem `i` is element `j · lanes + i`. One problem is the ordinary flat vector.
///
/// ```
/// use thalweg_rule::{Optimizer, Rule};
///
/// let mut rule = "adam(lr=0.1)".parse::<Optimizer>()?.rule::<f64>(2, 1)?;
/// let mut x = [1.0, -2.0];
/// for _ in 0..200 {
///     let gradient = [2.0 * x[0], 2.0 * x[1]];
///     rule.step(&mut x, &gradient)?;
/// }
/// assert!(x[0].abs() < 1e-3 && x[1].abs() < 1e-3);
/// assert_eq!(rule.steps(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Rule<F>: Send {
    /// One step: changes `params` in place from what is known at [`evaluation_point`](Rule::evaluation_point). Parameters and
    /// gradient have `dim · lanes` elements.
    ///
    /// # Errors
    /// [`RuleError::Length`], [`RuleError::Missing`] for what the rule [needs](Rule::needs) and did not get,
    /// [`RuleError::NotFinite`] from a rule that stops there; nothing is changed then.
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError>;

    /// One step from the gradient alone; see [`advance`](Rule::advance).
    ///
    /// # Errors
    /// As [`advance`](Rule::advance).
    #[inline]
    fn step(&mut self, params: &mut [F], grads: &[F]) -> Result<(), RuleError> {
        self.advance(params, &Evaluation::of(grads))
    }

    /// What the rule needs beside gradients.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Whether the next step needs a Hessian-vector product. `true`: with the direction that has been written, as long as the
    /// parameters, at [`evaluation_point`](Rule::evaluation_point); the product goes to
    /// [`Evaluation::hessian_vector`]. `false`: `direction` is left alone.
    fn probe(&self, direction: &mut [F]) -> bool {
        let _ = direction;
        false
    }

    /// Whether the rule has better parameters for use after training than `params`, such as their average; they have been written
    /// then. `false`: `params` are the ones to use, and `out` is left alone.
    fn averaged(&self, params: &[F], out: &mut [F]) -> bool {
        let _ = (params, out);
        false
    }

    /// How many calls ago the function was seen that the next call wants at [`evaluation_point`](Rule::evaluation_point), in training:
    /// the batch; 1 is that of the last call. `None`: whichever comes next. So a rule says that it takes several gradients to a step, as
    /// [`Sam`](crate::Sam) does; behind [`Accumulate`](crate::Accumulate) each of them is of several batches.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("accumulate(2) | sam() | sgd(lr=0.1)")?.rule(1, 1)?;
    /// let mut asked = Vec::new();
    /// for _ in 0..4 {
    ///     asked.push(rule.again());
    ///     rule.step(&mut [1.0], &[0.5])?;
    /// }
    /// // Two batches for the way uphill, and the same two for the step.
    /// assert_eq!(asked, [None, None, Some(2), Some(2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn again(&self) -> Option<u64> {
        None
    }

    /// Whether the next call goes on with the step of calls before: see [`again`](Rule::again).
    fn within_step(&self) -> bool {
        self.again().is_some()
    }

    /// Whether the rule itself sees to values and gradients that are not finite. Otherwise whoever has such stops there.
    fn takes_nonfinite(&self) -> bool {
        false
    }

    /// Forgets everything: state and step count are as when the rule was built.
    fn reset(&mut self);

    /// Steps made so far.
    fn steps(&self) -> u64;

    /// Where the next gradient must be taken. `false`: at `params`, and `point` is left alone. `true`: at `point`, which has been
    /// written; it must be as long as `params`.
    fn evaluation_point(&self, params: &[F], point: &mut [F]) -> bool {
        let _ = (params, point);
        false
    }

    /// The update of one parameter as plain arithmetic, if it is one formula for every parameter. `None` where parameters need
    /// each other (clipping by a norm, a full matrix), where each has a factor of its own (a diagonal one), where the gradient is
    /// taken elsewhere ([`evaluation_point`](Rule::evaluation_point)), and for a [`Transform`](crate::Transform) that compares
    /// numbers.
    fn formula(&self) -> Option<Formula> {
        None
    }

    /// Steps made elsewhere, by [`formula`](Rule::formula): writes the coefficients that [`step`](Rule::step) would have used, in
    /// 64 bits, and counts the steps, as many as rows of [`Formula::coefficients`] fit `out`. The slots are the caller's then; the
    /// rule's own stay as they are.
    ///
    /// # Errors
    /// [`RuleError::NoFormula`], or [`RuleError::Coefficients`] if `out` is not one row or several; nothing is changed then.
    fn coefficients(&mut self, out: &mut [f64]) -> Result<(), RuleError> {
        let _ = out;
        Err(RuleError::NoFormula)
    }

    /// Shows everything that is remembered between steps to the visitor, always in the same order. [`Snapshot`](crate::Snapshot)
    /// saves and restores by it.
    fn memory(&mut self, visit: &mut Visit<'_, F>);

    /// Counts steps that were made elsewhere, whose state is handed in by [`memory`](Rule::memory). Only rules that PyTorch has can
    /// do this.
    ///
    /// # Errors
    /// [`RuleError::NoFormula`] for all other rules.
    fn skip(&mut self, steps: u64) -> Result<(), RuleError> {
        let _ = steps;
        Err(RuleError::NoFormula)
    }

    /// What the rule was made from, if that was an [`Optimizer`](crate::Optimizer).
    fn origin(&self) -> Option<Origin<'_>> {
        None
    }

    /// The hyperparameters that can be set, with their values at the next step: `lr` or, where several links have one of the
    /// same name, `adamw.lr`.
    fn hyperparameters(&self) -> Vec<(String, f64)> {
        Vec::new()
    }

    /// Sets a hyperparameter from the next step on; a schedule gives way to the number.
    ///
    /// # Errors
    /// [`RuleError::UnknownKey`], [`RuleError::Hyperparameter`], or [`RuleError::Fixed`] where it would change what is
    /// remembered, such as momentum where there was none; nothing is changed then.
    fn set(&mut self, key: &str, value: f64) -> Result<(), RuleError> {
        let _ = value;
        Err(RuleError::UnknownKey { key: key.to_owned(), known: "none".to_owned() })
    }

    /// How a step goes over memory.
    fn explain(&self) -> Explanation;
}

/// Whether a rule with that many coefficients, if it has a formula, can write rows of them to `found` numbers.
#[inline(always)]
fn check_coefficients(expected: Option<usize>, found: usize) -> Result<(), RuleError> {
    match expected {
        Some(expected)
            if expected == found || (found > 0 && expected > 0 && found.is_multiple_of(expected)) =>
        {
            Ok(())
        }
        Some(expected) => Err(RuleError::Coefficients { found, expected }),
        None => Err(RuleError::NoFormula),
    }
}

/// `lanes` problems of `dim` parameters each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) dim: usize,
    pub(crate) lanes: usize,
    pub(crate) size: usize,
}

impl Shape {
    pub(crate) fn new(dim: usize, lanes: usize) -> Result<Self, RuleError> {
        let size = dim.checked_mul(lanes).ok_or(RuleError::TooLarge { dim, lanes })?;
        Ok(Shape { dim, lanes, size })
    }

    #[inline(always)]
    pub(crate) fn check(&self, what: &'static str, found: usize) -> Result<(), RuleError> {
        if found == self.size { Ok(()) } else { Err(self.wrong_length(what, found)) }
    }

    #[cold]
    fn wrong_length(&self, what: &'static str, found: usize) -> RuleError {
        RuleError::Length { what, found, dim: self.dim, lanes: self.lanes }
    }
}

/// What a rule was made from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The description, with hyperparameters as they are set now.
    pub optimizer: &'a Optimizer,
    /// The parts of one problem's parameters.
    pub layout: &'a Layout,
    /// Problems side by side.
    pub lanes: usize,
    /// The number of the first problem.
    pub first: u64,
}

/// What a rule is built for.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) shape: Shape,
    /// The parts of one problem's parameters.
    pub(crate) layout: Arc<Layout>,
    /// The number of the first problem among all that belong together, which random numbers depend on.
    pub(crate) first: u64,
}

/// `point = x − factor · velocity`
fn look_ahead<F: Real>(x: &[F], velocity: &[F], factor: f64, point: &mut [F]) {
    let factor = F::of(factor);
    for ((point, &x), &velocity) in point.iter_mut().zip(x).zip(velocity) {
        *point = x - factor * velocity;
    }
}

/// `out = factor · mean`
fn average<F: Real>(mean: &[F], factor: f64, out: &mut [F]) {
    let factor = F::of(factor);
    for (out, &mean) in out.iter_mut().zip(mean) {
        *out = factor * mean;
    }
}
