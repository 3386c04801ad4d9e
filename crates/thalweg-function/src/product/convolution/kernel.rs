//! [`Kernel`]: over all images, results times the transpose of what the window covers.
//!
//! The sum is over all places of all images: long, for a result of a few rows and columns. It is cut into *blocks*, some places of
//! an image or all places of a few. Tasks are groups of blocks, each with a sum of its own, and, where few groups have room, some
//! elements of the window only. Groups are added in the end, in their order. The cuts depend on the shapes and the precision alone.

use super::super::Number;
use super::super::half::{self, DEEP, SIDE};
use super::super::kernel::{Columns, Rows, tile_cols, tiles};
use super::super::pack::{pack_columns, panel_width};
use super::super::threads::on_each;
use super::super::view::{View, ViewMut};
use super::staged::{Copied, Opening, Over, SLACK, Staging};
use super::{Means, Sliding};
use crate::kernel::half::Half;
use crate::kernel::isa::WithLanes;
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
    means: Means,
    sliding: Sliding,
    staging: Staging,
    cut: Cut,
    /// For each stretch of an image's places: which, and how what is covered there is copied.
    stretches: Vec<(Range<usize>, Vec<Copied>)>,
    /// The groups' sums, then what belongs to each thread: staged images, what some elements of the window cover, results; in bf16 also
    /// the results of several images side by side.
    room: Room,
    sum_room: usize,
    staged_room: usize,
    covered_room: usize,
    results_room: usize,
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
    /// Slices of the window's elements, and how many of these are multiplied at a time.
    slices: usize,
    elements: usize,
    /// From a row of a sum to the next, and from what one element covers to the next.
    row: usize,
    covered: usize,
}

impl Kernel {
    pub(super) fn new<F: Number>(means: Means, sliding: &Sliding) -> Self {
        let &Sliding { images, channels, outputs, extent, size, stride, padding, places, .. } = sliding;
        let before = padding.map(|padding| padding as isize);
        let windows = &[Opening { first: [0; 2], size }];
        let staging = Staging::new(&Over { channels, extent, before, windows, stride, places });
        let packing = half::packing(means.half).is_some();
        let elements = staging.depth();
        let count = (places[0] * places[1]).max(1);
        let together = (DEPTH / count).clamp(1, images.max(1));
        let length = count.div_ceil(((count + DEPTH / 2) / DEPTH).max(1));
        let length = if packing && length < count { length.next_multiple_of(DEEP) } else { length };
        let stretches: Vec<_> = (0..count).step_by(length).map(|i| i..(i + length).min(count)).collect();
        let blocks = images.div_ceil(together) * stretches.len();
        let row = outputs.next_multiple_of(SLACK);
        let at_a_time = if packing { 2 * SIDE } else { TOGETHER };
        let groups = (SUMS / (elements * row).max(1)).clamp(1, TASKS).min(blocks.max(1));
        let slices = (TASKS / groups).clamp(1, elements.div_ceil(at_a_time).max(1));
        let longest = together * length;
        let deep = longest.next_multiple_of(DEEP);
        let covered = if packing { deep + DEEP } else { longest.next_multiple_of(SLACK) + SLACK };
        let cut = Cut { images: together, blocks, groups, slices, elements: at_a_time, row, covered };
        let threads = sliding.threads(means.threads).min(groups * slices);
        let whole = |numbers: usize| numbers.next_multiple_of(LINE / size_of::<F>());
        let sum_room = whole(elements * row);
        // Two numbers of bf16 have the room of one of `f32`.
        let (staged_room, covered_room, results_room) = if packing {
            (whole(staging.room().div_ceil(2)), whole(at_a_time * covered / 2), whole(row * deep / 2))
        } else {
            (staging.room(), whole(at_a_time * covered), whole(longest * row))
        };
        let lines_room = if packing && together > 1 { whole(outputs * longest) } else { 0 };
        let own_room = together * staged_room + covered_room + results_room + lines_room;
        let numbers = if sliding.is_empty() { 0 } else { groups * sum_room + threads * own_room };
        let copies = F::dispatch(means.isa, Copies { staging: &staging, stretches: &stretches });
        Kernel {
            means,
            sliding: *sliding,
            staging,
            cut,
            stretches: stretches.into_iter().zip(copies).collect(),
            room: Room::of(numbers * size_of::<F>()),
            sum_room,
            staged_room,
            covered_room,
            results_room,
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
        on_each(threads, |thread| {
            // SAFETY: the machine has what products are computed with.
            let _ready = unsafe { half::ready(self.means.half) };
            F::dispatch(self.means.isa, Worker { run: &run, thread, threads });
        });
        F::dispatch(self.means.isa, Gather { run: &run, y });
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
    lines: *mut F,
}

impl<F: Number> WithLanes<F> for Worker<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Worker { run, thread, threads } = self;
        let kernel = run.kernel;
        let Cut { images, blocks, groups, slices, elements: at_a_time, .. } = kernel.cut;
        let staged = run.own.wrapping_add(thread * kernel.own_room);
        let covered = staged.wrapping_add(images * kernel.staged_room);
        let results = covered.wrapping_add(kernel.covered_room);
        let own = Own { staged, covered, results, lines: results.wrapping_add(kernel.results_room) };
        let tasks = groups * slices;
        let (elements, parts) = (kernel.staging.depth(), kernel.stretches.len());
        for task in thread * tasks / threads..(thread + 1) * tasks / threads {
            let (group, slice) = (task / slices, task % slices);
            let cut =
                |slice: usize| (slice * elements.div_ceil(at_a_time) / slices * at_a_time).min(elements);
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
                    let part = Part { images: members, stretch: block % parts, group, accumulate: !begins };
                    run.block::<V>(&part, cut(slice)..cut(slice + 1), own);
                }
            }
        }
    }
}

/// A block on its way to the sum of a group.
struct Part {
    images: Range<usize>,
    stretch: usize,
    group: usize,
    accumulate: bool,
}

impl<F: Number> Run<'_, F> {
    /// # Safety
    /// The images exist.
    #[inline(always)]
    unsafe fn stage(&self, images: Range<usize>, own: Own<F>) {
        let Kernel { staging, sliding, staged_room, means, .. } = self.kernel;
        for (k, image) in images.enumerate() {
            // SAFETY: as promised by the caller; only `f32` is rounded, on machines that can.
            unsafe {
                let staged = own.staged.add(k * staged_room);
                staging.stage_in(means.half, self.x.add(image * sliding.image()), staged);
            }
        }
    }

    /// Adds one block to the sum of a group, for some elements of the window.
    ///
    /// # Safety
    /// The images are staged, and nobody else uses these rows of the sum.
    #[inline(always)]
    unsafe fn block<V: MathLanes<Elem = F>>(&self, part: &Part, elements: Range<usize>, own: Own<F>) {
        let Kernel { staging, sliding, cut, stretches, sum_room, staged_room, means, .. } = self.kernel;
        #[cfg(target_arch = "x86_64")]
        if let Some(half) = half::packing(means.half) {
            // SAFETY: as promised by the caller; this thread is ready, and `F` is `f32`.
            unsafe { self.block_half(half, part, elements, own) };
            return;
        }
        let (places, copies) = &stretches[part.stretch];
        let (length, inner) = (places.len(), part.images.len() * places.len());
        let (outputs, all) = (sliding.outputs, sliding.places[0] * sliding.places[1]);
        // SAFETY: as promised by the caller; every room is as large as a whole block needs.
        unsafe {
            for (k, image) in part.images.clone().enumerate() {
                // Seen from row `k·length` on, the image's places are rows of one matrix.
                let ptr = self.t.add(image * sliding.result() + places.start).wrapping_sub(k * length);
                let b = View { ptr, rows: inner, cols: outputs, row_stride: 1, col_stride: all };
                pack_columns::<F, V>(b, k * length..(k + 1) * length, own.results, false);
            }
            if means.half == Some(Half::Rounded) {
                half::round(own.results, inner * outputs.next_multiple_of(V::WIDTH));
            }
            for first in elements.clone().step_by(cut.elements) {
                let rows = cut.elements.min(elements.end - first);
                for element in 0..rows {
                    let target = own.covered.add(element * cut.covered);
                    for k in 0..part.images.len() {
                        let staged = own.staged.add(k * staged_room);
                        staging.copy::<F, V>(copies, staged, first + element, target.add(k * length));
                    }
                }
                let a =
                    Rows::Strided { ptr: own.covered.cast_const(), row_stride: cut.covered, col_stride: 1 };
                for j in (0..outputs).step_by(tile_cols::<V>()) {
                    let width = panel_width::<V>(j, outputs);
                    let b = Columns { ptr: own.results.add(j * inner).cast_const(), row_stride: width };
                    let ptr = self.sums.add(part.group * sum_room + first * cut.row + j);
                    let c = ViewMut { ptr, rows, cols: width, row_stride: cut.row, col_stride: 1 };
                    tiles::<F, V>(inner, a, b, c, part.accumulate);
                }
            }
        }
    }

    /// The same in bf16, by tiles.
    ///
    /// # Safety
    /// As [`Run::block`]; `F` is `f32`, and this thread is ready for the products of `half`.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
    unsafe fn block_half(&self, half: Half, part: &Part, elements: Range<usize>, own: Own<F>) {
        let Kernel { staging, sliding, cut, stretches, sum_room, staged_room, .. } = self.kernel;
        let (places, copies) = &stretches[part.stretch];
        let (length, inner) = (places.len(), part.images.len() * places.len());
        let (outputs, all) = (sliding.outputs, sliding.places[0] * sliding.places[1]);
        let (covered, results) = (own.covered.cast::<u16>(), own.results.cast::<u16>());
        let deep = inner.next_multiple_of(DEEP);
        // SAFETY: as promised by the caller; every room is as large as a whole block needs.
        unsafe {
            let of = |image: usize| self.t.add(image * sliding.result() + places.start).cast::<f32>();
            let b = if part.images.len() == 1 {
                View {
                    ptr: of(part.images.start),
                    rows: inner,
                    cols: outputs,
                    row_stride: 1,
                    col_stride: all,
                }
            } else {
                let lines = own.lines.cast::<f32>();
                for (k, image) in part.images.clone().enumerate() {
                    for output in 0..outputs {
                        let line = lines.add(output * inner + k * length);
                        line.copy_from_nonoverlapping(of(image).add(output * all), length);
                    }
                }
                View { ptr: lines.cast_const(), rows: inner, cols: outputs, row_stride: 1, col_stride: inner }
            };
            half::pack_columns(b, 0..inner, 0..outputs, results);
            for first in elements.clone().step_by(cut.elements) {
                let rows = cut.elements.min(elements.end - first);
                for element in 0..rows {
                    let target = covered.add(element * cut.covered);
                    for k in 0..part.images.len() {
                        let staged = own.staged.add(k * staged_room).cast::<u16>();
                        staging.copy_half(copies, staged, first + element, target.add(k * length));
                    }
                    half::clear(target.add(inner));
                }
                let a = half::Rows { ptr: covered, row: cut.covered, step: DEEP, tile: SIDE * cut.covered };
                for j in (0..outputs).step_by(2 * SIDE) {
                    let width = half::panel_width(j, outputs);
                    let b = half::Columns { ptr: results.add(j * deep), width };
                    let ptr = self.sums.add(part.group * sum_room + first * cut.row + j).cast::<f32>();
                    let c = ViewMut { ptr, rows, cols: width, row_stride: cut.row, col_stride: 1 };
                    half::tiles(half, deep / DEEP, a, b, c, part.accumulate);
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
