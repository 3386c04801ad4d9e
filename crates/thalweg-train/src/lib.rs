//! Data, layers, losses and the mini-batch loop: the smallest serious training library.
//!
//! - [`checkpoint`] keeps runs and weights in files.
//! - [`data`] holds examples and their labels, reads them from files, and hands them out in batches.
//! - [`history`] records what happened, and writes it to files.
//! - [`layer`], [`initializer`] and [`network`] say what is computed, and what is learnt; [`loss`] says how far from right it is.
//! - [`learn`] computes losses and gradients of batches, and evaluates whole data sets.
//! - [`run`] is the mini-batch loop.
//! - [`landscape`] looks at the loss around the weights that it ends with.
//!
//! How functions are differentiated and run, and what a rule does with a gradient, never lives here.

pub mod checkpoint;
pub mod data;
pub mod history;
pub mod initializer;
pub mod landscape;
pub mod layer;
pub mod learn;
pub mod loss;
pub mod network;
pub mod run;
