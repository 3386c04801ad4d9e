//! Sharing work among threads.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `work(0)` to `work(threads − 1)`, at the same time where possible, and returns when all are done.
pub(super) fn on_each(threads: usize, work: impl Fn(usize) + Sync + Send) {
    #[cfg(feature = "threads")]
    if threads > 1 {
        use rayon::prelude::*;
        (0..threads).into_par_iter().with_max_len(1).for_each(&work);
        return;
    }
    (0..threads).for_each(work);
}

/// Calls `work` with parts of `0..len` that begin at multiples of `step`, one for each thread.
pub(super) fn on_parts(threads: usize, len: usize, step: usize, work: impl Fn(Range<usize>) + Sync + Send) {
    let share = len.div_ceil(threads).next_multiple_of(step);
    on_each(threads, |t| {
        let part = (t * share).min(len)..((t + 1) * share).min(len);
        if !part.is_empty() {
            work(part);
        }
    });
}

/// A number of pieces of work, taken one after the other by whichever thread is free.
#[derive(Default)]
pub(super) struct Queue {
    taken: AtomicUsize,
    done: AtomicUsize,
}

impl Queue {
    /// The next piece below `end` that nobody has taken; [`Queue::finish`] must follow.
    #[inline(always)]
    pub(super) fn take(&self, end: usize) -> Option<usize> {
        let next = |taken| (taken < end).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()
    }

    /// Tells those who wait that a piece is done.
    #[inline(always)]
    pub(super) fn finish(&self) {
        self.done.fetch_add(1, Ordering::Release);
    }

    /// Waits until `end` pieces are done. Taken pieces are being worked on, so the wait is short, and ends even if no more
    /// threads ever come to help.
    #[inline(always)]
    pub(super) fn wait(&self, end: usize) {
        let mut turns = 0_u32;
        while self.done.load(Ordering::Acquire) < end {
            turns += 1;
            if turns.is_multiple_of(1 << 12) {
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        }
    }
}
