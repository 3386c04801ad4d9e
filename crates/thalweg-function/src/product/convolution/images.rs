//! [`Images`]: a kernel times what its window covers of each image.
//!
//! Tasks are columns of one image. A thread stages the image, brings one panel of columns to the first-level cache, and multiplies it
//! with all rows of the kernel, which were packed before. In bf16 images are rounded as they are staged.

use super::super::half::{self, DEEP, SIDE};
use super::super::kernel::{Columns, Rows, tile_cols, tiles};
use super::super::pack::{pack_rows, panel_width};
use super::super::threads::on_each;
use super::super::view::{View, ViewMut};
use super::super::{Number, blocked};
use super::staged::{Copied, Over, SLACK, Staging};
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
    /// The kernel as a matrix.
    rows: usize,
    depth: usize,
    /// How long sums are between two visits to the result.
    cut: usize,
    panels: Vec<Panel>,
    /// The kernel, then for each thread a staged image and a panel.
    room: Room,
    kernel_room: usize,
    staged_room: usize,
    own_room: usize,
    threads: usize,
}

/// Some columns of an image.
#[derive(Debug)]
struct Panel {
    places: Range<usize>,
    width: usize,
    copies: Vec<Copied>,
}

impl Images {
    /// From images and kernel to results.
    pub(super) fn forward<F: Number>(means: Means, sliding: &Sliding) -> Self {
        let &Sliding { channels, extent, size, stride, padding, places, .. } = sliding;
        let before = padding.map(|padding| padding as isize);
        let over = Over { channels, extent, spread: [1; 2], before, size, stride, places };
        Images::new::<F>(means, sliding, &over, true)
    }

    /// From results and kernel to images: over results spread by the stride slides the kernel turned over.
    pub(super) fn backward<F: Number>(means: Means, sliding: &Sliding) -> Self {
        let &Sliding { outputs, extent, size, stride, padding, places, .. } = sliding;
        let before = [0, 1].map(|k| size[k] as isize - 1 - padding[k] as isize);
        let over = Over {
            channels: outputs,
            extent: places,
            spread: stride,
            before,
            size,
            stride: [1; 2],
            places: extent,
        };
        Images::new::<F>(means, sliding, &over, false)
    }

    fn new<F: Number>(means: Means, sliding: &Sliding, over: &Over, forward: bool) -> Self {
        let staging = Staging::new(over);
        let depth = staging.depth();
        let packing = half::packing(means.half).is_some();
        let cut = if packing { TILES_DEPTH } else { blocked::depth_of(depth) };
        let places = over.places[0] * over.places[1];
        let panels = F::dispatch(means.isa, Panels { staging: &staging, places });
        let widest = panels.iter().map(|panel| panel.width).max().unwrap_or(0);
        let rows = if forward { sliding.outputs } else { sliding.channels };
        let threads = sliding.threads(means.threads);
        let whole = |numbers: usize| numbers.next_multiple_of(LINE / size_of::<F>());
        let plain = whole(rows * depth);
        // Two numbers of bf16 have the room of one of `f32`.
        let (kernel_room, staged_room, panel_room) = if packing {
            let deep = depth.next_multiple_of(DEEP);
            let panel = cut.min(deep) / 2 * widest + SLACK;
            (rows.next_multiple_of(SIDE) * deep / 2, whole(staging.room().div_ceil(2)), whole(panel))
        } else {
            (plain, staging.room(), whole(cut * widest + SLACK))
        };
        let own_room = staged_room + panel_room;
        let turned = if forward { 0 } else { plain };
        let numbers = (kernel_room + turned + threads * own_room) * size_of::<F>();
        Images {
            means,
            sliding: *sliding,
            staging,
            forward,
            rows,
            depth,
            cut,
            panels,
            room: Room::of(if sliding.is_empty() { 0 } else { numbers }),
            kernel_room,
            staged_room,
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
            unsafe { turn_over(&self.sliding, kernel, own) };
            kernel = own.cast_const();
            own = own.wrapping_add((self.rows * self.depth).next_multiple_of(LINE / size_of::<F>()));
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

/// The kernel `[O, C, kh, kw]` as `[C, O, kh, kw]`, its windows turned over.
///
/// # Safety
/// `kernel` can be read and `turned` written as far as the kernel goes.
unsafe fn turn_over<F: Number>(sliding: &Sliding, kernel: *const F, turned: *mut F) {
    let (outputs, channels, elements) = (sliding.outputs, sliding.channels, sliding.elements());
    for o in 0..outputs {
        for c in 0..channels {
            for e in 0..elements {
                // SAFETY: within the kernel.
                unsafe {
                    *turned.add((c * outputs + o) * elements + elements - 1 - e) =
                        *kernel.add((o * channels + c) * elements + e);
                }
            }
        }
    }
}

/// Cuts the places into panels.
struct Panels<'a> {
    staging: &'a Staging,
    places: usize,
}

impl<F: Number> WithLanes<F> for Panels<'_> {
    type Output = Vec<Panel>;

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) -> Vec<Panel> {
        let panel = |start: usize| {
            let width = panel_width::<V>(start, self.places);
            let places = start..(start + width).min(self.places);
            Panel { copies: self.staging.copies(places.clone(), V::WIDTH), places, width }
        };
        (0..self.places).step_by(tile_cols::<V>()).map(panel).collect()
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
        let &Images { rows, depth, cut, means, .. } = self.images;
        #[cfg(target_arch = "x86_64")]
        if half::packing(means.half).is_some() {
            let (ptr, packed) = (self.kernel.cast::<f32>(), self.packed.cast::<u16>());
            // SAFETY: the kernel has `rows` rows of `depth` numbers, and there is room for them in bf16; the machine can pack them.
            unsafe {
                half::pack_rows(View { ptr, rows, cols: depth, row_stride: depth, col_stride: 1 }, packed);
            };
            return;
        }
        for start in (0..depth).step_by(cut) {
            let cols = cut.min(depth - start);
            // SAFETY: the kernel has `rows` rows of `depth` numbers, and as many have room where it is packed.
            unsafe {
                let ptr = self.kernel.add(start);
                let block = View { ptr, rows, cols, row_stride: depth, col_stride: 1 };
                pack_rows::<F, V>(block, self.packed.add(rows * start));
            }
        }
        if means.half == Some(Half::Rounded) {
            // SAFETY: the packed kernel, of `f32`.
            unsafe { half::round(self.packed, rows * depth) };
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
        let Images { panels, sliding, rows, staged_room, own_room, .. } = run.images;
        let (count, shares) = (panels.len(), run.shares);
        let tasks = sliding.images * shares;
        let each = run.images.staging_input();
        let places = panels.last().map_or(0, |panel| panel.places.end);
        let staged = run.own.wrapping_add(thread * own_room);
        let panel_room = staged.wrapping_add(*staged_room);
        let mut ready = usize::MAX;
        for task in thread * tasks / threads..(thread + 1) * tasks / threads {
            let (image, share) = (task / shares, task % shares);
            // SAFETY: the lengths of `x` and `y` were checked; the rooms are this thread's, as large as they need to be.
            unsafe {
                if ready != image {
                    run.stage(run.x.add(image * each), staged);
                    ready = image;
                }
                let y = run.y.add(image * rows * places);
                for panel in &panels[share * count / shares..(share + 1) * count / shares] {
                    run.panel::<V>(panel, staged, panel_room, y, places);
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
    /// `staged` holds the image, `room` has room for the panel, `y` for the image's result.
    #[inline(always)]
    unsafe fn panel<V: MathLanes<Elem = F>>(
        &self,
        panel: &Panel,
        staged: *const F,
        room: *mut F,
        y: *mut F,
        places: usize,
    ) {
        let Images { staging, rows, depth, cut, means, .. } = self.images;
        let (ptr, cols) = (y.wrapping_add(panel.places.start), panel.places.len());
        let c = ViewMut { ptr, rows: *rows, cols, row_stride: places, col_stride: 1 };
        #[cfg(target_arch = "x86_64")]
        if let Some(half) = half::packing(means.half) {
            let (staged, room) = (staged.cast::<u16>(), room.cast::<u16>());
            let tile = depth.next_multiple_of(DEEP) * SIDE;
            for start in (0..*depth).step_by(*cut) {
                let end = (start + cut).min(*depth);
                // SAFETY: as promised by the caller; this thread is ready, and `F` is `f32`.
                unsafe {
                    staging.pairs(&panel.copies, staged, start..end, room, panel.width);
                    let a = half::Rows::packed(self.packed.cast::<u16>().add(start * SIDE), tile);
                    let b = half::Columns { ptr: room, width: panel.width };
                    half::tiles(half, (end - start).div_ceil(DEEP), a, b, c.cast(), start > 0);
                }
            }
            return;
        }
        for start in (0..*depth).step_by(*cut) {
            let length = (*cut).min(depth - start);
            // SAFETY: as promised by the caller; rows are copied in order, so that what one writes beyond its end the next replaces.
            unsafe {
                for k in 0..length {
                    staging.copy::<F, V>(&panel.copies, staged, start + k, room.add(k * panel.width));
                }
                let a = Rows::Packed(self.packed.add(rows * start));
                let b = Columns { ptr: room.cast_const(), row_stride: panel.width };
                tiles::<F, V>(length, a, b, c, start > 0);
            }
        }
    }
}
