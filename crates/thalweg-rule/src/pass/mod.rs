//! The pass over memory: loops, instruction sets, threads, state. What is computed per element never lives here.

mod fused;
mod isa;
mod loops;
mod norm;
mod pipeline;
mod precondition;
mod state;
mod threads;

pub use fused::Fused;
pub(crate) use norm::GlobalNorm;
pub(crate) use pipeline::{Piece, Pipeline};
pub(crate) use precondition::{Dense, Diagonal};

use crate::{Formula, Real, RuleError};

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
    /// One step: changes `params` in place from the gradient at [`evaluation_point`](Rule::evaluation_point). Both have
    /// `dim · lanes` elements.
    ///
    /// # Errors
    /// [`RuleError::Length`]; nothing is changed then.
    fn step(&mut self, params: &mut [F], grads: &[F]) -> Result<(), RuleError>;

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

    /// The state by name, each slot laid out as the parameters are.
    fn state(&self) -> Vec<(&'static str, &[F])>;

    /// Takes up a saved run: its step count and its slots in the order of [`state`](Rule::state). The continued run has the
    /// same bits as one that was never interrupted. Replays the schedule, so the time taken grows with `steps`.
    ///
    /// # Errors
    /// [`RuleError::Slots`] or [`RuleError::Length`]; nothing is changed then.
    fn restore(&mut self, steps: u64, slots: &[&[F]]) -> Result<(), RuleError>;
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

/// `point = x − factor · velocity`
fn look_ahead<F: Real>(x: &[F], velocity: &[F], factor: f64, point: &mut [F]) {
    let factor = F::of(factor);
    for ((point, &x), &velocity) in point.iter_mut().zip(x).zip(velocity) {
        *point = x - factor * velocity;
    }
}
