//! [`ArrayView`] and [`ArrayViewMut`]: a part of a flat buffer, seen as an array.

use std::ops::{Deref, DerefMut};

use crate::program::Shape;

/// An array in someone else's buffer, the last axis running fastest. As a slice it is all its numbers in that order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArrayView<'a, F> {
    shape: Shape,
    numbers: &'a [F],
}

/// An array in someone else's buffer that may be written to; otherwise an [`ArrayView`].
#[derive(Debug, PartialEq)]
pub struct ArrayViewMut<'a, F> {
    shape: Shape,
    numbers: &'a mut [F],
}

/// Where the element with this position on each axis lies, if there is one.
fn offset(shape: Shape, position: &[usize]) -> Option<usize> {
    if position.len() != shape.rank() {
        return None;
    }
    shape.axes().zip(position).try_fold(0, |offset, (length, &i)| (i < length).then_some(offset * length + i))
}

impl<'a, F> ArrayView<'a, F> {
    /// As many numbers as the shape says.
    pub(super) fn new(shape: Shape, numbers: &'a [F]) -> Self {
        debug_assert_eq!(shape.size(), numbers.len());
        ArrayView { shape, numbers }
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// All numbers, for as long as the buffer lives.
    pub fn as_slice(&self) -> &'a [F] {
        self.numbers
    }

    /// The element with this position on each axis; `None` outside of the array, or for another number of axes.
    pub fn at(&self, position: &[usize]) -> Option<&'a F> {
        self.numbers.get(offset(self.shape, position)?)
    }
}

impl<'a, F> ArrayViewMut<'a, F> {
    /// As many numbers as the shape says.
    pub(super) fn new(shape: Shape, numbers: &'a mut [F]) -> Self {
        debug_assert_eq!(shape.size(), numbers.len());
        ArrayViewMut { shape, numbers }
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The element with this position on each axis; `None` outside of the array, or for another number of axes.
    pub fn at_mut(&mut self, position: &[usize]) -> Option<&mut F> {
        self.numbers.get_mut(offset(self.shape, position)?)
    }
}

impl<F> Deref for ArrayView<'_, F> {
    type Target = [F];

    fn deref(&self) -> &[F] {
        self.numbers
    }
}

impl<F> Deref for ArrayViewMut<'_, F> {
    type Target = [F];

    fn deref(&self) -> &[F] {
        self.numbers
    }
}

impl<F> DerefMut for ArrayViewMut<'_, F> {
    fn deref_mut(&mut self) -> &mut [F] {
        self.numbers
    }
}
