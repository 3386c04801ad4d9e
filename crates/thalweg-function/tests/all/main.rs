//! What the crate promises to those who use it, by subject.

mod derivatives;
mod edges;
mod grammar;
mod random;
mod running;
mod support;
mod tensor;
mod traces;
