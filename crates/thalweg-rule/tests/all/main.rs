//! The rules from outside.

mod allocation;
mod bits;
mod errors;
mod formula;
mod functions;
mod pytorch;
mod text;
