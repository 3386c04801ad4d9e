//! [`Way`]: a descent at work, whichever it is.

use super::{
    Aim, Descent, Moved, Preconditioner, barzilai_borwein, bfgs, cg, lbfgs, newton_cg, newton_cholesky,
    precondition,
};
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::{Scalar, SolveError};

pub(super) enum Way<F> {
    Steepest,
    Spectral(barzilai_borwein::Spectral),
    Conjugation(cg::Conjugation),
    Matrix(bfgs::Matrix),
    Memory(lbfgs::Memory<F>),
    Factored(newton_cholesky::Factored<F>),
    Truncated(Box<newton_cg::Truncated<F>>),
    Preconditioned(Box<precondition::Preconditioned<F>>),
    PreconditionedSpectral(Box<barzilai_borwein::Preconditioned<F>>),
    PreconditionedMemory(Box<lbfgs::Preconditioned<F>>),
}

impl<F: Scalar> Way<F> {
    pub(super) fn new(descent: &Descent, dim: usize) -> Result<Self, SolveError> {
        if descent.preconditioner() != Preconditioner::None {
            return Self::preconditioned(descent, dim);
        }
        Ok(match descent {
            Descent::Steepest(_)
            | Descent::Sr1(_)
            | Descent::TrustNewton(_)
            | Descent::ProjectedGradient(_)
            | Descent::Spg(_)
            | Descent::ProximalGradient(_)
            | Descent::Fista(_)
            | Descent::Lbfgsb(_) => Way::Steepest,
            Descent::BarzilaiBorwein(settings) => Way::Spectral(barzilai_borwein::Spectral::new(settings)),
            Descent::Cg(settings) => Way::Conjugation(cg::Conjugation::new(settings)),
            Descent::Bfgs(settings) => Way::Matrix(bfgs::Matrix::new(settings, dim)?),
            Descent::Lbfgs(settings) => Way::Memory(lbfgs::Memory::new(settings, dim)),
            Descent::NewtonCholesky(_) => Way::Factored(newton_cholesky::Factored::new(dim)?),
            Descent::NewtonCg(settings) => {
                Way::Truncated(Box::new(newton_cg::Truncated::new(settings, dim)?))
            }
        })
    }

    /// A descent with a preconditioner.
    fn preconditioned(descent: &Descent, dim: usize) -> Result<Self, SolveError> {
        Ok(match descent {
            Descent::BarzilaiBorwein(settings) => {
                let preconditioned = barzilai_borwein::Preconditioned::new(settings, dim)?;
                Way::PreconditionedSpectral(Box::new(preconditioned))
            }
            Descent::Lbfgs(settings) => {
                Way::PreconditionedMemory(Box::new(lbfgs::Preconditioned::new(settings, dim)?))
            }
            Descent::NewtonCg(settings) => {
                Way::Truncated(Box::new(newton_cg::Truncated::new(settings, dim)?))
            }
            other => {
                let beta = if let Descent::Cg(settings) = other { Some(settings.beta) } else { None };
                let preconditioned = precondition::Preconditioned::new(other.preconditioner(), beta, dim)?;
                Way::Preconditioned(Box::new(preconditioned))
            }
        })
    }

    /// Whether there is nothing but the gradient to go by.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Way::Steepest => true,
            Way::Spectral(spectral) => spectral.is_empty(),
            Way::Conjugation(conjugation) => conjugation.is_empty(),
            Way::Matrix(matrix) => matrix.is_empty(),
            Way::Memory(memory) => memory.is_empty(),
            Way::Factored(_)
            | Way::Truncated(_)
            | Way::Preconditioned(_)
            | Way::PreconditionedSpectral(_)
            | Way::PreconditionedMemory(_) => false,
        }
    }

    pub(super) fn forget(&mut self) {
        match self {
            Way::Steepest | Way::Factored(_) => {}
            Way::Spectral(spectral) => spectral.forget(),
            Way::Conjugation(conjugation) => conjugation.forget(),
            Way::Matrix(matrix) => matrix.forget(),
            Way::Memory(memory) => memory.forget(),
            Way::Preconditioned(preconditioned) => preconditioned.forget(),
            Way::PreconditionedSpectral(spectral) => spectral.forget(),
            Way::PreconditionedMemory(memory) => memory.forget(),
            Way::Truncated(truncated) => truncated.forget(),
        }
    }

    /// `d ←` a direction from what is known; `d` still holds the last one. `None` where there is nothing but the gradient.
    #[inline]
    pub(super) fn aim(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        gradient: &[F],
        d: &mut [F],
    ) -> Result<Option<Aim>, SolveError> {
        if self.is_blank() {
            return Ok(None);
        }
        Ok(match self {
            Way::Steepest => None,
            Way::Spectral(spectral) => Some(spectral.aim(gradient, d)),
            Way::Conjugation(conjugation) => Some(conjugation.aim(gradient, d)),
            Way::Matrix(matrix) => Some(matrix.aim(gradient, d)),
            Way::Memory(memory) => Some(memory.aim(gradient, d)),
            Way::Factored(factored) => Some(factored.aim(oracle, x, gradient, d)?),
            Way::Truncated(truncated) => Some(truncated.aim(oracle, x, gradient, d)?),
            Way::Preconditioned(preconditioned) => Some(preconditioned.aim(oracle, x, gradient, d)?),
            Way::PreconditionedSpectral(spectral) => Some(spectral.aim(oracle, x, gradient, d)?),
            Way::PreconditionedMemory(memory) => Some(memory.aim(oracle, x, gradient, d)?),
        })
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        match self {
            Way::Steepest | Way::Factored(_) => {}
            Way::Spectral(spectral) => spectral.memory(keeper),
            Way::Conjugation(conjugation) => conjugation.memory(keeper),
            Way::Matrix(matrix) => matrix.memory(keeper),
            Way::Memory(memory) => memory.memory(keeper),
            Way::Truncated(truncated) => truncated.memory(keeper),
            Way::Preconditioned(preconditioned) => preconditioned.memory(keeper),
            Way::PreconditionedSpectral(spectral) => spectral.memory(keeper),
            Way::PreconditionedMemory(memory) => memory.memory(keeper),
        }
    }

    #[inline]
    pub(super) fn learn(&mut self, moved: &Moved<'_, F>) {
        match self {
            Way::Steepest | Way::Factored(_) => {}
            Way::Spectral(spectral) => spectral.learn(moved),
            Way::Conjugation(conjugation) => conjugation.learn(moved),
            Way::Matrix(matrix) => matrix.learn(moved),
            Way::Memory(memory) => memory.learn(moved),
            Way::Preconditioned(preconditioned) => preconditioned.learn(moved),
            Way::PreconditionedSpectral(spectral) => spectral.learn(moved),
            Way::PreconditionedMemory(memory) => memory.learn(moved),
            Way::Truncated(truncated) => truncated.learn(moved),
        }
    }
}
