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
    /// What is to be remembered is another rule's.
    #[error("saved state: found {found}, where this rule has {expected}")]
    Memory {
        /// The first piece that differs.
        found: String,
        /// What the rule remembers there.
        expected: String,
    },
    /// Bytes that are no checkpoint of this run.
    #[error("checkpoint: {0}")]
    Checkpoint(String),
    /// Something a rule needs beside the gradient that it was not given.
    #[error("`{rule}` needs {what}: pass it to `advance`")]
    Missing {
        /// The rule.
        rule: String,
        /// What it needs.
        what: &'static str,
    },
    /// No hyperparameter that could be set.
    #[error("there is no hyperparameter `{key}` to set; there are {known}")]
    UnknownKey {
        /// What was asked for.
        key: String,
        /// What could be set.
        known: String,
    },
    /// A hyperparameter that cannot be set while the rule runs.
    #[error(
        "`{key}` cannot be set while the rule runs, because the rule would remember other things: {found} instead of {expected}"
    )]
    Fixed {
        /// What was to be set.
        key: String,
        /// The first thing that the changed rule would remember.
        found: String,
        /// What the rule remembers there.
        expected: String,
    },
    /// A chain whose links do not fit together.
    #[error("{0}")]
    Chain(String),
    /// Too many steps in succession whose gradients are not finite.
    #[error(
        "{steps} gradients in succession were not finite, at most {limit} are allowed; parameters are those before them"
    )]
    NotFinite {
        /// Such gradients so far.
        steps: u64,
        /// How many may be skipped.
        limit: u64,
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
    /// A rule that the crate was built without.
    #[error("`{rule}` needs the feature `{feature}` of the crate thalweg-rule, without which it was built")]
    Feature {
        /// The rule.
        rule: &'static str,
        /// The feature.
        feature: &'static str,
    },
}
