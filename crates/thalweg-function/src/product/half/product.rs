//! Products of matrices in bf16: as `f32`'s, B is packed by all threads together, and each thread packs the rows of A that it takes.

use std::ops::Range;

use super::super::blocked::{Blocks, Work};
use super::super::threads::{Queue, on_each};
use super::super::workspace::Workspace;
use super::super::{How, Job};
use super::{Columns, DEEP, Rows, SIDE, pack_columns, pack_rows, panel_width, ready, tiles};
use crate::kernel::half::Half;

/// # Safety
/// As [`super::super::multiply`]; the machine has what `half` says.
pub(in super::super) unsafe fn multiply(job: &Job<'_, f32>, half: Half, workspace: &mut Workspace) {
    let blocks = Blocks::of_tiles(job.c.rows, job.c.cols, job.a.cols, job.threads);
    let packed_b = workspace.room::<u16>(blocks.room());
    let packed_a = packed_b.wrapping_add(blocks.b_room());
    let along = job.b.row_stride == 1 && job.b.col_stride != 1;
    let shared = Shared { job, half, blocks, packed_a, packed_b, along };
    let pieces = if along { blocks.panels() } else { blocks.depth().div_ceil(DEEP) };
    let (packing, parts) = (Queue::default(), Queue::default());
    on_each(job.threads, |thread| {
        // SAFETY: as promised by the caller; each thread writes its own packed A, and what it took from the queues.
        unsafe {
            let _ready = ready(Some(half));
            blocks.share(pieces, &packing, &parts, &Worker { shared: &shared, thread });
        }
    });
}

/// What the threads share.
struct Shared<'a> {
    job: &'a Job<'a, f32>,
    half: Half,
    blocks: Blocks,
    packed_a: *mut u16,
    packed_b: *mut u16,
    /// Whether pieces of B are panels, because neighbours along k are neighbours in memory; if not, they are rows.
    along: bool,
}

// SAFETY: each thread writes only its own packed A, and the pieces of packed B and parts of C that it took from the queues.
unsafe impl Sync for Shared<'_> {}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    thread: usize,
}

impl Work for Worker<'_> {
    unsafe fn pack(&self, piece: usize, p: Range<usize>, cols: Range<usize>) {
        let Shared { job, packed_b, along, .. } = *self.shared;
        let within = |step: usize, len: usize| (piece * step).min(len)..((piece + 1) * step).min(len);
        let (rows, columns) = if along {
            (0..p.len(), within(2 * SIDE, cols.len()))
        } else {
            (within(DEEP, p.len()), 0..cols.len())
        };
        // SAFETY: within B; the room is that of a block, and this piece of it is this thread's.
        unsafe { pack_columns(job.b.block(p, cols), rows, columns, packed_b) };
    }

    unsafe fn part(&self, rows: Range<usize>, cols: Range<usize>, offset: usize, p: Range<usize>) {
        let Shared { job, half, blocks, packed_a, packed_b, .. } = *self.shared;
        let How { accumulate, .. } = *job.how;
        let (accumulate, count) = (accumulate || p.start > 0, p.len().div_ceil(DEEP));
        let packed = packed_a.wrapping_add(self.thread * blocks.a_room());
        // SAFETY: as promised by the caller; every thread has its own room for rows of A.
        unsafe {
            pack_rows(job.a.block(rows.clone(), p.clone()), packed);
            let a = Rows::packed(packed, count * SIDE * DEEP);
            for j in (0..cols.len()).step_by(2 * SIDE) {
                let c = job.c.block(rows.clone(), cols.start + j..(cols.start + j + 2 * SIDE).min(cols.end));
                let ptr = packed_b.wrapping_add((offset + j) * count * DEEP).cast_const();
                let width = panel_width(j, cols.len());
                tiles(half, count, a, Columns { ptr, width }, c, accumulate);
            }
        }
        if p.end == blocks.inner() {
            job.finished(rows, cols);
        }
    }
}
