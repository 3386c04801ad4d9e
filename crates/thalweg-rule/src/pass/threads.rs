//! Splitting a pass: over the cores in fixed ranges, so that results never depend on the number of threads, and each core's part in
//! blocks, so that memory is asked for the next one while one is worked on.

use std::ops::Range;

use super::state::Shared;

/// Fewer elements than this are done sooner by one thread.
const THREADS_FROM: usize = 256 * 1024;

/// Elements handed to a thread at a time.
pub(crate) const SHARE: usize = 32 * 1024;

/// Bytes that a pass goes through from which on it waits for memory. What a cache holds comes in time without being asked for, and
/// short blocks only cost.
const FAR_FROM: usize = 64 * 1024 * 1024;

/// Bytes that memory hands over at a time.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Where a pass that only reads goes forward at a time.
const PLACES: usize = 4;

/// Elements that are worked on while the next ones come: with all their vectors they leave the first-level cache room for those.
/// Without a way to ask ahead, blocks are as long as any.
const NEAR: usize = if cfg!(target_arch = "x86_64") { 256 } else { super::BLOCK };

/// Whether a pass over so many vectors of a size must wait for memory.
#[inline(always)]
pub(crate) fn far<F>(size: usize, vectors: usize) -> bool {
    size >= FAR_FROM / (vectors * size_of::<F>())
}

/// Asks for a vector, to be in the first-level cache soon.
#[inline(always)]
pub(crate) fn fetch<F>(vector: &[F]) {
    fetch_behind(vector, 0);
}

/// Asks for what lies so many elements behind a vector; nothing has to be there.
#[inline(always)]
pub(crate) fn fetch_behind<F>(vector: &[F], elements: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in vector.chunks(LINE / size_of::<F>()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 processor has the instruction, it takes any address, and it changes nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().wrapping_add(elements).cast()) };
    }
    let _ = (vector, elements);
}

/// Goes through a range in blocks, not in order but at several places in turn: memory hands over more that way.
pub(crate) fn in_turn(range: Range<usize>, length: usize, mut work: impl FnMut(Range<usize>)) {
    let stretch = range.len() / PLACES / length * length;
    let mut block = |at: usize| work(at..range.end.min(at + length));
    for at in (0..stretch).step_by(length) {
        (0..PLACES).for_each(|place| block(range.start + place * stretch + at));
    }
    (range.start + PLACES * stretch..range.end).step_by(length).for_each(block);
}

/// Works on a range block by block. Those of a far vector are short, and each time the next one is asked for first; others have the
/// length that is given.
#[inline(always)]
pub(crate) fn blocks(
    range: Range<usize>,
    far: bool,
    length: usize,
    ask: impl Fn(Range<usize>),
    mut work: impl FnMut(Range<usize>),
) {
    let length = if far { NEAR } else { length };
    let end = range.end;
    for at in range.step_by(length) {
        let next = end.min(at + length);
        if far {
            ask(next..end.min(next + length));
        }
        work(at..next);
    }
}

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

/// Does the work for everything up to a size, on several threads if that pays.
pub(crate) fn cover(size: usize, work: &(dyn Fn(Range<usize>) + Sync)) {
    if pay(size) { split(0..size, work) } else { work(0..size) }
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
