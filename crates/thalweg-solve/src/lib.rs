//! Objective, rule or method and constraints in; solution, history and observers out.
//!
//! - [`minimize`] goes from one start, [`minimize_many`] from a million, [`Run`] step by step. Everything about a run is in
//!   [`Options`]; how it ended is data: a [`Solution`] with a [`Status`].
//! - [`Method`] is how to go on: a [`Descent`] with its [`Search`], any rule or chain of `thalweg-rule`, or what suits the objective.
//! - [`Constraint`] is where to stay: a box, a simplex, another set with a nearest point, functions between their ends ([`Relation`],
//!   [`Constrained`]). A [`Penalty`] is added to the function.
//! - [`Objective`] is what is minimised: [`Traced`] functions with all derivatives, or [`Handwritten`] ones.
//! - [`least_squares`] makes residuals small and says how well the parameters are known; [`fit`] does so by mini-batches;
//!   [`analyze`] and [`gradient_check`] look closely.
//! - Where there are many minima, [`Sampling`] spreads starts, [`Minima`] says which ends are the same, [`basin_hopping`] goes from
//!   minimum to minimum, [`grid_search`] looks at every point of a grid.
//!
//! ```
//! use thalweg_function::Expression;
//! use thalweg_solve::{Options, Status, Traced, minimize};
//!
//! let rosenbrock = Expression::parse("(1-x)^2 + 100*(y-x^2)^2")?;
//! let options = Options { method: "newton".parse()?, grad_tol: Some(1e-8), ..Options::default() };
//! let solution = minimize(&mut Traced::<f64>::new(rosenbrock.program())?, &[-1.2, 1.0], &options)?;
//! assert_eq!(solution.status, Status::ConvergedGradient);
//! assert!((solution.x[0] - 1.0).abs() < 1e-8 && solution.steps < 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The loop itself lives in `engine` and serves one start and many alike. How functions are differentiated and run, and what a
//! rule does with a gradient, never lives here.

// What shows a run's memory has nobody to show it to then.
#![cfg_attr(not(feature = "checkpoints"), allow(dead_code))]

mod analyze;
mod check;
mod checkpoint;
mod cholesky;
mod clock;
mod constrained;
mod constraint;
mod dense;
mod descent;
mod engine;
mod error;
mod fit;
mod global;
mod grid;
mod lanczos;
mod least_squares;
mod many;
mod method;
mod objective;
mod observer;
mod one_dimension;
mod options;
mod penalty;
mod points;
mod random;
mod run;
mod scalar;
mod search;
mod solution;
mod trust;
mod vector;
mod within;

pub use analyze::{
    Analysis, Extremes, Kind, Quadrature, Rate, SpectralDensity, Spectrum, Tuned, analyze, eigen_losses,
    extreme_eigenvalues, measured_order, measured_rate, predicted_rate, spectral_density, tuned_methods,
};
pub use check::{GradientCheck, gradient_check};
#[cfg(feature = "checkpoints")]
pub use checkpoint::Checkpoint;
pub use constrained::{
    AugmentedLagrangian, BarrierUpdate, Constrained, Curvature, Inner, InteriorPoint, Sqp,
};
pub use constraint::{Affine, Ball, Bounds, Constraint, Intersection, Multiplier, Norm, Plane, Relation};
pub use descent::{
    BarzilaiBorwein, Beta, Bfgs, Cg, Descent, Lbfgs, Length, NewtonCg, NewtonCholesky, Poor, Preconditioner,
    Sr1, Steepest, TrustNewton,
};
pub use error::SolveError;
pub use fit::{Fit, FitOptions, Fitted, fit};
pub use global::{
    BasinHopping, Closeness, Hop, Hopping, LocalMinimum, Minima, Sampling, basin_hopping,
    basin_hopping_observed,
};
pub use grid::{GRID_LIMIT, GridBest, GridCost, grid_cost, grid_search};
pub use lanczos::{Lanczos, Ritz};
pub use least_squares::{
    ClosureResiduals, CurveResiduals, LeastSquares, LeastSquaresMethod, LeastSquaresOptions, Loss,
    Prediction, Residuals, TracedResiduals, least_squares, least_squares_observed,
};
pub use many::{Solutions, minimize_each, minimize_many, minimize_many_observed};
pub use method::{By, Choice, CurvatureScaled, Estimate, Method, Newton};
pub use objective::{Closure, Derivatives, Handwritten, Objective, Traced};
pub use observer::{Observer, Progress, State};
pub use one_dimension::{
    Bracket, OneDimension, ScalarMethod, ScalarOptions, ScalarSolution, bracket_minimum,
    critical_point_between, minimize_between, minimize_objective_between, root_between, root_between_newton,
};
pub use options::Options;
pub use penalty::Penalty;
pub use points::{Points, random_starts};
pub use run::{Run, minimize, minimize_observed};
pub use scalar::Scalar;
pub use search::{Backtracking, Fixed, HagerZhang, MoreThuente, Nonmonotone, Reference, Search};
pub use solution::{Evaluations, History, Kkt, Solution, Status};
pub use trust::{Region, Subproblem};
pub use within::{Fista, Lbfgsb, ProjectedGradient, ProximalGradient, Spg};
