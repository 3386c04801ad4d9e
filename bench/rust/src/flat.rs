//! What the programs that measure optimiser rules share: flat `f32` parameters, their gradient, and the numbers that peers must
//! agree on. `bench/python/flat.py` makes the same ones.

/// Every optimiser starts with one step for each, along the gradient times this; afterwards, timed, along the gradient itself.
pub const FACTORS: [f32; 3] = [1.0, -0.5, 2.0];

/// How many parameters are compared one by one.
const SAMPLES: usize = 64;

/// Parameters that a timed run changes at least; it makes as many steps as that takes.
const ENOUGH_PARAMETERS: usize = 1_000_000;

/// Fixed numbers between 0 and 1 that look random, the same in every language.
fn scattered(n: usize, multiplier: u32, offset: u32) -> impl Iterator<Item = f32> {
    let bits = (0..n as u32).map(move |i| i.wrapping_mul(multiplier).wrapping_add(offset));
    bits.map(|bits| (bits >> 9) as f32 / (1 << 23) as f32)
}

/// Parameters between ½ and 1.
pub fn start(n: usize) -> Vec<f32> {
    scattered(n, 2_654_435_761, 0).map(|u| 0.5 + 0.5 * u).collect()
}

/// A gradient within ±4.
pub fn gradient(n: usize) -> Vec<f32> {
    scattered(n, 2_246_822_519, 374_761_393).map(|u| 8.0 * u - 4.0).collect()
}

/// How many steps a timed run makes.
pub fn steps(n: usize) -> usize {
    (ENOUGH_PARAMETERS / n).max(1)
}

/// The norm and some of the parameters after the steps along [`FACTORS`].
pub fn check(x: &[f32]) -> Vec<f64> {
    let norm = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    let samples = (0..SAMPLES).map(|k| f64::from(x[k * (x.len() - 1) / (SAMPLES - 1)]));
    [norm].into_iter().chain(samples).collect()
}
