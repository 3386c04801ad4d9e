//! Forward mode: the derivative along a direction, at a small constant times the cost of the function.

use super::{scan, simplified_copy};
use crate::error::FunctionError;
use crate::primitive::{self, ArrayOp, Edge, Op};
use crate::program::{Builder, NodeId, Program};

/// The Jacobian-vector product: inputs `x₁, x₂, …` and a tangent for each; outputs those of the program, then the
/// tangent of each.
///
/// ```
/// use thalweg_function::{Executable, jvp, trace};
///
/// let f = trace(2, |x| [x[0] * x[1], x[0].sin()])?;
/// let mut forward = Executable::<f64>::new(&jvp(&f)?)?;
/// let mut y = [0.0; 4];
/// forward.run(&[0.0, 3.0, 1.0, 2.0], &mut y)?;
/// assert_eq!(y, [0.0, 0.0, 3.0, 1.0]);
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
///
/// # Errors
/// None today.
pub fn jvp(program: &Program) -> Result<Program, FunctionError> {
    let (mut builder, simple, placed) = simplified_copy(program);
    let tangents: Vec<_> = simple
        .inputs
        .iter()
        .map(|input| Some(builder.input(format!("d{}", input.name), simple.node(input.node).shape)))
        .collect();
    let pushed = push_forward(&mut builder, &simple, &placed, &tangents);
    let mut outputs: Vec<_> = simple.outputs.iter().map(|id| placed[id.index()]).collect();
    outputs.extend(simple.outputs.iter().map(|id| tangent_or_zero(&mut builder, &simple, &pushed, *id)));
    Ok(builder.finish(&outputs))
}

/// The tangents of some outputs of the program along a direction of input `input` alone: inputs `x₁, x₂, …` and that
/// direction.
pub(super) fn tangents_along(program: &Program, input: usize, outputs: &[usize]) -> Program {
    let (mut builder, simple, placed) = simplified_copy(program);
    let shape = simple.node(simple.inputs[input].node).shape;
    let direction = builder.input(format!("d{}", simple.inputs[input].name), shape);
    let given: Vec<_> = (0..simple.inputs.len()).map(|k| (k == input).then_some(direction)).collect();
    let pushed = push_forward(&mut builder, &simple, &placed, &given);
    let tangents: Vec<_> =
        outputs.iter().map(|&k| tangent_or_zero(&mut builder, &simple, &pushed, simple.outputs[k])).collect();
    builder.finish(&tangents)
}

/// The tangent of a node, in the node's full shape.
pub(super) fn tangent_or_zero(
    builder: &mut Builder,
    program: &Program,
    tangents: &[Option<NodeId>],
    id: NodeId,
) -> NodeId {
    let tangent = tangents[id.index()].unwrap_or_else(|| builder.constant(0.0));
    builder.filled(tangent, program.node(id).shape)
}

/// The tangent of every node of the program, given those of its inputs; `None` is zero. The tangent of an array may
/// be a scalar, which serves every element.
pub(super) fn push_forward(
    builder: &mut Builder,
    program: &Program,
    placed: &[NodeId],
    inputs: &[Option<NodeId>],
) -> Vec<Option<NodeId>> {
    let mut tangents: Vec<Option<NodeId>> = Vec::with_capacity(program.nodes.len());
    for (k, node) in program.nodes.iter().enumerate() {
        let x = node.operands.map(|id| placed[id.index()]);
        let mut sum = None;
        match node.op {
            Op::Input(i) => sum = inputs[i as usize],
            Op::Broadcast(axes) => {
                let source = program.node(node.operands[0]).shape;
                sum = tangents[node.operands[0].index()].map(|t| {
                    let t = builder.filled(t, source);
                    builder.broadcast(t, axes, node.shape)
                });
            }
            Op::Array(ArrayOp::Scan(number)) => {
                let body = &program.loops[number as usize];
                let given = [0, 1, 2].map(|i| {
                    let tangent = tangents[node.operands[i].index()];
                    tangent.map(|t| builder.filled(t, program.node(node.operands[i]).shape))
                });
                sum = scan::forward(builder, body, x, given);
            }
            Op::Array(op) => {
                for (i, operand) in node.operands().iter().enumerate() {
                    let Some(tangent) = tangents[operand.index()] else { continue };
                    let tangent = builder.filled(tangent, program.node(*operand).shape);
                    let edge = Edge { op, x, y: placed[k], i };
                    let term = primitive::array_forward(edge, builder, tangent);
                    sum = match (sum, term) {
                        (Some(sum), Some(term)) => Some(builder.add(sum, term)),
                        (sum, term) => sum.or(term),
                    };
                }
            }
            op => {
                for (i, operand) in node.operands().iter().enumerate() {
                    let Some(tangent) = tangents[operand.index()] else { continue };
                    let term = primitive::derivative(op, builder, x, placed[k], i, tangent);
                    sum = match (sum, term) {
                        (Some(sum), Some(term)) => Some(builder.add(sum, term)),
                        (sum, term) => sum.or(term),
                    };
                }
            }
        }
        tangents.push(sum);
    }
    tangents
}
