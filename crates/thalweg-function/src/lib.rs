//! A function, its exact derivatives of any order, and its fast execution.
//!
//! A function becomes a [`Program`] in one of two ways: [`trace`] runs a Rust closure once on [`Var`]s, and
//! [`Expression::parse`] reads text. Transformations ([`gradient`], [`jvp`], [`hvp`], [`hessian`], [`batch()`], [`simplify`])
//! turn programs into programs and compose to any order. An [`Executable`] runs a program: at one point or at a million, with
//! the widest registers of the machine.
//!
//! ```
//! use thalweg_function::{Executable, Expression, gradient, hessian, trace};
//!
//! let traced = trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0))?;
//! let parsed = Expression::parse("(1-x)^2 + 100*(y-x^2)^2")?;
//!
//! let mut g = [0.0; 2];
//! Executable::<f64>::new(&gradient(&traced)?)?.run(&[-1.2, 1.0], &mut g)?;
//! assert!((g[0] + 215.6).abs() < 1e-12 && (g[1] + 88.0).abs() < 1e-12);
//!
//! let mut h = [0.0; 4];
//! Executable::<f64>::new(&hessian(parsed.program())?)?.run(&[1.0, 1.0], &mut h)?;
//! assert_eq!(h, [802.0, -400.0, -400.0, 200.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Arrays
//!
//! A [`Var`] may be an array of any [`Shape`]: given shapes instead of a number of scalars, [`trace`] runs the closure on whole
//! arrays, with NumPy's broadcasting, reductions ([`keep`] leaves their axes), products ([`einsum`]), indices, factorisations,
//! random numbers drawn with a key, and loops ([`scan`], [`fold`]). Structs of arrays are arguments too: see [`tree`]. Every
//! transformation takes such programs, to any order; an [`Executable`] runs them in few passes over memory and says which
//! ([`Executable::explain`]).
//!
//! ```
//! use thalweg_function::{Executable, InputAxis, batch, trace, value_and_gradient_of};
//!
//! // A line through five points, by least squares.
//! let inputs = [("line", [2].into()), ("x", [5].into()), ("y", [5].into())];
//! let error = trace(&inputs, |v| {
//!     let (slope, intercept) = (v[0].at(0, 0), v[0].at(0, 1));
//!     (slope * v[1] + intercept - v[2]).pow(2.0).mean(..)
//! })?;
//! let by_line = value_and_gradient_of(&error, &[0])?;
//! let (x, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 5.0, 7.0, 9.0]);
//! let mut results = [0.0; 3];
//! Executable::<f64>::new(&by_line)?.run(&[&[1.0, 1.0], &x[..], &y].concat(), &mut results)?;
//! assert_eq!(results, [6.0, -12.0, -4.0]);
//!
//! // Many lines through the same points.
//! let lines = batch(&by_line, 100, &[InputAxis::Batched, InputAxis::Shared, InputAxis::Shared])?;
//! let shapes: Vec<_> = lines.output_shapes().map(|shape| shape.to_string()).collect();
//! assert_eq!(shapes, ["[100]", "[100, 2]"]);
//! # Ok::<(), thalweg_function::FunctionError>(())
//! ```
//!
//! This crate knows nothing of optimisation.

mod error;
mod execute;
mod expression;
mod kernel;
mod primitive;
mod product;
mod program;
mod trace;
mod transform;
pub mod tree;

pub use error::{FunctionError, Shapes};
pub use execute::{ELEMENTARY, Executable, ExplainedStep, Explanation, Float, Iteration, Precision, fuse};
pub use expression::{Expression, ParseError};
pub use program::{Program, Shape};
pub use trace::{
    Arguments, IntoAxes, Operand, Outputs, Tensor, Var, einsum, fold, keep, scan, select, trace,
};
pub use transform::{
    InputAxis, Pattern, SparseDerivative, batch, checkpointed, compressed_jacobian, gradient, hessian,
    hessian_diagonal, hvp, jacobian, jvp, scalarize, select_outputs, simplify, sparse_hessian, sparsity,
    value_and_gradient, value_and_gradient_of, value_gradient_hessian, vjp,
};
