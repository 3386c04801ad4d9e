//! Uniform random numbers from a counter: Philox4x32-10.
//!
//! A draw depends on its key, its stream and its place alone (Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as
//! 1, 2, 3*, 2011). Each place has 64 random bits, of which a number keeps the highest it has room for: an `f32` draw is the
//! `f64` draw rounded down.

use super::split::{Nothing, split};
use crate::error::FunctionError;
use crate::execute::Float;
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;

/// Blocks computed side by side.
const BLOCKS: usize = 16;

/// The random bits for `N` counters, word by word, and a key.
#[inline(always)]
pub(super) fn philox<const N: usize>(mut counters: [[u32; N]; 4], mut key: [u32; 2]) -> [[u32; N]; 4] {
    for _ in 0..10 {
        let [c0, c1, c2, c3] = &mut counters;
        for lane in 0..N {
            let first = u64::from(c0[lane]) * 0xD251_1F53;
            let second = u64::from(c2[lane]) * 0xCD9E_8D57;
            c0[lane] = (second >> 32) as u32 ^ c1[lane] ^ key[0];
            c1[lane] = second as u32;
            c2[lane] = (first >> 32) as u32 ^ c3[lane] ^ key[1];
            c3[lane] = first as u32;
        }
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counters
}

/// Draws for each key, one after the other: block `i` of a key's draws has two.
pub(super) fn fill<F: Float>(
    keys: &[F],
    stream: u32,
    y: &mut [F],
    threads: usize,
) -> Result<(), FunctionError> {
    if keys.is_empty() {
        return Ok(());
    }
    let each = y.len() / keys.len();
    let mut none: Nothing = [(); 1 << 10];
    let work = y.len().saturating_mul(10);
    split(y, 1, work, threads, &mut none, |first, part, ()| {
        let mut rest = part;
        let mut next = first;
        while !rest.is_empty() {
            let start = next % each;
            let key = whole(keys[next / each])?;
            let (y, others) = rest.split_at_mut((each - start).min(rest.len()));
            next += y.len();
            rest = others;
            F::dispatch(Isa::detect(), Draws { key, stream, start, y });
        }
        Ok(())
    })
}

/// The draws of a key from the place `start` on.
struct Draws<'a, F> {
    key: u64,
    stream: u32,
    start: usize,
    y: &'a mut [F],
}

impl<F: Float> WithLanes<F> for Draws<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Draws { key, stream, start, y } = self;
        let bits: u32 = if size_of::<F>() == 4 { 24 } else { 53 };
        let unit = 1.0 / (1_u64 << bits) as f64;
        let end = start + y.len();
        let mut place = start;
        while place < end {
            let first = place / 2;
            let counter = |shift: u32| std::array::from_fn(|k| ((first + k) as u64 >> shift) as u32);
            let counters = [counter(0), counter(32), [stream; BLOCKS], [0; BLOCKS]];
            let words = philox(counters, [key as u32, (key >> 32) as u32]);
            let stop = end.min(2 * (first + BLOCKS));
            for (place, y) in (place..stop).zip(&mut y[place - start..]) {
                let (block, half) = (place / 2 - first, place % 2 * 2);
                let draw = u64::from(words[half + 1][block]) << 32 | u64::from(words[half][block]);
                *y = F::from_f64((draw >> (64 - bits)) as f64 * unit);
            }
            place = stop;
        }
    }
}

/// The whole number as the bits of a key.
fn whole<F: Float>(key: F) -> Result<u64, FunctionError> {
    let number = key.to_f64();
    let key = number as i64;
    // 2⁶³ is one more than the largest, which it would become.
    if key as f64 == number && number < 9_223_372_036_854_775_808.0 {
        Ok(key as u64)
    } else {
        Err(FunctionError::Key { operation: "uniform", key: number })
    }
}
