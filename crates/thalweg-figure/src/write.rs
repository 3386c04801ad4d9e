//! Writing a file in the format its ending names.

use std::{fs, path::Path};

use crate::Error;

/// Writes what the ending asks for; the ending is looked at before anything is made.
pub(crate) fn by_ending(
    path: &Path,
    html: impl FnOnce() -> Result<String, Error>,
    svg: impl FnOnce() -> Result<String, Error>,
    png: impl FnOnce() -> Result<Vec<u8>, Error>,
) -> Result<(), Error> {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let bytes = match ending.as_deref() {
        Some("html" | "htm") => html()?.into_bytes(),
        Some("svg") => svg()?.into_bytes(),
        Some("png") => png()?,
        _ => return Err(Error::Ending { path: path.into() }),
    };
    fs::write(path, bytes).map_err(|source| Error::Write { path: path.into(), source })
}
