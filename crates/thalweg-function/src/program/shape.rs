//! [`Shape`]: how many numbers a node holds, and along which axes.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::primitive::Axes;

/// The lengths of an array's axes, outermost first; no axes for a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    rank: u8,
    /// Zero beyond the rank.
    axes: [u32; Shape::MAX_RANK],
}

impl Hash for Shape {
    /// Most shapes are short: only their own axes count.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.axes[..usize::from(self.rank)].hash(state);
    }
}

impl Shape {
    /// The most axes an array may have.
    pub const MAX_RANK: usize = 8;

    /// The shape of a single number.
    pub const SCALAR: Shape = Shape { rank: 0, axes: [0; Shape::MAX_RANK] };

    /// The shape with these axes, or `None` for more than [`Shape::MAX_RANK`] axes or one longer than `u32::MAX`.
    pub fn new(axes: &[usize]) -> Option<Self> {
        let mut shape = Shape::SCALAR;
        for &length in axes {
            shape = Shape { rank: shape.rank, ..shape }.appended(length)?;
        }
        Some(shape)
    }

    /// The shape with these axes, of which there are at most [`Shape::MAX_RANK`].
    pub(crate) fn of(axes: impl IntoIterator<Item = usize>) -> Self {
        let mut shape = Shape::SCALAR;
        for length in axes {
            debug_assert!(shape.rank() < Self::MAX_RANK);
            shape = shape.appended(length).unwrap_or(shape);
        }
        shape
    }

    fn appended(mut self, length: usize) -> Option<Self> {
        *self.axes.get_mut(usize::from(self.rank))? = u32::try_from(length).ok()?;
        self.rank += 1;
        Some(self)
    }

    /// This shape below one more, outer axis: what a batch of such arrays has.
    pub(crate) fn batched(self, length: usize) -> Option<Self> {
        let mut axes = vec![length];
        axes.extend(self.axes());
        Shape::new(&axes)
    }

    /// The length of each axis, outermost first.
    pub fn axes(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.axes[..usize::from(self.rank)].iter().map(|&length| length as usize)
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    /// The length of one axis.
    pub(crate) fn axis(&self, axis: usize) -> usize {
        self.axes[axis] as usize
    }

    /// This shape with another length of one axis.
    pub(crate) fn with_axis(mut self, axis: usize, length: usize) -> Self {
        self.axes[axis] = length as u32;
        self
    }

    /// This shape without some of its axes.
    pub(crate) fn without(&self, axes: Axes) -> Self {
        Shape::of(self.axes().enumerate().filter(|&(k, _)| !axes.contains(k)).map(|(_, length)| length))
    }

    /// How far apart neighbours along each axis are in an array stored row by row.
    pub(crate) fn strides(&self) -> [usize; Shape::MAX_RANK] {
        let mut strides = [0; Shape::MAX_RANK];
        let mut stride = 1;
        for axis in (0..self.rank()).rev() {
            strides[axis] = stride;
            stride = usize::saturating_mul(stride, self.axis(axis));
        }
        strides
    }

    /// The number of elements: the product of the axes, 1 for a scalar (at most `usize::MAX`).
    pub fn size(&self) -> usize {
        self.axes().fold(1, usize::saturating_mul)
    }

    /// Whether this is a single number.
    pub fn is_scalar(&self) -> bool {
        self.rank == 0
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    /// An axis longer than `u32::MAX` counts as `u32::MAX`, which no machine has the memory for.
    fn from(axes: [usize; N]) -> Self {
        const { assert!(N <= Shape::MAX_RANK, "an array has at most 8 axes") };
        Shape::of(axes.map(|length| length.min(u32::MAX as usize)))
    }
}

impl fmt::Display for Shape {
    /// `[3, 4]`; `[]` for a scalar.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.axes()).finish()
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
