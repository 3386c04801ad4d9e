//! Batches of programs of scalars: an operation is the same for one lane as for many.

use super::batched;
use crate::error::FunctionError;
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Program, Shape};

/// Whether the program is one of scalars, or of what batching those gives: element-wise operations in one index space,
/// inputs read along some of its axes.
pub(super) fn suit(program: &Program, axes: &[Option<usize>]) -> bool {
    let computed = |shape: Shape| !shape.is_scalar();
    let common = program
        .nodes
        .iter()
        .filter(|node| !matches!(node.op, Op::Input(_)))
        .map(|node| node.shape)
        .find(|&shape| computed(shape))
        .unwrap_or_default();
    let fits = |shape: Shape| shape.is_scalar() || shape == common;
    let nodes = program.nodes.iter().all(|node| match node.op {
        Op::Input(_) => node.shape.rank() <= common.rank(),
        Op::Constant(_) => true,
        Op::Array(_) => false,
        Op::Broadcast(mask) => {
            let of_input = matches!(program.node(node.operands[0]).op, Op::Input(_));
            (mask == 0 || of_input) && fits(node.shape)
        }
        _ => fits(node.shape),
    });
    let outermost = axes.iter().all(|axis| axis.unwrap_or(0) == 0);
    nodes && outermost && program.output_shapes().all(fits)
}

pub(super) fn batch(
    program: &Program,
    size: usize,
    axes: &[Option<usize>],
) -> Result<Program, FunctionError> {
    // An input may lack axes that the others have.
    let inner = program.nodes.iter().map(|node| node.shape).max_by_key(Shape::rank).unwrap_or_default();
    let full = batched(inner, size, 0)?;

    let mut builder = Builder::new();
    let mut arguments = Vec::with_capacity(axes.len());
    for (input, axis) in program.inputs.iter().zip(axes) {
        let shape = program.node(input.node).shape;
        let given = axis.map_or(Ok(shape), |axis| batched(shape, size, axis))?;
        let id = builder.input(&input.name, given);
        arguments.push(spread(&mut builder, id, axis.is_some(), given, full));
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
                        let id = builder.input_node(k as usize);
                        let own = u8::from(axes[k as usize].is_some());
                        builder.broadcast(id, (inner_axes << 1) | own, full)
                    }
                    // A computed value is spread only as a result that all members share.
                    _ => builder.filled(placed[source.index()], full),
                }
            }
            op => {
                let operands = node.operands.map(|id| placed.get(id.index()).copied().unwrap_or(NodeId(0)));
                builder.apply(op, &operands[..op.arity()])
            }
        };
        placed.push(id);
    }
    let outputs: Vec<_> = program.outputs.iter().map(|id| builder.filled(placed[id.index()], full)).collect();
    Ok(builder.finish(&outputs))
}

/// An input as the operations need it: as it is if it has all axes or none, else repeated along those it lacks.
fn spread(builder: &mut Builder, id: NodeId, is_batched: bool, given: Shape, full: Shape) -> NodeId {
    if given.is_scalar() || given == full {
        return id;
    }
    let inner = ((1_u16 << full.rank()) - 2) as u8;
    builder.broadcast(id, if is_batched { 1 } else { inner }, full)
}
