//! Transformations: functions from [`Program`] to [`Program`]. They compose to any order.
//!
//! What never lives here: the derivative of any single operation (`primitive` has those).

mod batch;
mod forward;
mod reverse;
mod second;

pub use batch::{InputAxis, batch};
pub use forward::jvp;
pub use reverse::{gradient, value_and_gradient};
pub use second::{hessian, hvp, value_gradient_hessian};

use crate::error::FunctionError;
use crate::program::{Builder, NodeId, Program};

/// The same function with fewer operations: constants folded, common subexpressions shared, identities applied, what no
/// result needs removed.
///
/// Values stay the same up to the rounding of merged constant factors; ∞ and NaN stay where they are.
///
/// ```
/// use thalweg_function::{simplify, trace};
///
/// let program = trace(1, |x| (x[0] * 1.0 + 0.0).pow(2.0) * 2.0 * 3.0)?;
/// assert_eq!(simplify(&program).to_string(), "\
/// program(x1: []) -> ([])
///   %0 = x1
///   %1 = mul %0 %0
///   %2 = 6
///   %3 = mul %2 %1
///   return %3
/// ");
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
pub fn simplify(program: &Program) -> Program {
    let mut builder = Builder::new();
    let placed = builder.copy(program);
    let outputs = outputs_of(program, &placed);
    builder.finish(&outputs)
}

/// The program with only some of its results, in this order, and without what only the others needed.
///
/// ```
/// use thalweg_function::{gradient, select_outputs, trace};
///
/// let f = trace(2, |x| x[0].exp() * x[1])?;
/// let by_second = select_outputs(&gradient(&f)?, &[1])?;
/// assert_eq!(by_second.output_count(), 1);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// A number that is not below the number of results.
pub fn select_outputs(program: &Program, outputs: &[usize]) -> Result<Program, FunctionError> {
    let mut builder = Builder::new();
    let placed = builder.copy(program);
    let all = outputs_of(program, &placed);
    let chosen: Option<Vec<_>> = outputs.iter().map(|&k| all.get(k).copied()).collect();
    let wrong = || FunctionError::NoSuchOutput { outputs: all.len() };
    Ok(builder.finish(&chosen.ok_or_else(wrong)?))
}

fn outputs_of(program: &Program, placed: &[NodeId]) -> Vec<NodeId> {
    program.outputs.iter().map(|id| placed[id.index()]).collect()
}

/// A copy of the program in a new builder, simplified by the builder and without dead code, so that derivatives are
/// taken of what is really computed.
fn simplified_copy(program: &Program) -> (Builder, Program, Vec<NodeId>) {
    let simple = simplify(program);
    let mut builder = Builder::new();
    let placed = builder.copy(&simple);
    (builder, simple, placed)
}

fn scalar_output(program: &Program, transformation: &'static str) -> Result<NodeId, FunctionError> {
    let shapes: Vec<_> = program.input_shapes().chain(program.output_shapes()).collect();
    match (program.outputs.as_slice(), shapes.iter().find(|shape| !shape.is_scalar())) {
        (&[output], None) => Ok(output),
        (_, Some(&shape)) => Err(FunctionError::NotScalar { transformation, shape }),
        (outputs, None) => Err(FunctionError::OutputCount { transformation, found: outputs.len() }),
    }
}
