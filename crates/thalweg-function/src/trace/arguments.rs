//! [`Arguments`]: what a traced function takes.

use crate::program::Shape;

/// The arguments of a traced function: a number of scalars, or a shape for each, perhaps with a name.
///
/// ```
/// use thalweg_function::{Shape, trace};
///
/// let scalars = trace(2, |x| x[0] + x[1])?;
/// let arrays = trace([Shape::from([3, 4]), Shape::SCALAR], |x| x[1] * x[0])?;
/// let named = trace(&[("weight", [3, 4].into()), ("bias", [4].into())], |x| x[0] + x[1])?;
/// assert_eq!(named.input_names().collect::<Vec<_>>(), ["weight", "bias"]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
pub trait Arguments {
    /// The name and the shape of each argument, in order.
    fn names_and_shapes(self) -> Vec<(String, Shape)>;
}

fn numbered(shapes: impl IntoIterator<Item = Shape>) -> Vec<(String, Shape)> {
    shapes.into_iter().enumerate().map(|(k, shape)| (format!("x{}", k + 1), shape)).collect()
}

impl Arguments for usize {
    fn names_and_shapes(self) -> Vec<(String, Shape)> {
        numbered(std::iter::repeat_n(Shape::SCALAR, self))
    }
}

impl<const N: usize> Arguments for [Shape; N] {
    fn names_and_shapes(self) -> Vec<(String, Shape)> {
        numbered(self)
    }
}

impl Arguments for Vec<Shape> {
    fn names_and_shapes(self) -> Vec<(String, Shape)> {
        numbered(self)
    }
}

impl Arguments for &[Shape] {
    fn names_and_shapes(self) -> Vec<(String, Shape)> {
        numbered(self.iter().copied())
    }
}

/// By reference, so that `[…]` can only be shapes, which `.into()` then makes without being told.
impl<const N: usize> Arguments for &[(&str, Shape); N] {
    fn names_and_shapes(self) -> Vec<(String, Shape)> {
        self.iter().map(|&(name, shape)| (name.to_owned(), shape)).collect()
    }
}

impl Arguments for Vec<(String, Shape)> {
    fn names_and_shapes(self) -> Vec<(String, Shape)> {
        self
    }
}
