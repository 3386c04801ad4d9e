//! A [`Var`]'s numbers in other places.

use std::ops::{Bound, RangeBounds};
use std::panic::Location;

use super::axes::{axes_of, axis_of};
use super::broadcast::{common_shape, repeated};
use super::{Var, record_array, shape_of};
use crate::primitive::{ArrayOp, Axes, Span};
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// The lengths of its axes.
    pub fn shape(self) -> Shape {
        shape_of(self)
    }

    /// The same numbers, row by row, along other axes: `x.reshape([2, 3])`.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Var {
        let shape = shape.into();
        record_array("reshape", &[self], Location::caller(), |b, x| {
            let from = b.shape(x[0]).size();
            if from != shape.size() {
                return Err(format!("{from} elements do not fill {shape}, which has {}", shape.size()));
            }
            Ok(b.reshape(x[0], shape))
        })
    }

    /// All elements as a vector.
    #[track_caller]
    pub fn flatten(self) -> Var {
        self.reshape([shape_of(self).size()])
    }

    /// The last two axes change places.
    #[track_caller]
    pub fn t(self) -> Var {
        record_array("t", &[self], Location::caller(), |b, x| {
            if b.shape(x[0]).rank() < 2 {
                return Err("a matrix (or many) is needed: at least two axes".to_owned());
            }
            Ok(b.transpose(x[0]))
        })
    }

    /// Axes in another order: axis `k` of the result is axis `order[k]`.
    #[track_caller]
    pub fn transpose<const N: usize>(self, order: [i32; N]) -> Var {
        record_array("transpose", &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            if N != shape.rank() {
                return Err(format!("{N} axes are named, there are {}", shape.rank()));
            }
            axes_of(shape, Some(&order))?;
            let order: Result<Vec<_>, _> = order.iter().map(|&axis| axis_of(shape, axis)).collect();
            Ok(b.permute(x[0], &order?))
        })
    }

    /// The elements with an index in `range` along the axis: `x.slice(0, 1..)`.
    #[track_caller]
    pub fn slice(self, axis: i32, range: impl RangeBounds<usize>) -> Var {
        self.stepped("slice", axis, range, 1)
    }

    /// Every `step`-th of the elements with an index in `range` along the axis, the first one first.
    #[track_caller]
    pub fn slice_by(self, axis: i32, range: impl RangeBounds<usize>, step: usize) -> Var {
        self.stepped("slice_by", axis, range, step)
    }

    #[track_caller]
    fn stepped(self, name: &'static str, axis: i32, range: impl RangeBounds<usize>, step: usize) -> Var {
        let start = match range.start_bound() {
            Bound::Included(&first) => first,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&last) => Some(last.saturating_add(1)),
            Bound::Excluded(&end) => Some(end),
            Bound::Unbounded => None,
        };
        record_array(name, &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let axis = axis_of(shape, axis)?;
            let length = shape.axis(axis);
            let end = end.unwrap_or(length);
            if start > end || end > length {
                return Err(format!(
                    "{start}..{end} does not lie in 0..{length}, the indices of axis {axis}"
                ));
            }
            if step == 0 || i32::try_from(step).is_err() {
                return Err(format!("a step of {step}; from 1 to {} would be right", i32::MAX));
            }
            let span = Span { axis: axis as u8, start: start as u32, step: step as i32 };
            Ok(b.slice(x[0], span, (end - start).div_ceil(step)))
        })
    }

    /// The element (or the array of them) at `index` along the axis, which the result lacks.
    #[track_caller]
    pub fn at(self, axis: i32, index: usize) -> Var {
        record_array("at", &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let axis = axis_of(shape, axis)?;
            if index >= shape.axis(axis) {
                return Err(format!("index {index} of axis {axis}, which has {}", shape.axis(axis)));
            }
            let span = Span { axis: axis as u8, start: index as u32, step: 1 };
            let one = b.slice(x[0], span, 1);
            Ok(b.reshape(one, shape.without(Axes::of([axis]))))
        })
    }

    /// The elements along the axis in reverse order.
    #[track_caller]
    pub fn flip(self, axis: i32) -> Var {
        record_array("flip", &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let axis = axis_of(shape, axis)?;
            let length = shape.axis(axis);
            let span = Span { axis: axis as u8, start: length.saturating_sub(1) as u32, step: -1 };
            Ok(b.slice(x[0], span, length))
        })
    }

    /// Repeats the array along axes of length 1 and new outer axes, so that it has `shape`.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Var {
        let shape = shape.into();
        record_array("broadcast_to", &[self], Location::caller(), |b, x| {
            let from = b.shape(x[0]);
            if common_shape(from, shape) != Some(shape) {
                return Err(format!(
                    "to {shape}: compared from the last axis, lengths have to be equal, or 1 in the array"
                ));
            }
            Ok(if from.is_scalar() { b.filled(x[0], shape) } else { repeated(b, x[0], shape) })
        })
    }

    /// A new axis of length 1 before the axis `axis` of the result.
    #[track_caller]
    pub fn insert_axis(self, axis: i32) -> Var {
        record_array("insert_axis", &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            if shape.rank() == Shape::MAX_RANK {
                return Err(format!("an array has at most {} axes", Shape::MAX_RANK));
            }
            let longer = Shape::of(shape.axes().chain([1]));
            let axis = axis_of(longer, axis)?;
            Ok(b.insert_axes(x[0], Axes::of([axis])))
        })
    }

    /// Zeros, `before` of them before the elements along the axis and `after` behind.
    #[track_caller]
    pub fn pad(self, axis: i32, before: usize, after: usize) -> Var {
        record_array("pad", &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let axis = axis_of(shape, axis)?;
            let length = shape.axis(axis).saturating_add(before).saturating_add(after);
            if length > u32::MAX as usize {
                return Err(format!("an axis has at most {} elements", u32::MAX));
            }
            Ok(b.pad(x[0], Span { axis: axis as u8, start: before as u32, step: 1 }, length))
        })
    }

    /// Arrays one behind the other along an axis; their other axes agree.
    #[track_caller]
    pub fn concat(arrays: &[Var], axis: i32) -> Var {
        record_array("concat", arrays, Location::caller(), |b, x| {
            let Some(&first) = x.first() else { return Err("at least one array is needed".to_owned()) };
            let shape = b.shape(first);
            let axis = axis_of(shape, axis)?;
            let fits = |other: Shape| {
                other.rank() == shape.rank() && other.with_axis(axis, shape.axis(axis)) == shape
            };
            if !x.iter().all(|&id| fits(b.shape(id))) {
                return Err(format!("all axes but axis {axis} have to agree"));
            }
            Ok(joined(b, x, axis))
        })
    }

    /// Arrays of one shape side by side along a new axis, which is axis `axis` of the result.
    #[track_caller]
    pub fn stack(arrays: &[Var], axis: i32) -> Var {
        record_array("stack", arrays, Location::caller(), |b, x| {
            let Some(&first) = x.first() else { return Err("at least one array is needed".to_owned()) };
            let shape = b.shape(first);
            if !x.iter().all(|&id| b.shape(id) == shape) {
                return Err("all shapes have to be equal".to_owned());
            }
            if shape.rank() == Shape::MAX_RANK {
                return Err(format!("an array has at most {} axes", Shape::MAX_RANK));
            }
            let axis = axis_of(Shape::of(shape.axes().chain([1])), axis)?;
            let parts: Vec<_> = x.iter().map(|&id| b.insert_axes(id, Axes::of([axis]))).collect();
            Ok(joined(b, &parts, axis))
        })
    }

    /// `0, 1, …, length − 1`.
    #[track_caller]
    pub fn iota(length: usize) -> Var {
        record_array("iota", &[], Location::caller(), |b, _| {
            Ok(b.array(ArrayOp::Iota(0), &[], Shape::from([length])))
        })
    }

    /// A constant array of `shape` within the trace, row by row.
    #[track_caller]
    pub fn array(shape: impl Into<Shape>, values: &[f64]) -> Var {
        let shape = shape.into();
        record_array("array", &[], Location::caller(), |b, _| {
            if values.len() != shape.size() {
                return Err(format!("{} numbers do not fill {shape}", values.len()));
            }
            Ok(b.table(values.into(), shape))
        })
    }

    /// The array as if it were constant: derivatives do not pass.
    #[track_caller]
    pub fn stop_gradient(self) -> Var {
        record_array("stop_gradient", &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            Ok(b.array(ArrayOp::StopGradient, &[x[0]], shape))
        })
    }
}

/// A balanced tree of concatenations.
pub(super) fn joined(b: &mut Builder, parts: &[NodeId], axis: usize) -> NodeId {
    if let [one] = parts {
        return *one;
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    let (left, right) = (joined(b, left, axis), joined(b, right, axis));
    b.concat(left, right, axis)
}
