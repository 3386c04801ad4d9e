//! Data, layers, losses and the mini-batch loop: the smallest serious training library.
//!
//! - [`checkpoint`] keeps runs and weights in files.
//! - [`data`] holds examples and their labels, reads them from files, and hands them out in batches.
//! - [`history`] records what happened, and writes it to files.
//!
//! How functions are differentiated and run, and what a rule does with a gradient, never lives here.

pub mod checkpoint;
pub mod data;
pub mod history;
