//! Examples and their labels: how they are held, read, scaled, drawn and prepared ahead.
//!
//! - [`Dataset`] holds examples of one shape with their [`Targets`], and copies any of them into a [`Batch`].
//! - [`mnist`], [`read_csv`], [`Npz`], [`read_idx`] and [`read_npy`] read files; [`Dataset::digits`] needs none.
//! - [`Normalizer`] scales what a batch receives, by numbers taken from the training part alone.
//! - [`Sampler`] says which examples a step sees, from a seed and a [`Position`]; [`Loader`] prepares them on another thread.
//!
//! ```
//! use std::sync::Arc;
//! use thalweg_train::data::{Dataset, Loader, Normalization, Over, Sampler, Sampling};
//!
//! let (mut train, mut validation) = Dataset::digits().split(0.2, 7)?;
//! let scale = train.normalizer(Normalization::Unit, Over::Whole)?;
//! train.normalize(&scale)?;
//! validation.normalize(&scale)?;
//!
//! let sampler = Sampler::new(train.len(), 32, Sampling::Shuffled, 7)?;
//! let mut loader = Loader::new(Arc::new(train), sampler, 2)?;
//! let batch = loader.next_batch();
//! assert_eq!((batch.inputs.len(), batch.classes.len()), (32 * 64, 32));
//! assert!(batch.inputs.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
//! # Ok::<(), thalweg_train::data::DataError>(())
//! ```
//!
//! What is computed from a batch never lives here.

mod array;
mod checksum;
mod dataset;
mod digits;
mod error;
#[cfg(feature = "download")]
mod fetch;
mod idx;
mod loader;
mod mnist;
mod names;
mod normalize;
mod npy;
mod npz;
mod npz_write;
mod sampler;
mod source;
mod table;

pub use array::{Array, Elements};
pub use dataset::{Batch, Dataset, Targets, Values};
pub use error::DataError;
#[cfg(feature = "download")]
pub use fetch::{Fetched, Remote, RemoteFile, cache_dir};
pub use idx::{idx_from_bytes, read_idx};
pub use loader::Loader;
pub use mnist::mnist;
pub use normalize::{Normalization, Normalizer, Over};
pub use npy::{npy_from_bytes, read_npy, write_npy};
pub use npz::Npz;
pub use npz_write::{npz_to_bytes, write_npz};
pub(crate) use sampler::shuffle;
pub use sampler::{Position, Sampler, Sampling};
pub use table::{Column, CsvOptions, Learnt, csv_from_bytes, read_csv};
