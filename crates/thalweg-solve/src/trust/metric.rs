//! [`Metric`]: the norm √(pᵀMp) in which a preconditioned region is a ball.

use crate::checkpoint::Keeper;
use crate::descent::{Inverse, Moved, Preconditioner};
use crate::objective::Oracle;
use crate::{Scalar, SolveError};

pub(crate) struct Metric<F> {
    inverse: Inverse<F>,
    /// The length of the last step in this norm; none at the start.
    last: Option<f64>,
}

impl<F: Scalar> Metric<F> {
    /// None where there is nothing to divide by.
    pub(crate) fn new(kind: Preconditioner, dim: usize) -> Result<Option<Self>, SolveError> {
        if kind == Preconditioner::None {
            return Ok(None);
        }
        Ok(Some(Metric { inverse: Inverse::new(kind, dim)?, last: None }))
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.within("preconditioner", |keeper| self.inverse.memory(keeper));
        keeper.maybe("last", &mut self.last);
    }

    /// Makes M at x if it is time to, and says by what the radius is to be multiplied, so that the region ends where it did along `step`,
    /// the last one.
    pub(crate) fn refresh(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        step: &[F],
    ) -> Result<f64, SolveError> {
        if !self.inverse.refresh(oracle, x)? {
            return Ok(1.0);
        }
        Ok(self.inverse.norm(step).map_or(1.0, |length| self.lengthen(length)))
    }

    /// Learns from a step that was so long. By what the radius is to be multiplied, as in [`refresh`](Self::refresh).
    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>, length: f64) -> f64 {
        self.last = Some(length);
        self.inverse.learn(moved).map_or(1.0, |length| self.lengthen(length))
    }

    /// The last step is so long in a new norm.
    fn lengthen(&mut self, length: f64) -> f64 {
        match self.last.replace(length) {
            Some(last) if (length / last).is_normal() => length / last,
            _ => 1.0,
        }
    }

    /// √(vᵀMv), but for what steps have taught.
    pub(crate) fn norm(&mut self, v: &[F]) -> Option<f64> {
        self.inverse.norm(v)
    }

    pub(crate) fn divide(&mut self, v: &[F], out: &mut [F]) {
        self.inverse.divide(v, out);
    }
}
