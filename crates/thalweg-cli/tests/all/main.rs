//! The command's contract, sentence by sentence.

mod analysis;
mod compare;
mod errors;
mod figures;
mod fit;
mod global;
mod help;
mod json;
mod manners;
mod regression;
mod support;
mod train;
