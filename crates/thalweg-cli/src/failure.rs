//! [`Failure`]: why a command ends without a result, in words and as an exit code.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use thalweg::function::ParseError;
use thalweg::picture::PictureError;
use thalweg::solve::SolveError;
use thalweg::spec::SpecError;

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, an expression or a file's content is wrong: exit code 2.
    Wrong(String),
    /// The work failed: exit code 1.
    Failed(String),
    /// Nobody reads the output any more: exit code 0.
    ClosedPipe,
}

impl Failure {
    pub(crate) fn wrong<T>(message: impl Into<String>) -> Result<T, Self> {
        Err(Failure::Wrong(message.into()))
    }

    pub(crate) fn file(path: &Path, reason: &dyn std::fmt::Display) -> Self {
        Failure::Failed(format!("{}: {reason}", path.display()))
    }

    /// What a spec, such as an optimiser's, has wrong, with the place shown.
    pub(crate) fn spec(what: &str, text: &str, error: &SpecError) -> Self {
        let column = match error {
            SpecError::Syntax { column, .. }
            | SpecError::UnknownOption { column, .. }
            | SpecError::BadOption { column, .. } => Some(*column),
            SpecError::UnknownName { .. } => None,
        };
        Failure::Wrong(format!("{what}: {error}{}", pointer(text, column)))
    }

    /// What an expression has wrong, with the place shown.
    pub(crate) fn expression(what: &str, text: &str, error: &ParseError) -> Self {
        Failure::Wrong(format!("{what}: {error}{}", pointer(text, Some(error.column))))
    }
}

impl From<SolveError> for Failure {
    fn from(error: SolveError) -> Self {
        match error {
            SolveError::Option { name, wanted, found } => {
                let name = if name.contains(' ') {
                    name.to_owned()
                } else {
                    format!("--{}", name.replace('_', "-"))
                };
                Failure::Wrong(format!("{name} must be {wanted}, found {found}"))
            }
            SolveError::Objective(_) | SolveError::File { .. } => Failure::Failed(error.to_string()),
            other => Failure::Wrong(other.to_string()),
        }
    }
}

impl From<PictureError> for Failure {
    fn from(error: PictureError) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl From<io::Error> for Failure {
    /// For standard output only; files name themselves.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Failed(format!("standard output: {error}")),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::from(io::Error::from(error))
    }
}

/// The text on a line of its own with a caret under the column; of a long text the part around it.
fn pointer(text: &str, column: Option<usize>) -> String {
    const SIDE: usize = 36;
    let Some(at) = column.and_then(|column| column.checked_sub(1)) else { return String::new() };
    let characters: Vec<char> = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let first = at.saturating_sub(SIDE).min(characters.len());
    let last = (at + SIDE).min(characters.len());
    let mut shown: String = characters[first..last].iter().collect();
    let mut indent = at - first;
    if first > 0 {
        shown.insert_str(0, "... ");
        indent += 4;
    }
    if last < characters.len() {
        shown.push_str(" ...");
    }
    let mut lines = String::new();
    let _ = write!(lines, "\n  {shown}\n  {:indent$}^", "");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_column() {
        assert_eq!(pointer("x +* y", Some(4)), "\n  x +* y\n     ^");
        let long = "1+".repeat(100) + "*";
        assert!(pointer(&long, Some(201)).ends_with("*\n                                          ^"));
    }
}
