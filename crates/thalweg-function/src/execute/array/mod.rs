//! Programs of arrays that do not all lie along the same axes.
//!
//! The way of a program: `partition` decides what runs together and what is stored, `group` makes a program of scalars of each
//! group, `planner` gives every array its place and every step its turn, [`Fused`] runs the steps. A group runs as a
//! `pass`, cut into tasks (`task`) of blocks (`load` brings elements together, `reduce` adds rows up); `kernels` has
//! the operations that are more than a loop over elements.
//!
//! For tests, `plain` runs programs as they are written, one operation after the other, each into memory of its own.

#[cfg(test)]
mod against_plain;
mod assembly;
mod fused;
mod group;
mod kernels;
mod lifetime;
mod load;
mod partition;
mod pass;
#[cfg(test)]
mod plain;
mod plan;
mod planner;
mod reduce;
mod runs;
mod task;
#[cfg(test)]
mod tests;
mod view;

pub(super) use fused::Fused;

use crate::primitive::Op;
use crate::program::{Program, Shape};
use crate::transform::simplify;

/// The program simplified, if it cannot run in lanes.
pub(super) fn beyond_lanes(program: &Program) -> Option<Program> {
    first_array(program)?;
    let simplified = simplify(program);
    (!is_lane_like(&simplified)).then_some(simplified)
}

/// The shape of the first node that is more than a number computed from numbers.
pub(super) fn first_array(program: &Program) -> Option<Shape> {
    let is_array = |op| matches!(op, Op::Array(_));
    program.nodes.iter().find(|node| !node.shape.is_scalar() || is_array(node.op)).map(|node| node.shape)
}

/// Whether every computed array has the shape of all results, and inputs of other shapes are only repeated along its axes.
fn is_lane_like(program: &Program) -> bool {
    let shape = program.output_shapes().next().unwrap_or_default();
    let is_input = |op| matches!(op, Op::Input(_));
    program.output_shapes().all(|other| other == shape)
        && program.nodes.iter().all(|node| {
            let fits = |other: Shape| other.is_scalar() || other == shape;
            match node.op {
                Op::Input(_) => !shape.is_scalar() || node.shape.is_scalar(),
                Op::Array(_) => false,
                Op::Broadcast(mask) => {
                    let source = program.node(node.operands[0]);
                    node.shape == shape && (is_input(source.op) || (mask == 0 && source.shape.is_scalar()))
                }
                _ => fits(node.shape) && node.operands().iter().all(|&id| fits(program.node(id).shape)),
            }
        })
}

/// Below this many operations in all, one thread is faster than several.
const THREADING_PAYS: usize = 1 << 17;

/// Calls `work` for each item, on threads of their own if there are several.
#[cfg(feature = "threads")]
fn in_parallel<T: Send>(items: &mut [T], work: impl Fn(usize, &mut T) + Sync) {
    use rayon::prelude::*;
    match items {
        [one] => work(0, one),
        _ => items.par_iter_mut().enumerate().for_each(|(k, item)| work(k, item)),
    }
}

#[cfg(not(feature = "threads"))]
fn in_parallel<T>(items: &mut [T], work: impl Fn(usize, &mut T)) {
    items.iter_mut().enumerate().for_each(|(k, item)| work(k, item));
}
