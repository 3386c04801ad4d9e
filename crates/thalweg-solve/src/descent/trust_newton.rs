//! [`TrustNewton`]: Newton's method within a trust region.

use thalweg_spec::{Call, Options, SpecError};

use super::Preconditioner;
use crate::trust::{Metric, Model, Region, Subproblem, Trust};
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "trust_newton";
pub(super) const SUMMARY: &str = "Newton's method within a trust region: leaves saddles, needs no search";

/// Newton's method within a trust region: the step minimises `∇f(x)ᵀp + ½pᵀHp` where ‖p‖ ≤ Δ.
///
/// With `subproblem=steihaug` from Hessian-vector products alone, for any number of variables. A preconditioner M then makes these few,
/// and the region a ball in the norm √(pᵀMp): far along directions in which the function hardly bends, short where it bends sharply.
///
/// Conn, Gould and Toint, *Trust-Region Methods*, 2000; Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapters 4 and 7.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrustNewton {
    /// How the model is minimised, and how the region begins.
    pub region: Region,
    /// What takes the scales away in the conjugate gradients of `steihaug`.
    pub preconditioner: Preconditioner,
}

impl Default for TrustNewton {
    fn default() -> Self {
        TrustNewton { region: Region::with(Subproblem::Exact), preconditioner: Preconditioner::None }
    }
}

impl TrustNewton {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let [subproblem, radius, trials] = Region::KEYS;
        let options = Options::of(call, super::KIND, &[subproblem, radius, trials, "preconditioner"])?;
        Ok(TrustNewton {
            region: Region::read(&options, TrustNewton::default().region)?,
            preconditioner: Preconditioner::read(&options)?,
        })
    }

    pub(super) fn call(&self) -> Call {
        self.region.call(NAME).with("preconditioner", self.preconditioner.call())
    }

    /// Why there can be no preconditioner, if there is one.
    pub(super) fn unconditioned(&self) -> Option<&'static str> {
        (self.preconditioner != Preconditioner::None && self.region.subproblem != Subproblem::Steihaug).then_some(
            "goes with subproblem=steihaug only, for exact and dogleg solve with the Hessian itself, whose scales do not slow them",
        )
    }

    pub(super) fn solver<F: Scalar>(&self, dim: usize) -> Result<Trust<F>, SolveError> {
        if self.region.subproblem == Subproblem::Steihaug {
            let metric = Metric::new(self.preconditioner, dim)?;
            return Ok(Trust::new(self.region, Model::Products, dim, 0).measured(metric));
        }
        let size = super::dense(dim)?;
        Ok(Trust::new(self.region, Model::Hessian(vec![F::default(); size]), dim, size))
    }
}
