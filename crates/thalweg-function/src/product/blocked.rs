//! Products of many rows and columns. B is cut into blocks that stay in the second-level cache, packed by all threads
//! together; then each thread takes some rows of A at a time, packs them, and multiplies.
//!
//! The cuts along k, which decide how an element is summed, depend on k alone.

use std::marker::PhantomData;
use std::ops::Range;

use super::half::{self, DEEP, SIDE};
use super::kernel::{self, Columns, Rows, tile_cols};
use super::pack::{pack_columns, pack_rows, panel_width};
use super::threads::{Queue, on_each};
use super::workspace::Workspace;
use super::{Job, Number};
use crate::kernel::isa::{Isa, WithLanes};
use crate::kernel::math::MathLanes;

/// How long sums are between two visits to C: a panel of B then fits the first-level cache.
const DEPTH: usize = 256;
/// The same for tiles of bf16, whose operands have half the size.
const TILES_DEPTH: usize = 1024;
/// How much of B is packed at a time: half a second-level cache of today's larger machines.
const BLOCK_BYTES: usize = 1 << 20;
/// Of the first-level cache, what one matrix may fill.
const CACHED: usize = 16 << 10;
/// The most rows in a block.
const ROWS: usize = 64;
/// How many rows of B are packed at a time.
const PACKED_TOGETHER: usize = 32;

/// How long the sums of a block are, of `k` terms in all.
pub(super) fn depth_of(k: usize) -> usize {
    k.div_ceil(((k + DEPTH / 2) / DEPTH).max(1)).max(1)
}

/// How a product is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    m: usize,
    n: usize,
    k: usize,
    /// Sizes of a block.
    rows: usize,
    cols: usize,
    depth: usize,
    /// How many columns a thread takes at a time: all of a block unless there are too few rows for all threads.
    share: usize,
    threads: usize,
}

/// What is to be done with blocks.
pub(super) trait Work {
    /// Packs a piece of a block of B.
    ///
    /// # Safety
    /// The ranges lie within B, and no other thread packs this piece.
    unsafe fn pack(&self, piece: usize, p: Range<usize>, cols: Range<usize>);

    /// Adds the products over `p` to a part of C, whose first column is column `offset` of the packed block of B.
    ///
    /// # Safety
    /// The ranges lie within the product, the block of B is packed, and no other thread uses this part of C.
    unsafe fn part(&self, rows: Range<usize>, cols: Range<usize>, offset: usize, p: Range<usize>);
}

impl Blocks {
    pub(super) fn new<F: Number>(isa: Isa, m: usize, n: usize, k: usize, threads: usize) -> Self {
        let panel = F::dispatch(isa, TileCols);
        let depth = depth_of(k);
        let fitting = BLOCK_BYTES / size_of::<F>() / depth;
        let cols = n.next_multiple_of(panel).min((fitting / panel * panel).max(panel));
        let row_blocks = if m < 16 * threads { 1 } else { threads * m.div_ceil(ROWS * threads) };
        let shares = if row_blocks == 1 { threads } else { 1 };
        // Whole tiles, or nearly: the smallest ones are the slowest.
        let rows = m.div_ceil(row_blocks).next_multiple_of(4);
        let share = cols.div_ceil(shares).next_multiple_of(panel);
        Blocks { m, n, k, rows, cols, depth, share, threads }
    }

    /// The same for tiles of bf16.
    pub(super) fn of_tiles(m: usize, n: usize, k: usize, threads: usize) -> Self {
        let panel = 2 * SIDE;
        let depth = k.div_ceil(k.div_ceil(TILES_DEPTH).max(1)).next_multiple_of(DEEP);
        let fitting = BLOCK_BYTES / size_of::<u16>() / depth.max(1);
        let cols = n.next_multiple_of(panel).min((fitting / panel * panel).max(panel));
        let rows = 2 * SIDE;
        let shares = if m.div_ceil(rows) < 2 * threads { threads } else { 1 };
        let share = cols.div_ceil(shares).next_multiple_of(panel);
        Blocks { m, n, k, rows, cols, depth, share, threads }
    }

    /// How long a product's sums are.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn inner(&self) -> usize {
        self.k
    }

    /// The rows of a block of B.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// How many panels of two tiles a block of B has.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn panels(&self) -> usize {
        self.cols.div_ceil(2 * SIDE)
    }

    /// The numbers in a packed block of B.
    pub(super) fn b_room(&self) -> usize {
        self.depth * self.cols
    }

    /// The numbers in packed rows of A, in whole cache lines.
    pub(super) fn a_room(&self) -> usize {
        (self.rows * self.depth).next_multiple_of(16)
    }

    /// The numbers in all packed blocks.
    pub(super) fn room(&self) -> usize {
        self.b_room() + self.threads * self.a_room()
    }

    /// The columns and rows of B in block after block.
    fn of_b(self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let cut = |len: usize, step: usize| (0..len).step_by(step).map(move |i| i..(i + step).min(len));
        cut(self.n, self.cols).flat_map(move |cols| cut(self.k, self.depth).map(move |p| (cols.clone(), p)))
    }

    /// One thread's share: of each block of B, `pieces` are packed, then the parts of C are computed, each by whoever is free.
    ///
    /// # Safety
    /// The work may be done on these blocks; all threads bring the same queues.
    #[inline(always)]
    pub(super) unsafe fn share(&self, pieces: usize, packing: &Queue, parts: &Queue, work: &impl Work) {
        let shares = self.cols.div_ceil(self.share);
        let parts_each = self.m.div_ceil(self.rows) * shares;
        for (count, (cols, p)) in self.of_b().enumerate() {
            // The last block may still be in use.
            parts.wait(count * parts_each);
            while let Some(piece) = packing.take((count + 1) * pieces) {
                // SAFETY: the ranges are those of a block; this piece of it is this thread's.
                unsafe { work.pack(piece - count * pieces, p.clone(), cols.clone()) };
                packing.finish();
            }
            packing.wait((count + 1) * pieces);
            while let Some(part) = parts.take((count + 1) * parts_each) {
                let part = part - count * parts_each;
                let i = part / shares * self.rows;
                let rows = i..(i + self.rows).min(self.m);
                let offset = (part % shares * self.share).min(cols.len());
                let start = cols.start + offset;
                let cols = start..(start + self.share).min(cols.end);
                // SAFETY: the part lies within C, and is this thread's alone.
                unsafe { work.part(rows, cols, offset, p.clone()) };
                parts.finish();
            }
        }
    }
}

struct TileCols;

impl<F> WithLanes<F> for TileCols {
    type Output = usize;

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) -> usize {
        tile_cols::<V>()
    }
}

/// # Safety
/// As [`super::multiply`].
pub(super) unsafe fn multiply<F: Number>(job: &Job<'_, F>, workspace: &mut Workspace) {
    let blocks = Blocks::new::<F>(job.how.isa, job.c.rows, job.c.cols, job.a.cols, job.threads);
    let packed_b = workspace.room::<F>(blocks.room());
    let packed_a = packed_b.wrapping_add(blocks.b_room());
    let shared =
        Shared { job, blocks, packed_a, packed_b, packing: Queue::default(), parts: Queue::default() };
    on_each(job.threads, |thread| F::dispatch(job.how.isa, Worker { shared: &shared, thread }));
}

/// What the threads share.
struct Shared<'a, F> {
    job: &'a Job<'a, F>,
    blocks: Blocks,
    packed_a: *mut F,
    packed_b: *mut F,
    packing: Queue,
    parts: Queue,
}

// SAFETY: each thread writes only its own packed A, and the pieces of packed B and parts of C that it took from the queues.
unsafe impl<F: Sync> Sync for Shared<'_, F> {}

struct Worker<'a, F> {
    shared: &'a Shared<'a, F>,
    thread: usize,
}

impl<F: Number> WithLanes<F> for Worker<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = F>>(self) {
        let Shared { blocks, packing, parts, .. } = self.shared;
        let pieces = blocks.depth.div_ceil(PACKED_TOGETHER);
        let work = InLanes::<F, V> { worker: &self, lanes: PhantomData };
        // SAFETY: the job is one that may be done; the queues are shared by all threads.
        unsafe { blocks.share(pieces, packing, parts, &work) };
    }
}

impl<F: Number> Worker<'_, F> {
    /// Whether B is read where it lies: packing does not pay for a few rows of A, nor where all of B stays in the first-level
    /// cache. What is to be rounded is packed.
    #[inline(always)]
    fn b_stays(&self) -> bool {
        let Shared { job, blocks, .. } = self.shared;
        let few = blocks.m <= 2 * kernel::MOST_ROWS;
        let cached = blocks.k * blocks.n * size_of::<F>() <= CACHED;
        job.b.col_stride == 1 && (few || cached) && job.how.half.is_none()
    }

    /// Whether A is read where it lies: packing does not pay for a few columns of B, unless the rows of a tile would
    /// fall on the same cache set, nor where all of A stays in the first-level cache. What is to be rounded is packed.
    #[inline(always)]
    fn a_stays<V: MathLanes<Elem = F>>(&self) -> bool {
        let Shared { job, blocks, .. } = self.shared;
        let few = blocks.n <= 2 * tile_cols::<V>();
        let collide = (job.a.row_stride * size_of::<F>()).is_multiple_of(4096);
        let cached = blocks.m * blocks.k * size_of::<F>() <= CACHED;
        (few && !collide || cached) && job.how.half.is_none()
    }
}

/// A worker in lanes of one width.
struct InLanes<'a, F, V> {
    worker: &'a Worker<'a, F>,
    lanes: PhantomData<V>,
}

impl<F: Number, V: MathLanes<Elem = F>> Work for InLanes<'_, F, V> {
    #[inline(always)]
    unsafe fn pack(&self, piece: usize, p: Range<usize>, cols: Range<usize>) {
        let Shared { job, packed_b, .. } = *self.worker.shared;
        let start = piece * PACKED_TOGETHER;
        let rows = start.min(p.len())..(start + PACKED_TOGETHER).min(p.len());
        // SAFETY: within B; the room is that of a block, and these rows of it are this thread's.
        unsafe {
            let b = job.b.block(p, cols);
            pack_columns::<F, V>(b, rows.clone(), packed_b, self.worker.b_stays());
            if job.how.half.is_some() {
                for j in (0..b.cols).step_by(tile_cols::<V>()) {
                    let width = panel_width::<V>(j, b.cols);
                    half::round(packed_b.add(j * b.rows + rows.start * width), rows.len() * width);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn part(&self, rows: Range<usize>, cols: Range<usize>, offset: usize, p: Range<usize>) {
        let Shared { job, blocks, packed_b, packed_a, .. } = *self.worker.shared;
        let (a_stays, b_stays) = (self.worker.a_stays::<V>(), self.worker.b_stays());
        let accumulate = job.how.accumulate || p.start > 0;
        // SAFETY: as promised by the caller; every thread has its own room for rows of A.
        unsafe {
            let a = job.a.block(rows.clone(), p.clone());
            let a = if a_stays {
                Rows::Strided { ptr: a.ptr, row_stride: a.row_stride, col_stride: a.col_stride }
            } else {
                let packed = packed_a.add(self.worker.thread * blocks.a_room());
                pack_rows::<F, V>(a, packed);
                if job.how.half.is_some() {
                    half::round(packed, a.rows * a.cols);
                }
                Rows::Packed(packed.cast_const())
            };
            for j in (0..cols.len()).step_by(tile_cols::<V>()) {
                let width = panel_width::<V>(j, cols.len());
                let c = job.c.block(rows.clone(), cols.start + j..(cols.start + j + width).min(cols.end));
                let b = if b_stays && c.cols == tile_cols::<V>() {
                    let row_stride = job.b.row_stride;
                    Columns { ptr: job.b.ptr.add(p.start * row_stride + cols.start + j), row_stride }
                } else {
                    let panel = packed_b.add((offset + j) * p.len());
                    Columns { ptr: panel.cast_const(), row_stride: width }
                };
                kernel::tiles::<F, V>(p.len(), a, b, c, accumulate);
            }
        }
        if p.end == blocks.k {
            job.finished(rows, cols);
        }
    }
}
