//! Splitting a pass over the cores: fixed ranges, so that results never depend on the number of threads.

use std::ops::Range;

use super::state::Shared;

/// Fewer elements than this are done sooner by one thread.
const THREADS_FROM: usize = 256 * 1024;

/// Elements handed to a thread at a time.
const SHARE: usize = 32 * 1024;

/// Whether a vector is long enough, and cores are there, to split a pass over it.
#[inline(always)]
pub(crate) fn pay(size: usize) -> bool {
    size >= THREADS_FROM && available()
}

#[cfg(feature = "threads")]
#[cold]
fn available() -> bool {
    rayon::current_num_threads() > 1
}

#[cfg(not(feature = "threads"))]
fn available() -> bool {
    false
}

/// Does the work for every part of the range, each part once, on several threads.
pub(crate) fn split(range: Range<usize>, work: &(dyn Fn(Range<usize>) + Sync)) {
    let shares = range.len().div_ceil(SHARE);
    if shares <= 1 {
        return work(range);
    }
    let middle = range.start + shares / 2 * SHARE;
    both(true, || split(range.start..middle, work), || split(middle..range.end, work));
}

/// Two pieces of work, on two threads if that pays.
pub(crate) fn both<A: Send, B: Send>(
    pays: bool,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    #[cfg(feature = "threads")]
    if pays {
        return rayon::join(a, b);
    }
    let _ = pays;
    (a(), b())
}

/// Works on two vectors of the same length together, in shares if that pays.
pub(crate) fn together<F: Send + Sync>(to: &mut [F], from: &[F], work: impl Fn(&mut [F], &[F]) + Sync) {
    if !pay(from.len()) {
        return work(to, from);
    }
    let to = Shared::new(to);
    // SAFETY: `split` hands out disjoint ranges.
    split(0..from.len(), &|range| work(unsafe { to.slice(range.clone()) }, &from[range]));
}
