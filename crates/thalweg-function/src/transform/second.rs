//! Second derivatives: forward over reverse.

use super::forward::{push_forward, tangent_or_zero, tangents_along};
use super::units::{along_units, behind};
use super::{gradient, scalar_output, simplified_copy, value_and_gradient};
use crate::error::FunctionError;
use crate::program::{Builder, NodeId, Program, Shape};

/// The Hessian-vector product ∇²f(x)·v: inputs `x₁, x₂, …` and then `v₁, v₂, …`; one output per input of `f`.
///
/// ```
/// use thalweg_function::{Executable, hvp, trace};
///
/// let f = trace(2, |x| x[0].pow(2.0) * x[1])?;
/// let mut product = Executable::<f64>::new(&hvp(&f)?)?;
/// let mut hv = [0.0; 2];
/// product.run(&[3.0, 5.0, 1.0, 0.0], &mut hv)?;
/// assert_eq!(hv, [10.0, 6.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// As [`gradient`].
pub fn hvp(program: &Program) -> Result<Program, FunctionError> {
    scalar_output(program, "hvp")?;
    let (mut builder, slope, placed) = simplified_copy(&gradient(program)?);
    let tangents: Vec<_> = slope
        .inputs
        .iter()
        .map(|input| Some(builder.input(format!("d{}", input.name), slope.node(input.node).shape)))
        .collect();
    let pushed = push_forward(&mut builder, &slope, &placed, &tangents);
    let whole = |id: &NodeId| tangent_or_zero(&mut builder, &slope, &pushed, *id);
    let outputs: Vec<_> = slope.outputs.iter().map(whole).collect();
    Ok(builder.finish(&outputs))
}

/// The Hessian ∇²f of a scalar function. Of n scalar variables: n² outputs, row by row. With arrays among the inputs: for each
/// pair of inputs xᵢ, xⱼ, row by row, an array ∂²f/∂xᵢ∂xⱼ with the axes of xᵢ and then those of xⱼ.
///
/// Each entry below the diagonal is computed once and returned twice. For arrays, the Hessian-vector product is batched over
/// all unit vectors; what does not depend on these is computed once.
///
/// ```
/// use thalweg_function::{Executable, Shape, hessian, trace};
///
/// let f = trace(2, |x| x[0].pow(2.0) * x[1])?;
/// let mut h = [0.0; 4];
/// Executable::<f64>::new(&hessian(&f)?)?.run(&[3.0, 5.0], &mut h)?;
/// assert_eq!(h, [10.0, 6.0, 6.0, 0.0]);
///
/// let f = trace([Shape::from([100, 3]), Shape::from([3])], |x| x[0].matmul(x[1]).softplus().sum(..))?;
/// let shapes: Vec<_> = hessian(&f)?.output_shapes().map(|shape| shape.to_string()).collect();
/// assert_eq!(shapes, ["[100, 3, 100, 3]", "[100, 3, 3]", "[3, 100, 3]", "[3, 3]"]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// As [`gradient`]; two inputs have too many axes together.
pub fn hessian(program: &Program) -> Result<Program, FunctionError> {
    scalar_output(program, "hessian")?;
    second_order(program, false)
}

/// Value, gradient and Hessian in one program, which shares what they have in common: outputs `f`, then ∇f (one output per
/// input), then ∇²f as [`hessian`] gives it.
///
/// # Errors
/// As [`hessian`].
pub fn value_gradient_hessian(program: &Program) -> Result<Program, FunctionError> {
    scalar_output(program, "value_gradient_hessian")?;
    second_order(program, true)
}

fn second_order(program: &Program, with_first: bool) -> Result<Program, FunctionError> {
    let n = program.inputs.len();
    let (mut builder, slope, placed) = simplified_copy(&value_and_gradient(program)?);
    let matrix = if program.input_shapes().all(|shape| shape.is_scalar()) {
        matrix_of_scalars(&mut builder, &slope, &placed)
    } else {
        matrix_of_arrays(&mut builder, &slope)?
    };
    let first = slope.outputs.iter().map(|id| placed[id.index()]).take(if with_first { n + 1 } else { 0 });
    let outputs: Vec<_> = first.chain(matrix).collect();
    Ok(builder.finish(&outputs))
}

/// The second derivatives by scalars: `slope` has the outputs `f, ∂f/∂x₁, …`.
fn matrix_of_scalars(builder: &mut Builder, slope: &Program, placed: &[NodeId]) -> Vec<NodeId> {
    let n = slope.inputs.len();
    let (zero, one) = (builder.constant(0.0), builder.constant(1.0));
    let mut matrix: Vec<NodeId> = vec![zero; n * n];
    for column in 0..n {
        let direction: Vec<_> = (0..n).map(|i| (i == column).then_some(one)).collect();
        let pushed = push_forward(builder, slope, placed, &direction);
        for row in column..n {
            let entry = pushed[slope.outputs[row + 1].index()].unwrap_or(zero);
            matrix[row * n + column] = entry;
            matrix[column * n + row] = entry;
        }
    }
    matrix
}

/// The second derivatives by arrays, a block for each pair of inputs.
fn matrix_of_arrays(builder: &mut Builder, slope: &Program) -> Result<Vec<NodeId>, FunctionError> {
    let n = slope.inputs.len();
    let shapes: Vec<_> = slope.input_shapes().collect();
    let mut matrix = vec![NodeId(0); n * n];
    for column in 0..n {
        let rows: Vec<_> = (column + 1..=n).collect();
        let blocks = along_units(builder, &tangents_along(slope, column, &rows), shapes[column])?;
        for (row, block) in (column..n).zip(blocks) {
            // The direction's axes come first: this is the block (column, row).
            matrix[column * n + row] = block;
            if row > column {
                matrix[row * n + column] = behind(builder, block, shapes[column].rank());
            }
        }
    }
    Ok(matrix)
}

/// The diagonal of the Hessian of a scalar function: ∂²f/∂x² for each element of each input, in the input's shape.
///
/// Costs as much as the Hessian less what only its other elements need.
///
/// ```
/// use thalweg_function::{Executable, Shape, hessian_diagonal, trace};
///
/// let f = trace([Shape::from([3])], |x| x[0].pow(3.0).sum(..))?;
/// let mut h = [0.0; 3];
/// Executable::<f64>::new(&hessian_diagonal(&f)?)?.run(&[1.0, 2.0, 3.0], &mut h)?;
/// assert_eq!(h, [6.0, 12.0, 18.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// As [`hessian`].
pub fn hessian_diagonal(program: &Program) -> Result<Program, FunctionError> {
    scalar_output(program, "hessian_diagonal")?;
    let (mut builder, slope, _) = simplified_copy(&gradient(program)?);
    let mut outputs = Vec::with_capacity(slope.inputs.len());
    for (k, shape) in slope.input_shapes().enumerate() {
        let block = along_units(&mut builder, &tangents_along(&slope, k, &[k]), shape)?[0];
        let n = shape.size();
        let square = builder.reshape(block, Shape::of([n, n]));
        let diagonal = builder.diagonal_of(square);
        outputs.push(builder.reshape(diagonal, shape));
    }
    Ok(builder.finish(&outputs))
}
