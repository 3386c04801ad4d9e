//! What a short program needs: `use thalweg::prelude::*`.

pub use crate::figure::{Figure, Page};
pub use crate::function::tree::{Parameters, Tree, trace_tree};
pub use crate::function::{
    Executable, Expression, Program, Shape, Var, gradient, hessian, keep, select, trace, value_and_gradient,
    value_and_gradient_of,
};
pub use crate::landscape::Landscape;
pub use crate::picture::Picture;
pub use crate::rule::{Optimizer, Recipe, Rule, Schedule};
pub use crate::solve::{
    Bounds, Closure, Constraint, Method, Objective, Options, Penalty, Points, Solution, Solutions, Status,
    Traced, minimize, minimize_many, random_starts,
};
