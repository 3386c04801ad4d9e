//! NumPy's `.npz` format: a zip archive of `.npy` files, stored or deflated.

use super::{array::Array, dataset::Dataset, error::DataError, npy, source::Source};
use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder,
    ZipLocator,
};
use std::{fs::File, path::Path};

/// An open `.npz` file, whose arrays are read when they are asked for.
pub struct Npz<'a> {
    name: String,
    archive: ZipArchive<Box<dyn ReaderAt + 'a>>,
    entries: Vec<Entry>,
}

/// An array in the archive.
struct Entry {
    name: String,
    method: CompressionMethod,
    place: ZipArchiveEntryWayfinder,
    packed: u64,
    unpacked: u64,
}

impl Npz<'static> {
    /// Opens a `.npz` file, as `numpy.savez` and `numpy.savez_compressed` write them.
    ///
    /// # Errors
    /// The file cannot be read or is no zip archive.
    ///
    /// ```no_run
    /// let file = thalweg_train::data::Npz::open("mnist.npz")?;
    /// let train = file.dataset("x_train", "y_train")?;
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let name = path.as_ref().display().to_string();
        let open = || File::open(path.as_ref()).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) = open().map_err(|error| DataError::io(&name, &error))?;
        Self::new(name, Box::new(FileReader::from(file)), length)
    }
}

impl<'a> Npz<'a> {
    /// Opens a `.npz` file in memory; `name` stands for the file in errors.
    ///
    /// # Errors
    /// The bytes are no zip archive.
    pub fn from_bytes(name: &str, bytes: &'a [u8]) -> Result<Self, DataError> {
        Self::new(name.into(), Box::new(bytes), bytes.len() as u64)
    }

    fn new(name: String, reader: Box<dyn ReaderAt + 'a>, length: u64) -> Result<Self, DataError> {
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let located = ZipLocator::new().locate_in_reader(reader, &mut buffer, length);
        let archive = located.map_err(|(_, error)| damaged(&name, &error))?;
        let mut entries = Vec::new();
        let mut directory = archive.entries(&mut buffer);
        while let Some(entry) = directory.next_entry().map_err(|error| damaged(&name, &error))? {
            let file = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
            if let Some(array) = file.strip_suffix(".npy") {
                entries.push(Entry {
                    name: array.into(),
                    method: entry.compression_method(),
                    place: entry.wayfinder(),
                    packed: entry.compressed_size_hint().min(length),
                    unpacked: entry.uncompressed_size_hint(),
                });
            }
        }
        Ok(Self { name, archive, entries })
    }

    /// The names of the arrays, in the order of the archive.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.name)
    }

    /// Reads one array.
    ///
    /// # Errors
    /// There is no array of this name, or it is damaged or of an element type that is not supported.
    pub fn array(&self, name: &str) -> Result<Array, DataError> {
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else {
            let wanted = format!("one of {}", self.names().collect::<Vec<_>>().join(", "));
            return Err(DataError::invalid(&self.name, "the name of an array", name, wanted));
        };
        let place = format!("{}, array {name}", self.name);
        let found = self.archive.get_entry(entry.place).map_err(|error| damaged(&place, &error))?;
        let source = if entry.method == CompressionMethod::STORE {
            Source::entry(place, found.verifying_reader(found.reader()), entry.packed, entry.unpacked)
        } else if entry.method == CompressionMethod::DEFLATE {
            let reader = found.verifying_reader(DeflateDecoder::new(found.reader()));
            Source::entry(place, reader, entry.packed, entry.unpacked)
        } else {
            let found = format!("method {}", entry.method.as_u16());
            return Err(DataError::invalid(place, "the compression", found, "0 (stored) or 8 (deflated)"));
        };
        npy::read(source)
    }

    /// Joins an array of inputs and one of labels or target values, as [`Dataset::from_arrays`].
    ///
    /// # Errors
    /// As [`Npz::array`] and [`Dataset::from_arrays`].
    pub fn dataset(&self, inputs: &str, targets: &str) -> Result<Dataset, DataError> {
        let names = [inputs, targets].map(|array| format!("{}, array {array}", self.name));
        Dataset::from_arrays([&names[0], &names[1]], self.array(inputs)?, &self.array(targets)?)
    }
}

fn damaged(name: &str, error: &rawzip::Error) -> DataError {
    DataError::Compressed { file: name.into(), problem: error.to_string() }
}
