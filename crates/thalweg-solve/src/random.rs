//! Randomness by counting: every number is a pure function of a seed and of what it is for.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011). The key is
//! the seed; the counter says which start, which step, which component, so results depend neither on the number of threads
//! nor on which starts run together. Logarithm, sine and cosine are `libm`'s, the same bits on every machine.

/// What a stream of random numbers is for; streams never overlap.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Noise = 0,
    Starts = 1,
    Batches = 2,
    Directions = 3,
}

/// Philox4x32 with ten rounds.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        let a = u64::from(counter[0]) * 0xD251_1F53;
        let b = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
    }
    counter
}

/// Two random 64-bit words. `index` (a start, an epoch) and `step` use 48 bits each, `block` 30.
pub(crate) fn words(seed: u64, purpose: Purpose, index: u64, step: u64, block: u32) -> [u64; 2] {
    let counter = [
        (block << 2) | purpose as u32,
        step as u32,
        index as u32,
        ((step >> 32) as u32 & 0xFFFF) << 16 | ((index >> 32) as u32 & 0xFFFF),
    ];
    let [a, b, c, d] = philox(counter, [seed as u32, (seed >> 32) as u32]);
    [u64::from(a) << 32 | u64::from(b), u64::from(c) << 32 | u64::from(d)]
}

/// Uniform in [0, 1): the upper 53 bits.
pub(crate) fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// Uniform in 0..n by the upper half of a product; the bias is below n/2⁶⁴.
pub(crate) fn below(word: u64, n: usize) -> usize {
    ((u128::from(word) * n as u128) >> 64) as usize
}

/// Two independent standard normal numbers (Box and Muller, 1958).
pub(crate) fn normals(words: [u64; 2]) -> [f64; 2] {
    let radius = (-2.0 * libm::log(1.0 - unit(words[0]))).sqrt();
    let angle = std::f64::consts::TAU * unit(words[1]);
    [radius * libm::cos(angle), radius * libm::sin(angle)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_matches_the_known_answers_of_random123() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(
            philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    #[test]
    fn normals_have_the_moments_of_the_standard_normal_distribution() {
        let n = 200_000;
        let (mut sums, mut count) = ([0.0; 4], 0.0);
        for i in 0..n {
            for z in normals(words(7, Purpose::Noise, i, 3, 0)) {
                for (k, sum) in sums.iter_mut().enumerate() {
                    *sum += z.powi(k as i32 + 1);
                }
                count += 1.0;
            }
        }
        // Moments 0, 1, 0, 3 of the normal distribution; the tolerances are five standard errors.
        for ((sum, moment), variance) in sums.iter().zip([0.0, 1.0, 0.0, 3.0]).zip([1.0, 2.0, 15.0, 96.0_f64])
        {
            assert!((sum / count - moment).abs() < 5.0 * (variance / count).sqrt());
        }
    }

    #[test]
    fn whole_numbers_stay_below_their_limit() {
        assert_eq!(below(u64::MAX, 10), 9);
        assert_eq!(below(0, 10), 0);
        assert_eq!(below(u64::MAX, 1), 0);
    }
}
