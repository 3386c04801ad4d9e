//! Runs at rest: on their way into files and back, so that they survive anything but the loss of the disk.
//!
//! - [`Saved`] is all that a run knows, as the bytes of a safetensors file: what `thalweg_rule::Checkpoint` writes, and beside it
//!   buffers, the place in the data, the history.
//! - [`Folder`] keeps the last few of them. A file is complete or not there, at whatever moment the process or the machine dies. A run
//!   goes on while they are written.
//! - [`Weights`] is what a network has learnt, for PyTorch, NumPy and others.
//!
//! When checkpoints are made never lives here.

mod error;
mod folder;
mod saved;
mod weights;
mod writer;

pub use error::CheckpointError;
pub use folder::{Folder, Found};
pub use saved::{Best, Identity, Saved, Tally};
pub use weights::Weights;
pub(crate) use writer::Writer;
