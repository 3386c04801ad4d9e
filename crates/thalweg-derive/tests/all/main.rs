//! Derived trees.

mod derived;
