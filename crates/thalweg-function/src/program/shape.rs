//! [`Shape`]: how many numbers a node holds, and along which axes.

use std::fmt;

/// The lengths of an array's axes, outermost first; no axes for a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Shape {
    rank: u8,
    axes: [u32; Shape::MAX_RANK],
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

    /// The number of elements: the product of the axes, 1 for a scalar.
    pub fn size(&self) -> usize {
        self.axes().product()
    }

    /// Whether this is a single number.
    pub fn is_scalar(&self) -> bool {
        self.rank == 0
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
