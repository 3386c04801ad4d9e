//! Transformations: functions from [`Program`] to [`Program`]. They compose to any order.
//!
//! What never lives here: the derivative of any single operation (`primitive` has those).

mod batch;
mod checkpoint;
mod diagonal;
mod elements;
mod forward;
mod jacobian;
mod reverse;
mod scalarize;
mod scan;
mod second;
mod sparse;
#[cfg(test)]
mod tests;
mod units;
mod vjp;

pub use batch::{InputAxis, batch};
pub use checkpoint::checkpointed;
pub use forward::jvp;
pub use jacobian::jacobian;
pub use reverse::{gradient, value_and_gradient};
pub use scalarize::scalarize;
pub use second::{hessian, hessian_diagonal, hvp, value_gradient_hessian};
pub use sparse::{Pattern, SparseDerivative, compressed_jacobian, sparse_hessian, sparsity};
pub use vjp::{value_and_gradient_of, vjp};

use crate::error::FunctionError;
use crate::primitive::{ArrayOp, Loop, Op};
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

/// As [`simplified_copy`], for a pass in reverse: loops keep what that will need, so that they run once.
fn recording_copy(program: &Program) -> (Builder, Program, Vec<NodeId>) {
    let simple = simplify(program);
    let mut builder = Builder::new();
    let arguments = inputs_of(&mut builder, &simple);
    let placed = with_loops(&mut builder, &simple, &arguments, scan::run_recording);
    (builder, simple, placed)
}

/// Adds the inputs of the program.
fn inputs_of(builder: &mut Builder, program: &Program) -> Vec<NodeId> {
    let inputs = program.inputs.iter().zip(program.input_shapes());
    inputs.map(|(input, shape)| builder.input(&input.name, shape)).collect()
}

/// Adds the program's nodes, its inputs replaced by `arguments` and its loops by what `run` makes of a loop and its operands;
/// returns where each node went.
fn with_loops(
    builder: &mut Builder,
    program: &Program,
    arguments: &[NodeId],
    run: impl Fn(&mut Builder, &Loop, [NodeId; 3]) -> NodeId,
) -> Vec<NodeId> {
    let mut placed: Vec<NodeId> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let x: Vec<_> = node.operands().iter().map(|id| placed[id.index()]).collect();
        placed.push(match node.op {
            Op::Input(k) => arguments[k as usize],
            Op::Constant(bits) => builder.constant(f64::from_bits(bits)),
            Op::Broadcast(mask) => builder.broadcast(x[0], mask, node.shape),
            Op::Array(ArrayOp::Scan(k)) => run(builder, &program.loops[k as usize], [x[0], x[1], x[2]]),
            Op::Array(op) => {
                let op = builder.adopted(op, program);
                builder.array(op, &x, node.shape)
            }
            op => builder.apply(op, &x),
        });
    }
    placed
}

/// The only result, which has to be a scalar.
fn scalar_output(program: &Program, transformation: &'static str) -> Result<NodeId, FunctionError> {
    let &[output] = program.outputs.as_slice() else {
        return Err(FunctionError::OutputCount { transformation, found: program.outputs.len() });
    };
    let shape = program.node(output).shape;
    if shape.is_scalar() { Ok(output) } else { Err(FunctionError::NotScalar { transformation, shape }) }
}
