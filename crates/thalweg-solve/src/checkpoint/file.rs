//! Bytes to a file that is whole or not there, and back.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::SolveError;

fn failed(path: &Path, error: &io::Error) -> SolveError {
    SolveError::File { path: path.display().to_string(), problem: error.to_string() }
}

/// Writes under a temporary name, brings it to the disk, and renames it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), SolveError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|error| failed(path, &error))
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, SolveError> {
    fs::read(path).map_err(|error| failed(path, &error))
}
