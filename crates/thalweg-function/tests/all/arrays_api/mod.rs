//! The functions of arrays that a traced closure can use.

mod jax;
mod loops;
mod messages;
mod random;
mod values;
