//! Elements of a [`Var`] by index, in order, and summed up to each place.
//!
//! Indices are arrays of whole numbers from 0; nothing is differentiated with respect to them. One that is not there is an error of
//! the run: [`FunctionError::Index`](crate::FunctionError::Index).

use std::panic::Location;

use super::axes::axis_of;
use super::{Var, record_array};
use crate::primitive::ArrayOp;
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// The elements at `indices` along the axis: the axes of `indices` stand in its place.
    ///
    /// Indices are whole numbers from 0, here and in what follows; another one is an error of the run
    /// ([`FunctionError::Index`](crate::FunctionError::Index)).
    ///
    /// ```
    /// use thalweg_function::trace;
    ///
    /// let embedding = trace([[1000, 16].into(), [8, 20].into()], |x| x[0].take(x[1], 0))?;
    /// assert_eq!(embedding.output_shapes().next(), Some([8, 20, 16].into()));
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    ///
    /// A missing axis, or more axes than an array can have, make the trace an error.
    #[track_caller]
    pub fn take(self, indices: Var, axis: i32) -> Var {
        record_array("take", &[self, indices], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let axis = axis_of(shape, axis)?;
            let rank = shape.rank() - 1 + b.shape(x[1]).rank();
            if rank > Shape::MAX_RANK {
                return Err(too_many_axes(rank));
            }
            Ok(b.take(x[0], x[1], axis))
        })
    }

    /// `result[…, i, …] = self[…, indices[…, i, …], …]` along the axis; the result has the shape of `indices`.
    ///
    /// Arrays whose other axes do not agree make the trace an error.
    #[track_caller]
    pub fn take_along(self, indices: Var, axis: i32) -> Var {
        record_array("take_along", &[self, indices], Location::caller(), |b, x| {
            let (shape, places) = (b.shape(x[0]), b.shape(x[1]));
            let axis = axis_of(shape, axis)?;
            if places.rank() != shape.rank() || places.with_axis(axis, shape.axis(axis)) != shape {
                return Err(format!(
                    "the indices need the axes of the array, all but axis {axis} of its length"
                ));
            }
            Ok(b.take_along(x[0], x[1], axis))
        })
    }

    /// Zeros with `length` places along the axis, to each of which the elements with its index are added: the transpose of
    /// [`take`](Var::take).
    ///
    /// The axes of `indices` are those of the array from `axis` on; one of `length` stands in their place.
    ///
    /// ```
    /// use thalweg_function::{Executable, trace};
    ///
    /// let histogram = trace([[4].into(), [4].into()], |x| x[0].scatter_add(x[1], 0, 3))?;
    /// let mut sums = [0.0; 3];
    /// let (weights, bins) = ([1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 2.0, 0.0]);
    /// Executable::<f64>::new(&histogram)?.run(&[weights, bins].concat(), &mut sums)?;
    /// assert_eq!(sums, [5.0, 0.0, 5.0]);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    ///
    /// Indices whose axes are not among the array's make the trace an error.
    #[track_caller]
    pub fn scatter_add(self, indices: Var, axis: i32, length: usize) -> Var {
        record_array("scatter_add", &[self, indices], Location::caller(), |b, x| {
            let (shape, places) = (b.shape(x[0]), b.shape(x[1]));
            let fits = "the axes of the indices have to be among the array's, from the named axis on";
            let Some(rest) = shape.rank().checked_sub(places.rank()) else { return Err(fits.to_owned()) };
            if rest + 1 > Shape::MAX_RANK {
                return Err(too_many_axes(rest + 1));
            }
            let axis = axis_of(Shape::of(std::iter::repeat_n(1, rest + 1)), axis)?;
            if !shape.axes().skip(axis).take(places.rank()).eq(places.axes()) {
                return Err(fits.to_owned());
            }
            if u32::try_from(length).is_err() {
                return Err(format!("an axis has at most {} elements", u32::MAX));
            }
            let after = shape.axes().skip(axis + places.rank());
            let scattered = Shape::of(shape.axes().take(axis).chain([length]).chain(after));
            Ok(b.array(ArrayOp::ScatterAdd(axis as u8), &[x[0], x[1]], scattered))
        })
    }

    /// The elements in rising order along the axis, NaN last.
    #[track_caller]
    pub fn sort(self, axis: i32) -> Var {
        self.in_place_along("sort", axis, |b, x, axis| {
            let shape = b.shape(x);
            let order = b.array(ArrayOp::ArgSort(axis), &[x], shape);
            b.take_along(x, order, usize::from(axis))
        })
    }

    /// For each place along the axis the index of the element that [`sort`](Var::sort) puts there; equal ones keep their order.
    /// Has no derivative.
    #[track_caller]
    pub fn argsort(self, axis: i32) -> Var {
        self.in_place_along("argsort", axis, |b, x, axis| {
            let shape = b.shape(x);
            b.array(ArrayOp::ArgSort(axis), &[x], shape)
        })
    }

    /// The sum of all elements up to and with each one along the axis.
    #[track_caller]
    pub fn cumsum(self, axis: i32) -> Var {
        self.in_place_along("cumsum", axis, |b, x, axis| {
            let shape = b.shape(x);
            b.array(ArrayOp::CumSum { axis, backwards: false }, &[x], shape)
        })
    }

    /// The sum of all elements from each one on along the axis.
    #[track_caller]
    pub fn cumsum_back(self, axis: i32) -> Var {
        self.in_place_along("cumsum_back", axis, |b, x, axis| {
            let shape = b.shape(x);
            b.array(ArrayOp::CumSum { axis, backwards: true }, &[x], shape)
        })
    }

    #[track_caller]
    fn in_place_along(
        self,
        name: &'static str,
        axis: i32,
        build: impl FnOnce(&mut Builder, NodeId, u8) -> NodeId,
    ) -> Var {
        record_array(name, &[self], Location::caller(), |b, x| {
            let axis = axis_of(b.shape(x[0]), axis)?;
            Ok(build(b, x[0], axis as u8))
        })
    }
}

pub(super) fn too_many_axes(rank: usize) -> String {
    format!("the result would have {rank} axes; an array has at most {}", Shape::MAX_RANK)
}
