//! An array as a file holds it: a shape and elements of one type, in row-major order.

use super::{dataset::Values, error::DataError, source::count};

/// The elements of an [`Array`], in the type they have in the file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Elements {
    /// Unsigned bytes.
    U8(Vec<u8>),
    /// 32-bit integers, and narrower signed ones.
    I32(Vec<i32>),
    /// 64-bit integers.
    I64(Vec<i64>),
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

impl Elements {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::I32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether they are integers, of any width.
    pub fn are_integers(&self) -> bool {
        !matches!(self, Self::F32(_) | Self::F64(_))
    }
}

/// An array of any shape, the last index running fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    elements: Elements,
}

impl Array {
    /// Puts elements, the last index running fastest, into a shape.
    ///
    /// # Errors
    /// The shape has another number of elements.
    ///
    /// ```
    /// use thalweg_train::data::{Array, Elements};
    /// assert!(Array::new(&[2, 3], Elements::F32(vec![0.0; 6])).is_ok());
    /// assert!(Array::new(&[2, 3], Elements::F32(vec![0.0; 5])).is_err());
    /// ```
    pub fn new(shape: &[usize], elements: Elements) -> Result<Self, DataError> {
        if count(shape) != Some(elements.len()) {
            let wanted = format!("the product of the shape {shape:?}");
            return Err(DataError::invalid("array", "the number of elements", elements.len(), wanted));
        }
        Ok(Self { shape: shape.to_vec(), elements })
    }

    /// The sizes, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements in row-major order.
    pub fn elements(&self) -> &Elements {
        &self.elements
    }

    /// The elements as a dataset keeps them: bytes stay bytes, everything else is rounded to `f32`.
    pub fn into_values(self) -> Values {
        match self.elements {
            Elements::U8(values) => Values::U8(values),
            Elements::I32(values) => Values::F32(values.into_iter().map(|x| x as f32).collect()),
            Elements::I64(values) => Values::F32(values.into_iter().map(|x| x as f32).collect()),
            Elements::F32(values) => Values::F32(values),
            Elements::F64(values) => Values::F32(values.into_iter().map(|x| x as f32).collect()),
        }
    }

    /// The elements as class numbers; `place` names the array in errors.
    ///
    /// # Errors
    /// An element is no whole number from 0 to 2³² − 2.
    pub fn to_classes(&self, place: &str) -> Result<Vec<u32>, DataError> {
        fn all<T: Copy + ToString>(
            place: &str,
            values: &[T],
            class: impl Fn(T) -> Option<u32>,
        ) -> Result<Vec<u32>, DataError> {
            let one = |(index, &value): (usize, &T)| {
                class(value).filter(|&class| class < u32::MAX).ok_or_else(|| {
                    let what = format!("label {index}");
                    DataError::invalid(place, what, value.to_string(), "a whole number from 0 to 4294967294")
                })
            };
            values.iter().enumerate().map(one).collect()
        }
        let whole =
            |x: f64| (x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&x)).then_some(x as u32);
        match &self.elements {
            Elements::U8(values) => Ok(values.iter().map(|&x| u32::from(x)).collect()),
            Elements::I32(values) => all(place, values, |x| x.try_into().ok()),
            Elements::I64(values) => all(place, values, |x| x.try_into().ok()),
            Elements::F32(values) => all(place, values, |x| whole(f64::from(x))),
            Elements::F64(values) => all(place, values, whole),
        }
    }
}
