//! [`Images`]: a kernel times what its window covers of each image.
//!
//! Tasks are columns of one image. A thread stages the image, brings one panel of columns to the first-level cache, and multiplies it
//! with all rows of the kernel, which were packed before.

use super::super::kernel::{Columns, Rows, tile_cols, tiles};
use super::super::pack::{pack_rows, panel_width};
use super::super::threads::on_each;
use super::super::view::{View, ViewMut};
use super::super::{Number, blocked};
use super::Sliding;
use super::staged::{Copied, Over, SLACK, Staging};
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;
use crate::kernel::room::{LINE, Room};
use std::ops::Range;

/// What is made ready.
#[derive(Debug)]
pub(super) struct Images {
    isa: Isa,
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
    pub(super) fn forward<F: Number>(isa: Isa, sliding: &Sliding, threads: usize) -> Self {
        let &Sliding { channels, extent, size, stride, padding, places, .. } = sliding;
        let before = padding.map(|padding| padding as isize);
        let over = Over { channels, extent, spread: [1; 2], before, size, stride, places };
        Images::new::<F>(isa, sliding, &over, threads, true)
    }

    /// From results and kernel to images: over results spread by the stride slides the kernel turned over.
    pub(super) fn backward<F: Number>(isa: Isa, sliding: &Sliding, threads: usize) -> Self {
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
        Images::new::<F>(isa, sliding, &over, threads, false)
    }

    fn new<F: Number>(isa: Isa, sliding: &Sliding, over: &Over, threads: usize, forward: bool) -> Self {
        let staging = Staging::new(over);
        let depth = staging.depth();
        let cut = blocked::depth_of(depth);
        let places = over.places[0] * over.places[1];
        let panels = F::dispatch(isa, Panels { staging: &staging, places });
        let widest = panels.iter().map(|panel| panel.width).max().unwrap_or(0);
        let rows = if forward { sliding.outputs } else { sliding.channels };
        let threads = sliding.threads(threads);
        let whole = |numbers: usize| numbers.next_multiple_of(LINE / size_of::<F>());
        let kernel_room = whole(rows * depth);
        let own_room = staging.room() + whole(cut * widest + SLACK);
        let turned = if forward { 0 } else { kernel_room };
        let numbers = (kernel_room + turned + threads * own_room) * size_of::<F>();
        Images {
            isa,
            sliding: *sliding,
            staging,
            forward,
            rows,
            depth,
            cut,
            panels,
            room: Room::of(if sliding.is_empty() { 0 } else { numbers }),
            kernel_room,
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
            own = own.wrapping_add(self.kernel_room);
        }
        F::dispatch(self.isa, PackKernel { images: self, kernel, packed });
        let images = self.sliding.images;
        let shares = (2 * threads).div_ceil(images).min(self.panels.len());
        let shares = if images >= 2 * threads { 1 } else { shares };
        let run = Run { images: self, x: x.as_ptr(), y: y.as_mut_ptr(), packed, own, shares };
        on_each(threads, |thread| {
            F::dispatch(self.isa, Worker { run: &run, thread, threads });
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
        let &Images { rows, depth, cut, .. } = self.images;
        for start in (0..depth).step_by(cut) {
            let cols = cut.min(depth - start);
            // SAFETY: the kernel has `rows` rows of `depth` numbers, and as many have room where it is packed.
            unsafe {
                let ptr = self.kernel.add(start);
                let block = View { ptr, rows, cols, row_stride: depth, col_stride: 1 };
                pack_rows::<F, V>(block, self.packed.add(rows * start));
            }
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
        let Images { staging, panels, sliding, rows, .. } = run.images;
        let (count, shares) = (panels.len(), run.shares);
        let tasks = sliding.images * shares;
        let each = run.images.staging_input();
        let places = panels.last().map_or(0, |panel| panel.places.end);
        let staged = run.own.wrapping_add(thread * run.images.own_room);
        let panel_room = staged.wrapping_add(staging.room());
        let mut ready = usize::MAX;
        for task in thread * tasks / threads..(thread + 1) * tasks / threads {
            let (image, share) = (task / shares, task % shares);
            // SAFETY: the lengths of `x` and `y` were checked; the rooms are this thread's, as large as they need to be.
            unsafe {
                if ready != image {
                    staging.stage(run.x.add(image * each), staged);
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
        let Images { staging, rows, depth, cut, .. } = self.images;
        for start in (0..*depth).step_by(*cut) {
            let length = (*cut).min(depth - start);
            // SAFETY: as promised by the caller; rows are copied in order, so that what one writes beyond its end the next replaces.
            unsafe {
                for k in 0..length {
                    staging.copy::<F, V>(&panel.copies, staged, start + k, room.add(k * panel.width));
                }
                let a = Rows::Packed(self.packed.add(rows * start));
                let b = Columns { ptr: room.cast_const(), row_stride: panel.width };
                let (ptr, cols) = (y.add(panel.places.start), panel.places.len());
                let c = ViewMut { ptr, rows: *rows, cols, row_stride: places, col_stride: 1 };
                tiles::<F, V>(length, a, b, c, start > 0);
            }
        }
    }
}
