//! Copies blocks of A and B into the order in which the innermost loop reads them.

use std::ops::Range;

use super::Number;
use super::kernel::{tile_cols, tile_rows};
use super::view::View;
use crate::kernel::lanes::Lanes;

/// Copies `a` tile after tile, each column after column: see [`super::kernel::Rows::Packed`].
///
/// # Safety
/// `a` can be read; `packed` has room for as many numbers.
#[inline(always)]
pub(super) unsafe fn pack_rows<F: Number, V: Lanes<Elem = F>>(a: View<F>, packed: *mut F) {
    let mut i = 0;
    while i < a.rows {
        let rows = tile_rows::<V>(a.rows - i);
        // SAFETY: a tile within A, and its room.
        unsafe { interleave::<F, V>(a.block(i..i + rows, 0..a.cols), packed.add(i * a.cols), rows) };
        i += rows;
    }
}

/// How wide the panel of B from column `j` of `cols` is when packed: whole registers.
#[inline(always)]
pub(super) fn panel_width<V: Lanes>(j: usize, cols: usize) -> usize {
    (cols - j).next_multiple_of(V::WIDTH).min(tile_cols::<V>())
}

/// Copies rows `rows` of `b` into its panels of [`tile_cols`] columns, each row after row, the last panel filled up with
/// zeros to whole registers. The panel from column `j` begins `j·b.rows` numbers after `packed`. Where `last_only`, all
/// panels but one narrower than the others are left out.
///
/// # Safety
/// `b` can be read; `packed` has room for `b.rows` rows of `b.cols` numbers rounded up to whole registers.
#[inline(always)]
pub(super) unsafe fn pack_columns<F: Number, V: Lanes<Elem = F>>(
    b: View<F>,
    rows: Range<usize>,
    packed: *mut F,
    last_only: bool,
) {
    let width = tile_cols::<V>();
    let whole = b.cols - b.cols % width;
    // SAFETY: every panel lies within B, and its room within that of all.
    unsafe {
        let from = |j: usize, width: usize| {
            let panel = b.block(rows.clone(), j..(j + width).min(b.cols));
            (panel, packed.add(j * b.rows + rows.start * width))
        };
        if last_only {
        } else if b.col_stride == 1 {
            let (from, to) = from(0, width);
            // All panels of a row before the next row, for this is how B lies in memory.
            for p in 0..rows.len() {
                for j in (0..whole).step_by(width) {
                    for l in (0..width).step_by(V::WIDTH) {
                        let numbers = V::load(from.ptr.add(p * b.row_stride + j + l));
                        numbers.store(to.add(j * b.rows + p * width + l));
                    }
                }
            }
        } else {
            for j in (0..whole).step_by(width) {
                let (panel, target) = from(j, width);
                interleave::<F, V>(panel.transposed(), target, width);
            }
        }
        if whole < b.cols {
            let width = panel_width::<V>(whole, b.cols);
            let (panel, target) = from(whole, width);
            interleave::<F, V>(panel.transposed(), target, width);
            for p in 0..rows.len() {
                for j in panel.cols..width {
                    *target.add(p * width + j) = F::splat(0.0);
                }
            }
        }
    }
}

/// Writes `a` column after column, `stride` numbers apart.
///
/// # Safety
/// `a` can be read, and the columns can be written.
#[inline(always)]
unsafe fn interleave<F: Number, V: Lanes<Elem = F>>(a: View<F>, packed: *mut F, stride: usize) {
    // SAFETY: rows and columns below those of A.
    unsafe {
        if a.row_stride == 1 {
            match a.rows {
                12 => copy_columns::<F, 12>(a, packed, stride),
                8 => copy_columns::<F, 8>(a, packed, stride),
                6 => copy_columns::<F, 6>(a, packed, stride),
                4 => copy_columns::<F, 4>(a, packed, stride),
                2 => copy_columns::<F, 2>(a, packed, stride),
                rows => {
                    for i in 0..rows {
                        copy_columns::<F, 1>(a.block(i..i + 1, 0..a.cols), packed.add(i), stride);
                    }
                }
            }
            return;
        }
        let mut first = 0;
        if a.col_stride == 1 {
            while first + 4 <= a.rows {
                let row = |i: usize| a.ptr.add((first + i) * a.row_stride);
                let whole = a.cols - a.cols % V::WIDTH;
                for p in (0..whole).step_by(V::WIDTH) {
                    let rows = [0, 1, 2, 3].map(|i| V::load(row(i).add(p)));
                    V::store_columns(rows, packed.add(p * stride + first), stride);
                }
                for p in whole..a.cols {
                    for i in 0..4 {
                        *packed.add(p * stride + first + i) = *row(i).add(p);
                    }
                }
                first += 4;
            }
        }
        for i in first..a.rows {
            for p in 0..a.cols {
                *packed.add(p * stride + i) = a.get(i, p);
            }
        }
    }
}

/// [`interleave`] for `M` rows that are neighbours in memory.
///
/// # Safety
/// As there.
#[inline(always)]
unsafe fn copy_columns<F: Number, const M: usize>(a: View<F>, packed: *mut F, stride: usize) {
    for p in 0..a.cols {
        // SAFETY: `M` numbers in each column of A, and their room.
        unsafe {
            let column = a.ptr.add(p * a.col_stride).cast::<[F; M]>().read_unaligned();
            packed.add(p * stride).cast::<[F; M]>().write_unaligned(column);
        }
    }
}
