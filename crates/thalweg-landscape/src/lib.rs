//! Functions worth minimising, with their boxes, known minima and sources.
//!
//! A [`Landscape`] is read from a name with options, in the grammar of `thalweg-spec`; [`entries`] lists them all. Its
//! [`Program`](thalweg_function::Program) gives exact derivatives like any traced function.
//!
//! ```
//! use thalweg_function::{Executable, gradient};
//! use thalweg_landscape::Landscape;
//!
//! let ackley = Landscape::parse("ackley(dim=10)")?;
//! let minimum = &ackley.minima()[0];
//!
//! let mut g = [1.0; 10];
//! Executable::<f64>::new(&gradient(ackley.program())?)?.run(&minimum.x, &mut g)?;
//! assert_eq!(g, [0.0; 10]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | landscape | formula | box | minima |
//! |---|---|---|---|
//! | `sphere(dim=2)` | Σ xᵢ² | ±5.12 | 0 at 0 |
//! | `ellipse` | 0.1 x₁² + 2 x₂² | ±5.5, ±3 | 0 at 0 |
//! | `saddle` | x₁² − x₂² | ±2 | none: unbounded below |
//! | `quadratic(eigenvalues=[1, 6], angle=π/16)`, `quadratic(matrix=[[2, 1], [1, 2]])` | ½ xᵀQx | ±10, ±4 (else ±10) | 0 at 0, if Q is positive definite |
//! | `rosenbrock(dim=2, variant=chained)` | Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², over all i or, with `variant=even`, over odd i | ±2.048 | 0 at (1, …, 1) |
//! | `beale` | (1.5 − x₁ + x₁x₂)² + (2.25 − x₁ + x₁x₂²)² + (2.625 − x₁ + x₁x₂³)² | ±4.5 | 0 at (3, 0.5) |
//! | `himmelblau` | (x₁² + x₂ − 11)² + (x₁ + x₂² − 7)² | ±5 | 0 at four points |
//! | `rastrigin(dim=2)` | Σ xᵢ² + 10 (1 − cos 2πxᵢ) | ±5.12 | 0 at 0 is the lowest of many |
//! | `ackley(dim=2)` | 20 (1 − exp(−0.2 √mean xᵢ²)) + e − exp(mean cos 2πxᵢ) | ±5 | 0 at 0 is the lowest of many |
//! | `wells(wells=8, dim=2, seed=0)` | −Σ cⱼ exp(−‖x − μⱼ‖²/wⱼ²), c, μ, w random | ±3 | not known in advance |
//!
//! Beside these there are sets of test problems, in their published order by [`Set::problems`]:
//!
//! - [`Set::MoreGarbowHillstrom`]: 35 unconstrained problems, all sums of squares ([`Landscape::residuals`]).
//! - [`Set::Nist`]: 27 nonlinear regressions, each with two starts and certified parameters ([`Landscape::regression`]).
//! - [`Set::HockSchittkowski`]: 77 constrained problems ([`Landscape::constraints`]).
//!
//! [`Landscape::start`] is each one's customary start and [`Landscape::source`] the paper or book it comes from.
//! [`RandomState`] draws what published notebooks drew with NumPy.
//!
//! What never lives here: optimisers, and functions that need data which are not published with them.

mod catalogue;
mod constraints;
mod family;
mod hock_schittkowski;
mod landscape;
mod more;
mod nist;
mod random_state;
mod set;
mod squares;

pub use catalogue::{Entry, entries};
pub use constraints::Constraints;
pub use landscape::{Landscape, Minimum};
pub use nist::{Difficulty, Regression};
pub use random_state::RandomState;
pub use set::Set;
