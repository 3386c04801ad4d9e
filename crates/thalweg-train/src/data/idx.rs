//! The IDX format of LeCun's MNIST files, gzipped or plain.
//!
//! Two zero bytes, the element type, the number of dimensions, then the sizes as big-endian `u32` and the elements,
//! big-endian, the last index running fastest (LeCun, Cortes & Burges, *The MNIST database of handwritten digits*).

use super::{
    array::{Array, Elements},
    error::DataError,
    source::{Source, count},
};
use std::path::Path;

/// Reads an IDX file, gzipped or plain by its content.
///
/// # Errors
/// The file cannot be read, is no IDX file, or is shorter or longer than its header announces.
///
/// ```no_run
/// let images = thalweg_train::data::read_idx("train-images-idx3-ubyte.gz")?;
/// assert_eq!(images.shape(), [60000, 28, 28]);
/// # Ok::<(), thalweg_train::data::DataError>(())
/// ```
pub fn read_idx(path: impl AsRef<Path>) -> Result<Array, DataError> {
    read(Source::open(path.as_ref())?)
}

/// Reads an IDX file from memory; `name` stands for the file in errors.
///
/// # Errors
/// As [`read_idx`].
///
/// ```
/// let bytes = [0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4];
/// let labels = thalweg_train::data::idx_from_bytes("labels", &bytes)?;
/// assert_eq!(labels.to_classes("labels")?, [5, 0, 4]);
/// # Ok::<(), thalweg_train::data::DataError>(())
/// ```
pub fn idx_from_bytes(name: &str, bytes: &[u8]) -> Result<Array, DataError> {
    read(Source::bytes(name, bytes)?)
}

fn read(mut source: Source) -> Result<Array, DataError> {
    let mut magic = [0; 4];
    source.fill("the IDX header", &mut magic)?;
    let [zero, zero_too, kind, dimensions] = magic;
    if (zero, zero_too) != (0, 0) {
        let found = format!("{zero:02x} {zero_too:02x}");
        return Err(DataError::invalid(
            source.name(),
            "the start of the file",
            found,
            "00 00, as in every IDX file",
        ));
    }
    let width = match kind {
        0x08 | 0x09 => 1,
        0x0B => 2,
        0x0C | 0x0D => 4,
        0x0E => 8,
        _ => {
            let wanted = "08 (u8), 09 (i8), 0b (i16), 0c (i32), 0d (f32) or 0e (f64)";
            return Err(DataError::invalid(source.name(), "the element type", format!("{kind:02x}"), wanted));
        }
    };
    let mut shape = Vec::with_capacity(dimensions.into());
    for _ in 0..dimensions {
        let mut size = [0; 4];
        source.fill("the IDX header", &mut size)?;
        shape.push(u32::from_be_bytes(size) as usize);
    }
    let Some(length) = count(&shape).and_then(|count| count.checked_mul(width)) else {
        let wanted = "sizes whose product fits the address space";
        return Err(DataError::invalid(source.name(), "the shape", format!("{shape:?}"), wanted));
    };
    let bytes = source.take("the IDX data", length as u64)?;
    source.finish(length as u64)?;
    let elements = match kind {
        0x08 => Elements::U8(bytes),
        0x09 => Elements::I32(bytes.into_iter().map(|byte| i32::from(byte as i8)).collect()),
        0x0B => Elements::I32(words(&bytes, |word| i16::from_be_bytes(word).into())),
        0x0C => Elements::I32(words(&bytes, i32::from_be_bytes)),
        0x0D => Elements::F32(words(&bytes, f32::from_be_bytes)),
        _ => Elements::F64(words(&bytes, f64::from_be_bytes)),
    };
    Array::new(&shape, elements)
}

/// Turns bytes into elements of `N` bytes each.
pub(crate) fn words<const N: usize, T>(bytes: &[u8], element: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&word| element(word)).collect()
}
