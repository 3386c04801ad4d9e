//! Reverse mode for functions with several results.

use super::reverse::pull_back_from;
use super::{outputs_of, recording_copy};
use crate::error::FunctionError;
use crate::program::Program;

/// The vector-Jacobian product: inputs `x₁, x₂, …` and then a cotangent for each result; outputs the results, then the
/// cotangent of each input, Σ cᵢ·∂yᵢ/∂x.
///
/// ```
/// use thalweg_function::{Executable, trace, vjp};
///
/// let f = trace(2, |x| [x[0] * x[1], x[0].sin()])?;
/// let mut back = Executable::<f64>::new(&vjp(&f)?)?;
/// let mut y = [0.0; 4];
/// back.run(&[0.0, 3.0, 1.0, 2.0], &mut y)?;
/// assert_eq!(y, [0.0, 0.0, 5.0, 0.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// None today.
pub fn vjp(program: &Program) -> Result<Program, FunctionError> {
    let (mut builder, simple, placed) = recording_copy(program);
    let mut seeds = Vec::with_capacity(simple.outputs.len());
    for (k, (&id, shape)) in simple.outputs.iter().zip(simple.output_shapes()).enumerate() {
        seeds.push((id, builder.input(format!("c{}", k + 1), shape)));
    }
    let mut outputs = outputs_of(&simple, &placed);
    outputs.extend(pull_back_from(&mut builder, &simple, &placed, &seeds));
    Ok(builder.finish(&outputs))
}

/// All results, and the gradient of the first by some of the inputs: outputs `y₁, y₂, …` and then `∂y₁/∂x` for each input
/// x named in `inputs` (counted from 0). The further results are what one wants to know beside: predictions, losses by
/// part, new state.
///
/// ```
/// use thalweg_function::{Executable, trace, value_and_gradient_of};
///
/// let f = trace(2, |x| [x[0] * x[1], x[0] - x[1]])?;
/// let mut by_second = Executable::<f64>::new(&value_and_gradient_of(&f, &[1])?)?;
/// let mut y = [0.0; 3];
/// by_second.run(&[3.0, 5.0], &mut y)?;
/// assert_eq!(y, [15.0, -2.0, 3.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// The first result is an array, or there is no input of a number given.
pub fn value_and_gradient_of(program: &Program, inputs: &[usize]) -> Result<Program, FunctionError> {
    let transformation = "value_and_gradient_of";
    let Some(shape) = program.output_shapes().next() else {
        return Err(FunctionError::OutputCount { transformation, found: 0 });
    };
    if !shape.is_scalar() {
        return Err(FunctionError::NotScalar { transformation, shape });
    }
    let count = program.inputs.len();
    if let Some(&input) = inputs.iter().find(|&&input| input >= count) {
        return Err(FunctionError::NoSuchInput { input, inputs: count });
    }
    let (mut builder, simple, placed) = recording_copy(program);
    let mut outputs = outputs_of(&simple, &placed);
    let one = builder.constant(1.0);
    let slopes = pull_back_from(&mut builder, &simple, &placed, &[(simple.outputs[0], one)]);
    outputs.extend(inputs.iter().map(|&input| slopes[input]));
    Ok(builder.finish(&outputs))
}
