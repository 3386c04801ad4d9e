//! [`Staging`]: an image laid out so that what an element of the window covers, place after place, are neighbours.
//!
//! Zeros stand where the window reaches beyond the image; columns that are a multiple of the stride apart stand side by side. Element
//! (a, b) of the window in channel c then covers, at place (i, j), the number `base(c, a, b) + row(i) + j`: only the base depends
//! on the element, only the rest on the place. Whole registers are copied from there; what a copy writes beyond its own numbers is
//! written over by the next.

use std::ops::Range;

use super::super::Number;
use super::super::half::{self, DEEP, SIDE};
use crate::kernel::half::Half;
use crate::kernel::lanes::Lanes;

/// More than any register holds, for reads and writes beyond the end.
pub(super) const SLACK: usize = 16;

/// How images are laid out.
#[derive(Debug)]
pub(super) struct Staging {
    channels: usize,
    /// Height and width of the image.
    extent: [usize; 2],
    /// How many zeros stand before the first number; if negative, how many numbers are left out.
    before: [isize; 2],
    stride: [usize; 2],
    places: [usize; 2],
    /// Rows of a plane, and how many numbers of a row are a multiple of the stride apart.
    rows: usize,
    width: usize,
    /// Where each element of each window, channel after channel, covers its first number.
    bases: Vec<u32>,
}

/// What slides, and over what.
pub(super) struct Over<'a> {
    pub(super) channels: usize,
    pub(super) extent: [usize; 2],
    pub(super) before: [isize; 2],
    pub(super) windows: &'a [Opening],
    pub(super) stride: [usize; 2],
    pub(super) places: [usize; 2],
}

/// A window: where it stands at its first place, and its size.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Opening {
    pub(super) first: [usize; 2],
    pub(super) size: [usize; 2],
}

impl Opening {
    pub(super) fn elements(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

/// A register's worth of numbers: how far from the element's base they stand, and how far from the first column they go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copied {
    from: u32,
    to: u32,
}

impl Staging {
    pub(super) fn new(over: &Over) -> Self {
        let &Over { channels, extent, before, windows, stride, places } = over;
        let reach = |k: usize| {
            let ends = windows.iter().map(|window| window.first[k] + window.size[k]);
            (places[k].max(1) - 1) * stride[k] + ends.max().unwrap_or(0)
        };
        let (rows, width) = (reach(0), reach(1).div_ceil(stride[1]));
        let row = width * stride[1];
        let mut bases = Vec::new();
        for &Opening { first, size } in windows {
            for line in (0..channels).flat_map(|c| (0..size[0]).map(move |a| c * rows + first[0] + a)) {
                let columns = first[1]..first[1] + size[1];
                bases.extend(columns.map(|b| (line * row + b % stride[1] * width + b / stride[1]) as u32));
            }
        }
        Staging { channels, extent, before, stride, places, rows, width, bases }
    }

    /// How many numbers a staged image has.
    pub(super) fn room(&self) -> usize {
        (self.channels * self.rows * self.width * self.stride[1] + SLACK).next_multiple_of(SLACK)
    }

    /// How many elements all windows have in all channels.
    pub(super) fn depth(&self) -> usize {
        self.bases.len()
    }

    /// Which rows or columns of the image have a place among `length` staged ones.
    fn kept(&self, k: usize, length: usize) -> Range<usize> {
        let first = (-self.before[k]).max(0).unsigned_abs();
        let end = (length as isize - self.before[k]).max(0).unsigned_abs().min(self.extent[k]);
        first.min(end)..end
    }

    /// Lays out an image in `room`, where zeros stand wherever no image puts a number.
    ///
    /// # Safety
    /// `image` has the image's numbers, and `room` has [`Staging::room`].
    #[inline(always)]
    unsafe fn stage<F: Number>(&self, image: *const F, room: *mut F) {
        // SAFETY: as promised by the caller.
        unsafe {
            self.lay_out(image, room, |from, count, to| to.copy_from_nonoverlapping(from, count), |x| x);
        };
    }

    /// The same in the precision that products want: rounded to bf16 and packed as such, or rounded where it stands.
    ///
    /// # Safety
    /// As [`Staging::stage`], where the room of two numbers of bf16 is that of one of `f32`; `F` is `f32` if `half` is given, and the machine
    /// has what it says.
    #[inline(always)]
    pub(super) unsafe fn stage_in<F: Number>(&self, half: Option<Half>, image: *const F, room: *mut F) {
        // SAFETY: as promised by the caller.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            if half::packing(half).is_some() {
                self.stage_half(image.cast(), room.cast());
                return;
            }
            self.stage(image, room);
            if half.is_some() {
                half::round(room, self.room());
            }
        }
    }

    /// The same with numbers rounded to bf16.
    ///
    /// # Safety
    /// As [`Staging::stage`]; the machine has AVX512-BF16.
    #[cfg(target_arch = "x86_64")]
    unsafe fn stage_half(&self, image: *const f32, room: *mut u16) {
        // SAFETY: as promised by the caller.
        unsafe { self.lay_out(image, room, |from, count, to| half::pack_line(from, count, to), half::bits) };
    }

    /// Lays out an image: `line` brings so many numbers that stay neighbours from the image to the room, `one` makes of a number what
    /// stands there.
    ///
    /// # Safety
    /// As [`Staging::stage`]; `line` and `one` may be called.
    #[inline(always)]
    unsafe fn lay_out<F: Copy, G>(
        &self,
        image: *const F,
        room: *mut G,
        line: impl Fn(*const F, usize, *mut G),
        one: impl Fn(F) -> G,
    ) {
        let [height, width] = self.extent;
        let stride = self.stride[1];
        let row = self.width * stride;
        let (lines, columns) = (self.kept(0, self.rows), self.kept(1, row));
        let first = |k: usize, range: &Range<usize>| range.start.wrapping_add_signed(self.before[k]);
        let (top, left) = (first(0, &lines), first(1, &columns));
        for channel in 0..self.channels {
            for (k, number) in lines.clone().enumerate() {
                // SAFETY: `kept` gives rows and columns within the image and within the room.
                unsafe {
                    let from = image.add((channel * height + number) * width + columns.start);
                    let to = room.add((channel * self.rows + top + k) * row);
                    if stride == 1 {
                        line(from, columns.len(), to.add(left));
                    } else {
                        for j in 0..columns.len() {
                            let column = left + j;
                            *to.add(column % stride * self.width + column / stride) = one(*from.add(j));
                        }
                    }
                }
            }
        }
    }

    /// How to copy what an element of the window covers at these places, by registers of `width` numbers.
    pub(super) fn copies(&self, places: Range<usize>, width: usize) -> Vec<Copied> {
        let row = self.width * self.stride[1];
        let mut copies = Vec::new();
        let mut place = places.start;
        while place < places.end {
            let (i, j) = (place / self.places[1], place % self.places[1]);
            let end = places.end.min((i + 1) * self.places[1]);
            for (k, to) in (place..end).enumerate().step_by(width) {
                let from = i * self.stride[0] * row + j + k;
                copies.push(Copied { from: from as u32, to: (to - places.start) as u32 });
            }
            place = end;
        }
        copies
    }

    /// Copies what element `element` of the window covers to `target`, and up to a register beyond.
    ///
    /// # Safety
    /// `staged` holds a staged image, the copies are made by this staging for `V`, and `target` has room for them and [`SLACK`].
    #[inline(always)]
    pub(super) unsafe fn copy<F: Number, V: Lanes<Elem = F>>(
        &self,
        copies: &[Copied],
        staged: *const F,
        element: usize,
        target: *mut F,
    ) {
        // SAFETY: as promised by the caller; a register read from any place of the window ends within the slack.
        unsafe {
            let from = staged.add(*self.bases.get_unchecked(element) as usize);
            for copied in copies {
                V::load(from.add(copied.from as usize)).store(target.add(copied.to as usize));
            }
        }
    }
}

/// What the window covers, in bf16.
#[cfg(target_arch = "x86_64")]
impl Staging {
    /// Writes what `elements` of the window cover at these places as a panel of B of `width` columns: pairs of elements, and zeros up to
    /// whole blocks.
    ///
    /// # Safety
    /// `staged` holds a staged image; the copies are made for registers of sixteen numbers; the panel has room for its pairs and
    /// [`SLACK`] more; the machine has AVX512-BF16.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
    pub(super) unsafe fn pairs(
        &self,
        copies: &[Copied],
        staged: *const u16,
        elements: Range<usize>,
        panel: *mut u16,
        width: usize,
    ) {
        let base = |element: usize| staged.wrapping_add(self.bases[element] as usize);
        for pair in 0..elements.len().div_ceil(DEEP) * SIDE {
            let target = panel.wrapping_add(2 * pair * width);
            let element = elements.start + 2 * pair;
            // SAFETY: as promised by the caller; what is written beyond a pair the next one replaces, or the slack holds.
            unsafe {
                if element + 1 < elements.end {
                    let (first, second) = (base(element), base(element + 1));
                    for copied in copies {
                        let from = copied.from as usize;
                        half::interleave(
                            first.add(from),
                            second.add(from),
                            target.add(2 * copied.to as usize),
                        );
                    }
                } else if element < elements.end {
                    for copied in copies {
                        let from = base(element).add(copied.from as usize);
                        half::interleave_zero(from, target.add(2 * copied.to as usize));
                    }
                } else {
                    (0..width).step_by(SIDE).for_each(|j| half::clear(target.add(2 * j)));
                }
            }
        }
    }

    /// Copies what element `element` of the window covers to `target`, and up to a register beyond.
    ///
    /// # Safety
    /// As [`Staging::pairs`]; `target` has room for the places and [`SLACK`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
    pub(super) unsafe fn copy_half(
        &self,
        copies: &[Copied],
        staged: *const u16,
        element: usize,
        target: *mut u16,
    ) {
        let from = staged.wrapping_add(self.bases[element] as usize);
        for copied in copies {
            // SAFETY: as promised by the caller.
            unsafe { half::copy(from.add(copied.from as usize), target.add(copied.to as usize)) };
        }
    }
}
