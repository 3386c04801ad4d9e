//! What a rule remembers: slots side by side in one aligned buffer, each laid out as the parameters are.

use std::marker::PhantomData;
use std::ops::Range;

use crate::transform::MAX_SLOTS;
use crate::{Real, RuleError};

/// Start and stride of the slots are multiples of this many bytes, a cache line.
const LINE: usize = 64;

/// The state slots of a range of parameters; those that a transform does not have are empty.
pub(crate) type Slots<'a, F> = [&'a mut [F]; MAX_SLOTS];

/// For loops without state.
#[inline(always)]
pub(crate) fn no_slots<'a, F>() -> Slots<'a, F> {
    std::array::from_fn(|_| -> &mut [F] { &mut [] })
}

/// The slots of a rule over `size` parameters.
#[derive(Debug)]
pub(crate) struct State<F> {
    buffer: Vec<F>,
    /// Where the first slot starts in the buffer: on a cache line. The buffer is never moved.
    start: usize,
    stride: usize,
    size: usize,
    slots: Vec<(&'static str, f64)>,
}

impl<F: Real> State<F> {
    /// Slots with a name and a starting value each.
    pub(crate) fn new(size: usize, slots: Vec<(&'static str, f64)>) -> Option<Self> {
        let per_line = LINE / size_of::<F>();
        let mut stride = size.checked_next_multiple_of(per_line)?;
        if stride.checked_mul(size_of::<F>())?.is_multiple_of(4096) {
            // Slots a multiple of 4096 bytes apart look alike to the store buffer, which then stalls loads.
            stride += 5 * per_line;
        }
        let length = stride.checked_mul(slots.len())?.checked_add(per_line)?;
        let bytes = length.checked_mul(size_of::<F>())?;
        if bytes > isize::MAX as usize {
            return None;
        }
        let buffer = if slots.is_empty() { Vec::new() } else { vec![F::default(); length] };
        let start = match buffer.as_ptr().align_offset(LINE) {
            offset if offset < per_line && !slots.is_empty() => offset,
            _ => 0,
        };
        let mut state = State { buffer, start, stride, size, slots };
        state.reset();
        Some(state)
    }

    /// Back to the starting values.
    pub(crate) fn reset(&mut self) {
        for slot in 0..self.slots.len() {
            let value = F::of(self.slots[slot].1);
            let at = self.start + slot * self.stride;
            self.buffer[at..at + self.size].fill(value);
        }
    }

    /// One slot.
    pub(crate) fn slot(&self, slot: usize) -> &[F] {
        let at = self.start + slot * self.stride;
        &self.buffer[at..at + self.size]
    }

    /// All slots with their names.
    pub(crate) fn named(&self) -> Vec<(&'static str, &[F])> {
        self.slots.iter().enumerate().map(|(slot, (name, _))| (*name, self.slot(slot))).collect()
    }

    /// What the slots hold before the first step.
    pub(crate) fn starts(&self) -> Vec<f64> {
        self.slots.iter().map(|(_, start)| *start).collect()
    }

    /// Overwrites all slots.
    pub(crate) fn restore(&mut self, saved: &[&[F]], dim: usize, lanes: usize) -> Result<(), RuleError> {
        if saved.len() != self.slots.len() {
            return Err(RuleError::Slots { found: saved.len(), expected: self.slots.len() });
        }
        for (saved, (name, _)) in saved.iter().zip(&self.slots) {
            if saved.len() != self.size {
                return Err(RuleError::Length { what: name, found: saved.len(), dim, lanes });
            }
        }
        for (slot, saved) in saved.iter().enumerate() {
            let at = self.start + slot * self.stride;
            self.buffer[at..at + self.size].copy_from_slice(saved);
        }
        Ok(())
    }

    /// The slots, to be handed out range by range.
    #[inline(always)]
    pub(crate) fn shared(&mut self) -> SharedState<'_, F> {
        let (stride, size, slots) = (self.stride, self.size, self.slots.len());
        SharedState { buffer: Shared::new(&mut self.buffer[self.start..]), stride, size, slots }
    }
}

/// Slots that several threads write to, each in ranges of its own.
pub(crate) struct SharedState<'a, F> {
    buffer: Shared<'a, F>,
    stride: usize,
    size: usize,
    slots: usize,
}

impl<F> SharedState<'_, F> {
    /// `count` slots from number `first` on, restricted to a range of parameters.
    ///
    /// # Safety
    /// No other borrow of the same slots may overlap the range.
    #[inline(always)]
    pub(crate) unsafe fn slots(&self, first: usize, count: usize, range: Range<usize>) -> Slots<'_, F> {
        assert!(range.end <= self.size && first + count <= self.slots);
        let mut slots = no_slots();
        for (k, slot) in slots.iter_mut().enumerate().take(count) {
            let at = (first + k) * self.stride;
            // SAFETY: slots do not overlap each other, and the caller keeps ranges apart.
            *slot = unsafe { self.buffer.slice(at + range.start..at + range.end) };
        }
        slots
    }
}

/// A vector that several threads write to, each in ranges of its own.
pub(crate) struct Shared<'a, F> {
    start: *mut F,
    length: usize,
    owner: PhantomData<&'a mut [F]>,
}

// SAFETY: a `Shared` is a mutable slice whose users promise, at `slice`, to keep to disjoint ranges.
unsafe impl<F: Send> Sync for Shared<'_, F> {}

impl<'a, F> Shared<'a, F> {
    #[inline(always)]
    pub(crate) fn new(slice: &'a mut [F]) -> Self {
        Shared { start: slice.as_mut_ptr(), length: slice.len(), owner: PhantomData }
    }

    /// A range of the vector.
    ///
    /// # Safety
    /// No other borrow of the same vector may overlap the range.
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the caller keeps ranges apart")]
    pub(crate) unsafe fn slice(&self, range: Range<usize>) -> &mut [F] {
        assert!(range.start <= range.end && range.end <= self.length);
        // SAFETY: in bounds by the line above, and alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.end - range.start) }
    }
}
