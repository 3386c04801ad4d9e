//! A file, an archive's entry or bytes in memory, unpacked if need be, with a bound on what it can hold.

use super::error::DataError;
use flate2::bufread::MultiGzDecoder;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

/// No deflate stream unpacks to more than this many times its own length (zlib's technical details, "Maximum compression factor").
const MOST_UNPACKED: u64 = 1032;
/// Memory set aside on the word of a compressed file's header, as a multiple of the file; beyond it, memory grows with what arrives.
const TRUSTED: u64 = 16;

/// Bytes to be read in order.
pub(crate) struct Source<'a> {
    name: String,
    reader: Box<dyn BufRead + 'a>,
    /// The length in the file system or archive.
    packed: u64,
    /// The most bytes the reader can give.
    most: u64,
    compressed: bool,
}

impl<'a> Source<'a> {
    /// Opens a file, gzipped or plain by its content.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let name = path.display().to_string();
        let open = || -> io::Result<_> {
            let file = File::open(path)?;
            let about = file.metadata()?;
            // A pipe has no length to check against.
            let length = if about.is_file() { about.len() } else { u64::MAX };
            Ok((BufReader::with_capacity(1 << 16, file), length))
        };
        let (reader, length) = open().map_err(|error| DataError::io(&name, &error))?;
        Self::detect(name, reader, length)
    }

    /// Reads bytes, gzipped or plain by their content.
    pub(crate) fn bytes(name: &str, bytes: &'a [u8]) -> Result<Self, DataError> {
        Self::detect(name.into(), bytes, bytes.len() as u64)
    }

    /// Reads an archive's entry of `packed` bytes, unpacked by `reader` and said to become `unpacked` bytes.
    pub(crate) fn entry(name: String, reader: impl Read + 'a, packed: u64, unpacked: u64) -> Self {
        let most = unpacked.min(packed.saturating_mul(MOST_UNPACKED));
        Self { name, reader: Box::new(BufReader::new(reader)), packed, most, compressed: true }
    }

    fn detect(name: String, mut reader: impl BufRead + 'a, packed: u64) -> Result<Self, DataError> {
        let start = reader.fill_buf().map_err(|error| DataError::io(&name, &error))?;
        let compressed = start.starts_with(&[0x1f, 0x8b]);
        let (reader, most): (Box<dyn BufRead + 'a>, _) = if compressed {
            (Box::new(BufReader::new(MultiGzDecoder::new(reader))), packed.saturating_mul(MOST_UNPACKED))
        } else {
            (Box::new(reader), packed)
        };
        Ok(Self { name, reader, packed, most, compressed })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Gives the reader away, for parsers that read on their own.
    pub(crate) fn into_reader(self) -> Box<dyn BufRead + 'a> {
        self.reader
    }

    /// Says what a failed read means for this source.
    pub(crate) fn failed(&self, error: &io::Error) -> DataError {
        if self.compressed {
            DataError::Compressed { file: self.name.clone(), problem: error.to_string() }
        } else {
            DataError::io(&self.name, error)
        }
    }

    /// Fills `bytes`, which belong to the part `what`.
    pub(crate) fn fill(&mut self, what: &'static str, bytes: &mut [u8]) -> Result<(), DataError> {
        let mut done = 0;
        while done < bytes.len() {
            match self.reader.read(&mut bytes[done..]) {
                Ok(0) => return Err(self.truncated(what, done as u64, bytes.len() as u64)),
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Ok(())
    }

    /// The next `length` bytes, a length that was read from the file and is not to be trusted.
    pub(crate) fn take(&mut self, what: &'static str, length: u64) -> Result<Vec<u8>, DataError> {
        if length > self.most {
            return Err(self.truncated(what, self.most, length));
        }
        let trusted =
            length.min(if self.compressed { self.packed.saturating_mul(TRUSTED) } else { self.packed });
        let trusted = if self.packed == u64::MAX { 0 } else { trusted };
        let mut bytes = Vec::with_capacity(usize::try_from(trusted).unwrap_or(0));
        match self.reader.by_ref().take(length).read_to_end(&mut bytes) {
            Err(error) => Err(self.failed(&error)),
            Ok(read) if (read as u64) < length => Err(self.truncated(what, read as u64, length)),
            Ok(_) => Ok(bytes),
        }
    }

    /// Checks that nothing follows the `wanted` bytes of values; reading to the end also checks a compressed stream's sum.
    pub(crate) fn finish(mut self, wanted: u64) -> Result<(), DataError> {
        match self.reader.fill_buf() {
            Err(error) => Err(self.failed(&error)),
            Ok([]) => Ok(()),
            Ok(_) => Err(DataError::Trailing { file: self.name, wanted }),
        }
    }

    fn truncated(&self, what: &'static str, found: u64, wanted: u64) -> DataError {
        DataError::Truncated { file: self.name.clone(), what, found, wanted }
    }
}

/// How many elements a shape has, or nothing where that exceeds the address space.
pub(crate) fn count(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))
}
