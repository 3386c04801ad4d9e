//! What can go wrong when a figure is made or written.

use std::{io, path::PathBuf};

/// Why a figure or page could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A figure was given nothing to draw.
    #[error("{figure}: {what} is empty; give at least {least}")]
    Empty {
        /// The kind of figure.
        figure: &'static str,
        /// Which of its fields.
        what: String,
        /// The smallest number of entries that would do.
        least: usize,
    },
    /// Two lists that belong together differ in length.
    #[error("{what} has {found} entries where {expected} are needed ({because})")]
    Mismatch {
        /// The list that is too short or too long.
        what: String,
        /// Its length.
        found: usize,
        /// The length that would be right.
        expected: usize,
        /// Where that length comes from.
        because: String,
    },
    /// An axis that spans nothing.
    #[error(
        "axis '{name}' goes from {min} to {max} in {count} points; it needs finite ends with min < max and at least 2 points"
    )]
    Axis {
        /// The axis's name.
        name: String,
        /// Its lower end.
        min: f64,
        /// Its upper end.
        max: f64,
        /// Its number of points.
        count: usize,
    },
    /// An image size outside what can be drawn.
    #[error("image size {width}x{height}; each side must be between 200 and 8000")]
    Size {
        /// The width asked for.
        width: u32,
        /// The height asked for.
        height: u32,
    },
    /// A file name whose ending names no known format.
    #[error("{}: the file's ending must be .html, .svg or .png", path.display())]
    Ending {
        /// The file asked for.
        path: PathBuf,
    },
    /// A file that could not be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file asked for.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The drawing or encoding library refused.
    #[error("drawing failed: {0}")]
    Draw(String),
}
