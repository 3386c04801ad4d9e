//! Batching: one program for many arguments at once.
//!
//! Programs of scalars run along the lanes of the processor, and keep that form (`lanes`). In all others the batch is a
//! new outermost axis of those values that depend on it (`arrays`); what does not is computed once for all members.

mod arrays;
mod indexing;
mod lanes;
mod product;
mod scan;
mod window;

use crate::error::FunctionError;
use crate::program::{Program, Shape};

/// How an input of a batched program is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputAxis {
    /// One value for each member of the batch, along a new outermost axis.
    Batched,
    /// One value for each member of the batch, along a new axis that has this number in the argument: 0 is the outermost.
    At(usize),
    /// One value that all members share.
    Shared,
}

impl InputAxis {
    /// The number of the batch axis, if there is one.
    fn axis(self) -> Option<usize> {
        match self {
            InputAxis::Batched => Some(0),
            InputAxis::At(axis) => Some(axis),
            InputAxis::Shared => None,
        }
    }
}

/// The program applied to `size` members at once (`vmap`): each [`InputAxis::Batched`] input and every result gets a new
/// outermost axis of that length. Nests: a batch of batches has two new axes.
///
/// What does not depend on a batched input is computed once. Matrix products with one batched factor become one larger
/// product where that needs no copy of much.
///
/// Arrays lie component by component (all members' first component, then all members' second), so a batch of scalar
/// problems runs along the lanes of the processor.
///
/// ```
/// use thalweg_function::{Executable, InputAxis, Shape, batch, trace};
///
/// let f = trace(2, |x| x[0] * x[1])?;
/// let many = batch(&f, 3, &[InputAxis::Batched, InputAxis::Shared])?;
/// let mut y = [0.0; 3];
/// Executable::<f64>::new(&many)?.run(&[1.0, 2.0, 3.0, 10.0], &mut y)?;
/// assert_eq!(y, [10.0, 20.0, 30.0]);
///
/// // Seven samples in the columns of a matrix, one for each member.
/// let layer = trace([Shape::from([4, 5]), Shape::from([5])], |x| x[0].matmul(x[1]))?;
/// let layers = batch(&layer, 7, &[InputAxis::Shared, InputAxis::At(1)])?;
/// assert_eq!(layers.to_string().lines().next(), Some("program(x1: [4, 5], x2: [5, 7]) -> ([7, 4])"));
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// `axes` has another length than the program has inputs, an input cannot have the axis asked for, `size` is 0, or the
/// result has too many or too long axes.
pub fn batch(program: &Program, size: usize, axes: &[InputAxis]) -> Result<Program, FunctionError> {
    if axes.len() != program.inputs.len() {
        return Err(FunctionError::AxisCount { found: axes.len(), inputs: program.inputs.len() });
    }
    let axes: Vec<_> = axes.iter().map(|axis| axis.axis()).collect();
    for (shape, &axis) in program.input_shapes().zip(&axes) {
        if let Some(axis) = axis.filter(|&axis| axis > shape.rank()) {
            return Err(FunctionError::NoSuchAxis { axis, shape });
        }
    }
    if lanes::suit(program, &axes) {
        lanes::batch(program, size, &axes)
    } else {
        arrays::batch(program, size, &axes)
    }
}

/// The shape of a batch of `size` arrays of `shape`, along axis `axis`.
fn batched(shape: Shape, size: usize, axis: usize) -> Result<Shape, FunctionError> {
    let mut axes: Vec<_> = shape.axes().collect();
    axes.insert(axis, size);
    Shape::new(&axes).filter(|_| size > 0).ok_or(FunctionError::BatchSize { size, shape })
}
