//! Data, histories and runs as their users see them.

mod checkpoint;
mod damaged;
mod dataset;
#[cfg(feature = "download")]
mod fetch;
mod files;
mod history;
mod killed;
mod loader;
mod normalize;
mod npy;
mod run;
mod sampler;
mod table;
