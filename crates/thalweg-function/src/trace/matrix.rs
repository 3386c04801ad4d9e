//! Matrices of [`Var`]s by their parts: diagonals, triangles, the identity.

use std::panic::Location;

use super::reduction::sum_over;
use super::{Var, record_array};
use crate::primitive::{Axes, Op, Span};
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// The matrix with this vector on its diagonal, zeros beside: `[…, n]` becomes `[…, n, n]`.
    #[track_caller]
    pub fn diag(self) -> Var {
        record_array("diag", &[self], Location::caller(), |b, x| {
            let shape = b.shape(x[0]);
            let Some(last) = shape.rank().checked_sub(1) else {
                return Err("a vector (or many) is needed: at least one axis".to_owned());
            };
            let n = shape.axis(last);
            let lengths: Vec<_> = shape.axes().chain([n]).collect();
            let Some(matrix) = Shape::new(&lengths).filter(|_| n < 1 << 16) else {
                return Err(format!(
                    "at most {} axes, the last of at most {} elements, can be made diagonal matrices",
                    Shape::MAX_RANK - 1,
                    (1 << 16) - 1
                ));
            };
            let row_by_row = b.pad(x[0], along_diagonal(last, n), n * n);
            Ok(b.reshape(row_by_row, matrix))
        })
    }

    /// The diagonal of a matrix: `[…, n, m]` becomes `[…, min(n, m)]`.
    #[track_caller]
    pub fn diagonal(self) -> Var {
        record_array("diagonal", &[self], Location::caller(), |b, x| {
            matrix_of(b.shape(x[0]))?;
            Ok(diagonal(b, x[0]))
        })
    }

    /// Σ xᵢᵢ of a matrix: `[…, n, m]` becomes `[…]`.
    #[track_caller]
    pub fn trace(self) -> Var {
        record_array("trace", &[self], Location::caller(), |b, x| {
            matrix_of(b.shape(x[0]))?;
            let diagonal = diagonal(b, x[0]);
            let last = b.shape(diagonal).rank() - 1;
            Ok(sum_over(b, diagonal, Axes::of([last])))
        })
    }

    /// The matrix with zeros above its diagonal.
    #[track_caller]
    pub fn lower_triangle(self) -> Var {
        record_array("lower_triangle", &[self], Location::caller(), |b, x| {
            matrix_of(b.shape(x[0]))?;
            Ok(triangle(b, x[0], |row, column| [column, row]))
        })
    }

    /// The matrix with zeros below its diagonal.
    #[track_caller]
    pub fn upper_triangle(self) -> Var {
        record_array("upper_triangle", &[self], Location::caller(), |b, x| {
            matrix_of(b.shape(x[0]))?;
            Ok(triangle(b, x[0], |row, column| [row, column]))
        })
    }

    /// The identity matrix with `n` rows.
    #[track_caller]
    pub fn eye(n: usize) -> Var {
        record_array("eye", &[], Location::caller(), |b, _| Ok(b.eye(Shape::from([n, n]))))
    }
}

/// The two lengths of a matrix, or of many.
pub(super) fn matrix_of(shape: Shape) -> Result<[usize; 2], String> {
    match shape.rank().checked_sub(2) {
        Some(row) => Ok([shape.axis(row), shape.axis(row + 1)]),
        None => Err("a matrix (or many) is needed: at least two axes".to_owned()),
    }
}

/// The places of the diagonal in matrices with `columns`, laid out row by row along `axis`.
fn along_diagonal(axis: usize, columns: usize) -> Span {
    Span { axis: axis as u8, start: 0, step: columns as i32 + 1 }
}

/// The diagonal over the last two axes.
pub(super) fn diagonal(b: &mut Builder, x: NodeId) -> NodeId {
    let shape = b.shape(x);
    let row = shape.rank() - 2;
    let (rows, columns) = (shape.axis(row), shape.axis(row + 1));
    let row_by_row = b.reshape(x, Shape::of(shape.axes().take(row).chain([rows * columns])));
    b.slice(row_by_row, along_diagonal(row, columns), rows.min(columns))
}

/// Zeros where the first of what `order` makes of the indices is larger than the second.
fn triangle(b: &mut Builder, x: NodeId, order: fn(NodeId, NodeId) -> [NodeId; 2]) -> NodeId {
    let (row, column) = b.row_and_column(b.shape(x));
    let inside = b.apply(Op::LessEqual, &order(row, column));
    let zero = b.constant(0.0);
    b.select(inside, x, zero)
}
