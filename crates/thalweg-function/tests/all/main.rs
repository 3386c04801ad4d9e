//! What the crate promises to those who use it, by subject.

mod arrays_api;
mod arrays_transform;
mod derivatives;
mod edges;
mod grammar;
mod random;
mod running;
mod sizes;
mod support;
mod tensor;
mod traces;
