//! [`NewtonCg`]: Newton's method with a search, from Hessian-vector products alone.

use thalweg_spec::{Call, Options, SpecError};

use super::{Aim, Inverse, Moved, Preconditioner};
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::search::{Backtracking, Search, within};
use crate::trust::steihaug::{Conjugate, Divide, Limit};
use crate::vector::{dot, norm};
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "newton_cg";
pub(super) const SUMMARY: &str =
    "Newton's method with a search, by conjugate gradients from Hessian-vector products";

/// Newton's method with a search: `Hd ≈ −∇f(x)` by conjugate gradients, which stop at a direction of negative curvature.
///
/// Along that they go once more, as far as if the curvature were of the other sign: a direction in which the function bends down is followed, not
/// left out.
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
    /// What takes the scales away in the conjugate gradients.
    pub preconditioner: Preconditioner,
}

impl Default for NewtonCg {
    fn default() -> Self {
        NewtonCg {
            search: Backtracking::default().into(),
            accuracy: 0.5,
            preconditioner: Preconditioner::None,
        }
    }
}

const FRACTION: &str = "above 0 and below 1";

fn is_fraction(number: f64) -> bool {
    number > 0.0 && number < 1.0
}

impl NewtonCg {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["search", "accuracy", "preconditioner"])?;
        let blank = NewtonCg::default();
        Ok(NewtonCg {
            search: Search::read(&options, blank.search)?,
            accuracy: options.number_where("accuracy", blank.accuracy, FRACTION, is_fraction)?,
            preconditioner: Preconditioner::read(&options)?,
        })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME)
            .with("search", self.search.call())
            .with("accuracy", self.accuracy)
            .with("preconditioner", self.preconditioner.call())
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        within("newton_cg's accuracy", self.accuracy, FRACTION, is_fraction)
    }
}

/// The method at work.
pub(crate) struct Truncated<F> {
    accuracy: f64,
    conjugate: Conjugate<F>,
    inverse: Option<Inverse<F>>,
    /// ‖∇f‖ at the start.
    at_start: Option<f64>,
}

impl<F: Scalar> Truncated<F> {
    pub(crate) fn new(settings: &NewtonCg, dim: usize) -> Result<Self, SolveError> {
        let inverse = match settings.preconditioner {
            Preconditioner::None => None,
            kind => Some(Inverse::new(kind, dim)?),
        };
        let conjugate = Conjugate::new(dim);
        Ok(Truncated { accuracy: settings.accuracy, conjugate, inverse, at_start: None })
    }

    pub(crate) fn forget(&mut self) {
        if let Some(inverse) = &mut self.inverse {
            inverse.forget();
        }
    }

    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) {
        if let Some(inverse) = &mut self.inverse {
            inverse.learn(moved);
        }
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.maybe("at_start", &mut self.at_start);
        if let Some(inverse) = &mut self.inverse {
            keeper.within("preconditioner", |keeper| inverse.memory(keeper));
        }
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
        if let Some(inverse) = &mut self.inverse {
            inverse.refresh(oracle, x)?;
        }
        let multiply = |v: &[F], out: &mut [F]| oracle.hessian_vector(x, v, out);
        let mut divide =
            self.inverse.as_mut().map(|inverse| move |v: &[F], out: &mut [F]| inverse.divide(v, out));
        let divide = divide.as_mut().map(|divide| divide as Divide<'_, F>);
        let reach = Limit::Reach(norm(x).max(1.0));
        self.conjugate.solve(gradient, accuracy, reach, d, divide, multiply)?;
        Ok(Aim { slope: dot(gradient, d), first: Some(1.0) })
    }
}
