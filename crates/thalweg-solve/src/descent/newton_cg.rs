//! [`NewtonCg`]: Newton's method with a search, from Hessian-vector products alone.

use thalweg_spec::{Call, Options, SpecError};

use super::Aim;
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::search::{Backtracking, Search, within};
use crate::trust::steihaug::Conjugate;
use crate::vector::{dot, norm};
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "newton_cg";
pub(super) const SUMMARY: &str =
    "Newton's method with a search, by conjugate gradients from Hessian-vector products";

/// Newton's method with a search: `Hd ≈ −∇f(x)` by conjugate gradients, which stop at a direction of negative curvature.
///
/// The system is solved to the fraction min(`accuracy`, √(‖∇f(x)‖/‖∇f(x₀)‖)) of the gradient: roughly far away, exactly near the
/// minimum, so that convergence is faster than linear. No matrix is made: for any number of variables.
///
/// Dembo and Steihaug, *Truncated-Newton algorithms for large-scale unconstrained optimization*, 1983; Nocedal and Wright,
/// *Numerical Optimization*, 2nd ed., algorithm 7.1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewtonCg {
    /// How far to go.
    pub search: Search,
    /// The largest fraction of the gradient that the solution may leave.
    pub accuracy: f64,
}

impl Default for NewtonCg {
    fn default() -> Self {
        NewtonCg { search: Backtracking::default().into(), accuracy: 0.5 }
    }
}

const FRACTION: &str = "above 0 and below 1";

fn is_fraction(number: f64) -> bool {
    number > 0.0 && number < 1.0
}

impl NewtonCg {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["search", "accuracy"])?;
        let blank = NewtonCg::default();
        Ok(NewtonCg {
            search: Search::read(&options, blank.search)?,
            accuracy: options.number_where("accuracy", blank.accuracy, FRACTION, is_fraction)?,
        })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME).with("search", self.search.call()).with("accuracy", self.accuracy)
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        within("newton_cg's accuracy", self.accuracy, FRACTION, is_fraction)
    }
}

/// The method at work.
pub(crate) struct Truncated<F> {
    accuracy: f64,
    conjugate: Conjugate<F>,
    /// ‖∇f‖ at the start.
    at_start: Option<f64>,
}

impl<F: Scalar> Truncated<F> {
    pub(crate) fn new(settings: &NewtonCg, dim: usize) -> Self {
        Truncated { accuracy: settings.accuracy, conjugate: Conjugate::new(dim), at_start: None }
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.maybe("at_start", &mut self.at_start);
    }

    pub(crate) fn aim(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        gradient: &[F],
        d: &mut [F],
    ) -> Result<Aim, SolveError> {
        let length = norm(gradient);
        let at_start = *self.at_start.get_or_insert(length);
        let accuracy = self.accuracy.min((length / at_start).sqrt());
        let (end, steps) = {
            let multiply = |v: &[F], out: &mut [F]| oracle.hessian_vector(x, v, out);
            let (_, end, steps) = self.conjugate.solve(gradient, accuracy, f64::INFINITY, d, multiply)?;
            (end, steps)
        };
        // Negative curvature at once leaves the gradient, whose length says nothing.
        let blind = end == crate::trust::steihaug::End::NegativeCurvature && steps == 0;
        Ok(Aim { slope: dot(gradient, d), first: if blind { None } else { Some(1.0) } })
    }
}
