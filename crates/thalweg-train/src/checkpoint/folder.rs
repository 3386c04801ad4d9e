//! [`Folder`]: the last few checkpoints of a run.

use super::{CheckpointError, Saved};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A folder with the last few checkpoints of one run, `step-0000001000.safetensors` and so on.
///
/// A checkpoint is written to a temporary name, brought to the disk, and only then given its own. So whoever finds a file under its own
/// name finds all of it, even if the process was killed or the power failed while the next one was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    dir: PathBuf,
    keep: usize,
}

/// What is in a folder.
#[derive(Debug)]
pub struct Found {
    /// The newest checkpoint that is whole, and its file.
    pub newest: Option<(PathBuf, Saved)>,
    /// What is wrong with newer ones, which now end in `.damaged`.
    pub damaged: Vec<CheckpointError>,
}

impl Folder {
    /// The folder `dir`, in which the last `keep` checkpoints stay, at least one. It is made when the first is written.
    pub fn new(dir: impl Into<PathBuf>, keep: usize) -> Self {
        Self { dir: dir.into(), keep: keep.max(1) }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a checkpoint and takes older ones away.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save(&self, saved: &Saved) -> Result<PathBuf, CheckpointError> {
        let path = self.dir.join(format!("step-{:010}.safetensors", saved.step()));
        let failed = |error: &io::Error| CheckpointError::io(&path, error);
        let bytes = saved
            .to_bytes()
            .map_err(|problem| CheckpointError::Damaged { file: path.display().to_string(), problem })?;
        fs::create_dir_all(&self.dir).map_err(|error| failed(&error))?;
        let temporary = path.with_extension("tmp");
        let write = || {
            let mut file = File::create(&temporary)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            // Only on Unix can a folder be opened; elsewhere renaming is written through.
            if cfg!(unix) { File::open(&self.dir)?.sync_all() } else { Ok(()) }
        };
        write().map_err(|error| failed(&error))?;
        for (_, old) in self.checkpoints()?.into_iter().rev().skip(self.keep) {
            fs::remove_file(&old).map_err(|error| CheckpointError::io(&old, &error))?;
        }
        Ok(path)
    }

    /// The newest checkpoint that is whole. Those that are not get another name, so that they are in nobody's way.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn newest(&self) -> Result<Found, CheckpointError> {
        let mut damaged = Vec::new();
        for (_, path) in self.checkpoints()?.into_iter().rev() {
            let bytes = fs::read(&path).map_err(|error| CheckpointError::io(&path, &error))?;
            match Saved::from_bytes(&bytes) {
                Ok(saved) => return Ok(Found { newest: Some((path, saved)), damaged }),
                Err(problem) => {
                    let aside = path.with_extension("safetensors.damaged");
                    fs::rename(&path, &aside).map_err(|error| CheckpointError::io(&path, &error))?;
                    damaged.push(CheckpointError::Damaged { file: path.display().to_string(), problem });
                }
            }
        }
        Ok(Found { newest: None, damaged })
    }

    /// Steps and files of the checkpoints that are there, oldest first. What a killed process left unfinished is taken away.
    fn checkpoints(&self) -> Result<Vec<(u64, PathBuf)>, CheckpointError> {
        let failed = |error: &io::Error| CheckpointError::io(&self.dir, error);
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| failed(&error))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| failed(&error))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(rest) = name.strip_prefix("step-") else { continue };
            if let Some(step) = rest.strip_suffix(".safetensors").and_then(|step| step.parse().ok()) {
                found.push((step, path));
            } else if rest.strip_suffix(".tmp").is_some_and(|step| step.parse::<u64>().is_ok()) {
                fs::remove_file(&path).map_err(|error| CheckpointError::io(&path, &error))?;
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Whether there are checkpoints.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn is_empty(&self) -> Result<bool, CheckpointError> {
        Ok(self.checkpoints()?.is_empty())
    }
}
