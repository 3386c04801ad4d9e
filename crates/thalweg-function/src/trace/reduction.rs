//! Sums, means, extremes over axes of a [`Var`].

use std::panic::Location;

use super::axes::{axes_of, axis_of};
use super::{IntoAxes, Var, record_array};
use crate::primitive::{ArrayOp, Axes};
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// What `reduce` makes of the array and a set of its axes, which stay with length 1 if that was asked for.
    #[track_caller]
    pub(super) fn reduced(
        self,
        name: &'static str,
        axes: impl IntoAxes,
        reduce: impl FnOnce(&mut Builder, NodeId, Axes) -> Result<NodeId, String>,
    ) -> Var {
        let (axes, keep) = axes.axes();
        record_array(name, &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let set = axes_of(shape, axes.as_deref())?;
            let reduced = reduce(b, x[0], set)?;
            let kept = set.iter().fold(shape, |shape, axis| shape.with_axis(axis, 1));
            Ok(if keep { b.reshape(reduced, kept) } else { reduced })
        })
    }

    /// Σ over `axes`: `x.sum(..)`, `x.sum(-1)`, `x.sum([0, 1])`, `x.sum(keep(0))`. 0 for no elements.
    ///
    /// Elements are added in a fixed order, by pairs of growing blocks: the error grows with log n.
    #[track_caller]
    pub fn sum(self, axes: impl IntoAxes) -> Var {
        self.reduced("sum", axes, |b, x, set| Ok(sum_over(b, x, set)))
    }

    /// The mean over `axes`: Σx/n; NaN for no elements.
    #[track_caller]
    pub fn mean(self, axes: impl IntoAxes) -> Var {
        self.reduced("mean", axes, |b, x, set| Ok(mean_over(b, x, set)))
    }

    /// The largest element over `axes`; NaN if one is. Equal ones share the derivative.
    #[track_caller]
    pub fn max_over(self, axes: impl IntoAxes) -> Var {
        self.reduced("max_over", axes, |b, x, set| extreme_over(b, x, set, ArrayOp::Largest))
    }

    /// The smallest element over `axes`; NaN if one is. Equal ones share the derivative.
    #[track_caller]
    pub fn min_over(self, axes: impl IntoAxes) -> Var {
        self.reduced("min_over", axes, |b, x, set| extreme_over(b, x, set, ArrayOp::Smallest))
    }

    /// The index of the first largest element along `axis` (a NaN counts as largest). Has no derivative.
    #[track_caller]
    pub fn argmax(self, axis: i32) -> Var {
        record_array("argmax", &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let axis = axis_of(shape, axis)?;
            if shape.axis(axis) == 0 {
                return Err("there is no element to choose from".to_owned());
            }
            Ok(b.array(ArrayOp::ArgMax(axis as u8), &[x[0]], shape.without(Axes::of([axis]))))
        })
    }

    /// The index of the first smallest element along `axis` (a NaN counts as smallest). Has no derivative.
    #[track_caller]
    pub fn argmin(self, axis: i32) -> Var {
        (-self).argmax(axis)
    }
}

pub(super) fn sum_over(b: &mut Builder, x: NodeId, axes: Axes) -> NodeId {
    if axes.is_empty() { x } else { b.sum(x, axes) }
}

/// The number of elements that a reduction over `axes` makes one of.
pub(super) fn count(shape: Shape, axes: Axes) -> usize {
    axes.iter().map(|axis| shape.axis(axis)).product()
}

pub(super) fn mean_over(b: &mut Builder, x: NodeId, axes: Axes) -> NodeId {
    let count = b.constant(count(b.shape(x), axes) as f64);
    let sum = sum_over(b, x, axes);
    b.div(sum, count)
}

fn extreme_over(b: &mut Builder, x: NodeId, axes: Axes, op: fn(Axes) -> ArrayOp) -> Result<NodeId, String> {
    let shape = b.shape(x);
    if count(shape, axes) == 0 {
        return Err("there is no element to choose from".to_owned());
    }
    Ok(if axes.is_empty() { x } else { b.array(op(axes), &[x], shape.without(axes)) })
}

/// What was reduced over `axes`, so that it can be combined with arrays of the original `shape`.
pub(super) fn against(b: &mut Builder, reduced: NodeId, axes: Axes, shape: Shape) -> NodeId {
    if axes.is_empty() || b.shape(reduced).is_scalar() { reduced } else { b.spread(reduced, axes, shape) }
}
