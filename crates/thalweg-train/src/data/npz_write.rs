//! Writing NumPy's `.npz` format: a zip archive of `.npy` files, stored.

use super::{array::Array, error::DataError};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use std::{fs::File, io::Write, path::Path};

/// Writes arrays with their names into a `.npz` file, uncompressed, as `numpy.savez` does; `numpy.load` reads it.
///
/// # Errors
/// The file cannot be written, or two arrays have the same name.
///
/// ```
/// use thalweg_train::data::{Array, Elements, Npz, npz_to_bytes};
/// let array = Array::new(&[2], Elements::F32(vec![1.0, 2.0]))?;
/// let bytes = npz_to_bytes([("weights", &array)])?;
/// assert_eq!(Npz::from_bytes("weights.npz", &bytes)?.array("weights")?, array);
/// # Ok::<(), thalweg_train::data::DataError>(())
/// ```
pub fn write_npz<'a>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (&'a str, &'a Array)>,
) -> Result<(), DataError> {
    let path = path.as_ref();
    let bytes = npz_to_bytes(arrays)?;
    File::create(path)
        .and_then(|mut file| file.write_all(&bytes))
        .map_err(|error| DataError::io(&path.display().to_string(), &error))
}

/// The bytes of a `.npz` file, as [`write_npz`] writes them.
///
/// # Errors
/// Two arrays have the same name.
pub fn npz_to_bytes<'a>(
    arrays: impl IntoIterator<Item = (&'a str, &'a Array)>,
) -> Result<Vec<u8>, DataError> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    let mut names: Vec<&str> = Vec::new();
    for (name, array) in arrays {
        if names.contains(&name) {
            return Err(DataError::invalid("npz", "the name of an array", name, "unlike all others"));
        }
        names.push(name);
        add(&mut archive, name, &array.to_npy()).map_err(|error| unwritable(name, &error))?;
    }
    archive.finish().map_err(|error| unwritable("the directory", &error))
}

fn add(archive: &mut ZipArchiveWriter<Vec<u8>>, name: &str, bytes: &[u8]) -> Result<(), rawzip::Error> {
    let file = format!("{name}.npy");
    let (mut entry, config) = archive.new_file(&file).compression_method(CompressionMethod::STORE).start()?;
    let mut data = config.wrap(&mut entry);
    data.write_all(bytes)?;
    let (_, descriptor) = data.finish()?;
    entry.finish(descriptor)?;
    Ok(())
}

fn unwritable(name: &str, error: &rawzip::Error) -> DataError {
    DataError::Invalid {
        place: "npz".into(),
        what: format!("array {name}"),
        found: format!("not to be written ({error})"),
        wanted: "of a name and a size that a zip archive can hold".into(),
    }
}
