//! Splitting a pass over the cores in fixed ranges, so that results never depend on the number of threads, and asking memory ahead.

use std::ops::Range;

use super::state::Shared;

/// Fewer elements than this are done sooner by one thread.
const THREADS_FROM: usize = 256 * 1024;

/// Elements handed to a thread at a time.
const SHARE: usize = 32 * 1024;

/// Bytes that a pass goes through from which on it waits for memory. What a cache holds comes in time without being asked for.
const FAR_FROM: usize = 64 * 1024 * 1024;

/// Bytes that memory hands over at a time.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// Where a pass that only reads goes forward at a time.
const PLACES: usize = 4;

/// Bytes of a vector that are worked on between two questions to memory: few, that it always has something to do.
const STRETCH: usize = 256;

/// How many bytes ahead of the work memory is asked.
const AHEAD: usize = 2048;

/// Whether a pass over so many vectors of a size must wait for memory.
#[inline(always)]
pub(crate) fn far<F>(size: usize, vectors: usize) -> bool {
    size >= FAR_FROM / (vectors * size_of::<F>())
}

/// Elements that a loop does before it asks memory again, if it must.
pub(crate) const fn stretch<F>() -> usize {
    STRETCH / size_of::<F>()
}

/// Asks for what will be worked on somewhat after a stretch of a vector.
#[inline(always)]
pub(crate) fn ask_ahead<F>(stretch: &[F]) {
    fetch_behind(stretch, AHEAD / size_of::<F>());
}

/// Copies a part of a vector, which is asked for ahead if it is in memory.
pub(crate) fn copy<F: Copy>(far: bool, from: &[F], to: &mut [F]) {
    if !far {
        return to.copy_from_slice(from);
    }
    for (from, to) in from.chunks(stretch::<F>()).zip(to.chunks_mut(stretch::<F>())) {
        ask_ahead(from);
        to.copy_from_slice(from);
    }
}

/// Asks for what lies so many elements behind a vector, to be in the first-level cache soon; nothing has to be there.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_in_turn_are_whole_and_cover_a_range_once() {
        for (start, end) in [(0, 0), (0, 5), (8, 8 + 4 * 7), (16, 16 + 4 * 20 + 3)] {
            let mut seen = vec![0; end];
            in_turn(start..end, 4, |block| {
                assert!(block.start.is_multiple_of(4) && (block.len() == 4 || block.end == end));
                seen[block].iter_mut().for_each(|seen| *seen += 1);
            });
            assert!(
                seen[start..].iter().all(|&seen| seen == 1) && seen[..start].iter().all(|&seen| seen == 0)
            );
        }
    }
}
