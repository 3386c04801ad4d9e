//! The data module as its users see it.

mod damaged;
mod dataset;
mod files;
mod loader;
mod normalize;
mod npy;
mod sampler;
mod table;
