//! All first derivatives of a function with many results.

use super::forward::tangents_along;
use super::reverse::cotangents_from;
use super::units::{along_units, behind};
use super::{simplified_copy, simplify};
use crate::error::FunctionError;
use crate::program::{NodeId, Program, Shape};

/// The Jacobian: for each result y and each argument x (the arguments of the first result first), ∂y/∂x with the axes of y
/// and then those of x.
///
/// Forward, one direction for each element of the arguments, if the results have as many elements or more; else in reverse, one
/// for each element of the results. All directions are one batch.
///
/// ```
/// use thalweg_function::{Executable, Shape, jacobian, trace};
///
/// let f = trace([Shape::from([2])], |x| x[0] * x[0].sum(..))?;
/// let mut slopes = Executable::<f64>::new(&jacobian(&f)?)?;
/// let mut j = [0.0; 4];
/// slopes.run(&[3.0, 5.0], &mut j)?;
/// assert_eq!(j, [11.0, 3.0, 5.0, 13.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// A result and an argument have too many axes together.
pub fn jacobian(program: &Program) -> Result<Program, FunctionError> {
    let simple = simplify(program);
    let (mut builder, _, _) = simplified_copy(&simple);
    let inputs: Vec<_> = simple.input_shapes().collect();
    let outputs: Vec<_> = simple.output_shapes().collect();
    let size = |shapes: &[Shape]| shapes.iter().map(Shape::size).sum::<usize>();
    let mut blocks: Vec<NodeId> = vec![NodeId(0); inputs.len() * outputs.len()];
    if size(&inputs) <= size(&outputs) {
        let all: Vec<_> = (0..outputs.len()).collect();
        for (j, shape) in inputs.iter().enumerate() {
            let columns = along_units(&mut builder, &tangents_along(&simple, j, &all), *shape)?;
            for (i, column) in columns.into_iter().enumerate() {
                blocks[i * inputs.len() + j] = behind(&mut builder, column, shape.rank());
            }
        }
    } else {
        for (i, shape) in outputs.iter().enumerate() {
            let rows = along_units(&mut builder, &cotangents_from(&simple, i), *shape)?;
            blocks[i * inputs.len()..][..inputs.len()].copy_from_slice(&rows);
        }
    }
    Ok(builder.finish(&blocks))
}
