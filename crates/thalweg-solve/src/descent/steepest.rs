//! [`Steepest`]: against the gradient.

use thalweg_spec::{Call, Options, SpecError};

use super::Preconditioner;
use crate::search::{Backtracking, Search};

pub(super) const NAME: &str = "steepest";
pub(super) const SUMMARY: &str = "steepest descent: against the gradient, as far as a search says";

/// Steepest descent: `d = −∇f(x)`.
///
/// Cauchy, *Méthode générale pour la résolution des systèmes d'équations simultanées*, 1847.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steepest {
    /// How far to go.
    pub search: Search,
    /// What takes the scales away first: `d = −M⁻¹∇f(x)`.
    pub preconditioner: Preconditioner,
}

impl Default for Steepest {
    fn default() -> Self {
        Steepest { search: Backtracking::default().into(), preconditioner: Preconditioner::None }
    }
}

impl Steepest {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["search", "preconditioner"])?;
        let search = Search::read(&options, Steepest::default().search)?;
        Ok(Steepest { search, preconditioner: Preconditioner::read(&options)? })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME).with("search", self.search.call()).with("preconditioner", self.preconditioner.call())
    }
}
