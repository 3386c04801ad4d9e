//! [`View`]: the elements of a stored array in another order, without a copy.

use crate::primitive::{Axes, Span};
use crate::program::{NodeId, Shape};

/// An array whose elements lie in the storage of a node, `strides` apart along its axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    /// The node in whose storage the elements lie.
    pub(super) base: NodeId,
    pub(super) offset: isize,
    pub(super) shape: Shape,
    pub(super) strides: [isize; Shape::MAX_RANK],
}

impl View {
    /// All of a node's storage, row by row.
    pub(super) fn whole(base: NodeId, shape: Shape) -> Self {
        View { base, offset: 0, shape, strides: shape.strides().map(|stride| stride as isize) }
    }

    /// A vector along one axis, the same all along the others.
    pub(super) fn along(base: NodeId, axis: usize, shape: Shape) -> Self {
        let mut strides = [0; Shape::MAX_RANK];
        strides[axis] = 1;
        View { base, offset: 0, shape, strides }
    }

    pub(super) fn broadcast(self, kept: Axes, shape: Shape) -> Self {
        let mut strides = [0; Shape::MAX_RANK];
        for (k, axis) in kept.iter().enumerate() {
            strides[axis] = self.strides[k];
        }
        View { shape, strides, ..self }
    }

    pub(super) fn permuted(self, order: [u8; Shape::MAX_RANK], shape: Shape) -> Self {
        let mut strides = [0; Shape::MAX_RANK];
        for (stride, &axis) in strides.iter_mut().zip(&order[..shape.rank()]) {
            *stride = self.strides[usize::from(axis)];
        }
        View { shape, strides, ..self }
    }

    pub(super) fn sliced(self, span: Span, shape: Shape) -> Self {
        let axis = usize::from(span.axis);
        let mut strides = self.strides;
        strides[axis] *= span.step as isize;
        View { offset: self.offset + span.start as isize * self.strides[axis], shape, strides, ..self }
    }

    /// The same elements row by row along other axes, if equal distances allow it.
    pub(super) fn reshaped(self, shape: Shape) -> Option<Self> {
        let mut strides = [0; Shape::MAX_RANK];
        if shape.size() == 0 {
            return Some(View { shape, strides, ..self });
        }
        // Runs of evenly spaced elements, innermost first; each is divided among axes of the new shape.
        let mut runs = self.collapsed().into_iter().rev();
        let (mut length, mut stride) = (1, 0);
        for axis in (0..shape.rank()).rev() {
            let wanted = shape.axis(axis);
            if wanted == 1 {
                continue;
            }
            if length == 1 {
                (length, stride) = runs.next()?;
            }
            if length % wanted != 0 {
                return None;
            }
            strides[axis] = stride;
            stride *= wanted as isize;
            length /= wanted;
        }
        Some(View { shape, strides, ..self })
    }

    /// The fewest axes (length, stride), outermost first, that visit the same elements in the same order.
    pub(super) fn collapsed(&self) -> Vec<(usize, isize)> {
        let mut axes: Vec<(usize, isize)> = Vec::new();
        for (length, &stride) in self.shape.axes().zip(&self.strides).filter(|&(length, _)| length != 1) {
            match axes.last_mut() {
                Some(outer) if outer.1 == stride * length as isize => *outer = (outer.0 * length, stride),
                _ => axes.push((length, stride)),
            }
        }
        axes
    }

    /// Whether the elements lie one behind the other.
    pub(super) fn is_contiguous(&self) -> bool {
        matches!(self.collapsed().as_slice(), [] | [(_, 1)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(view: &View) -> Vec<isize> {
        let axes = view.collapsed();
        let mut all = vec![view.offset];
        for &(length, stride) in &axes {
            all =
                all.iter().flat_map(|&first| (0..length as isize).map(move |k| first + k * stride)).collect();
        }
        all
    }

    #[test]
    fn views_visit_the_elements_that_their_operations_name() {
        let whole = View::whole(NodeId(0), Shape::of([3, 4]));
        assert_eq!(offsets(&whole), (0..12).collect::<Vec<_>>());
        let t = whole.permuted([1, 0, 0, 0, 0, 0, 0, 0], Shape::of([4, 3]));
        assert_eq!(offsets(&t), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
        let span = Span { axis: 1, start: 3, step: -2 };
        assert_eq!(offsets(&whole.sliced(span, Shape::of([3, 2]))), [3, 1, 7, 5, 11, 9]);
        let row = View::whole(NodeId(0), Shape::of([2])).broadcast(Axes::of([1]), Shape::of([3, 2]));
        assert_eq!(offsets(&row), [0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn reshaping_needs_a_copy_only_where_distances_are_uneven() {
        let whole = View::whole(NodeId(0), Shape::of([4, 6]));
        let t = whole.permuted([1, 0, 0, 0, 0, 0, 0, 0], Shape::of([6, 4]));
        let split = t.reshaped(Shape::of([2, 3, 1, 4])).expect("axes are only split");
        assert_eq!(offsets(&split), offsets(&t));
        assert!(t.reshaped(Shape::of([24])).is_none());
        assert!(whole.reshaped(Shape::of([3, 8])).is_some_and(|view| view.is_contiguous()));
    }
}
