//! Data, layers, losses and the mini-batch loop: the smallest serious training library.
//!
//! - [`data`] holds examples and their labels, reads them from files, and hands them out in batches.
//!
//! How functions are differentiated and run, and what a rule does with a gradient, never lives here.

pub mod data;
