//! Optimiser rules, chains, schedules and clipping over flat slices.
//!
//! A [`Rule`] turns a gradient into a step, in place, on any `&mut [f32]` or `&mut [f64]`, in one pass over memory. This crate
//! knows nothing of functions: where gradients come from never lives here.
//!
//! - [`Optimizer`] describes a rule or a chain of rules: from text (`"clip_by_global_norm(1) | adam(lr=0.1)"`), or from the
//!   typed hyperparameters of [`rule`] ([`Sgd`], [`Adam`], …).
//! - [`Optimizer::rule`] builds it for a parameter vector, or for many small problems side by side.
//! - [`Schedule`] is a learning rate that changes with the step.
//! - [`Rule::formula`] gives a rule's update as plain arithmetic, for those who compile it together with the gradient.
//! - [`Transform`] is the contract for formulas of your own; [`Chain`] joins them and [`Fused`] compiles them into one loop.
//!
//! ```
//! use thalweg_rule::{Recipe, Rule, Sgd};
//!
//! let mut rule = Sgd { lr: 0.1.into(), momentum: 0.9, ..Sgd::default() }.rule::<f32>(3, 1)?;
//! let mut params = [1.0, 2.0, 3.0];
//! rule.step(&mut params, &[0.5, -0.5, 0.0])?;
//! assert_eq!(params, [0.95, 2.05, 3.0]);
//! # Ok::<(), thalweg_rule::RuleError>(())
//! ```

#![expect(
    clippy::inline_always,
    reason = "formulas must become part of the loop that has the instruction set"
)]

mod error;
mod formula;
mod hyper;
mod optimizer;
mod pass;
mod real;
pub mod rule;
mod schedule;
pub mod transform;

pub use error::RuleError;
pub use formula::{Formula, Operation};
pub use hyper::Named;
pub use optimizer::{Optimizer, Recipe, names};
pub use pass::{Fused, Rule};
pub use real::{Arithmetic, Real};
pub use rule::{
    AMSGrad, Adagrad, Adam, AdamW, AddDecayedWeights, BiasCorrection, ClipByGlobalNorm, ClipByValue,
    HeavyBall, Nesterov, Preconditioned, RmsProp, Scale, Sgd,
};
pub use schedule::{Cosine, Schedule, schedule_names};
pub use transform::{Chain, Transform};
