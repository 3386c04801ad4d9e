//! What a rule remembers: slots side by side in one aligned buffer, each laid out as the parameters are.

use std::marker::PhantomData;
use std::ops::Range;

use super::Shape;
use crate::transform::MAX_SLOTS;
use crate::{Real, RuleError};

/// Start and stride of the slots are multiples of this many bytes, a cache line.
const LINE: usize = 64;

/// The state slots of a range of parameters; those that a transform does not have are empty.
pub(crate) type SlotRange<'a, F> = [&'a mut [F]; MAX_SLOTS];

/// For loops without state.
#[inline(always)]
pub(crate) fn no_slots<'a, F>() -> SlotRange<'a, F> {
    std::array::from_fn(|_| -> &mut [F] { &mut [] })
}

/// The slots of a rule over `size` parameters: vectors laid out as the parameters are, each with a name.
#[derive(Debug)]
pub struct Slots<F> {
    buffer: Vec<F>,
    /// Where the first slot starts in the buffer: on a cache line. The buffer is never moved.
    start: usize,
    stride: usize,
    size: usize,
    /// Names and starting values.
    names: Vec<(&'static str, f64)>,
}

impl<F> Default for Slots<F> {
    fn default() -> Self {
        Slots { buffer: Vec::new(), start: 0, stride: 0, size: 0, names: Vec::new() }
    }
}

impl<F: Real> Slots<F> {
    /// Slots with a name and a starting value each.
    pub(crate) fn new(size: usize, names: Vec<(&'static str, f64)>) -> Option<Self> {
        let per_line = LINE / size_of::<F>();
        let mut stride = size.checked_next_multiple_of(per_line)?;
        if stride.checked_mul(size_of::<F>())?.is_multiple_of(4096) {
            // Slots a multiple of 4096 bytes apart look alike to the store buffer, which then stalls loads.
            stride += 5 * per_line;
        }
        let length = stride.checked_mul(names.len())?.checked_add(per_line)?;
        let bytes = length.checked_mul(size_of::<F>())?;
        if bytes > isize::MAX as usize {
            return None;
        }
        let buffer = if names.is_empty() { Vec::new() } else { vec![F::default(); length] };
        let start = match buffer.as_ptr().align_offset(LINE) {
            offset if offset < per_line && !names.is_empty() => offset,
            _ => 0,
        };
        let mut state = Slots { buffer, start, stride, size, names };
        // What starts from zero is zero already, without a page of memory having been touched.
        state.fill(|value| value != 0.0);
        Some(state)
    }

    /// One slot that starts from zero.
    pub(crate) fn single(shape: Shape, name: &'static str) -> Result<Self, RuleError> {
        let Shape { dim, lanes, size } = shape;
        Slots::new(size, vec![(name, 0.0)]).ok_or(RuleError::TooLarge { dim, lanes })
    }

    /// Parameters.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Back to the starting values.
    pub(crate) fn reset(&mut self) {
        self.fill(|_| true);
    }

    fn fill(&mut self, which: impl Fn(f64) -> bool) {
        for slot in 0..self.names.len() {
            let value = self.names[slot].1;
            if which(value) {
                self.slot_mut(slot).fill(F::of(value));
            }
        }
    }

    pub(crate) fn slot_mut(&mut self, slot: usize) -> &mut [F] {
        let at = self.start + slot * self.stride;
        &mut self.buffer[at..at + self.size]
    }

    /// All slots, to be written over.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut [F]> {
        let (size, stride, count) = (self.size, self.stride.max(1), self.names.len());
        self.buffer
            .get_mut(self.start..)
            .unwrap_or_default()
            .chunks_mut(stride)
            .take(count)
            .map(move |slot| &mut slot[..size])
    }

    /// One slot.
    pub(crate) fn slot(&self, slot: usize) -> &[F] {
        let at = self.start + slot * self.stride;
        &self.buffer[at..at + self.size]
    }

    /// All slots with their names.
    pub fn named(&self) -> Vec<(&'static str, &[F])> {
        self.names.iter().enumerate().map(|(slot, (name, _))| (*name, self.slot(slot))).collect()
    }

    /// What the slots hold before the first step.
    pub(crate) fn starts(&self) -> Vec<f64> {
        self.names.iter().map(|(_, start)| *start).collect()
    }

    /// The slots, to be handed out range by range.
    #[inline(always)]
    pub(crate) fn shared(&mut self) -> SharedSlots<'_, F> {
        let (stride, size, slots) = (self.stride, self.size, self.names.len());
        SharedSlots { buffer: Shared::new(&mut self.buffer[self.start..]), stride, size, slots }
    }
}

/// Slots that several threads write to, each in ranges of its own.
pub(crate) struct SharedSlots<'a, F> {
    buffer: Shared<'a, F>,
    stride: usize,
    size: usize,
    slots: usize,
}

impl<F> SharedSlots<'_, F> {
    /// `count` slots from number `first` on, restricted to a range of parameters.
    ///
    /// # Safety
    /// No other borrow of the same slots may overlap the range.
    #[inline(always)]
    pub(crate) unsafe fn slots(&self, first: usize, count: usize, range: Range<usize>) -> SlotRange<'_, F> {
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

    /// A vector that is read only: [`slice`](Shared::slice) must not be called.
    #[inline(always)]
    pub(crate) fn reading(slice: &'a [F]) -> Self {
        Shared { start: slice.as_ptr().cast_mut(), length: slice.len(), owner: PhantomData }
    }

    /// A range of the vector, to be read.
    ///
    /// # Safety
    /// No mutable borrow of the same vector may overlap the range.
    #[inline(always)]
    pub(crate) unsafe fn read(&self, range: Range<usize>) -> &[F] {
        assert!(range.start <= range.end && range.end <= self.length);
        // SAFETY: in bounds by the line above, and not written to by the caller's promise.
        unsafe { std::slice::from_raw_parts(self.start.add(range.start), range.end - range.start) }
    }

    /// A range of the vector.
    ///
    /// # Safety
    /// No other borrow of the same vector may overlap the range, and the vector must not be of [`reading`](Shared::reading).
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the caller keeps ranges apart")]
    pub(crate) unsafe fn slice(&self, range: Range<usize>) -> &mut [F] {
        assert!(range.start <= range.end && range.end <= self.length);
        // SAFETY: in bounds by the line above, and alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.end - range.start) }
    }
}
