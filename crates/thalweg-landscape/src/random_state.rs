//! [`RandomState`]: the generator behind NumPy's `np.random.seed`, number for number.

/// Words of the Mersenne Twister's state.
const WORDS: usize = 624;
/// How far apart the words are that make a new one.
const SHIFT: usize = 397;

/// NumPy's legacy generator: MT19937 with 53-bit uniforms and Gaussians by the polar method.
///
/// It is here to reproduce published landscapes and starting points that were drawn with `np.random`, and for nothing
/// else: new work is better served by a modern generator.
///
/// The Gaussians use the logarithm of the platform; another platform's may change their last bit.
///
/// Sources: Matsumoto and Nishimura, *Mersenne Twister*, ACM TOMACS 8 (1998); Marsaglia and Bray, *A convenient method for
/// generating normal variables*, SIAM Review 6 (1964).
///
/// ```
/// use thalweg_landscape::RandomState;
///
/// // np.random.seed(0); np.random.random()
/// assert_eq!(RandomState::seed(0).random(), 0.5488135039273248);
/// ```
#[derive(Debug, Clone)]
pub struct RandomState {
    words: [u32; WORDS],
    /// The next word to hand out; at the end, all are renewed first.
    next: usize,
    /// The second Gaussian of the last pair.
    spare: Option<f64>,
}

impl RandomState {
    /// The state after `np.random.seed(seed)`.
    pub fn seed(seed: u32) -> Self {
        let mut words = [seed; WORDS];
        for i in 1..WORDS {
            let before = words[i - 1];
            words[i] = 1_812_433_253_u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(i as u32);
        }
        RandomState { words, next: WORDS, spare: None }
    }

    /// Uniform on [0, 1), as `np.random.random()` and `np.random.rand()`.
    pub fn random(&mut self) -> f64 {
        let high = f64::from(self.word() >> 5);
        let low = f64::from(self.word() >> 6);
        (high * 2_f64.powi(26) + low) / 2_f64.powi(53)
    }

    /// Standard normal, as `np.random.randn()`.
    pub fn randn(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let a = 2.0 * self.random() - 1.0;
            let b = 2.0 * self.random() - 1.0;
            let square = a * a + b * b;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(factor * a);
                return factor * b;
            }
        }
    }

    /// `count` numbers uniform on [low, high), as `np.random.uniform(low, high, count)`.
    ///
    /// An array of any shape holds the same numbers, the last axis running fastest: 100 starts in a square, two numbers each,
    /// are
    ///
    /// ```
    /// use thalweg_landscape::RandomState;
    ///
    /// // np.random.seed(0); 6 * np.random.random(size=(100, 2)) - 3
    /// let starts = RandomState::seed(0).uniform(-3.0, 3.0, 200);
    /// assert_eq!(starts[..2], [0.2928810235639485, 1.2911361982345166]);
    /// assert_eq!(starts.chunks(2).count(), 100);
    /// ```
    pub fn uniform(&mut self, low: f64, high: f64, count: usize) -> Vec<f64> {
        (0..count).map(|_| low + (high - low) * self.random()).collect()
    }

    fn word(&mut self) -> u32 {
        if self.next == WORDS {
            self.renew();
        }
        let mut y = self.words[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn renew(&mut self) {
        for i in 0..WORDS {
            let y = (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % WORDS] & 0x7fff_ffff);
            let twist = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[i] = self.words[(i + SHIFT) % WORDS] ^ (y >> 1) ^ twist;
        }
        self.next = 0;
    }
}

/// The sum as `np.sum` rounds it: eight running sums in a block, blocks halved pairwise.
pub(crate) fn numpy_sum(numbers: &[f64]) -> f64 {
    let n = numbers.len();
    if n > 128 {
        let half = n / 2 - n / 2 % 8;
        return numpy_sum(&numbers[..half]) + numpy_sum(&numbers[half..]);
    }
    let (eights, rest) = numbers.as_chunks::<8>();
    let Some((first, others)) = eights.split_first() else { return rest.iter().sum() };
    let mut r = *first;
    for eight in others {
        for (sum, number) in r.iter_mut().zip(eight) {
            *sum += number;
        }
    }
    let sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    rest.iter().fold(sum, |sum, number| sum + number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_round_as_numpy_2_4_6_does() {
        let sums = [
            (3, 1.2946363130549652),
            (7, 4.035707336952881),
            (8, 4.107758470312643),
            (9, 4.376197450414514),
            (20, 9.62528015318441),
            (130, 66.38587585924793),
            (300, 147.3483044106676),
        ];
        for (n, sum) in sums {
            let numbers = RandomState::seed(7).uniform(0.0, 1.0, n);
            assert_eq!(numpy_sum(&numbers), sum, "{n} numbers");
        }
    }
}
