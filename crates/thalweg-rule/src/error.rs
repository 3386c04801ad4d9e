//! What can be wrong when a rule is built or stepped.

use thiserror::Error;

/// Why a rule cannot be built, stepped or restored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// A hyperparameter outside its range, or two that contradict each other.
    #[error("`{rule}`: {name} {problem}")]
    Hyperparameter {
        /// The rule being configured.
        rule: String,
        /// The hyperparameter.
        name: String,
        /// What is wrong and what would be right, as in "must be finite and at least 0, found -1".
        problem: String,
    },
    /// A vector of the wrong length.
    #[error("{what}: found {found} elements, expected {dim} × {lanes} = {}", dim.saturating_mul(*lanes))]
    Length {
        /// Which vector.
        what: &'static str,
        /// Its length.
        found: usize,
        /// Parameters per problem.
        dim: usize,
        /// Problems side by side.
        lanes: usize,
    },
    /// More elements than memory can index.
    #[error("{dim} parameters × {lanes} problems is more than memory can hold")]
    TooLarge {
        /// Parameters per problem.
        dim: usize,
        /// Problems side by side.
        lanes: usize,
    },
    /// A saved state of another rule.
    #[error("saved state: found {found} slots, expected {expected}")]
    Slots {
        /// Slots in the saved state.
        found: usize,
        /// Slots this rule keeps.
        expected: usize,
    },
    /// Coefficients of a rule whose update is not one formula for every parameter.
    #[error("the rule's update is not one formula for every parameter, so it has no coefficients")]
    NoFormula,
    /// Room that is not one row or several of the rule's coefficients.
    #[error("coefficients: found room for {found}, expected rows of {expected}")]
    Coefficients {
        /// Room that was given.
        found: usize,
        /// Coefficients of the rule's formula.
        expected: usize,
    },
}
