//! Data, layers, networks, histories and runs as their users see them.

mod checkpoint;
mod damaged;
mod dataset;
mod ends;
#[cfg(feature = "download")]
mod fetch;
mod files;
mod history;
mod initial;
mod killed;
mod landscape;
mod layers;
mod learning;
mod loader;
mod model;
mod normalize;
mod npy;
mod precision;
mod run;
mod sampler;
mod series;
mod steps;
mod table;
