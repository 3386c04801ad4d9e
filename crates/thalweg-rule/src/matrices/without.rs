//! What stands for these rules where the crate was built without them.

use crate::RuleError;
use crate::pass::{Problem, Stage};
use crate::rule::{Orthogonal, Shampoo, Soap};

/// An element type that matrices could be made of.
pub trait Dense {}
impl<T> Dense for T {}

type Answer<F> = Result<Box<dyn Stage<F>>, RuleError>;

fn missing<F>(rule: &'static str) -> Answer<F> {
    Err(RuleError::Feature { rule, feature: "matrices" })
}

#[expect(clippy::needless_pass_by_value, reason = "as with matrices")]
pub(crate) fn muon<F>(rule: Orthogonal, _: &Problem) -> Answer<F> {
    missing(rule.name)
}

pub(crate) fn shampoo<F>(_: Shampoo, _: &Problem) -> Answer<F> {
    missing("shampoo")
}

pub(crate) fn soap<F>(_: Soap, _: &Problem) -> Answer<F> {
    missing("soap")
}
