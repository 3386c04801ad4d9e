//! [`NewtonCholesky`]: Newton's method with a search, its Hessian made positive definite.

use thalweg_spec::{Call, Options, SpecError};

use super::Aim;
use crate::cholesky::Cholesky;
use crate::objective::Oracle;
use crate::scalar::{narrow, wide};
use crate::search::{Backtracking, Search};
use crate::vector::dot;
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "newton_cholesky";
pub(super) const SUMMARY: &str =
    "Newton's method with a search; the Hessian is made positive definite where it is not";

/// Newton's method with a search: `d = −(H + E)⁻¹∇f(x)`, H the Hessian, E the diagonal of a modified Cholesky factorisation: zero
/// where H is positive definite.
///
/// Gill, Murray and Wright, *Practical Optimization*, 1981, section 4.4.2.2; Nocedal and Wright, *Numerical Optimization*,
/// 2nd ed., section 3.4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewtonCholesky {
    /// How far to go.
    pub search: Search,
}

impl Default for NewtonCholesky {
    fn default() -> Self {
        NewtonCholesky { search: Backtracking::default().into() }
    }
}

impl NewtonCholesky {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["search"])?;
        Ok(NewtonCholesky { search: Search::read(&options, NewtonCholesky::default().search)? })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME).with("search", self.search.call())
    }
}

/// The method at work.
pub(crate) struct Factored<F> {
    hessian: Vec<F>,
    matrix: Vec<f64>,
    direction: Vec<f64>,
    cholesky: Cholesky,
}

impl<F: Scalar> Factored<F> {
    pub(crate) fn new(dim: usize) -> Result<Self, SolveError> {
        let size = super::dense(dim)?;
        Ok(Factored {
            hessian: vec![F::default(); size],
            matrix: vec![0.0; size],
            direction: vec![0.0; dim],
            cholesky: Cholesky::new(dim),
        })
    }

    pub(crate) fn aim(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        gradient: &[F],
        d: &mut [F],
    ) -> Result<Aim, SolveError> {
        oracle.hessian(x, &mut self.hessian)?;
        for (entry, &h) in self.matrix.iter_mut().zip(&self.hessian) {
            *entry = wide(h);
        }
        for (own, &g) in self.direction.iter_mut().zip(gradient) {
            *own = -wide(g);
        }
        if !self.cholesky.factorise(&self.matrix) {
            return Ok(Aim { slope: f64::NAN, first: None });
        }
        self.cholesky.solve(&mut self.direction);
        for (d, &own) in d.iter_mut().zip(&self.direction) {
            *d = narrow(own);
        }
        Ok(Aim { slope: dot(gradient, d), first: Some(1.0) })
    }
}
