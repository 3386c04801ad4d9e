//! What can be wrong with a spec, worded for the person who wrote it.

use thiserror::Error;

/// A spec that cannot be read: where (the column, counted from 1), what was found, what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    /// The text breaks the grammar.
    #[error("column {column}: found {found}, expected {expected}")]
    Syntax {
        /// Character position in the text, from 1.
        column: usize,
        /// The offending text.
        found: String,
        /// What the grammar allows there.
        expected: String,
    },
    /// No such optimiser, landscape, schedule or constraint.
    #[error("unknown {kind} `{name}`{}; known: {known}", did_you_mean(.suggestion.as_deref()))]
    UnknownName {
        /// What sort of thing was looked up, such as "optimizer".
        kind: String,
        /// The name as written.
        name: String,
        /// The nearest known name, if one is near.
        suggestion: Option<String>,
        /// Every known name, comma-separated.
        known: String,
    },
    /// An option that the named thing does not have.
    #[error("column {column}: `{name}` has no option `{key}`{}; its options: {known}", did_you_mean(.suggestion.as_deref()))]
    UnknownOption {
        /// Character position in the text, from 1.
        column: usize,
        /// The thing that was being configured.
        name: String,
        /// The option as written.
        key: String,
        /// The nearest known option, if one is near.
        suggestion: Option<String>,
        /// Every known option, comma-separated.
        known: String,
    },
    /// An option that has the wrong type or lies outside its range, is missing, or is given twice.
    #[error("column {column}: `{name}`: {key} {problem}")]
    BadOption {
        /// Character position in the text, from 1.
        column: usize,
        /// The thing that was being configured.
        name: String,
        /// The option concerned.
        key: String,
        /// What is wrong and what would be right, as in "must be at least 0, found -1".
        problem: String,
    },
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}
