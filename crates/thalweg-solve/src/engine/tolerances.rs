//! [`Tolerances`]: when a problem has converged.

use crate::scalar::{narrow, wide};
use crate::{Method, Options, Scalar, Status};

pub(super) struct Tolerances<F> {
    asked: Option<Tolerance>,
    /// What max |gᵢ| must come down to, for each problem, once the start is known.
    gradient: Vec<F>,
    value: Option<Tolerance>,
    /// A descent that can change values by rounding only has converged.
    pub(super) rounding: bool,
    step: Option<Tolerance>,
    /// Whether there is any.
    pub(super) any: bool,
}

/// How small a change must be: in itself, or beside what changes.
#[derive(Clone, Copy)]
struct Tolerance {
    absolute: f64,
    relative: f64,
}

impl Tolerance {
    fn of(absolute: Option<f64>, relative: Option<f64>) -> Option<Self> {
        absolute.or(relative)?;
        Some(Tolerance { absolute: absolute.unwrap_or(0.0), relative: relative.unwrap_or(0.0) })
    }

    fn allows<F: Scalar>(self, before: F, now: F) -> bool {
        let (before, now) = (wide(before), wide(now));
        (now - before).abs() <= self.absolute.max(self.relative * now.abs().max(before.abs()))
    }
}

impl<F: Scalar> Tolerances<F> {
    pub(super) fn new(options: &Options) -> Self {
        let default = options.method.default_tolerance::<F>().filter(|_| !options.any_tolerance());
        // Methods for functions look at their conditions themselves, those of one variable at their intervals.
        let constrained = matches!(options.method, Method::Constrained(_));
        let alone = matches!(options.method, Method::OneDimension(_));
        Tolerances {
            asked: Tolerance::of(options.grad_tol, default.or(options.grad_rtol)).filter(|_| !constrained),
            gradient: Vec::new(),
            value: Tolerance::of(options.value_tol, options.value_rtol),
            rounding: default.is_some() || options.value_tol.or(options.value_rtol).is_some(),
            step: Tolerance::of(options.step_tol, options.step_rtol).filter(|_| !alone),
            any: options.any_tolerance() || default.is_some(),
        }
    }

    /// Whether gradients are looked at, and so their residuals at the start are wanted.
    pub(super) fn looks_at_gradients(&self) -> bool {
        self.asked.is_some()
    }

    /// Takes the residual of the next problem at its start.
    pub(super) fn begin(&mut self, residual: F) {
        if let Some(Tolerance { absolute, relative }) = self.asked {
            self.gradient.push(narrow(absolute.max(relative * wide(residual))));
        }
    }

    /// Whether the gradient of a problem is as small as asked for; none if that was not asked for.
    #[inline]
    pub(super) fn most(&self, lane: usize) -> Option<F> {
        self.gradient.get(lane).copied()
    }

    /// Whether a step from one point and value to another changed as little as asked for.
    pub(super) fn still(
        &self,
        (value, value_after): (F, F),
        mut steps: impl Iterator<Item = (F, F)>,
    ) -> Option<Status> {
        if let Some(tolerance) = self.value
            && tolerance.allows(value, value_after)
        {
            return Some(Status::ConvergedValue);
        }
        let tolerance = self.step?;
        steps.all(|(x, x_after)| tolerance.allows(x, x_after)).then_some(Status::ConvergedStep)
    }
}
