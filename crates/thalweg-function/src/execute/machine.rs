//! [`Machine`]: what this machine can do at best, measured.

use std::sync::OnceLock;
use std::time::Instant;

use super::Float;
use super::memory::Aligned;
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;
use crate::product::half_peak;

/// Peak and bandwidth of one core.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    /// Operations a second on `f32` and on `f64`.
    flops: [f64; 2],
    /// (bytes moved, bytes a second) of a pass that reads one array and writes another, by rising size.
    bandwidth: Vec<(f64, f64)>,
}

impl Machine {
    /// This machine, measured the first time that somebody asks: the best of several short runs each.
    pub(super) fn measured() -> &'static Self {
        static MACHINE: OnceLock<Machine> = OnceLock::new();
        MACHINE.get_or_init(|| {
            if cfg!(target_family = "wasm") {
                // There is no clock: nothing is known, the floor is 0.
                return Machine { flops: [f64::INFINITY; 2], bandwidth: Vec::new() };
            }
            Machine {
                flops: [peak::<f32>(), peak::<f64>()],
                bandwidth: [1 << 15, 1 << 18, 1 << 20, 1 << 23, 1 << 26].map(moved).to_vec(),
            }
        })
    }

    /// Operations a second of one core on numbers of `width` bytes.
    pub(super) fn flops(&self, width: usize) -> f64 {
        self.flops[usize::from(width == 8)]
    }

    /// Operations a second of one core on products of numbers rounded to bf16, measured the first time that somebody asks.
    pub(super) fn bf16_flops() -> f64 {
        static PEAK: OnceLock<f64> = OnceLock::new();
        let single = || Self::measured().flops(size_of::<f32>());
        *PEAK.get_or_init(|| half_peak().map_or_else(single, |peak| peak.max(single())))
    }

    /// Bytes a second for a step that moves so many bytes. Threads have caches of their own, and share what lies beyond.
    pub(super) fn bandwidth(&self, bytes: f64, threads: usize) -> f64 {
        let share = bytes / threads as f64;
        let measured = self.bandwidth.iter().find(|(size, _)| share <= *size).or(self.bandwidth.last());
        measured.map_or(f64::INFINITY, |&(_, speed)| speed * threads as f64)
    }
}

fn best(mut seconds: impl FnMut() -> f64) -> f64 {
    (0..5).map(|_| seconds()).fold(f64::INFINITY, f64::min)
}

/// Chains of `mul_add` in registers.
struct Chains(usize);

impl<F: Float> WithLanes<F> for Chains {
    type Output = f64;

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) -> f64 {
        const COUNT: usize = 12;
        let factor = V::splat(std::hint::black_box(0.999));
        let term = V::splat(std::hint::black_box(0.001));
        let mut x = [V::splat(0.5); COUNT];
        let start = Instant::now();
        for _ in 0..self.0 {
            for x in &mut x {
                *x = x.mul_add(factor, term);
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        std::hint::black_box(x.map(|x| V::any(x.lt(term))));
        (2 * COUNT * V::WIDTH * self.0) as f64 / seconds
    }
}

fn peak<F: Float>() -> f64 {
    1.0 / best(|| 1.0 / F::dispatch(Isa::detect(), Chains(100_000)))
}

/// The bandwidth of copying, for this many bytes read and written.
fn moved(bytes: usize) -> (f64, f64) {
    let count = bytes / 16;
    let (from, to) = (Aligned::<f64>::zeros(count), Aligned::<f64>::zeros(count));
    let (Some(mut from), Some(mut to)) = (from, to) else { return (bytes as f64, f64::INFINITY) };
    let times = (1_usize << 22).div_ceil(bytes);
    let seconds = best(|| {
        let start = Instant::now();
        for _ in 0..times {
            std::hint::black_box(to.as_mut_slice())
                .copy_from_slice(std::hint::black_box(from.as_mut_slice()));
        }
        start.elapsed().as_secs_f64() / times as f64
    });
    (bytes as f64, bytes as f64 / seconds)
}
