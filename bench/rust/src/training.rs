//! The task of the benchmark `train`: pictures, digits, which of them a step sees, and the networks' first weights.

/// The dense network's layers.
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

/// The convolutional network's weights: two convolutions, each followed by a maximum over 2×2, and two dense layers.
pub const CNN_SHAPES: [&[usize]; 4] = [&[32, 1, 3, 3], &[64, 32, 3, 3], &[128, 3136], &[10, 128]];
/// How many pictures its steps see, and steps of a timed run.
pub const CNN_BATCH: usize = 64;
pub const CNN_STEPS: usize = 50;

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

/// The pictures of a step that sees so many.
pub fn indices(step: usize, batch: usize) -> Vec<usize> {
    (step * batch..(step + 1) * batch).map(|k| scattered(k) as usize % PICTURES).collect()
}

/// A matrix for each dense layer, `[outputs, inputs]`; biases are 0.
pub fn weights() -> Vec<Vec<f32>> {
    WIDTHS.windows(2).map(|layer| even(&[layer[1], layer[0]])).collect()
}

/// The weights of the convolutional network; biases are 0.
pub fn cnn_weights() -> Vec<Vec<f32>> {
    CNN_SHAPES.map(even).into()
}

/// Numbers even in ±√(6/inputs), for weights `[outputs, …inputs]`.
fn even(shape: &[usize]) -> Vec<f32> {
    let inputs: usize = shape[1..].iter().product();
    let bound = (6.0 / inputs as f64).sqrt();
    let even = |k| f64::from(scattered(k)) / 2_147_483_648.0 - 1.0;
    (3..3 + shape[0] * inputs).map(|k| (even(k) * bound) as f32).collect()
}
