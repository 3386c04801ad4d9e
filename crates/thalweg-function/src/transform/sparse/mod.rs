//! Sparse derivatives: which elements depend on which, and few directions instead of many.
//!
//! Columns of a Jacobian that have no nonzero in a common row can be computed together, along the sum of their unit vectors:
//! they get one colour (Curtis, Powell and Reid, *On the estimation of sparse Jacobian matrices*, IMA Journal of Applied
//! Mathematics 13, 1974). A tridiagonal matrix needs three colours, whatever its size.

mod compressed;
mod dependence;
mod pattern;

pub use compressed::{SparseDerivative, compressed_jacobian, sparse_hessian};
pub use pattern::Pattern;

use super::simplify;
use crate::program::Program;

/// Which elements of the results depend on which elements of the inputs, through a derivative that is not zero everywhere.
/// Rows are the elements of all results, columns those of all inputs, in the order of the buffers.
///
/// Dependence through comparisons, indices and [`Var::stop_gradient`](crate::Var::stop_gradient) has no derivative and does
/// not count. What depends on the values of the inputs counts as nonzero.
///
/// ```
/// use thalweg_function::{Shape, sparsity, trace};
///
/// let neighbours = trace([Shape::from([4])], |x| x[0].slice(0, 1..) * x[0].slice(0, ..3))?;
/// let pattern = sparsity(&neighbours);
/// assert_eq!(pattern.to_string(), "\
/// xx..
/// .xx.
/// ..xx
/// ");
/// # Ok::<(), thalweg_function::FunctionError>(())
/// ```
pub fn sparsity(program: &Program) -> Pattern {
    let simple = simplify(program);
    let columns = simple.input_shapes().map(|shape| shape.size()).sum();
    Pattern::from_rows(columns, &dependence::of_outputs(&simple))
}
