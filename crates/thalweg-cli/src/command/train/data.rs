//! `--data`: where the examples come from.

use std::path::{Path, PathBuf};

use thalweg::train::data::{self, Column, CsvOptions, Dataset, Learnt, Normalization, Npz, Over, Targets};

use crate::arguments::TrainArguments;
use crate::failure::Failure;

/// A folder with the files of MNIST, which `--data mnist` then need not fetch.
const MNIST: &str = "THALWEG_MNIST";

/// The examples to learn from and those for validation, normalised alike.
pub(super) fn read(arguments: &TrainArguments) -> Result<(Dataset, Option<Dataset>), Failure> {
    let how: Normalization = arguments.normalize.parse().map_err(|_| {
        Failure::Wrong(format!("--normalize must be none, unit or standard, found {}", arguments.normalize))
    })?;
    let share = arguments.validation;
    if !(0.0..1.0).contains(&share) {
        return Failure::wrong(format!("--validation must be from 0 to below 1, found {share}"));
    }
    let source = arguments.data.as_str();
    let path = Path::new(source);
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let (all, apart, over) = match source {
        "digits" => (Dataset::digits(), None, Over::Whole),
        "mnist" | "fashion-mnist" => {
            let (train, test) = data::mnist(fetched(source, arguments)?)?;
            (train, Some(test), Over::Whole)
        }
        _ if path.is_dir() => {
            let (train, test) = data::mnist(path)?;
            (train, Some(test), Over::Whole)
        }
        _ if !path.exists() => {
            return Failure::wrong(format!(
                "--data: there is no `{source}`; give digits, mnist, fashion-mnist, a folder with IDX files, a .csv or a .npz file"
            ));
        }
        _ if ending == "csv" => (table(path, arguments)?, None, Over::Feature),
        _ if ending == "npz" => (arrays(path)?, None, Over::Feature),
        _ => {
            return Failure::wrong(format!("--data {source}: the file's ending must be one of .csv .npz"));
        }
    };
    let (mut train, mut validation) = match apart {
        Some(test) => (all, Some(test)),
        None if share == 0.0 => (all, None),
        None => {
            let stratified = matches!(all.targets(), Targets::Classes { .. });
            // The same examples whatever the seed of the run, so that runs can be compared.
            let (train, validation) =
                if stratified { all.split_stratified(share, 0)? } else { all.split(share, 0)? };
            if validation.is_empty() || train.is_empty() {
                return Failure::wrong(format!(
                    "--validation {share}: of {} examples {} would be for validation; both parts need some",
                    train.len() + validation.len(),
                    validation.len()
                ));
            }
            (train, Some(validation))
        }
    };
    let normalizer = train.normalizer(how, over)?;
    train.normalize(&normalizer)?;
    if let Some(validation) = &mut validation {
        validation.normalize(&normalizer)?;
    }
    Ok((train, validation))
}

/// The last column, or the one named, of a table, learnt as what it looks like.
fn table(path: &Path, arguments: &TrainArguments) -> Result<Dataset, Failure> {
    let label = arguments.target.clone().map_or(Column::Last, Column::Name);
    let options = CsvOptions { label, learnt: Learnt::Apparent, ..CsvOptions::default() };
    Ok(data::read_csv(path, &options)?)
}

fn arrays(path: &Path) -> Result<Dataset, Failure> {
    Ok(Npz::open(path)?.dataset("x", "y")?)
}

/// The folder with the files of a data set that has a name.
fn fetched(name: &str, arguments: &TrainArguments) -> Result<PathBuf, Failure> {
    if let Some(dir) = std::env::var_os(MNIST).filter(|dir| name == "mnist" && !dir.is_empty()) {
        return Ok(dir.into());
    }
    fetch(name, arguments)
}

#[cfg(feature = "download")]
fn fetch(name: &str, arguments: &TrainArguments) -> Result<PathBuf, Failure> {
    use std::io::IsTerminal;
    use std::ops::ControlFlow;

    let mut remote = data::Remote::named(name)?;
    if let Some(base) = &arguments.data_url {
        remote.base.clone_from(base);
    }
    let Some(cache) = data::cache_dir() else {
        return Failure::wrong("--data: no folder for fetched data: set XDG_CACHE_HOME or HOME");
    };
    let dir = cache.join(name);
    crate::interrupt::listen();
    let bar = indicatif::ProgressBar::hidden();
    if std::io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    }
    if let Ok(style) =
        indicatif::ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta} left")
    {
        bar.set_style(style);
    }
    let result = remote.fetch(&dir, &mut |fetched| {
        bar.set_message(fetched.file.to_owned());
        bar.set_length(fetched.total);
        bar.set_position(fetched.done);
        if crate::interrupt::interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    result?;
    Ok(dir)
}

#[cfg(not(feature = "download"))]
fn fetch(name: &str, _: &TrainArguments) -> Result<PathBuf, Failure> {
    Failure::wrong(format!(
        "--data {name}: this program was built without the feature `download`; give the folder with the IDX files"
    ))
}
