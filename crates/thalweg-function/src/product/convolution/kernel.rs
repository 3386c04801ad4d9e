//! [`Kernel`]: over all images, results times the transpose of what the window covers.
//!
//! The sum is over all places of all images: long, for a result of a few rows and columns. It is cut into *blocks*, some places of
//! an image or all places of a few. Tasks are groups of blocks, each with a sum of its own, and, where few groups have room, some
//! elements of the window only. Groups are added in the end, in their order. The cuts depend on the shapes alone.

use super::super::Number;
use super::super::kernel::{Columns, Rows, tile_cols, tiles};
use super::super::pack::{pack_columns, panel_width};
use super::super::threads::on_each;
use super::super::view::{View, ViewMut};
use super::Sliding;
use super::staged::{Copied, Over, SLACK, Staging};
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;
use crate::kernel::room::{LINE, Room};
use std::ops::Range;

/// How long the sums of a block are, about.
const DEPTH: usize = 256;
/// How many elements of the window are multiplied at a time: two tiles of the tallest.
const TOGETHER: usize = 24;
/// Into how many tasks the work is cut, if it is enough: no more threads can share it.
const TASKS: usize = 16;
/// How many numbers the sums of all groups may have, about.
const SUMS: usize = 1 << 22;

/// What is made ready.
#[derive(Debug)]
pub(super) struct Kernel {
    isa: Isa,
    sliding: Sliding,
    staging: Staging,
    cut: Cut,
    /// For each stretch of an image's places: which, and how what is covered there is copied.
    stretches: Vec<(Range<usize>, Vec<Copied>)>,
    /// The groups' sums, then what belongs to each thread: staged images, what some elements of the window cover, results.
    room: Room,
    sum_room: usize,
    staged_room: usize,
    covered_room: usize,
    own_room: usize,
    threads: usize,
}

/// How the work is cut.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// Images in a block.
    images: usize,
    /// Blocks in all, and groups of them.
    blocks: usize,
    groups: usize,
    /// Slices of the window's elements.
    slices: usize,
    /// From a row of a sum to the next, and from what one element covers to the next.
    row: usize,
    covered: usize,
}

impl Kernel {
    pub(super) fn new<F: Number>(isa: Isa, sliding: &Sliding, threads: usize) -> Self {
        let &Sliding { images, channels, outputs, extent, size, stride, padding, places, .. } = sliding;
        let before = padding.map(|padding| padding as isize);
        let staging = Staging::new(&Over { channels, extent, spread: [1; 2], before, size, stride, places });
        let elements = staging.depth();
        let count = (places[0] * places[1]).max(1);
        let together = (DEPTH / count).clamp(1, images.max(1));
        let length = count.div_ceil(((count + DEPTH / 2) / DEPTH).max(1));
        let stretches: Vec<_> = (0..count).step_by(length).map(|i| i..(i + length).min(count)).collect();
        let blocks = images.div_ceil(together) * stretches.len();
        let row = outputs.next_multiple_of(SLACK);
        let groups = (SUMS / (elements * row).max(1)).clamp(1, TASKS).min(blocks.max(1));
        let slices = (TASKS / groups).clamp(1, elements.div_ceil(TOGETHER).max(1));
        let covered = (together * length).next_multiple_of(SLACK) + SLACK;
        let cut = Cut { images: together, blocks, groups, slices, row, covered };
        let threads = sliding.threads(threads).min(groups * slices);
        let whole = |numbers: usize| numbers.next_multiple_of(LINE / size_of::<F>());
        let sum_room = whole(elements * row);
        let (staged_room, covered_room) = (staging.room(), whole(TOGETHER * covered));
        let own_room = together * staged_room + covered_room + whole(together * length * row);
        let numbers = if sliding.is_empty() { 0 } else { groups * sum_room + threads * own_room };
        let copies = F::dispatch(isa, Copies { staging: &staging, stretches: &stretches });
        Kernel {
            isa,
            sliding: *sliding,
            staging,
            cut,
            stretches: stretches.into_iter().zip(copies).collect(),
            room: Room::of(numbers * size_of::<F>()),
            sum_room,
            staged_room,
            covered_room,
            own_room,
            threads,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.room.bytes()
    }

    /// As [`super::Convolution::run`], for lengths that were checked.
    pub(super) fn run<F: Number>(&mut self, [x, t]: [&[F]; 2], y: &mut [F], threads: usize) {
        let threads = threads.min(self.threads);
        let sums: *mut F = self.room.as_mut_ptr();
        let own = sums.wrapping_add(self.cut.groups * self.sum_room);
        let run = Run { kernel: self, x: x.as_ptr(), t: t.as_ptr(), sums, own };
        on_each(threads, |thread| F::dispatch(self.isa, Worker { run: &run, thread, threads }));
        F::dispatch(self.isa, Gather { run: &run, y });
    }
}

struct Copies<'a> {
    staging: &'a Staging,
    stretches: &'a [Range<usize>],
}

impl<F: Number> WithLanes<F> for Copies<'_> {
    type Output = Vec<Vec<Copied>>;

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) -> Vec<Vec<Copied>> {
        self.stretches.iter().map(|places| self.staging.copies(places.clone(), V::WIDTH)).collect()
    }
}

/// One run, as all threads see it.
struct Run<'a, F> {
    kernel: &'a Kernel,
    x: *const F,
    /// The results.
    t: *const F,
    sums: *mut F,
    /// What belongs to each thread, one after the other.
    own: *mut F,
}

// SAFETY: each thread writes to its own room, and to the rows of sums of its tasks.
unsafe impl<F: Sync> Sync for Run<'_, F> {}

struct Worker<'a, F> {
    run: &'a Run<'a, F>,
    thread: usize,
    threads: usize,
}

/// The rooms of a thread.
#[derive(Clone, Copy)]
struct Own<F> {
    staged: *mut F,
    covered: *mut F,
    results: *mut F,
}

impl<F: Number> WithLanes<F> for Worker<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Worker { run, thread, threads } = self;
        let kernel = run.kernel;
        let Cut { images, blocks, groups, slices, .. } = kernel.cut;
        let staged = run.own.wrapping_add(thread * kernel.own_room);
        let covered = staged.wrapping_add(images * kernel.staged_room);
        let own = Own { staged, covered, results: covered.wrapping_add(kernel.covered_room) };
        let tasks = groups * slices;
        let (elements, parts) = (kernel.staging.depth(), kernel.stretches.len());
        for task in thread * tasks / threads..(thread + 1) * tasks / threads {
            let (group, slice) = (task / slices, task % slices);
            let cut = |slice: usize| (slice * elements.div_ceil(TOGETHER) / slices * TOGETHER).min(elements);
            let range = group * blocks / groups..(group + 1) * blocks / groups;
            for block in range.clone() {
                let begins = block == range.start;
                let first = block / parts * images;
                let members = first..(first + images).min(kernel.sliding.images);
                // SAFETY: the images and the stretch exist; the sum of the group in these rows is this task's alone.
                unsafe {
                    if begins || block % parts == 0 {
                        run.stage(members.clone(), own);
                    }
                    run.block::<V>(members, block % parts, group, cut(slice)..cut(slice + 1), own, !begins);
                }
            }
        }
    }
}

impl<F: Number> Run<'_, F> {
    /// # Safety
    /// The images exist.
    #[inline(always)]
    unsafe fn stage(&self, images: Range<usize>, own: Own<F>) {
        let Kernel { staging, sliding, staged_room, .. } = self.kernel;
        for (k, image) in images.enumerate() {
            // SAFETY: as promised by the caller.
            unsafe { staging.stage(self.x.add(image * sliding.image()), own.staged.add(k * staged_room)) };
        }
    }

    /// Adds one block to the sum of a group, for some elements of the window.
    ///
    /// # Safety
    /// The images are staged, and nobody else uses these rows of the sum.
    #[inline(always)]
    unsafe fn block<V: MathLanes<Elem = F>>(
        &self,
        images: Range<usize>,
        stretch: usize,
        group: usize,
        elements: Range<usize>,
        own: Own<F>,
        accumulate: bool,
    ) {
        let Kernel { staging, sliding, cut, stretches, sum_room, staged_room, .. } = self.kernel;
        let (places, copies) = &stretches[stretch];
        let (length, inner) = (places.len(), images.len() * places.len());
        let (outputs, all) = (sliding.outputs, sliding.places[0] * sliding.places[1]);
        // SAFETY: as promised by the caller; every room is as large as a whole block needs.
        unsafe {
            for (k, image) in images.clone().enumerate() {
                // Seen from row `k·length` on, the image's places are rows of one matrix.
                let ptr = self.t.add(image * sliding.result() + places.start).wrapping_sub(k * length);
                let b = View { ptr, rows: inner, cols: outputs, row_stride: 1, col_stride: all };
                pack_columns::<F, V>(b, k * length..(k + 1) * length, own.results, false);
            }
            for first in elements.clone().step_by(TOGETHER) {
                let rows = TOGETHER.min(elements.end - first);
                for element in 0..rows {
                    let target = own.covered.add(element * cut.covered);
                    for k in 0..images.len() {
                        let staged = own.staged.add(k * staged_room);
                        staging.copy::<F, V>(copies, staged, first + element, target.add(k * length));
                    }
                }
                let a =
                    Rows::Strided { ptr: own.covered.cast_const(), row_stride: cut.covered, col_stride: 1 };
                for j in (0..outputs).step_by(tile_cols::<V>()) {
                    let width = panel_width::<V>(j, outputs);
                    let b = Columns { ptr: own.results.add(j * inner).cast_const(), row_stride: width };
                    let ptr = self.sums.add(group * sum_room + first * cut.row + j);
                    let c = ViewMut { ptr, rows, cols: width, row_stride: cut.row, col_stride: 1 };
                    tiles::<F, V>(inner, a, b, c, accumulate);
                }
            }
        }
    }
}

/// Adds the groups and turns rows into columns.
struct Gather<'a, F> {
    run: &'a Run<'a, F>,
    y: &'a mut [F],
}

impl<F: Number> WithLanes<F> for Gather<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Kernel { staging, sliding, cut, sum_room, .. } = self.run.kernel;
        let (elements, outputs) = (staging.depth(), sliding.outputs);
        for element in 0..elements {
            for first in (0..outputs).step_by(V::WIDTH) {
                let mut numbers = [F::splat(0.0); SLACK];
                // SAFETY: rows of sums have room for whole registers, `numbers` for the widest.
                unsafe {
                    let place = self.run.sums.add(element * cut.row + first);
                    let mut sum = V::load(place);
                    for group in 1..cut.groups {
                        sum = sum.add(V::load(place.add(group * sum_room)));
                    }
                    sum.store(numbers.as_mut_ptr());
                }
                let rest = &mut self.y[first * elements + element..];
                for (y, number) in rest.iter_mut().step_by(elements).zip(numbers).take(V::WIDTH) {
                    *y = number;
                }
            }
        }
    }
}
