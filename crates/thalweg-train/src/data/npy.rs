//! NumPy's `.npy` format, versions 1 to 3.
//!
//! A magic string, the version, the length of a header, the header as a Python dictionary with `descr`, `fortran_order` and
//! `shape`, then the elements (NumPy Enhancement Proposal 1 and `numpy.lib.format`).

use super::{
    array::{Array, Elements},
    error::DataError,
    idx::words,
    source::{Source, count},
};
use std::{fs::File, io::Write, path::Path};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
const TYPES: &str = "f4, f8, u1, i4 or i8 with < or > before it";

/// Reads a `.npy` file of `f4`, `f8`, `u1`, `i4` or `i8`, in either byte order and either order of indices.
///
/// # Errors
/// The file cannot be read, is no `.npy` file, has elements of another type, or is shorter or longer than its header announces.
///
/// ```no_run
/// let inputs = thalweg_train::data::read_npy("inputs.npy")?;
/// println!("{:?}", inputs.shape());
/// # Ok::<(), thalweg_train::data::DataError>(())
/// ```
pub fn read_npy(path: impl AsRef<Path>) -> Result<Array, DataError> {
    read(Source::open(path.as_ref())?)
}

/// Reads a `.npy` file from memory; `name` stands for the file in errors.
///
/// # Errors
/// As [`read_npy`].
pub fn npy_from_bytes(name: &str, bytes: &[u8]) -> Result<Array, DataError> {
    read(Source::bytes(name, bytes)?)
}

/// Writes a `.npy` file of version 1, little-endian and row-major, byte for byte as `numpy.save` writes it.
///
/// # Errors
/// The file cannot be written.
///
/// ```no_run
/// use thalweg_train::data::{Array, Elements, write_npy};
/// write_npy("weights.npy", &Array::new(&[2, 2], Elements::F32(vec![1.0, 0.0, 0.0, 1.0]))?)?;
/// # Ok::<(), thalweg_train::data::DataError>(())
/// ```
pub fn write_npy(path: impl AsRef<Path>, array: &Array) -> Result<(), DataError> {
    let path = path.as_ref();
    File::create(path)
        .and_then(|mut file| file.write_all(&array.to_npy()))
        .map_err(|error| DataError::io(&path.display().to_string(), &error))
}

impl Array {
    /// The bytes of a `.npy` file, as [`write_npy`] writes them.
    ///
    /// ```
    /// use thalweg_train::data::{Array, Elements, npy_from_bytes};
    /// let array = Array::new(&[3], Elements::I64(vec![1, 2, 3]))?;
    /// assert_eq!(npy_from_bytes("array", &array.to_npy())?, array);
    /// # Ok::<(), thalweg_train::data::DataError>(())
    /// ```
    pub fn to_npy(&self) -> Vec<u8> {
        fn bytes<T: Copy, const N: usize>(values: &[T], word: impl Fn(T) -> [u8; N]) -> Vec<u8> {
            values.iter().flat_map(|&value| word(value)).collect()
        }
        let (descr, elements) = match self.elements() {
            Elements::U8(values) => ("|u1", values.clone()),
            Elements::I32(values) => ("<i4", bytes(values, i32::to_le_bytes)),
            Elements::I64(values) => ("<i8", bytes(values, i64::to_le_bytes)),
            Elements::F32(values) => ("<f4", bytes(values, f32::to_le_bytes)),
            Elements::F64(values) => ("<f8", bytes(values, f64::to_le_bytes)),
        };
        let sizes = self.shape().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let comma = if self.shape().len() == 1 { "," } else { "" };
        let mut header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}{comma}), }}");
        // NumPy leaves room for the outermost size to grow to 21 digits in place, then fills up with 1 to 64
        // bytes to a multiple of 64.
        let room = self.shape().first().map_or(0, |size| 21_usize.saturating_sub(size.to_string().len()));
        header.extend(std::iter::repeat_n(' ', room));
        let prefix = MAGIC.len() + 4;
        let total = (prefix + header.len() + 1) / 64 * 64 + 64;
        header.extend(std::iter::repeat_n(' ', total - prefix - header.len() - 1));
        header.push('\n');
        let length = (header.len() as u16).to_le_bytes();
        [&MAGIC[..], &[1, 0], &length, header.as_bytes(), &elements].concat()
    }
}

/// Reads a `.npy` file to its end.
pub(crate) fn read(mut source: Source) -> Result<Array, DataError> {
    let mut start = [0; 8];
    source.fill("the .npy header", &mut start)?;
    if start[..6] != MAGIC[..] {
        let found = format!("{:02x?}", &start[..6]);
        return Err(DataError::invalid(
            source.name(),
            "the start of the file",
            found,
            "93 \"NUMPY\", as in every .npy file",
        ));
    }
    let length = match start[6] {
        1 => {
            let mut length = [0; 2];
            source.fill("the .npy header", &mut length)?;
            u64::from(u16::from_le_bytes(length))
        }
        2 | 3 => {
            let mut length = [0; 4];
            source.fill("the .npy header", &mut length)?;
            u64::from(u32::from_le_bytes(length))
        }
        version => {
            return Err(DataError::invalid(source.name(), "the version of the format", version, "1, 2 or 3"));
        }
    };
    let header = source.take("the .npy header", length)?;
    let header = Header::parse(&String::from_utf8_lossy(&header)).map_err(|(what, found, wanted)| {
        DataError::invalid(source.name(), format!("{what} in the header"), found, wanted)
    })?;
    let Some(length) = count(&header.shape).and_then(|count| count.checked_mul(header.width)) else {
        let wanted = "sizes whose product fits the address space";
        return Err(DataError::invalid(source.name(), "the shape", format!("{:?}", header.shape), wanted));
    };
    let mut bytes = source.take("the .npy data", length as u64)?;
    source.finish(length as u64)?;
    if header.big_endian {
        bytes.chunks_exact_mut(header.width).for_each(<[u8]>::reverse);
    }
    let elements = match (header.kind, header.width) {
        ('f', 4) => Elements::F32(words(&bytes, f32::from_le_bytes)),
        ('f', _) => Elements::F64(words(&bytes, f64::from_le_bytes)),
        ('i', 4) => Elements::I32(words(&bytes, i32::from_le_bytes)),
        ('i', _) => Elements::I64(words(&bytes, i64::from_le_bytes)),
        _ => Elements::U8(bytes),
    };
    let elements = if header.fortran_order { row_major(&header.shape, elements) } else { elements };
    Array::new(&header.shape, elements)
}

/// What the header says.
struct Header {
    kind: char,
    width: usize,
    big_endian: bool,
    fortran_order: bool,
    shape: Vec<usize>,
}

/// What is wrong in a header: which part, what was found, what would be right.
type Wrong = (&'static str, String, &'static str);

impl Header {
    fn parse(text: &str) -> Result<Self, Wrong> {
        let whole = || {
            (
                "the dictionary",
                text.trim().chars().take(120).collect(),
                "{'descr': …, 'fortran_order': …, 'shape': …}",
            )
        };
        let mut rest =
            text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(whole)?.trim();
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        while !rest.is_empty() {
            let (key, after) = quoted(rest).ok_or_else(whole)?;
            let value = after.trim_start().strip_prefix(':').ok_or_else(whole)?.trim_start();
            rest = match key {
                "descr" => {
                    // A list of fields starts with a bracket.
                    let (text, after) =
                        quoted(value).ok_or(("descr", value.chars().take(40).collect(), TYPES))?;
                    descr = Some(text);
                    after
                }
                "fortran_order" => {
                    let truth = [("True", true), ("False", false)];
                    let found =
                        truth.iter().find_map(|&(word, truth)| Some((truth, value.strip_prefix(word)?)));
                    let (truth, after) = found.ok_or_else(whole)?;
                    fortran_order = Some(truth);
                    after
                }
                "shape" => {
                    let (sizes, after) =
                        value.strip_prefix('(').and_then(|value| value.split_once(')')).ok_or_else(whole)?;
                    shape = Some(parse_shape(sizes).ok_or((
                        "shape",
                        sizes.into(),
                        "sizes with commas between them",
                    ))?);
                    after
                }
                _ => return Err(("a key", key.into(), "descr, fortran_order or shape")),
            }
            .trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after.trim_start(),
                None if rest.is_empty() => {}
                None => return Err(whole()),
            }
        }
        let (descr, fortran_order, shape) = descr
            .zip(fortran_order)
            .zip(shape)
            .map(|((descr, order), shape)| (descr, order, shape))
            .ok_or_else(whole)?;
        let (order, name) = descr.split_at_checked(1).unwrap_or(("", descr));
        let (kind, width) = match name {
            "f4" => ('f', 4),
            "f8" => ('f', 8),
            "i4" => ('i', 4),
            "i8" => ('i', 8),
            "u1" => ('u', 1),
            _ => return Err(("descr", descr.into(), TYPES)),
        };
        let big_endian = match order {
            "<" => false,
            "|" if width == 1 => false,
            ">" => true,
            _ => return Err(("descr", descr.into(), TYPES)),
        };
        Ok(Self { kind, width, big_endian, fortran_order, shape })
    }
}

/// A text between quotation marks of either kind, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    ['\'', '"'].into_iter().find_map(|mark| text.strip_prefix(mark)?.split_once(mark))
}

fn parse_shape(sizes: &str) -> Option<Vec<usize>> {
    let sizes = sizes.trim();
    let sizes = sizes.strip_suffix(',').unwrap_or(sizes);
    // Python 2 wrote long integers with an L.
    let size = |text: &str| text.trim().trim_end_matches('L').parse().ok();
    if sizes.is_empty() { Some(Vec::new()) } else { sizes.split(',').map(size).collect() }
}

/// Brings elements whose first index runs fastest into the order in which the last does.
fn row_major(shape: &[usize], elements: Elements) -> Elements {
    fn turn<T: Copy>(shape: &[usize], values: &[T]) -> Vec<T> {
        let mut strides = Vec::with_capacity(shape.len());
        let mut stride = 1_usize;
        for &size in shape {
            strides.push(stride);
            // Only a shape without elements overflows, and it is never walked.
            stride = stride.saturating_mul(size);
        }
        let (mut index, mut from) = (vec![0; shape.len()], 0);
        let mut turned = Vec::with_capacity(values.len());
        for _ in 0..values.len() {
            turned.push(values[from]);
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                from += strides[axis];
                if index[axis] < shape[axis] {
                    break;
                }
                from -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        turned
    }
    match elements {
        Elements::U8(values) => Elements::U8(turn(shape, &values)),
        Elements::I32(values) => Elements::I32(turn(shape, &values)),
        Elements::I64(values) => Elements::I64(turn(shape, &values)),
        Elements::F32(values) => Elements::F32(turn(shape, &values)),
        Elements::F64(values) => Elements::F64(turn(shape, &values)),
    }
}
