//! Between bfloat16 and `f32`: integer arithmetic on the bits, in shares for the threads.

use half::bf16;

use crate::pass::both;
use crate::random::philox;

/// Fewer elements than this are done sooner by one thread.
const THREADS_FROM: usize = 256 * 1024;

/// Elements handed to a thread at a time, a multiple of [`GROUP`].
const SHARE: usize = 32 * 1024;

/// Counters of random words that are encrypted side by side.
const ABREAST: usize = 16;

/// Elements that these words serve: eight for each counter, with 16 bits each.
const GROUP: usize = 8 * ABREAST;

/// `to = from`, exactly: a bfloat16 is the upper half of an `f32`.
pub(super) fn widen(from: &[bf16], to: &mut [f32]) {
    convert(from, to, &|_, from, to| {
        for (to, from) in to.iter_mut().zip(from) {
            *to = f32::from_bits(u32::from(from.to_bits()) << 16);
        }
    });
}

/// `to` is the nearest to `from`, of two equally near the even one.
pub(super) fn round_to_nearest(from: &[f32], to: &mut [bf16]) {
    convert(from, to, &|_, from, to| {
        for (to, from) in to.iter_mut().zip(from) {
            let bits = from.to_bits();
            // A carry out of the fraction raises the exponent, as it should, up to infinity.
            let up = 0x7FFF + (bits >> 16 & 1);
            *to = upper_half(bits, up);
        }
    });
}

/// `to` is one of the two next to `from`, the upper with the probability that makes the mean `from`.
pub(super) fn round_at_random(coins: Coins, from: &[f32], to: &mut [bf16]) {
    convert(from, to, &|first, from, to| {
        let groups = to.chunks_mut(GROUP).zip(from.chunks(GROUP));
        for (group, (to, from)) in (first / GROUP..).zip(groups) {
            let words = coins.words(group as u64);
            let rows = to.chunks_mut(ABREAST).zip(from.chunks(ABREAST));
            for (row, (to, from)) in rows.enumerate() {
                let shift = row % 2 * 16;
                for ((to, from), word) in to.iter_mut().zip(from).zip(&words[row / 2]) {
                    *to = upper_half(from.to_bits(), word >> shift & 0xFFFF);
                }
            }
        }
    });
}

/// The upper half of the bits after an addition to the lower half; NaN stays NaN.
#[inline(always)]
fn upper_half(bits: u32, add: u32) -> bf16 {
    const INFINITY: u32 = 0x7F80_0000;
    const QUIET: u32 = 0x0040;
    let nan = bits & 0x7FFF_FFFF > INFINITY;
    // Only for NaN can the sum be too large.
    let upper = if nan { bits >> 16 | QUIET } else { bits.wrapping_add(add) >> 16 };
    bf16::from_bits(upper as u16)
}

/// The random bits of one step: 16 for every element, as many as rounding drops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coins {
    key: [u32; 2],
}

impl Coins {
    /// Of a step of the run with this seed.
    pub(super) fn new(seed: u64, step: u64) -> Self {
        let halves = |number: u64| [number as u32, (number >> 32) as u32];
        let [low, high] = halves(step);
        // The 2 keeps them apart from the normal numbers and the signs of the same seed.
        let [a, b, _, _] = philox(halves(seed), [low, high, 2, 0]);
        Coins { key: [a, b] }
    }

    /// The words of a group of elements.
    #[inline(always)]
    fn words(self, group: u64) -> [[u32; ABREAST]; 4] {
        let mut words = [[0; ABREAST]; 4];
        let [a, b, c, d] = &mut words;
        let counters = group * ABREAST as u64..;
        for ((((counter, a), b), c), d) in counters.zip(a).zip(b).zip(c).zip(d) {
            [*a, *b, *c, *d] = philox(self.key, [counter as u32, (counter >> 32) as u32, 0, 0]);
        }
        words
    }
}

/// Converts in shares if that pays; the work is told at which element its share begins.
fn convert<A: Sync, B: Send>(from: &[A], to: &mut [B], work: &(impl Fn(usize, &[A], &mut [B]) + Sync)) {
    if to.len() < THREADS_FROM { work(0, from, to) } else { share(0, from, to, work) }
}

fn share<A: Sync, B: Send>(
    first: usize,
    from: &[A],
    to: &mut [B],
    work: &(impl Fn(usize, &[A], &mut [B]) + Sync),
) {
    let shares = to.len().div_ceil(SHARE);
    if shares <= 1 {
        return work(first, from, to);
    }
    let middle = shares / 2 * SHARE;
    let ((from, from_after), (to, to_after)) = (from.split_at(middle), to.split_at_mut(middle));
    both(true, || share(first, from, to, work), || share(first + middle, from_after, to_after, work));
}
