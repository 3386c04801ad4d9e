//! What can be wrong with data, worded for the person whose file it is.

use std::io;
use thiserror::Error;

/// Why data cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system cannot read or write the file.
    #[error("{file}: {problem}")]
    Io {
        /// The file.
        file: String,
        /// What kind of failure it is.
        kind: io::ErrorKind,
        /// The system's own words.
        problem: String,
    },
    /// The compressed stream is damaged or incomplete.
    #[error("{file}: its compressed data cannot be unpacked ({problem}); fetch or make the file again")]
    Compressed {
        /// The file.
        file: String,
        /// What the decompressor says.
        problem: String,
    },
    /// Something in a file, or handed over by the caller, is not what it must be.
    #[error("{place}: {what} is {found}, must be {wanted}")]
    Invalid {
        /// The file, with line or entry where there is one, or the function.
        place: String,
        /// Which part of it.
        what: String,
        /// What was found.
        found: String,
        /// What would be right.
        wanted: String,
    },
    /// The file ends too early.
    #[error("{file}: {what} ends after {found} bytes, must be {wanted}")]
    Truncated {
        /// The file.
        file: String,
        /// Which part ends early.
        what: &'static str,
        /// The bytes that part has, at most.
        found: u64,
        /// The bytes it must have.
        wanted: u64,
    },
    /// Bytes follow where the file must end.
    #[error(
        "{file}: more bytes follow the {wanted} bytes of values that its header announces, must end there"
    )]
    Trailing {
        /// The file.
        file: String,
        /// The bytes of values the header announces.
        wanted: u64,
    },
    /// Examples and their labels or targets are not equally many.
    #[error("{inputs} has {examples} examples but {targets} has {labels} labels, must be equally many")]
    Mismatch {
        /// Where the examples come from.
        inputs: String,
        /// How many there are.
        examples: usize,
        /// Where the labels come from.
        targets: String,
        /// How many there are.
        labels: usize,
    },
    /// None of the names a file may have exists.
    #[error("{dir}: found none of {names}; put one of these files there")]
    Missing {
        /// The folder.
        dir: String,
        /// The names that were tried.
        names: String,
    },
    /// A file cannot be fetched.
    #[error(
        "{address}: {problem}; see to the network, set another address, or put the file into {dir} by hand"
    )]
    Download {
        /// Where it was to come from.
        address: String,
        /// What went wrong.
        problem: String,
        /// Where it was to go.
        dir: String,
    },
    /// The caller has ended the fetching of a file.
    #[error("{address}: stopped on the way; the next attempt goes on from there")]
    Stopped {
        /// Where it comes from.
        address: String,
    },
}

impl DataError {
    pub(crate) fn io(file: &str, error: &io::Error) -> Self {
        Self::Io { file: file.into(), kind: error.kind(), problem: error.to_string() }
    }

    #[allow(clippy::needless_pass_by_value, reason = "numbers and texts made on the spot alike")]
    pub(crate) fn invalid(
        place: impl Into<String>,
        what: impl Into<String>,
        found: impl ToString,
        wanted: impl Into<String>,
    ) -> Self {
        Self::Invalid {
            place: place.into(),
            what: what.into(),
            found: found.to_string(),
            wanted: wanted.into(),
        }
    }
}
