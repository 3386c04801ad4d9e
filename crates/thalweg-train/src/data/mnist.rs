//! MNIST, and every data set published in its form, from a folder.

use super::{dataset::Dataset, error::DataError, idx::read_idx};
use std::path::{Path, PathBuf};

/// Reads MNIST's training and test part from a folder with its four files, gzipped or plain: 60000 and 10000 images of
/// 28 × 28 bytes in ten classes. Fashion-MNIST and Kuzushiji-MNIST have the same form.
///
/// Both namings in use are found, `train-images-idx3-ubyte` and `train-images.idx3-ubyte`, with or without `.gz`.
///
/// # Errors
/// A file is missing or not valid, or has another number of labels than of images.
///
/// ```no_run
/// let (train, test) = thalweg_train::data::mnist("data/mnist")?;
/// assert_eq!((train.len(), test.len()), (60000, 10000));
/// # Ok::<(), thalweg_train::data::DataError>(())
/// ```
pub fn mnist(dir: impl AsRef<Path>) -> Result<(Dataset, Dataset), DataError> {
    let dir = dir.as_ref();
    let train = part(dir, "train")?;
    let test = part(dir, "t10k")?;
    let classes = train.classes().max(test.classes()).unwrap_or(0);
    Ok((train.with_classes(classes)?, test.with_classes(classes)?))
}

fn part(dir: &Path, part: &str) -> Result<Dataset, DataError> {
    let images = find(dir, &format!("{part}-images"), "idx3-ubyte")?;
    let labels = find(dir, &format!("{part}-labels"), "idx1-ubyte")?;
    let names = [images.display().to_string(), labels.display().to_string()];
    Dataset::from_arrays([&names[0], &names[1]], read_idx(&images)?, &read_idx(&labels)?)
}

fn find(dir: &Path, stem: &str, suffix: &str) -> Result<PathBuf, DataError> {
    let names = ["-", "."].map(|joint| format!("{stem}{joint}{suffix}"));
    let names = [format!("{}.gz", names[0]), names[0].clone(), format!("{}.gz", names[1]), names[1].clone()];
    names
        .iter()
        .map(|name| dir.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| DataError::Missing { dir: dir.display().to_string(), names: names.join(", ") })
}
