//! [`Aligned`]: numbers that begin at the start of a cache line.

use std::ops::{Deref, DerefMut};

/// A cache line, and the widest register: in bytes.
pub(super) const LINE: usize = 64;

/// A fixed number of numbers, the first of them at an address divisible by [`LINE`].
///
/// The vector is a line longer than needed; `start` is its first element on a line boundary. A clone has its own
/// address, so its own `start`.
#[derive(Debug)]
pub(super) struct Aligned<F> {
    padded: Vec<F>,
    start: usize,
    len: usize,
}

impl<F: Copy + Default> Aligned<F> {
    pub(super) fn zeros(len: usize) -> Self {
        let padding = (LINE / size_of::<F>().max(1)).saturating_sub(1);
        let padded = vec![F::default(); len + padding];
        // A target whose numbers are aligned to less than their size may have no element on a boundary.
        let start = padded.as_ptr().align_offset(LINE).min(padding);
        Aligned { padded, start, len }
    }
}

impl<F: Copy + Default> Clone for Aligned<F> {
    fn clone(&self) -> Self {
        let mut copy = Aligned::zeros(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl<F> Deref for Aligned<F> {
    type Target = [F];

    fn deref(&self) -> &[F] {
        &self.padded[self.start..self.start + self.len]
    }
}

impl<F> DerefMut for Aligned<F> {
    fn deref_mut(&mut self) -> &mut [F] {
        &mut self.padded[self.start..self.start + self.len]
    }
}
