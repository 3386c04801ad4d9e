//! How fast the machine changes numbers in place: several vectors, `x ← a · x`, and the same with one more that is only read,
//! `x ← a · x + b · g`: the traffic of a rule, and nothing else.

use std::array::from_fn;
use std::convert::Infallible;
use std::hint::black_box;

use thalweg_bench::flat::{start, steps};
use thalweg_bench::{Measurement, time};

/// Numbers below which a second thread is not worth waking.
const THREADS_FROM: usize = 256 * 1024;

/// A thread's part begins at a multiple of this many numbers, a cache line.
const LINE: usize = 16;

/// The vectors that are changed, of which some may be empty, and the one that is only read, or an empty one.
type Streams<'a> = ([&'a mut [f32]; 4], &'a [f32]);

/// The loop over the first `K` vectors.
#[inline(always)]
fn change<const K: usize, const READS: bool>(to: [&mut [f32]; 4], from: &[f32], a: f32, b: f32) {
    let n = to[0].len();
    let mut to = to;
    for x in to.iter_mut().take(K) {
        *x = &mut std::mem::take(x)[..n];
    }
    let from = &from[..if READS { n } else { 0 }];
    for i in 0..n {
        for x in to.iter_mut().take(K) {
            x[i] = if READS { x[i].mul_add(a, b * from[i]) } else { a * x[i] };
        }
    }
}

/// The compiler knows of a function's own arguments that they do not overlap.
macro_rules! compiled {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[inline(never)]
        #[expect(clippy::too_many_arguments, reason = "each vector is an argument, see above")]
        fn $name<const K: usize, const READS: bool>(
            x: &mut [f32],
            y: &mut [f32],
            z: &mut [f32],
            w: &mut [f32],
            from: &[f32],
            a: f32,
            b: f32,
        ) {
            change::<K, READS>([x, y, z, w], from, a, b);
        }
    };
}
#[cfg(target_arch = "x86_64")]
compiled!(
    #[target_feature(enable = "avx512f,fma")]
    avx512
);
#[cfg(target_arch = "x86_64")]
compiled!(
    #[target_feature(enable = "avx2,fma")]
    avx2
);
compiled!(baseline);

fn run<const K: usize, const READS: bool>((to, from): Streams<'_>, a: f32, b: f32) {
    let [x, y, z, w] = to;
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("fma") {
        // SAFETY: the features have just been found.
        return unsafe { avx512::<K, READS>(x, y, z, w, from, a, b) };
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: as above.
        return unsafe { avx2::<K, READS>(x, y, z, w, from, a, b) };
    }
    baseline::<K, READS>(x, y, z, w, from, a, b);
}

/// The loop over parts of at most `share` numbers, on several threads if there are several parts.
fn split<const K: usize, const READS: bool>((to, from): Streams<'_>, share: usize, a: f32, b: f32) {
    let n = to[0].len();
    if n <= share {
        return run::<K, READS>((to, from), a, b);
    }
    let middle = n.div_ceil(share) / 2 * share;
    let mut upper: [&mut [f32]; 4] = from_fn(|_| -> &mut [f32] { &mut [] });
    let mut places = upper.iter_mut();
    let lower = to.map(|x| {
        let (low, high) = x.split_at_mut(middle.min(x.len()));
        if let Some(place) = places.next() {
            *place = high;
        }
        low
    });
    let (low, high) = from.split_at(middle.min(from.len()));
    let (low, high) = ((lower, low), (upper, high));
    rayon::join(|| split::<K, READS>(low, share, a, b), || split::<K, READS>(high, share, a, b));
}

/// The shortest time in which `K` vectors are changed, of the ways to share them among the threads.
fn seconds<const K: usize, const READS: bool>(n: usize) -> f64 {
    let mut vectors: [Vec<f32>; 4] = from_fn(|k| if k < K { start(n) } else { Vec::new() });
    let from = if READS { start(n) } else { Vec::new() };
    let threads = rayon::current_num_threads();
    let shares = match threads > 1 && n >= THREADS_FROM {
        true => &[n.div_ceil(threads).next_multiple_of(LINE), 128 * 1024, 32 * 1024][..],
        false => &[n],
    };
    let of_share = |&share: &usize| {
        let run = || {
            for _ in 0..steps(n) {
                let (a, b) = black_box((1.0, 0.0));
                let to = vectors.each_mut().map(Vec::as_mut_slice);
                split::<K, READS>((to, &from), share, a, b);
            }
            Ok::<_, Infallible>(())
        };
        time(run).map_or_else(|never| match never {}, |(seconds, ())| seconds)
    };
    shares.iter().map(of_share).fold(f64::INFINITY, f64::min)
}

/// The shortest times in which 2, 3, … 9 numbers are read or written at each place.
const KERNELS: [fn(usize) -> f64; 8] = [
    seconds::<1, false>,
    seconds::<1, true>,
    seconds::<2, false>,
    seconds::<2, true>,
    seconds::<3, false>,
    seconds::<3, true>,
    seconds::<4, false>,
    seconds::<4, true>,
];

/// The shortest time in which `moved` numbers are read or written at each of `n` places.
pub(crate) fn floor(n: usize, moved: usize) -> Option<f64> {
    KERNELS.get(moved.checked_sub(2)?).map(|seconds| seconds(n))
}

/// Prints the time of `x ← a · x`.
pub(crate) fn measure(n: usize) {
    let (seconds, steps) = (seconds::<1, false>(n), steps(n));
    Measurement { peer: "machine", case: "x ← a · x", n, steps, seconds, check: &[], floor: None }.print();
}
