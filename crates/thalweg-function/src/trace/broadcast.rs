//! Operands of different shapes brought together, by NumPy's rule: shapes are compared from the last axis; where one has
//! length 1 or no axis, it is repeated.

use crate::primitive::Axes;
use crate::program::{Builder, NodeId, Shape};

/// Repeats the operands so that all arrays among them have one shape. Scalars stay as they are.
pub(super) fn together(builder: &mut Builder, operands: &mut [NodeId]) -> Result<(), String> {
    let mut shapes = operands.iter().map(|&id| builder.shape(id)).filter(|shape| !shape.is_scalar());
    let Some(first) = shapes.next() else { return Ok(()) };
    let mut common = first;
    let mut differ = false;
    for shape in shapes {
        differ |= shape != first;
        common = common_shape(common, shape)
            .ok_or_else(|| "compared from the last axis, lengths have to be equal or 1".to_owned())?;
    }
    if differ {
        for id in operands {
            if !builder.shape(*id).is_scalar() {
                *id = repeated(builder, *id, common);
            }
        }
    }
    Ok(())
}

/// The shape that arrays of these two shapes are repeated to.
pub(super) fn common_shape(a: Shape, b: Shape) -> Option<Shape> {
    let rank = a.rank().max(b.rank());
    let axis = |shape: Shape, k: usize| (k + shape.rank()).checked_sub(rank).map_or(1, |k| shape.axis(k));
    let mut axes = Vec::with_capacity(rank);
    for k in 0..rank {
        axes.push(match (axis(a, k), axis(b, k)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => return None,
        });
    }
    Some(Shape::of(axes))
}

/// An array repeated to `shape`, with which it is known to agree.
pub(super) fn repeated(builder: &mut Builder, x: NodeId, shape: Shape) -> NodeId {
    let from = builder.shape(x);
    if from == shape {
        return x;
    }
    let skipped = shape.rank() - from.rank();
    let own = |k: usize| k >= skipped && from.axis(k - skipped) == shape.axis(k);
    let kept = Axes::of((0..shape.rank()).filter(|&k| own(k)));
    let narrow = builder.reshape(x, Shape::of(kept.iter().map(|k| shape.axis(k))));
    builder.broadcast(narrow, kept.0, shape)
}
