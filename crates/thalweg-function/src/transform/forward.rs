//! Forward mode: the derivative along a direction, at a small constant times the cost of the function.

use super::simplified_copy;
use crate::error::FunctionError;
use crate::primitive;
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
/// None today; programs that cannot be differentiated are refused here.
pub fn jvp(program: &Program) -> Result<Program, FunctionError> {
    let (mut builder, simple, placed) = simplified_copy(program);
    let tangents: Vec<_> = simple
        .inputs
        .iter()
        .map(|input| Some(builder.input(format!("d{}", input.name), simple.node(input.node).shape)))
        .collect();
    let pushed = push_forward(&mut builder, &simple, &placed, &tangents);
    let zero = builder.constant(0.0);
    let values = simple.outputs.iter().map(|id| placed[id.index()]);
    let slopes = simple.outputs.iter().map(|id| pushed[id.index()].unwrap_or(zero));
    let outputs: Vec<_> = values.chain(slopes).collect();
    Ok(builder.finish(&outputs))
}

/// The tangent of every node of the program, given those of its inputs; `None` is zero.
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
            primitive::Op::Input(i) => sum = inputs[i as usize],
            primitive::Op::Broadcast(axes) => {
                sum = tangents[node.operands[0].index()].map(|t| builder.broadcast(t, axes, node.shape));
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
