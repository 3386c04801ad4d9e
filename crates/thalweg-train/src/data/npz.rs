//! NumPy's `.npz` format: a zip archive of `.npy` files, stored or deflated.

use super::{array::Array, dataset::Dataset, error::DataError, npy, source::Source};
use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek},
    path::Path,
};
use zip::{ZipArchive, result::ZipError};

/// An open `.npz` file, whose arrays are read when they are asked for.
#[derive(Debug)]
pub struct Npz<R> {
    name: String,
    length: u64,
    archive: ZipArchive<R>,
}

impl Npz<BufReader<File>> {
    /// Opens a `.npz` file, as `numpy.savez` and `numpy.savez_compressed` write them.
    ///
    /// # Errors
    /// The file cannot be read or is no zip archive.
    ///
    /// ```no_run
    /// let mut file = thalweg_train::data::Npz::open("mnist.npz")?;
    /// let train = file.dataset("x_train", "y_train")?;
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let name = path.as_ref().display().to_string();
        let open = || File::open(path.as_ref()).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) = open().map_err(|error| DataError::io(&name, &error))?;
        Self::new(name, length, BufReader::new(file))
    }
}

impl<'a> Npz<Cursor<&'a [u8]>> {
    /// Opens a `.npz` file in memory; `name` stands for the file in errors.
    ///
    /// # Errors
    /// The bytes are no zip archive.
    pub fn from_bytes(name: &str, bytes: &'a [u8]) -> Result<Self, DataError> {
        Self::new(name.into(), bytes.len() as u64, Cursor::new(bytes))
    }
}

impl<R: Read + Seek> Npz<R> {
    fn new(name: String, length: u64, reader: R) -> Result<Self, DataError> {
        match ZipArchive::new(reader) {
            Ok(archive) => Ok(Self { name, length, archive }),
            Err(error) => Err(failed(&name, error)),
        }
    }

    /// The names of the arrays, in the order of the archive.
    pub fn names(&self) -> Vec<String> {
        let names = self.archive.file_names().filter_map(Result::ok);
        names.filter_map(|name| name.strip_suffix(".npy").map(String::from)).collect()
    }

    /// Reads one array.
    ///
    /// # Errors
    /// There is no array of this name, or it is damaged or of an element type that is not supported.
    pub fn array(&mut self, name: &str) -> Result<Array, DataError> {
        let names = self.names();
        if !names.iter().any(|known| known == name) {
            let wanted = format!("one of {}", names.join(", "));
            return Err(DataError::invalid(&self.name, "the name of an array", name, wanted));
        }
        let entry =
            self.archive.by_name(&format!("{name}.npy")).map_err(|error| failed(&self.name, error))?;
        let (packed, unpacked) = (entry.compressed_size().min(self.length), entry.size());
        npy::read(Source::entry(format!("{}, array {name}", self.name), entry, packed, unpacked))
    }

    /// Joins an array of inputs and one of labels or target values, as [`Dataset::from_arrays`].
    ///
    /// # Errors
    /// As [`Npz::array`] and [`Dataset::from_arrays`].
    pub fn dataset(&mut self, inputs: &str, targets: &str) -> Result<Dataset, DataError> {
        let names = [inputs, targets].map(|array| format!("{}, array {array}", self.name));
        let (inputs, targets) = (self.array(inputs)?, self.array(targets)?);
        Dataset::from_arrays([&names[0], &names[1]], inputs, &targets)
    }
}

fn failed(name: &str, error: ZipError) -> DataError {
    match error {
        ZipError::Io(error) => DataError::io(name, &error),
        error => DataError::Compressed { file: name.into(), problem: error.to_string() },
    }
}
