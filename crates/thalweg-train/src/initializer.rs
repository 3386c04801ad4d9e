//! [`Initializer`]: what parameters are before training.
//!
//! Every array draws from a stream of its own, chosen by the seed and its place in the network; the generator is ChaCha with 8 rounds,
//! logarithms and sines are those of `libm` in `f64`, so that the numbers are the same bits on every machine.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// What an array is before training.
///
/// Its *fans* are the numbers of inputs and outputs that it connects: of `[outputs, inputs]` these two, of
/// `[outputs, inputs, height, width]` each times height·width; of a vector both its length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initializer {
    /// One number everywhere.
    Constant(f64),
    /// Independent normal numbers with mean 0.
    Normal {
        /// The standard deviation.
        std: f64,
    },
    /// Independent numbers, even between −`limit` and `limit`.
    Uniform {
        /// The bound.
        limit: f64,
    },
    /// Independent numbers with mean 0 and variance `scale`/fan.
    Scaled {
        /// The variance, times the fan.
        scale: f64,
        /// Which fan.
        fan: Fan,
        /// How they are distributed.
        distribution: Distribution,
    },
    /// `gain` times a matrix with orthonormal rows, or columns if there are fewer of them, evenly distributed among all (Saxe et al.
    /// 2014); of an array with more axes, the first by all others, as in PyTorch.
    Orthogonal {
        /// The factor.
        gain: f64,
    },
}

/// What the variance of a weight is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fan {
    /// The number of inputs: keeps the variance on the way forward.
    In,
    /// The number of outputs: keeps the variance on the way back.
    Out,
    /// The mean of both.
    Average,
}

/// How numbers of a given variance are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Normal: PyTorch's `…_normal_`.
    Normal,
    /// Normal, but drawn again beyond two standard deviations, then stretched to the variance wanted: JAX's `…_normal`.
    Truncated,
    /// Even: `…_uniform` of both.
    Uniform,
}

impl Initializer {
    /// Variance 1/fan in, truncated as in JAX: flax's default (LeCun et al. 1998).
    pub const LECUN_NORMAL: Self = Self::scaled(1.0, Fan::In, Distribution::Truncated);
    /// Variance 1/fan in, even.
    pub const LECUN_UNIFORM: Self = Self::scaled(1.0, Fan::In, Distribution::Uniform);
    /// Variance 1/mean of the fans, truncated as in JAX (Glorot and Bengio 2010).
    pub const GLOROT_NORMAL: Self = Self::scaled(1.0, Fan::Average, Distribution::Truncated);
    /// Variance 1/mean of the fans, even: PyTorch's `xavier_uniform_`.
    pub const GLOROT_UNIFORM: Self = Self::scaled(1.0, Fan::Average, Distribution::Uniform);
    /// Variance 2/fan in, truncated as in JAX: for ReLU (He et al. 2015).
    pub const HE_NORMAL: Self = Self::scaled(2.0, Fan::In, Distribution::Truncated);
    /// Variance 2/fan in, even: PyTorch's `kaiming_uniform_`.
    pub const HE_UNIFORM: Self = Self::scaled(2.0, Fan::In, Distribution::Uniform);
    /// Even between ±1/√(fan in): what PyTorch's `Linear` and `Conv2d` draw weights from.
    pub const TORCH: Self = Self::scaled(1.0 / 3.0, Fan::In, Distribution::Uniform);

    /// Those that model strings know, with their names.
    pub const NAMED: [(&str, Self); 8] = [
        ("lecun_normal", Self::LECUN_NORMAL),
        ("lecun_uniform", Self::LECUN_UNIFORM),
        ("glorot_normal", Self::GLOROT_NORMAL),
        ("glorot_uniform", Self::GLOROT_UNIFORM),
        ("he_normal", Self::HE_NORMAL),
        ("he_uniform", Self::HE_UNIFORM),
        ("torch", Self::TORCH),
        ("orthogonal", Self::Orthogonal { gain: 1.0 }),
    ];

    const fn scaled(scale: f64, fan: Fan, distribution: Distribution) -> Self {
        Initializer::Scaled { scale, fan, distribution }
    }

    /// Fills an array of this shape. The same `seed` and `stream`, the array's number in its network, give the same bits.
    ///
    /// ```
    /// use thalweg_train::initializer::Initializer;
    ///
    /// let mut weight = vec![0.0; 512 * 784];
    /// Initializer::LECUN_NORMAL.fill(0, 0, &[512, 784], &mut weight);
    /// let square: f64 = weight.iter().map(|&w| f64::from(w) * f64::from(w)).sum();
    /// assert!((square / 512.0 - 1.0).abs() < 0.01);
    /// ```
    pub fn fill(self, seed: u64, stream: u64, shape: &[usize], array: &mut [f32]) {
        let mut random = Random::new(seed, stream);
        match self {
            Initializer::Constant(value) => array.fill(value as f32),
            Initializer::Normal { std } => random.normal(std, array),
            Initializer::Uniform { limit } => random.uniform(limit, array),
            Initializer::Scaled { scale, fan, distribution } => {
                let [inputs, outputs] = fans(shape);
                let connected = match fan {
                    Fan::In => inputs,
                    Fan::Out => outputs,
                    Fan::Average => f64::midpoint(inputs, outputs),
                };
                let std = (scale / connected.max(1.0)).sqrt();
                match distribution {
                    Distribution::Normal => random.normal(std, array),
                    Distribution::Truncated => random.truncated(std / TRUNCATED_STD, array),
                    Distribution::Uniform => random.uniform(3.0_f64.sqrt() * std, array),
                }
            }
            Initializer::Orthogonal { gain } => orthogonal(&mut random, gain, shape, array),
        }
    }
}

/// The standard deviation of a normal number that is drawn again beyond ±2:
/// √(1 − 4·φ(2)/(Φ(2) − Φ(−2))).
const TRUNCATED_STD: f64 = 0.879_625_661_034_239_8;

/// The numbers of inputs and outputs that an array connects.
fn fans(shape: &[usize]) -> [f64; 2] {
    match *shape {
        [] => [1.0; 2],
        [length] => [length as f64; 2],
        [outputs, inputs, ref window @ ..] => {
            let places: usize = window.iter().product();
            [(inputs * places) as f64, (outputs * places) as f64]
        }
    }
}

struct Random {
    generator: ChaCha8Rng,
    /// The second of two normal numbers that came together.
    spare: Option<f64>,
}

impl Random {
    fn new(seed: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(b"initial ");
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(stream);
        Random { generator, spare: None }
    }

    /// Even in [0, 1), of 53 bits.
    fn unit(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal, of variance 1, two at a time (Box and Muller 1958).
    fn standard(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        let (sine, cosine) = libm::sincos(std::f64::consts::TAU * self.unit());
        self.spare = Some(radius * sine);
        radius * cosine
    }

    fn normal(&mut self, std: f64, array: &mut [f32]) {
        for x in array {
            *x = (std * self.standard()) as f32;
        }
    }

    fn truncated(&mut self, std: f64, array: &mut [f32]) {
        for x in array {
            let mut z = self.standard();
            while z.abs() > 2.0 {
                z = self.standard();
            }
            *x = (std * z) as f32;
        }
    }

    fn uniform(&mut self, limit: f64, array: &mut [f32]) {
        for x in array {
            *x = (limit * (2.0 * self.unit() - 1.0)) as f32;
        }
    }
}

/// Normal vectors made orthonormal one after the other (Gram and Schmidt): the rows, or the columns if there are fewer of them.
fn orthogonal(random: &mut Random, gain: f64, shape: &[usize], array: &mut [f32]) {
    let rows = shape.first().copied().unwrap_or(1);
    let columns = array.len() / rows.max(1);
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut vectors: Vec<f64> = (0..count * length).map(|_| random.standard()).collect();
    for k in 0..count {
        let (before, rest) = vectors.split_at_mut(k * length);
        let vector = &mut rest[..length];
        // Once more takes away what rounding has left (Giraud et al. 2005).
        for _ in 0..2 {
            for other in before.chunks_exact(length) {
                let along = dot(other, vector);
                vector.iter_mut().zip(other).for_each(|(x, other)| *x -= along * other);
            }
        }
        let norm = libm::sqrt(dot(vector, vector));
        for x in vector {
            *x /= norm;
        }
    }
    for (i, x) in array.iter_mut().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let entry = if rows <= columns { i } else { column * length + row };
        *x = (gain * vectors[entry]) as f32;
    }
}

/// In eight sums side by side, always the same.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.chunks(8), b.chunks(8));
    for (a, b) in a.zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum()
}
