//! `--out`: which files are asked for, whether they can be written, and writing them.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use thalweg::picture::Picture;

use crate::failure::Failure;

/// What a file's ending asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
    Html,
    Svg,
    Png,
    Parquet,
}

impl Format {
    pub(crate) fn is_figure(self) -> bool {
        matches!(self, Format::Html | Format::Svg | Format::Png)
    }
}

/// Files to be written.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    files: Vec<(PathBuf, Format)>,
}

impl Outputs {
    /// The files with their formats, which must be among `allowed`.
    pub(crate) fn of(paths: &[PathBuf], allowed: &[(&str, Format)]) -> Result<Self, Failure> {
        let format = |path: &PathBuf| {
            let ending =
                path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
            if let Some((_, format)) = allowed.iter().find(|(known, _)| *known == ending) {
                return Ok((path.clone(), *format));
            }
            let known: Vec<String> = allowed.iter().map(|(known, _)| format!(".{known}")).collect();
            let path = path.display();
            Failure::wrong(format!("--out {path}: the file's ending must be one of {}", known.join(" ")))
        };
        Ok(Outputs { files: paths.iter().map(format).collect::<Result<_, _>>()? })
    }

    /// Every format a run can be written in.
    pub(crate) fn of_a_run(paths: &[PathBuf]) -> Result<Self, Failure> {
        Self::of(
            paths,
            &[
                ("json", Format::Json),
                ("csv", Format::Csv),
                ("html", Format::Html),
                ("svg", Format::Svg),
                ("png", Format::Png),
            ],
        )
    }

    /// The formats of figures.
    pub(crate) fn of_a_figure(paths: &[PathBuf]) -> Result<Self, Failure> {
        Self::of(paths, &[("html", Format::Html), ("svg", Format::Svg), ("png", Format::Png)])
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &(PathBuf, Format)> {
        self.files.iter()
    }

    pub(crate) fn wants_figure(&self) -> bool {
        self.files.iter().any(|(_, format)| format.is_figure())
    }

    /// Whether the files could be written now: so that a long run does not end in vain.
    pub(crate) fn check_writable(&self) -> Result<(), Failure> {
        self.files.iter().try_for_each(|(path, _)| {
            let there = path.exists();
            OpenOptions::new()
                .append(true)
                .create(!there)
                .open(path)
                .and_then(|_| if there { Ok(()) } else { fs::remove_file(path) })
                .map_err(|error| Failure::file(path, &error))
        })
    }

    /// Writes every file; `text` gives what JSON and CSV files hold, `picture` what figures show.
    pub(crate) fn write(
        &self,
        text: impl Fn(Format) -> Result<Vec<u8>, Failure>,
        picture: Option<&Picture>,
    ) -> Result<(), Failure> {
        for (path, format) in &self.files {
            match picture {
                Some(picture) if format.is_figure() => {
                    picture.write(path).map_err(|error| figure_failure(path, &error))?;
                }
                _ => fs::write(path, text(*format)?).map_err(|error| Failure::file(path, &error))?,
            }
        }
        Ok(())
    }
}

fn figure_failure(path: &Path, error: &thalweg::picture::PictureError) -> Failure {
    let message = error.to_string();
    if message.contains(&path.display().to_string()) {
        Failure::Failed(message)
    } else {
        Failure::file(path, error)
    }
}
