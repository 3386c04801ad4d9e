//! Second derivatives: forward over reverse.

use super::forward::push_forward;
use super::{gradient, scalar_output, simplified_copy, value_and_gradient};
use crate::error::FunctionError;
use crate::program::{NodeId, Program};

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
    let zero = builder.constant(0.0);
    let outputs: Vec<_> = slope.outputs.iter().map(|id| pushed[id.index()].unwrap_or(zero)).collect();
    Ok(builder.finish(&outputs))
}

/// The Hessian ∇²f of a scalar function of n variables: n² outputs, row by row.
///
/// Each entry below the diagonal is computed once and returned twice.
///
/// ```
/// use thalweg_function::{Executable, hessian, trace};
///
/// let f = trace(2, |x| x[0].pow(2.0) * x[1])?;
/// let mut h = [0.0; 4];
/// Executable::<f64>::new(&hessian(&f)?)?.run(&[3.0, 5.0], &mut h)?;
/// assert_eq!(h, [10.0, 6.0, 6.0, 0.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// As [`gradient`].
pub fn hessian(program: &Program) -> Result<Program, FunctionError> {
    scalar_output(program, "hessian")?;
    second_order(program, false)
}

/// Value, gradient and Hessian in one program, which shares what they have in common: outputs `f`, then the n
/// components of ∇f, then the n² entries of ∇²f row by row.
///
/// # Errors
/// As [`gradient`].
pub fn value_gradient_hessian(program: &Program) -> Result<Program, FunctionError> {
    scalar_output(program, "value_gradient_hessian")?;
    second_order(program, true)
}

fn second_order(program: &Program, with_first: bool) -> Result<Program, FunctionError> {
    let n = program.inputs.len();
    let (mut builder, slope, placed) = simplified_copy(&value_and_gradient(program)?);
    let (zero, one) = (builder.constant(0.0), builder.constant(1.0));
    let mut matrix: Vec<NodeId> = vec![zero; n * n];
    for column in 0..n {
        let direction: Vec<_> = (0..n).map(|i| (i == column).then_some(one)).collect();
        let pushed = push_forward(&mut builder, &slope, &placed, &direction);
        for row in column..n {
            let entry = pushed[slope.outputs[row + 1].index()].unwrap_or(zero);
            matrix[row * n + column] = entry;
            matrix[column * n + row] = entry;
        }
    }
    let first = slope.outputs.iter().map(|id| placed[id.index()]).take(if with_first { n + 1 } else { 0 });
    let outputs: Vec<_> = first.chain(matrix).collect();
    Ok(builder.finish(&outputs))
}
