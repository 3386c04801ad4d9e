//! Linear systems and eigenvalues of [`Var`]s: Cholesky factors, triangular and symmetric systems, determinants.
//!
//! A matrix that has to be symmetric counts as (A + Aᵀ)/2, so that derivatives by its elements are those that differences
//! of single elements give.

use std::panic::Location;

use super::broadcast::{common_shape, repeated};
use super::matrix::{diagonal, matrix_of};
use super::reduction::sum_over;
use super::{Var, record_array};
use crate::primitive::{ArrayOp, Axes, Op};
use crate::program::{Builder, NodeId, Shape};

impl Var {
    /// The lower triangular L with L·Lᵀ = A, for symmetric positive definite A of shape `[…, n, n]`; NaN for other A.
    #[track_caller]
    pub fn cholesky(self) -> Var {
        record_array("cholesky", &[self], Location::caller(), |b, x| cholesky(b, x[0]))
    }

    /// The solution y of L·y = `right`, where L is the lower triangle of this matrix `[…, n, n]`.
    ///
    /// `right` is a vector `[…, n]` if it has one axis less than the matrix, else a matrix `[…, n, m]`; axes before these are
    /// broadcast. Lᵀ·y = `right` is `l.t().solve_upper(right)`.
    #[track_caller]
    pub fn solve_lower(self, right: Var) -> Var {
        self.solved("solve_lower", right, |b, l, y| Ok(b.triangular_solve(l, y, false)))
    }

    /// The solution y of U·y = `right`, where U is the upper triangle of this matrix; `right` as for
    /// [`solve_lower`](Var::solve_lower).
    #[track_caller]
    pub fn solve_upper(self, right: Var) -> Var {
        self.solved("solve_upper", right, |b, u, y| {
            let lower = b.transpose(u);
            Ok(b.triangular_solve(lower, y, true))
        })
    }

    /// The solution y of A·y = `right` for this symmetric positive definite A, by its Cholesky factor; `right` as for
    /// [`solve_lower`](Var::solve_lower).
    ///
    /// ```
    /// use thalweg_function::{Executable, trace};
    ///
    /// let solve = trace([[2, 2].into(), [2].into()], |x| x[0].solve_symmetric(x[1]))?;
    /// let mut y = [0.0; 2];
    /// Executable::<f64>::new(&solve)?.run(&[4.0, 2.0, 2.0, 5.0, 8.0, 12.0], &mut y)?;
    /// assert!((y[0] - 1.0).abs() < 1e-15 && (y[1] - 2.0).abs() < 1e-15);
    /// # Ok::<(), thalweg_function::FunctionError>(())
    /// ```
    #[track_caller]
    pub fn solve_symmetric(self, right: Var) -> Var {
        self.solved("solve_symmetric", right, |b, a, y| {
            let l = cholesky(b, a)?;
            let half = b.triangular_solve(l, y, false);
            Ok(b.triangular_solve(l, half, true))
        })
    }

    /// log det A of symmetric positive definite A: `[…, n, n]` becomes `[…]`; NaN for other A.
    #[track_caller]
    pub fn log_determinant(self) -> Var {
        record_array("log_determinant", &[self], Location::caller(), |b, x| {
            let l = cholesky(b, x[0])?;
            let diagonal = diagonal(b, l);
            let logarithm = b.apply(Op::Log, &[diagonal]);
            let last = b.shape(logarithm).rank() - 1;
            let half = sum_over(b, logarithm, Axes::of([last]));
            Ok(b.scale(2.0, half))
        })
    }

    /// The eigenvalues of a symmetric matrix in rising order: `[…, n, n]` becomes `[…, n]`.
    ///
    /// Second derivatives exist where all eigenvalues differ.
    #[track_caller]
    pub fn eigenvalues(self) -> Var {
        record_array("eigenvalues", &[self], Location::caller(), |b, x| {
            let a = symmetric(b, x[0])?;
            let shape = b.shape(a);
            let values = shape.without(Axes::of([shape.rank() - 1]));
            Ok(b.array(ArrayOp::EigenValues, &[a], values))
        })
    }

    /// The eigenvectors of a symmetric matrix in the columns of `[…, n, n]`, of length 1, in the order of the
    /// [`eigenvalues`](Var::eigenvalues). Derivatives exist where all eigenvalues differ.
    #[track_caller]
    pub fn eigenvectors(self) -> Var {
        record_array("eigenvectors", &[self], Location::caller(), |b, x| {
            let a = symmetric(b, x[0])?;
            let shape = b.shape(a);
            Ok(b.array(ArrayOp::EigenVectors, &[a], shape))
        })
    }

    #[track_caller]
    fn solved(
        self,
        name: &'static str,
        right: Var,
        solve: impl FnOnce(&mut Builder, NodeId, NodeId) -> Result<NodeId, String>,
    ) -> Var {
        record_array(name, &[self, right], Location::caller(), |b, x| {
            let n = square(b.shape(x[0]))?;
            let (matrix, right) = (b.shape(x[0]), b.shape(x[1]));
            let is_vector = right.rank() + 1 == matrix.rank();
            let y = if is_vector { b.insert_axes(x[1], Axes::of([right.rank()])) } else { x[1] };
            let column = b.shape(y);
            if column.rank() < 2 || column.axis(column.rank() - 2) != n {
                return Err(format!(
                    "the right-hand side has to be [..., {n}] with {} axes, or [..., {n}, m] with {} or more",
                    matrix.rank() - 1,
                    matrix.rank()
                ));
            }
            let outer = |shape: Shape| Shape::of(shape.axes().take(shape.rank() - 2));
            let Some(common) = common_shape(outer(matrix), outer(column)) else {
                return Err("the axes before the last do not agree".to_owned());
            };
            let with = |shape: Shape| Shape::of(common.axes().chain(shape.axes().skip(shape.rank() - 2)));
            let (a, y) = (repeated(b, x[0], with(matrix)), repeated(b, y, with(column)));
            let solution = solve(b, a, y)?;
            let shape = b.shape(solution);
            let vector = shape.without(Axes::of([shape.rank() - 1]));
            Ok(if is_vector { b.reshape(solution, vector) } else { solution })
        })
    }
}

fn cholesky(b: &mut Builder, x: NodeId) -> Result<NodeId, String> {
    let a = symmetric(b, x)?;
    let shape = b.shape(a);
    Ok(b.array(ArrayOp::Cholesky, &[a], shape))
}

fn symmetric(b: &mut Builder, x: NodeId) -> Result<NodeId, String> {
    square(b.shape(x))?;
    Ok(b.symmetric_part(x))
}

/// The number of rows of a square matrix, or of many.
fn square(shape: Shape) -> Result<usize, String> {
    match matrix_of(shape)? {
        [rows, columns] if rows == columns => Ok(rows),
        [rows, columns] => {
            Err(format!("a square matrix is needed, this one has {rows} rows, {columns} columns"))
        }
    }
}
