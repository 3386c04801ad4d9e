//! What can be wrong with a network or with what it is given.

use crate::data::DataError;
use crate::layer::Misfit;
use thalweg_function::FunctionError;
use thalweg_rule::RuleError;
use thalweg_spec::SpecError;
use thiserror::Error;

/// Why a network cannot be made or run.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A layer or a loss does not fit where it is.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// A model string is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// What the layers compute cannot be traced or run.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The rule cannot step.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A buffer has the wrong length.
    #[error("{what}: {found} numbers, must be {wanted}")]
    Length {
        /// Which buffer.
        what: &'static str,
        /// How long it is.
        found: usize,
        /// How long it must be.
        wanted: usize,
    },
}

/// That a buffer is as long as it must be.
pub(crate) fn fits(what: &'static str, found: usize, wanted: usize) -> Result<(), NetworkError> {
    if found == wanted { Ok(()) } else { Err(NetworkError::Length { what, found, wanted }) }
}
