//! Products of numbers rounded to bf16, summed in `f32`.
//!
//! Operands are rounded while they are packed ([`pack`]), to nearest, ties to even ([`number`]). The innermost loop works on tiles of
//! sixteen rows and columns of C and blocks of 32 numbers along k, with the instructions for tiles ([`amx`]) or for dot products
//! ([`dots`]). Where there are neither, packed operands are rounded where they are and multiplied as those of `f32` ([`Half::Rounded`]):
//! the same products, summed in another order.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod dots;
mod number;
#[cfg(target_arch = "x86_64")]
mod pack;
#[cfg(target_arch = "x86_64")]
mod product;
#[cfg(test)]
mod tests;

pub(super) use number::round;
#[cfg(test)]
pub(super) use number::rounded;
#[cfg(target_arch = "x86_64")]
pub(super) use {
    number::bits,
    pack::{clear, copy, interleave, interleave_zero, pack_columns, pack_line, pack_rows},
    product::multiply,
};

use super::view::ViewMut;
use crate::kernel::half::Half;

/// Rows and columns of a tile of C.
pub(super) const SIDE: usize = 16;
/// How many numbers along k a tile of A or B has.
pub(super) const DEEP: usize = 32;
/// Blocks along k with which the machine is measured: few enough that both operands stay in the first-level cache.
#[cfg(target_arch = "x86_64")]
const MEASURED: usize = 16;

/// The way to pack and multiply in bf16, if it is not to round alone.
#[inline]
pub(super) fn packing(half: Option<Half>) -> Option<Half> {
    half.filter(|&half| half != Half::Rounded)
}

/// How many columns the panel of B from column `j` of `cols` has: whole tiles, at most two.
#[inline]
pub(super) fn panel_width(j: usize, cols: usize) -> usize {
    (cols - j).next_multiple_of(SIDE).min(2 * SIDE)
}

/// Rows of A in bf16, sixteen by sixteen, over blocks of 32 numbers of k. Distances are in numbers.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub(super) ptr: *const u16,
    /// From a row to the next within sixteen.
    pub(super) row: usize,
    /// From a block to the next.
    pub(super) step: usize,
    /// From sixteen rows to the next.
    pub(super) tile: usize,
}

impl Rows {
    /// Rows over `blocks` blocks, packed one block after the other, with `tile` numbers from sixteen rows to the next.
    pub(super) fn packed(ptr: *const u16, tile: usize) -> Self {
        Rows { ptr, row: DEEP, step: SIDE * DEEP, tile }
    }
}

/// A panel of B in bf16: pairs after pairs along k, of each `width` columns.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) ptr: *const u16,
    pub(super) width: usize,
}

/// A part of C to be written over, or added to.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Target {
    ptr: *mut f32,
    row_stride: usize,
    accumulate: bool,
}

/// What a thread needs while it multiplies: with tiles, that these are its own.
///
/// # Safety
/// The machine has what `half` says.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn ready(half: Option<Half>) -> Option<amx::Ready> {
    // SAFETY: as promised by the caller.
    (half == Some(Half::Tiles)).then(|| unsafe { amx::Ready::new() })
}

/// Elsewhere nothing is needed.
///
/// # Safety
/// None: this is safe.
#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe fn ready(_: Option<Half>) -> Option<()> {
    None
}

/// `C = A·B` or `C += A·B` for at most 32 columns, any number of rows, and a number of blocks along k.
///
/// # Safety
/// `a` has the rows of `c`, rounded up to sixteen, and `b` its columns, rounded up to its width, which is 16 or 32, over so many blocks, at
/// least one; `c` can be written and, where `accumulate`, read. The machine has what `half` says, and this thread is [`ready`].
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn tiles(
    half: Half,
    blocks: usize,
    a: Rows,
    b: Columns,
    c: ViewMut<f32>,
    accumulate: bool,
) {
    for i in (0..c.rows).step_by(2 * SIDE) {
        // SAFETY: rows of A and C, as promised by the caller.
        unsafe {
            let c = c.block(i..(i + 2 * SIDE).min(c.rows), 0..c.cols);
            let a = Rows { ptr: a.ptr.add(i / SIDE * a.tile), ..a };
            let tall = c.rows.div_ceil(SIDE);
            if c.rows == tall * SIDE && c.cols == b.width && c.col_stride == 1 {
                let target = Target { ptr: c.ptr, row_stride: c.row_stride, accumulate };
                whole(half, [tall, b.width / SIDE], blocks, a, b, target);
            } else {
                edge(half, tall, blocks, a, b, c, accumulate);
            }
        }
    }
}

/// The same for a part of whole tiles.
///
/// # Safety
/// As [`tiles`].
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn whole(half: Half, count: [usize; 2], blocks: usize, a: Rows, b: Columns, c: Target) {
    // SAFETY: as promised by the caller; the loops are those for so many tiles.
    unsafe {
        match (half, count) {
            (Half::Tiles, [1, 1]) => amx::one_by_one(blocks, a, b, c),
            (Half::Tiles, [1, _]) => amx::one_by_two(blocks, a, b, c),
            (Half::Tiles, [_, 1]) => amx::two_by_one(blocks, a, b, c),
            (Half::Tiles, _) => amx::two_by_two(blocks, a, b, c),
            (_, [1, 1]) => dots::tiles::<1, 1>(blocks, a, b, c),
            (_, [1, _]) => dots::tiles::<1, 2>(blocks, a, b, c),
            (_, [_, 1]) => dots::tiles::<2, 1>(blocks, a, b, c),
            (_, _) => dots::tiles::<2, 2>(blocks, a, b, c),
        }
    }
}

/// Room for the largest part of C that is computed at a time.
#[cfg(target_arch = "x86_64")]
#[repr(align(64))]
struct Part([f32; 4 * SIDE * SIDE]);

/// The same for a part beyond the edge of C, or with columns apart.
///
/// # Safety
/// As [`tiles`]; `c` has at most `tall` tiles of rows.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
unsafe fn edge(
    half: Half,
    tall: usize,
    blocks: usize,
    a: Rows,
    b: Columns,
    c: ViewMut<f32>,
    accumulate: bool,
) {
    let mut part = Part([0.0; 4 * SIDE * SIDE]);
    let width = b.width;
    // SAFETY: places within C, and tiles within the part.
    unsafe {
        if accumulate {
            for (i, row) in part.0.chunks_exact_mut(width).enumerate().take(c.rows) {
                for (j, x) in row.iter_mut().enumerate().take(c.cols) {
                    *x = *c.at(i, j);
                }
            }
        }
        let target = Target { ptr: part.0.as_mut_ptr(), row_stride: width, accumulate };
        whole(half, [tall, width / SIDE], blocks, a, b, target);
        for (i, row) in part.0.chunks_exact(width).enumerate().take(c.rows) {
            if c.col_stride == 1 {
                std::ptr::copy_nonoverlapping(row.as_ptr(), c.at(i, 0), c.cols);
            } else {
                for (j, &x) in row.iter().enumerate().take(c.cols) {
                    *c.at(i, j) = x;
                }
            }
        }
    }
}

/// Operations a second of one core, at best; `None` where they are those of `f32`.
pub(crate) fn peak() -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    if let Some(half) = packing(Some(Half::detect())) {
        return Some(measured(half));
    }
    None
}

/// The operations a second of the innermost loop on operands in the first-level cache.
#[cfg(target_arch = "x86_64")]
fn measured(half: Half) -> f64 {
    const TIMES: usize = 2000;
    let mut room = crate::kernel::room::Room::of(4 * SIDE * DEEP * size_of::<u16>() * MEASURED);
    let mut sums = Part([0.0; 4 * SIDE * SIDE]);
    let numbers: *const u16 = room.as_mut_ptr::<u16>().cast_const();
    let a = Rows::packed(numbers, MEASURED * SIDE * DEEP);
    let b = Columns { ptr: numbers.wrapping_add(2 * MEASURED * SIDE * DEEP), width: 2 * SIDE };
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = std::time::Instant::now();
        // SAFETY: the machine has what was detected; the room holds both operands, `sums` the part of C.
        unsafe {
            let _ready = ready(Some(half));
            for _ in 0..TIMES {
                let target = Target { ptr: sums.0.as_mut_ptr(), row_stride: 2 * SIDE, accumulate: true };
                whole(half, [2, 2], MEASURED, a, b, target);
            }
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    std::hint::black_box(&sums.0);
    (2 * 4 * SIDE * SIDE * DEEP * MEASURED * TIMES) as f64 / best
}
