//! [`TrustNewton`]: Newton's method within a trust region.

use thalweg_spec::{Call, Options, SpecError};

use crate::trust::{Model, Region, Subproblem, Trust};
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "trust_newton";
pub(super) const SUMMARY: &str = "Newton's method within a trust region: leaves saddles, needs no search";

/// Newton's method within a trust region: the step minimises `∇f(x)ᵀp + ½pᵀHp` where ‖p‖ ≤ Δ.
///
/// With `subproblem=steihaug` from Hessian-vector products alone, for any number of variables.
///
/// Conn, Gould and Toint, *Trust-Region Methods*, 2000; Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapter 4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrustNewton {
    /// How the model is minimised, and how the region begins.
    pub region: Region,
}

impl Default for TrustNewton {
    fn default() -> Self {
        TrustNewton { region: Region::with(Subproblem::Exact) }
    }
}

impl TrustNewton {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &Region::KEYS)?;
        Ok(TrustNewton { region: Region::read(&options, TrustNewton::default().region)? })
    }

    pub(super) fn call(&self) -> Call {
        self.region.call(NAME)
    }

    pub(super) fn solver<F: Scalar>(&self, dim: usize) -> Result<Trust<F>, SolveError> {
        if self.region.subproblem == Subproblem::Steihaug {
            return Ok(Trust::new(self.region, Model::Products, dim, 0));
        }
        let size = super::dense(dim)?;
        Ok(Trust::new(self.region, Model::Hessian(vec![F::default(); size]), dim, size))
    }
}
