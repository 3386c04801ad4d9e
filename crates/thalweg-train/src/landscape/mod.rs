//! The loss as a landscape over the weights of a network: planes through it, and its curvature.
//!
//! - [`Plane`] goes through a point in the space of the weights, along two random directions or along those in which a run has moved
//!   most; [`surface`] computes the loss on a grid in it, [`Plane::project`] finds the shadow of a run, of which a [`Trail`] keeps points.
//! - [`hessian_spectrum`] estimates the largest and smallest eigenvalues of the loss's Hessian, and how all of them are distributed.
//!
//! ```
//! use std::ops::ControlFlow;
//! use thalweg_train::{data::Dataset, loss::CrossEntropy, network::Model, run::Task};
//! use thalweg_train::landscape::{Grid, Plane, surface};
//!
//! let network = "mlp(8)".parse::<Model>()?.network(&[8, 8], 10)?;
//! let task = Task::new(network, CrossEntropy::default(), Dataset::digits());
//! let weights = task.network.initialize(0);
//! let plane = Plane::random(task.network.parameters(), &weights, 1);
//! let grid = Grid { points: [3, 3], examples: Some(100), ..Grid::default() };
//! let surface = surface(&task, &plane, &[], &grid, &mut |_, _| ControlFlow::Continue(()))?;
//! assert_eq!(surface.loss.len(), 9);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! How it is drawn never lives here.

mod plane;
mod spectrum;
mod surface;
mod trail;

pub use plane::Plane;
pub use spectrum::{Probing, Spectrum, hessian_spectrum};
pub use surface::{Grid, Surface, losses_at, surface};
pub use trail::Trail;
