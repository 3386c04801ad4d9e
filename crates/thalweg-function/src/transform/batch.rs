//! Batching: one program for many arguments at once.

use crate::error::FunctionError;
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Program, Shape};

/// How an input of a batched program is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputAxis {
    /// One value for each member of the batch, along a new outermost axis.
    Batched,
    /// One value that all members share.
    Shared,
}

/// The program applied to `size` members at once (`vmap`): each [`InputAxis::Batched`] input and every result gets a new
/// outermost axis of that length. Nests: a batch of batches has two new axes.
///
/// Arrays lie component by component (all members' first component, then all members' second), so a batch of scalar
/// problems runs along the lanes of the processor.
///
/// ```
/// use thalweg_function::{Executable, InputAxis, batch, trace};
///
/// let f = trace(2, |x| x[0] * x[1])?;
/// let many = batch(&f, 3, &[InputAxis::Batched, InputAxis::Shared])?;
/// let mut y = [0.0; 3];
/// Executable::<f64>::new(&many)?.run(&[1.0, 2.0, 3.0, 10.0], &mut y)?;
/// assert_eq!(y, [10.0, 20.0, 30.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// `axes` has another length than the program has inputs, `size` is 0, or the result has too many or too long axes.
pub fn batch(program: &Program, size: usize, axes: &[InputAxis]) -> Result<Program, FunctionError> {
    if axes.len() != program.inputs.len() {
        return Err(FunctionError::AxisCount { found: axes.len(), inputs: program.inputs.len() });
    }
    // An input may lack axes that the others have.
    let inner = program.nodes.iter().map(|node| node.shape).max_by_key(Shape::rank).unwrap_or_default();
    let full =
        inner.batched(size).filter(|_| size > 0).ok_or(FunctionError::BatchSize { size, shape: inner })?;

    let mut builder = Builder::new();
    let mut arguments = Vec::with_capacity(axes.len());
    for (input, axis) in program.inputs.iter().zip(axes) {
        let shape = program.node(input.node).shape;
        let given = match axis {
            InputAxis::Shared => shape,
            InputAxis::Batched => shape.batched(size).ok_or(FunctionError::BatchSize { size, shape })?,
        };
        let id = builder.input(&input.name, given);
        arguments.push(spread(&mut builder, id, *axis, given, full));
    }
    let mut placed: Vec<NodeId> = Vec::with_capacity(program.nodes.len());
    for node in &program.nodes {
        let id = match node.op {
            Op::Input(k) => arguments[k as usize],
            Op::Constant(bits) => builder.constant(f64::from_bits(bits)),
            Op::Broadcast(inner_axes) => {
                let source = node.operands[0];
                match program.node(source).op {
                    // An argument is by now spread over all axes; what was spread over some is spread again.
                    Op::Input(k) => {
                        respread(&mut builder, program, k as usize, axes[k as usize], inner_axes, full)
                    }
                    // A computed value is spread only as a result that all members share.
                    _ => filled(&mut builder, placed[source.index()], full),
                }
            }
            op => {
                let operands = node.operands.map(|id| placed.get(id.index()).copied().unwrap_or(NodeId(0)));
                builder.apply(op, &operands[..op.arity()])
            }
        };
        placed.push(id);
    }
    let outputs: Vec<_> =
        program.outputs.iter().map(|id| filled(&mut builder, placed[id.index()], full)).collect();
    Ok(builder.finish(&outputs))
}

/// A scalar repeated along all axes; an array has them already.
fn filled(builder: &mut Builder, id: NodeId, full: Shape) -> NodeId {
    if builder.shape(id) == full { id } else { builder.broadcast(id, 0, full) }
}

/// An input as the operations need it: as it is if it has all axes or none, else repeated along those it lacks.
fn spread(builder: &mut Builder, id: NodeId, axis: InputAxis, given: Shape, full: Shape) -> NodeId {
    if given.is_scalar() || given == full {
        return id;
    }
    let inner = ((1_u16 << full.rank()) - 2) as u8;
    match axis {
        InputAxis::Batched => builder.broadcast(id, 1, full),
        InputAxis::Shared => builder.broadcast(id, inner, full),
    }
}

/// A broadcast of input `k` over the inner axes, taken again over all axes.
fn respread(
    builder: &mut Builder,
    program: &Program,
    k: usize,
    axis: InputAxis,
    inner_axes: u8,
    full: Shape,
) -> NodeId {
    let id = builder.input_node(k);
    debug_assert!(program.node(program.inputs[k].node).shape.rank() <= full.rank());
    match axis {
        InputAxis::Batched => builder.broadcast(id, (inner_axes << 1) | 1, full),
        InputAxis::Shared => builder.broadcast(id, inner_axes << 1, full),
    }
}
