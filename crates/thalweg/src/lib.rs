//! Gradient-based optimisation: write a function once; get exact derivatives, any optimiser, a picture.
//!
//! A function is a Rust closure, an expression or a named landscape:
//!
//! ```
//! use thalweg::prelude::*;
//!
//! let valley = trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0))?;
//! let options = Options { method: "newton".parse()?, steps: 20, ..Options::default() };
//! let solution = minimize(&mut Traced::new(&valley)?, &[-1.2, 1.0], &options)?;
//! assert_eq!(solution.x, [1.0, 1.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```
//! use thalweg::prelude::*;
//!
//! let circle = Expression::parse("(x^2 + y^2 - 1)^2")?;
//! let options = Options { method: "adam(lr=0.1)".parse()?, grad_tol: Some(1e-6), ..Options::default() };
//! let solution = minimize(&mut Traced::new(circle.program())?, &[2.0, 1.0], &options)?;
//! assert_eq!(solution.status, Status::ConvergedGradient);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Many starts run side by side, and a [`picture`] shows what happened:
//!
//! ```
//! use thalweg::prelude::*;
//!
//! let himmelblau = Landscape::parse("himmelblau")?;
//! let starts = random_starts::<f64>(&Bounds::all(-5.0, 5.0)?, 2, 100, 0)?;
//! let options = Options { method: "sgd(lr=0.01)".parse()?, steps: 200, history: true, ..Options::default() };
//! let ends = minimize_many(himmelblau.program(), &starts, &options)?;
//! assert!(ends.values().iter().all(|value| *value < 1e-9));
//! let picture = Picture::of(&himmelblau).starts(&ends);
//! assert!(picture.page()?.to_html()?.contains("himmelblau"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What lives where:
//!
//! - [`function`]: programs, their derivatives and their fast execution;
//! - [`rule`]: optimisers, chains and schedules over flat slices;
//! - [`solve`]: runs, constraints, histories and what can be said of a point;
//! - [`landscape`]: functions worth minimising;
//! - [`train`]: data, layers, losses and the mini-batch loop;
//! - [`figure`]: HTML, SVG and PNG;
//! - [`picture`]: from solutions to figures;
//! - [`spec`]: the grammar of `adam(lr=0.1)`.

pub mod picture;
pub mod prelude;

pub use thalweg_figure as figure;
pub use thalweg_function as function;
pub use thalweg_landscape as landscape;
pub use thalweg_rule as rule;
pub use thalweg_solve as solve;
pub use thalweg_spec as spec;
pub use thalweg_train as train;

/// The guide's examples are tests.
#[cfg(doctest)]
mod guide {
    macro_rules! chapters {
        ($($name:ident $file:literal)*) => {
            $(
                #[doc = include_str!(concat!("../../../docs/src/", $file, ".md"))]
                struct $name;
            )*
        };
    }
    chapters! {
        GettingStarted "getting-started"
        Functions "functions"
        Arrays "arrays"
        Optimisers "optimisers"
        ManyStarts "many-starts"
        Constraints "constraints"
        SecondOrder "second-order"
        Solvers "solvers"
        Training "training"
        WhichOptimiser "which-optimiser"
        Figures "figures"
    }
}
