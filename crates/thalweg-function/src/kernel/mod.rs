//! Arithmetic at the speed of the machine: lanes of numbers ([`lanes`]) and elementary functions on them
//! ([`math`]).
//!
//! Everything here is element-wise and independent of the lane width: a number gets the same bits whether it
//! is computed alone or beside fifteen others, by AVX-512, AVX2 or plain Rust. What never lives here: knowledge
//! of programs, shapes or derivatives.
//!
//! The errors stated at the kernels are in units in the last place (ulp) of the result, the largest among some
//! 10^5 random arguments compared with mpmath 1.3.0, results in the normal range, `|x| < 10^9` for the
//! trigonometric functions. The tests allow no result more than one place
//! from the correctly rounded one.

// Only what is inlined into a `#[target_feature]` function is compiled for its instruction set.
#![allow(clippy::inline_always)]

#[cfg(test)]
mod accuracy;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod double;
mod exponential;
pub(crate) mod half;
mod hyperbolic;
mod inverse_trigonometric;
pub(crate) mod isa;
pub(crate) mod lanes;
mod logarithm;
pub(crate) mod math;
mod power;
#[cfg(all(feature = "native", target_arch = "x86_64"))]
pub(crate) mod record;
pub(crate) mod room;
mod scalar;
mod trigonometric;
