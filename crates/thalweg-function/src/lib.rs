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
//! This crate knows nothing of optimisation.

mod error;
mod execute;
mod expression;
mod kernel;
mod primitive;
mod program;
mod trace;
mod transform;

pub use error::FunctionError;
pub use execute::{Executable, Float, Iteration, fuse};
pub use expression::{Expression, ParseError};
pub use program::{Program, Shape};
pub use trace::{Operand, Outputs, Tensor, Var, select, trace};
pub use transform::{
    InputAxis, batch, gradient, hessian, hvp, jvp, select_outputs, simplify, value_and_gradient,
    value_gradient_hessian,
};
