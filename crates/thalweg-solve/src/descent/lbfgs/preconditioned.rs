//! [`Preconditioned`]: pairs that are added to a preconditioner.

use super::{Lbfgs, Pairs};
use crate::checkpoint::Keeper;
use crate::descent::{Aim, Inverse, Moved};
use crate::objective::Oracle;
use crate::vector::{dot, scale};
use crate::{Scalar, SolveError};

/// L-BFGS from γM⁻¹, where γ = sᵀy/yᵀM⁻¹y of the newest pair makes its length along y right.
pub(crate) struct Preconditioned<F> {
    pairs: Pairs<F>,
    inverse: Inverse<F>,
    /// M⁻¹ times what it was asked for.
    z: Vec<F>,
}

impl<F: Scalar> Preconditioned<F> {
    pub(crate) fn new(settings: &Lbfgs, dim: usize) -> Result<Self, SolveError> {
        let pairs = Pairs::new(settings.memory, dim);
        let inverse = Inverse::new(settings.preconditioner, dim)?;
        Ok(Preconditioned { pairs, inverse, z: vec![F::default(); dim] })
    }

    pub(crate) fn forget(&mut self) {
        self.pairs.forget();
        self.inverse.forget();
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        self.pairs.memory(keeper);
        keeper.within("preconditioner", |keeper| self.inverse.memory(keeper));
    }

    /// `d ← −Hg`.
    pub(crate) fn aim(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        gradient: &[F],
        d: &mut [F],
    ) -> Result<Aim, SolveError> {
        let Preconditioned { pairs, inverse, z } = self;
        inverse.refresh(oracle, x)?;
        let gamma = pairs.newest().map_or(1.0, |(y, curvature)| {
            inverse.divide(y, z);
            curvature / dot(y, z)
        });
        let gamma = if gamma.is_normal() { gamma } else { 1.0 };
        scale(gradient, -1.0, d);
        pairs.multiply(d, |v| {
            inverse.divide(v, z);
            scale(z, gamma, v);
        });
        Ok(Aim { slope: dot(gradient, d), first: Some(1.0) })
    }

    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) {
        self.pairs.learn(moved);
        self.inverse.learn(moved);
    }
}
