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
    BasinHopping, Bounds, Closeness, Closure, Constraint, Method, Minima, Objective, Options, Penalty,
    Points, Sampling, Solution, Solutions, Status, Traced, basin_hopping, minimize, minimize_many,
    random_starts,
};
