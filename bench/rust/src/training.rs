//! The task of the benchmark `train`: pictures, digits, which of them a step sees, and the network's first weights.

/// The network's layers.
pub const WIDTHS: [usize; 4] = [784, 512, 512, 10];
/// How many pictures a step sees.
pub const BATCH: usize = 256;
/// How many there are.
pub const PICTURES: usize = 60_000;
/// Adam's learning rate.
pub const LR: f64 = 1e-3;
/// Steps whose losses the peers must agree on.
pub const CHECKED: usize = 4;
/// Steps of a timed run.
pub const STEPS: usize = 100;

/// A whole number below 2³², spread by Knuth's multiplicative hash.
fn scattered(k: usize) -> u32 {
    (k as u32).wrapping_mul(2_654_435_761)
}

/// The pixels of all pictures as bytes.
pub fn pixels() -> Vec<u8> {
    (0..PICTURES * WIDTHS[0]).map(|k| (scattered(k) >> 24) as u8).collect()
}

/// The digit of each picture.
pub fn digits() -> Vec<u32> {
    (7..7 + PICTURES).map(|k| (scattered(k) >> 16) % 10).collect()
}

/// The pictures of a step.
pub fn indices(step: usize) -> Vec<usize> {
    (step * BATCH..(step + 1) * BATCH).map(|k| scattered(k) as usize % PICTURES).collect()
}

/// A matrix for each layer, `[outputs, inputs]`, even in ±√(6/inputs); biases are 0.
pub fn weights() -> Vec<Vec<f32>> {
    let matrix = |layer: &[usize]| {
        let bound = (6.0 / layer[0] as f64).sqrt();
        let even = |k| f64::from(scattered(k)) / 2_147_483_648.0 - 1.0;
        (3..3 + layer[0] * layer[1]).map(|k| (even(k) * bound) as f32).collect()
    };
    WIDTHS.windows(2).map(matrix).collect()
}
