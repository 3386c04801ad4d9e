//! [`IntoAxes`]: how axes are named in calls.

use std::ops::RangeFull;

use crate::primitive::Axes;
use crate::program::Shape;

/// Axes to reduce over: `..` for all, `0`, `-1` (the last), `[0, 2]`, and [`keep`] of these to keep them with length 1.
pub trait IntoAxes {
    /// The axes as written, `None` for all, and whether they stay with length 1.
    fn axes(self) -> (Option<Vec<i32>>, bool);
}

impl IntoAxes for RangeFull {
    fn axes(self) -> (Option<Vec<i32>>, bool) {
        (None, false)
    }
}

impl IntoAxes for i32 {
    fn axes(self) -> (Option<Vec<i32>>, bool) {
        (Some(vec![self]), false)
    }
}

impl<const N: usize> IntoAxes for [i32; N] {
    fn axes(self) -> (Option<Vec<i32>>, bool) {
        (Some(self.to_vec()), false)
    }
}

impl IntoAxes for &[i32] {
    fn axes(self) -> (Option<Vec<i32>>, bool) {
        (Some(self.to_vec()), false)
    }
}

/// Axes that stay, with length 1: see [`keep`].
#[derive(Debug, Clone, Copy)]
pub struct Keep<A>(A);

/// Reduces over axes and keeps them with length 1, so that the result still fits the array (NumPy's `keepdims`).
///
/// ```
/// use thalweg_function::{keep, trace};
///
/// let centred = trace([[5, 3].into()], |x| x[0] - x[0].mean(keep(0)))?;
/// assert_eq!(centred.output_shapes().next(), Some([5, 3].into()));
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
pub fn keep<A: IntoAxes>(axes: A) -> Keep<A> {
    Keep(axes)
}

impl<A: IntoAxes> IntoAxes for Keep<A> {
    fn axes(self) -> (Option<Vec<i32>>, bool) {
        (self.0.axes().0, true)
    }
}

/// The axis of an array that `written` names: counted from the end if negative.
pub(super) fn axis_of(shape: Shape, written: i32) -> Result<usize, String> {
    let rank = shape.rank() as i32;
    let axis = if written < 0 { written + rank } else { written };
    if (0..rank).contains(&axis) {
        return Ok(axis as usize);
    }
    Err(match rank {
        0 => format!("there is no axis {written}: it is a scalar"),
        _ => format!("there is no axis {written}: axes are 0 to {} (or −1 to −{rank})", rank - 1),
    })
}

/// The set of axes that `written` names; each may be named once.
pub(super) fn axes_of(shape: Shape, written: Option<&[i32]>) -> Result<Axes, String> {
    let Some(written) = written else { return Ok(Axes::all(shape.rank())) };
    let mut axes = Axes::default();
    for &one in written {
        let axis = axis_of(shape, one)?;
        if axes.contains(axis) {
            return Err(format!("axis {one} is named twice"));
        }
        axes = Axes(axes.0 | Axes::of([axis]).0);
    }
    Ok(axes)
}
