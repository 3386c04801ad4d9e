//! [`Preconditioned`]: steepest descent or conjugate gradients with a preconditioner, at work.

use super::{Inverse, Preconditioner};
use crate::checkpoint::Keeper;
use crate::descent::{Aim, Beta, Moved};
use crate::objective::Oracle;
use crate::vector::{dot, recur};
use crate::{Scalar, SolveError};

pub(crate) struct Preconditioned<F> {
    /// How much of the last direction is kept; nothing in steepest descent.
    beta: Option<Beta>,
    inverse: Inverse<F>,
    /// M⁻¹g.
    z: Vec<F>,
    /// g and gᵀM⁻¹g of the last direction, to be conjugate to.
    before: Vec<F>,
    square: Option<f64>,
}

impl<F: Scalar> Preconditioned<F> {
    pub(crate) fn new(kind: Preconditioner, beta: Option<Beta>, dim: usize) -> Result<Self, SolveError> {
        let kept = if beta.is_some() { dim } else { 0 };
        Ok(Preconditioned {
            beta,
            inverse: Inverse::new(kind, dim)?,
            z: vec![F::default(); dim],
            before: vec![F::default(); kept],
            square: None,
        })
    }

    pub(crate) fn forget(&mut self) {
        self.square = None;
        self.inverse.forget();
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        self.inverse.memory(keeper);
        keeper.vector("before", &mut self.before);
        keeper.maybe("square", &mut self.square);
    }

    /// `d ← βd − M⁻¹g`.
    pub(crate) fn aim(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        gradient: &[F],
        d: &mut [F],
    ) -> Result<Aim, SolveError> {
        if self.inverse.refresh(oracle, x)? {
            self.square = None;
        }
        self.inverse.divide(gradient, &mut self.z);
        let along = dot(gradient, &self.z);
        let beta = match (self.beta, self.square) {
            (Some(Beta::FletcherReeves), Some(square)) => along / square,
            (Some(_), Some(square)) => ((along - dot(&self.before, &self.z)) / square).max(0.0),
            _ => 0.0,
        };
        recur(if beta.is_finite() { beta } else { 0.0 }, &self.z, d);
        let mut slope = dot(gradient, d);
        if beta > 0.0 && slope >= 0.0 {
            recur(0.0, &self.z, d);
            slope = -along;
        }
        if self.beta.is_some() {
            self.before.copy_from_slice(gradient);
            self.square = Some(along);
        }
        let known = !(beta > 0.0 || self.inverse.is_untaught());
        Ok(Aim { slope, first: known.then_some(1.0) })
    }

    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) {
        self.inverse.learn(moved);
    }
}
