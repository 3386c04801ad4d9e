//! A directional derivative along every unit vector at once.

use super::{InputAxis, batch};
use crate::error::FunctionError;
use crate::program::{Builder, NodeId, Program, Shape};

/// The results of `directional`, a program of the arguments in `builder` and of a direction of shape `shape`, along each
/// unit vector: the axes of the direction, then those of the result.
pub(super) fn along_units(
    builder: &mut Builder,
    directional: &Program,
    shape: Shape,
) -> Result<Vec<NodeId>, FunctionError> {
    let mut arguments: Vec<_> = (0..directional.inputs.len() - 1).map(|k| builder.input_node(k)).collect();
    let results: Vec<_> = directional.output_shapes().collect();
    for &output in &results {
        if shape.rank() + output.rank() > Shape::MAX_RANK {
            return Err(FunctionError::DerivativeAxes { output, input: shape });
        }
    }
    let count = shape.size();
    let both = |result: &Shape| Shape::of(shape.axes().chain(result.axes()));
    if count == 0 {
        let zero = builder.constant(0.0);
        return Ok(results.iter().map(|result| builder.filled(zero, both(result))).collect());
    }
    let many;
    let program = if shape.is_scalar() {
        arguments.push(builder.constant(1.0));
        directional
    } else {
        let eye = builder.eye(Shape::of([count, count]));
        arguments.push(builder.reshape(eye, Shape::of([count].into_iter().chain(shape.axes()))));
        let mut axes = vec![InputAxis::Shared; arguments.len()];
        axes[arguments.len() - 1] = InputAxis::Batched;
        many = batch(directional, count, &axes)?;
        &many
    };
    let placed = builder.inline(program, &arguments);
    let nodes = program.outputs.iter().zip(&results);
    Ok(nodes.map(|(id, result)| builder.reshape(placed[id.index()], both(result))).collect())
}

/// The array with its first `count` axes moved behind the others.
pub(super) fn behind(builder: &mut Builder, x: NodeId, count: usize) -> NodeId {
    let rank = builder.shape(x).rank();
    let order: Vec<_> = (count..rank).chain(0..count).collect();
    builder.permute(x, &order)
}
