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
    /// g of the last direction, to be conjugate to; gᵀM⁻¹g and its slope.
    before: Vec<F>,
    last: Option<(f64, f64)>,
}

impl<F: Scalar> Preconditioned<F> {
    pub(crate) fn new(kind: Preconditioner, beta: Option<Beta>, dim: usize) -> Result<Self, SolveError> {
        let kept = if beta.is_some() { dim } else { 0 };
        Ok(Preconditioned {
            beta,
            inverse: Inverse::new(kind, dim)?,
            z: vec![F::default(); dim],
            before: vec![F::default(); kept],
            last: None,
        })
    }

    pub(crate) fn forget(&mut self) {
        self.last = None;
        self.inverse.forget();
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        self.inverse.memory(keeper);
        keeper.vector("before", &mut self.before);
        let mut last: Vec<f64> = self.last.iter().flat_map(|(square, slope)| [*square, *slope]).collect();
        keeper.list("square_and_slope", &mut last, 2);
        self.last = if let [square, slope] = last[..] { Some((square, slope)) } else { None };
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
            self.last = None;
        }
        self.inverse.divide(gradient, &mut self.z);
        let along = dot(gradient, &self.z);
        let beta = match (self.beta, self.last) {
            (Some(Beta::FletcherReeves), Some((square, _))) => along / square,
            (Some(Beta::DaiYuan), Some((_, slope))) => {
                let across = dot(&self.before, &self.z);
                ((along - across).min(along) / (dot(gradient, d) - slope)).max(0.0)
            }
            (Some(_), Some((square, _))) => ((along - dot(&self.before, &self.z)) / square).max(0.0),
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
            self.last = Some((along, slope));
        }
        let known = !(beta > 0.0 || self.inverse.is_untaught());
        Ok(Aim { slope, first: known.then_some(1.0) })
    }

    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) {
        self.inverse.learn(moved);
    }
}
