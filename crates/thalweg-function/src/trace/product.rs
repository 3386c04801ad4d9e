//! Products of [`Var`]s over an axis: matrices, vectors.

use std::panic::Location;

use super::broadcast::{common_shape, repeated};
use super::{Var, record_array};
use crate::primitive::Axes;
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// The matrix product over the last axis of `self` and the last but one of `other`, by NumPy's rules: vectors are
    /// a row on the left and a column on the right, further axes are broadcast.
    ///
    /// ```
    /// use thalweg_function::trace;
    ///
    /// let layer = trace([[32, 784].into(), [784, 10].into(), [10].into()], |x| x[0].matmul(x[1]) + x[2])?;
    /// assert_eq!(layer.output_shapes().next(), Some([32, 10].into()));
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    #[track_caller]
    pub fn matmul(self, other: Var) -> Var {
        record_array("matmul", &[self, other], Location::caller(), |b, x| matmul(b, x[0], x[1]))
    }

    /// Σ xᵢ·yᵢ of two vectors.
    #[track_caller]
    pub fn dot(self, other: Var) -> Var {
        record_array("dot", &[self, other], Location::caller(), |b, x| {
            let (left, right) = (b.shape(x[0]), b.shape(x[1]));
            if left != right || left.rank() != 1 {
                return Err("two vectors of one length are needed".to_owned());
            }
            matmul(b, x[0], x[1])
        })
    }

    /// The matrix of all products xᵢ·yⱼ of two vectors.
    #[track_caller]
    pub fn outer(self, other: Var) -> Var {
        record_array("outer", &[self, other], Location::caller(), |b, x| {
            let (left, right) = (b.shape(x[0]), b.shape(x[1]));
            if left.rank() != 1 || right.rank() != 1 {
                return Err("two vectors are needed".to_owned());
            }
            let shape = Shape::of([left.axis(0), right.axis(0)]);
            let row = b.broadcast(x[1], 0b10, shape);
            let column = b.broadcast(x[0], 0b01, shape);
            Ok(b.mul(column, row))
        })
    }
}

fn matmul(b: &mut Builder, x: NodeId, y: NodeId) -> Result<NodeId, String> {
    let (left, right) = (b.shape(x), b.shape(y));
    if left.is_scalar() || right.is_scalar() {
        return Err("a scalar has no axis to sum over; multiply with `*`".to_owned());
    }
    let (row, column) = (left.rank() == 1, right.rank() == 1);
    let x = if row { b.insert_axes(x, Axes::of([0])) } else { x };
    let y = if column { b.insert_axes(y, Axes::of([1])) } else { y };
    let (p, q) = (b.shape(x), b.shape(y));
    let (inner, rows) = (p.axis(p.rank() - 1), q.axis(q.rank() - 2));
    if inner != rows {
        return Err(format!("the inner lengths {inner} and {rows} differ"));
    }
    let outer = |shape: Shape| Shape::of(shape.axes().take(shape.rank() - 2));
    let Some(common) = common_shape(outer(p), outer(q)) else {
        return Err("the axes before the last two do not agree".to_owned());
    };
    let with = |shape: Shape| {
        let matrix = shape.axes().skip(shape.rank() - 2);
        Shape::of(common.axes().chain(matrix))
    };
    let (x, y) = (repeated(b, x, with(p)), repeated(b, y, with(q)));
    let product = b.matmul(x, y, [false, false]);
    let shape = b.shape(product);
    let mut lost = Vec::new();
    if row {
        lost.push(shape.rank() - 2);
    }
    if column {
        lost.push(shape.rank() - 1);
    }
    Ok(if lost.is_empty() { product } else { b.reshape(product, shape.without(Axes::of(lost))) })
}
