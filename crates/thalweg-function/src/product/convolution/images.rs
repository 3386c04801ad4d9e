//! [`Images`]: a kernel times what its window covers of each image.
//!
//! Tasks are columns of one image. A thread stages the image, brings one panel of columns to the first-level cache, and multiplies it
//! with all rows of the kernel, which were packed before. In bf16 images are rounded as they are staged.
//!
//! From results to images the kernel is turned over. Where it moved by a stride, a number of the image meets only those elements of
//! the kernel that are a multiple of the stride apart; so the image falls into *phases*, as many as the stride has rows and columns, and
//! each is a convolution of the results with its own part of the kernel. A panel has the same columns of all phases of a row, which then
//! go to the image side by side ([`Landing`]).

use super::super::half::{self, DEEP, SIDE};
use super::super::kernel::{Columns, Rows, tile_cols, tiles};
use super::super::pack::{pack_rows, panel_width};
use super::super::threads::on_each;
use super::super::view::{View, ViewMut};
use super::super::{Number, blocked};
use super::landing::Landing;
use super::staged::{Copied, Opening, Over, SLACK, Staging};
use super::{Means, Sliding};
use crate::kernel::half::Half;
use crate::kernel::isa::WithLanes;
use crate::kernel::math::MathLanes;
use crate::kernel::room::{LINE, Room};
use std::ops::Range;

/// How many elements of the window are multiplied at a time by tiles of bf16: their panel then fits the first-level cache.
const TILES_DEPTH: usize = 512;

/// What is made ready.
#[derive(Debug)]
pub(super) struct Images {
    means: Means,
    sliding: Sliding,
    staging: Staging,
    /// Whether images become results, not results images.
    forward: bool,
    /// Rows of the kernel as a matrix: channels of what is computed.
    rows: usize,
    /// Height and width of what is computed, and how many phases there are down and across.
    extent: [usize; 2],
    step: [usize; 2],
    /// Row by row.
    phases: Vec<Phase>,
    panels: Vec<Panel>,
    /// The kernel, then for each thread a staged image, a panel and, of several phases, the products.
    room: Room,
    kernel_room: usize,
    staged_room: usize,
    panel_room: usize,
    own_room: usize,
    threads: usize,
}

/// What those numbers of an image have in common that are a multiple of the stride apart.
#[derive(Debug)]
struct Phase {
    /// Which of the staging's elements they meet: the columns of a part of the kernel.
    elements: Range<usize>,
    /// How many columns are packed before that.
    packed: usize,
    /// How long sums are between two visits to the result.
    cut: usize,
}

/// Some columns of all phases of a row.
#[derive(Debug)]
struct Panel {
    row: usize,
    places: Range<usize>,
    width: usize,
    copies: Vec<Copied>,
}

/// The part of the kernel that a phase meets, along one axis.
struct Part {
    /// Its first element; the others follow the stride apart.
    first: usize,
    size: usize,
    /// Which result its first place begins with, before the kernel is turned over.
    begins: usize,
}

impl Part {
    fn of(sliding: &Sliding, k: usize, phase: usize) -> Self {
        let (place, stride) = (phase + sliding.padding[k], sliding.stride[k]);
        let first = place % stride;
        Part { first, size: sliding.size[k].saturating_sub(first).div_ceil(stride), begins: place / stride }
    }
}

impl Images {
    /// From images and kernel to results.
    pub(super) fn forward<F: Number>(means: Means, sliding: &Sliding) -> Self {
        let &Sliding { channels, extent, size, stride, padding, places, .. } = sliding;
        let before = padding.map(|padding| padding as isize);
        let windows = &[Opening { first: [0; 2], size }];
        let over = Over { channels, extent, before, windows, stride, places };
        Images::new::<F>(means, sliding, &over, true)
    }

    /// From results and kernel to images: over results slide the parts of the kernel, turned over.
    pub(super) fn backward<F: Number>(means: Means, sliding: &Sliding) -> Self {
        let &Sliding { outputs, extent, stride, places, .. } = sliding;
        let parts =
            [0, 1].map(|k| (0..stride[k]).map(|phase| Part::of(sliding, k, phase)).collect::<Vec<_>>());
        let before = parts.each_ref().map(|parts| {
            let zeros = |part: &Part| part.size as isize - 1 - part.begins as isize;
            parts.iter().filter(|part| part.size > 0).map(zeros).max().unwrap_or(0)
        });
        let opening = |[down, across]: [&Part; 2]| {
            if down.size == 0 || across.size == 0 {
                return Opening::default();
            }
            let first = |k: usize, part: &Part| part.begins as isize - part.size as isize + 1 + before[k];
            let first = [first(0, down), first(1, across)].map(|first| first as usize);
            Opening { first, size: [down.size, across.size] }
        };
        let windows: Vec<_> = parts[0]
            .iter()
            .flat_map(|down| parts[1].iter().map(move |across| opening([down, across])))
            .collect();
        let most = [0, 1].map(|k| extent[k].div_ceil(stride[k]));
        let over = Over {
            channels: outputs,
            extent: places,
            before,
            windows: &windows,
            stride: [1; 2],
            places: most,
        };
        Images::new::<F>(means, sliding, &over, false)
    }

    fn new<F: Number>(means: Means, sliding: &Sliding, over: &Over<'_>, forward: bool) -> Self {
        let staging = Staging::new(over);
        let packing = half::packing(means.half).is_some();
        let (mut phases, mut end, mut packed) = (Vec::new(), 0, 0);
        for window in over.windows {
            let depth = over.channels * window.elements();
            let cut = if packing { TILES_DEPTH } else { blocked::depth_of(depth) };
            phases.push(Phase { elements: end..end + depth, packed, cut });
            end += depth;
            packed += if packing { depth.next_multiple_of(DEEP) } else { depth };
        }
        let (extent, step) =
            if forward { (sliding.places, [1; 2]) } else { (sliding.extent, sliding.stride) };
        let panels = F::dispatch(means.isa, Panels { staging: &staging, extent, step });
        let widest = panels.iter().map(|panel| panel.width).max().unwrap_or(0);
        let longest = phases.iter().map(|phase| phase.cut.min(phase.elements.len())).max().unwrap_or(0);
        let rows = if forward { sliding.outputs } else { sliding.channels };
        let threads = sliding.threads(means.threads);
        let whole = |numbers: usize| numbers.next_multiple_of(LINE / size_of::<F>());
        let plain = whole(rows * end);
        // Two numbers of bf16 have the room of one of `f32`.
        let (kernel_room, staged_room, panel_room) = if packing {
            let panel = longest.next_multiple_of(DEEP) / 2 * widest + SLACK;
            (rows.next_multiple_of(SIDE) * packed / 2, whole(staging.room().div_ceil(2)), whole(panel))
        } else {
            (plain, staging.room(), whole(longest * widest + SLACK))
        };
        let landing_room = if step == [1; 2] { 0 } else { whole(step[1] * rows * widest) };
        let own_room = staged_room + panel_room + landing_room;
        let turned = if forward { 0 } else { plain };
        let numbers = (kernel_room + turned + threads * own_room) * size_of::<F>();
        Images {
            means,
            sliding: *sliding,
            staging,
            forward,
            rows,
            extent,
            step,
            phases,
            panels,
            room: Room::of(if sliding.is_empty() { 0 } else { numbers }),
            kernel_room,
            staged_room,
            panel_room,
            own_room,
            threads,
        }
    }

    pub(super) fn is_forward(&self) -> bool {
        self.forward
    }

    pub(super) fn bytes(&self) -> usize {
        self.room.bytes()
    }

    /// As [`super::Convolution::run`], for lengths that were checked.
    pub(super) fn run<F: Number>(&mut self, [x, kernel]: [&[F]; 2], y: &mut [F], threads: usize) {
        let threads = threads.min(self.threads);
        let packed: *mut F = self.room.as_mut_ptr();
        let mut own = packed.wrapping_add(self.kernel_room);
        let mut kernel = kernel.as_ptr();
        if !self.forward {
            // SAFETY: the room behind the packed kernel is as large as that.
            unsafe { self.turn_over(kernel, own) };
            kernel = own.cast_const();
            own =
                own.wrapping_add((self.rows * self.staging.depth()).next_multiple_of(LINE / size_of::<F>()));
        }
        F::dispatch(self.means.isa, PackKernel { images: self, kernel, packed });
        let images = self.sliding.images;
        let shares = (2 * threads).div_ceil(images).min(self.panels.len());
        let shares = if images >= 2 * threads { 1 } else { shares };
        let run = Run { images: self, x: x.as_ptr(), y: y.as_mut_ptr(), packed, own, shares };
        on_each(threads, |thread| {
            // SAFETY: the machine has what products are computed with.
            let _ready = unsafe { half::ready(self.means.half) };
            F::dispatch(self.means.isa, Worker { run: &run, thread, threads });
        });
    }
}

impl Images {
    /// Of the kernel `[O, C, kh, kw]` the part of each phase as `[C, O, …]`, its windows turned over.
    ///
    /// # Safety
    /// `kernel` can be read and `turned` written as far as the kernel goes.
    unsafe fn turn_over<F: Number>(&self, kernel: *const F, turned: *mut F) {
        let Sliding { outputs, channels, size, stride, .. } = self.sliding;
        let mut to = turned;
        for (phase, part) in self.phases.iter().enumerate() {
            if part.elements.is_empty() {
                continue;
            }
            let [down, across] = [(0, phase / stride[1]), (1, phase % stride[1])]
                .map(|(k, phase)| Part::of(&self.sliding, k, phase));
            for (c, o) in (0..channels).flat_map(|c| (0..outputs).map(move |o| (c, o))) {
                for a in (0..down.size).rev().map(|a| down.first + a * stride[0]) {
                    for b in (0..across.size).rev().map(|b| across.first + b * stride[1]) {
                        // SAFETY: within the kernel, each of whose elements belongs to one phase.
                        unsafe {
                            *to = *kernel.add(((o * channels + c) * size[0] + a) * size[1] + b);
                            to = to.add(1);
                        }
                    }
                }
            }
        }
    }
}

/// Cuts the places of each row of phases into panels.
struct Panels<'a> {
    staging: &'a Staging,
    extent: [usize; 2],
    step: [usize; 2],
}

impl<F: Number> WithLanes<F> for Panels<'_> {
    type Output = Vec<Panel>;

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) -> Vec<Panel> {
        let Panels { staging, extent, step } = self;
        let mut panels = Vec::new();
        for row in 0..step[0] {
            let places = extent[0].saturating_sub(row).div_ceil(step[0]) * extent[1].div_ceil(step[1]);
            for start in (0..places).step_by(tile_cols::<V>()) {
                let width = panel_width::<V>(start, places);
                let places = start..(start + width).min(places);
                panels.push(Panel { row, copies: staging.copies(places.clone(), V::WIDTH), places, width });
            }
        }
        panels
    }
}

struct PackKernel<'a, F> {
    images: &'a Images,
    kernel: *const F,
    packed: *mut F,
}

impl<F: Number> WithLanes<F> for PackKernel<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let &Images { rows, means, .. } = self.images;
        for Phase { elements, packed, cut } in
            self.images.phases.iter().filter(|phase| !phase.elements.is_empty())
        {
            let (depth, from) = (elements.len(), self.kernel.wrapping_add(rows * elements.start));
            #[cfg(target_arch = "x86_64")]
            if half::packing(means.half).is_some() {
                let ptr = from.cast::<f32>();
                let to = self.packed.cast::<u16>().wrapping_add(rows.next_multiple_of(SIDE) * packed);
                // SAFETY: this part of the kernel has `rows` rows of `depth` numbers, and there is room for them in bf16; the machine
                // can pack them.
                unsafe {
                    half::pack_rows(View { ptr, rows, cols: depth, row_stride: depth, col_stride: 1 }, to);
                };
                continue;
            }
            for start in (0..depth).step_by(*cut) {
                let cols = (*cut).min(depth - start);
                // SAFETY: this part of the kernel has `rows` rows of `depth` numbers, and as many have room where it is packed.
                unsafe {
                    let block = View { ptr: from.add(start), rows, cols, row_stride: depth, col_stride: 1 };
                    pack_rows::<F, V>(block, self.packed.add(rows * (packed + start)));
                }
            }
        }
        if means.half == Some(Half::Rounded) {
            // SAFETY: the packed kernel, of `f32`.
            unsafe { half::round(self.packed, rows * self.images.staging.depth()) };
        }
    }
}

/// One run, as all threads see it.
struct Run<'a, F> {
    images: &'a Images,
    x: *const F,
    y: *mut F,
    packed: *const F,
    /// What belongs to each thread, one after the other.
    own: *mut F,
    /// Into how many tasks an image is cut.
    shares: usize,
}

// SAFETY: each thread writes to its own room, and to the columns of its tasks.
unsafe impl<F: Sync> Sync for Run<'_, F> {}

struct Worker<'a, F> {
    run: &'a Run<'a, F>,
    thread: usize,
    threads: usize,
}

impl<F: Number> WithLanes<F> for Worker<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Worker { run, thread, threads } = self;
        let Images { panels, sliding, rows, extent, staged_room, own_room, .. } = run.images;
        let (count, shares) = (panels.len(), run.shares);
        let tasks = sliding.images * shares;
        let each = run.images.staging_input();
        let made = rows * extent[0] * extent[1];
        let staged = run.own.wrapping_add(thread * own_room);
        let room = staged.wrapping_add(*staged_room);
        let mut ready = usize::MAX;
        for task in thread * tasks / threads..(thread + 1) * tasks / threads {
            let (image, share) = (task / shares, task % shares);
            // SAFETY: the lengths of `x` and `y` were checked; the rooms are this thread's, as large as they need to be.
            unsafe {
                if ready != image {
                    run.stage(run.x.add(image * each), staged);
                    ready = image;
                }
                let y = run.y.add(image * made);
                for panel in &panels[share * count / shares..(share + 1) * count / shares] {
                    run.panel::<V>(panel, staged, room, y);
                }
            }
        }
    }
}

impl Images {
    /// How many numbers an image has before it is staged.
    fn staging_input(&self) -> usize {
        if self.forward { self.sliding.image() } else { self.sliding.result() }
    }
}

impl<F: Number> Run<'_, F> {
    /// # Safety
    /// `image` has an image's numbers, `staged` the room.
    #[inline(always)]
    unsafe fn stage(&self, image: *const F, staged: *mut F) {
        let Images { staging, means, .. } = self.images;
        // SAFETY: as promised by the caller; only `f32` is rounded, on machines that can.
        unsafe { staging.stage_in(means.half, image, staged) };
    }

    /// All rows of some columns of an image's result.
    ///
    /// # Safety
    /// `staged` holds the image, `room` has room for the panel and what comes of it, `y` for the image's result.
    #[inline(always)]
    unsafe fn panel<V: MathLanes<Elem = F>>(&self, panel: &Panel, staged: *const F, room: *mut F, y: *mut F) {
        let &Images { rows, extent, step, panel_room, .. } = self.images;
        let cols = panel.places.len();
        if step == [1; 2] {
            let ptr = y.wrapping_add(panel.places.start);
            let c = ViewMut { ptr, rows, cols, row_stride: extent[0] * extent[1], col_stride: 1 };
            // SAFETY: as promised by the caller.
            unsafe { self.product::<V>(&self.images.phases[0], panel, staged, room, c) };
            return;
        }
        let products = room.wrapping_add(panel_room);
        let phases = &self.images.phases[panel.row * step[1]..][..step[1]];
        for (k, phase) in phases.iter().enumerate() {
            let ptr = products.wrapping_add(k * rows * panel.width);
            let c = ViewMut { ptr, rows, cols, row_stride: panel.width, col_stride: 1 };
            // SAFETY: as promised by the caller.
            unsafe {
                if phase.elements.is_empty() {
                    ptr.write_bytes(0, rows * panel.width);
                } else {
                    self.product::<V>(phase, panel, staged, room, c);
                }
            }
        }
        let landing =
            Landing { rows, extent, step, row: panel.row, places: &panel.places, width: panel.width };
        // SAFETY: all products are in place, and these columns of the result are this task's alone.
        unsafe { landing.land(products, y) };
    }

    /// The kernel's part for a phase times a panel of what it covers.
    ///
    /// # Safety
    /// As [`Run::panel`]; `c` can be written, and the phase has elements.
    #[inline(always)]
    unsafe fn product<V: MathLanes<Elem = F>>(
        &self,
        phase: &Phase,
        panel: &Panel,
        staged: *const F,
        room: *mut F,
        c: ViewMut<F>,
    ) {
        let Images { staging, rows, means, .. } = self.images;
        let Phase { elements, packed, cut } = phase;
        let (first, depth) = (elements.start, elements.len());
        #[cfg(target_arch = "x86_64")]
        if let Some(half) = half::packing(means.half) {
            let (staged, room) = (staged.cast::<u16>(), room.cast::<u16>());
            let tile = depth.next_multiple_of(DEEP) * SIDE;
            let kernel = self.packed.cast::<u16>().wrapping_add(rows.next_multiple_of(SIDE) * packed);
            for start in (0..depth).step_by(*cut) {
                let end = (start + cut).min(depth);
                // SAFETY: as promised by the caller; this thread is ready, and `F` is `f32`.
                unsafe {
                    staging.pairs(&panel.copies, staged, first + start..first + end, room, panel.width);
                    let a = half::Rows::packed(kernel.add(start * SIDE), tile);
                    let b = half::Columns { ptr: room, width: panel.width };
                    half::tiles(half, (end - start).div_ceil(DEEP), a, b, c.cast(), start > 0);
                }
            }
            return;
        }
        for start in (0..depth).step_by(*cut) {
            let length = (*cut).min(depth - start);
            // SAFETY: as promised by the caller; rows are copied in order, so that what one writes beyond its end the next replaces.
            unsafe {
                for k in 0..length {
                    let target = room.add(k * panel.width);
                    staging.copy::<F, V>(&panel.copies, staged, first + start + k, target);
                }
                let a = Rows::Packed(self.packed.add(rows * (packed + start)));
                let b = Columns { ptr: room.cast_const(), row_stride: panel.width };
                tiles::<F, V>(length, a, b, c, start > 0);
            }
        }
    }
}
