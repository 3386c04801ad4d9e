//! The innermost loop: a tile of C, as large as the registers hold, over a block of k.
//!
//! An element of a tile is one chain of fused multiply-adds in the order of k, so that its bits depend neither on the
//! shape of the tile nor on its place in it.

use super::Number;
use super::view::ViewMut;
use crate::kernel::lanes::Lanes;

/// How many registers a tile is wide, at most.
#[inline(always)]
pub(super) const fn tile_registers<V: Lanes>() -> usize {
    if V::WIDTH == 1 { 4 } else { 2 }
}

/// How many columns a tile has, at most.
#[inline(always)]
pub(super) const fn tile_cols<V: Lanes>() -> usize {
    tile_registers::<V>() * V::WIDTH
}

/// The most rows that a tile has, whatever the registers.
pub(super) const MOST_ROWS: usize = 12;

/// How many rows the next tile takes of those left. Twelve rows of two registers, two more of B and one of A leave few of the
/// 32 registers of AVX-512 idle, and keep both multipliers busy; six rows do so with the 16 of AVX2.
#[inline(always)]
pub(super) const fn tile_rows<V: Lanes>(left: usize) -> usize {
    let most = match V::WIDTH * size_of::<V::Elem>() {
        64 => MOST_ROWS,
        32 => 6,
        _ => 4,
    };
    let at_hand = if left < most { left } else { most };
    match at_hand {
        12 => 12,
        8..12 => 8,
        6..8 => 6,
        4..6 => 4,
        2..4 => 2,
        _ => at_hand,
    }
}

/// Some rows of A over a block of k.
#[derive(Clone, Copy)]
pub(super) enum Rows<F> {
    /// Tile after tile as [`tile_rows`] divides them; each tile column after column without gaps.
    Packed(*const F),
    /// Where they are.
    Strided { ptr: *const F, row_stride: usize, col_stride: usize },
}

/// Some columns of B over a block of k, whole registers of them.
#[derive(Clone, Copy)]
pub(super) struct Columns<F> {
    pub(super) ptr: *const F,
    pub(super) row_stride: usize,
}

/// `C = A·B` or `C += A·B` for at most [`tile_cols`] columns and any number of rows.
///
/// # Safety
/// `a` has `c.rows × k` numbers, `b` has `k` rows of `c.cols` numbers rounded up to whole registers; `c` can be written
/// and, where `accumulate`, read.
#[inline(always)]
pub(super) unsafe fn tiles<F: Number, V: Lanes<Elem = F>>(
    k: usize,
    a: Rows<F>,
    b: Columns<F>,
    c: ViewMut<F>,
    accumulate: bool,
) {
    // SAFETY: as promised by the caller; the widths agree with the number of columns.
    unsafe {
        if c.cols <= V::WIDTH {
            column_of_tiles::<F, V, 1>(k, a, b, c, accumulate);
        } else if tile_registers::<V>() == 2 {
            column_of_tiles::<F, V, 2>(k, a, b, c, accumulate);
        } else {
            match c.cols.div_ceil(V::WIDTH) {
                2 => column_of_tiles::<F, V, 2>(k, a, b, c, accumulate),
                3 => column_of_tiles::<F, V, 3>(k, a, b, c, accumulate),
                _ => column_of_tiles::<F, V, 4>(k, a, b, c, accumulate),
            }
        }
    }
}

/// # Safety
/// As [`tiles`]; `c` has at most `N` registers of columns.
#[inline(always)]
unsafe fn column_of_tiles<F: Number, V: Lanes<Elem = F>, const N: usize>(
    k: usize,
    a: Rows<F>,
    b: Columns<F>,
    c: ViewMut<F>,
    accumulate: bool,
) {
    let mut i = 0;
    while i < c.rows {
        let rows = tile_rows::<V>(c.rows - i);
        // SAFETY: rows `i..i + rows` lie within A and C.
        unsafe {
            let c = c.block(i..i + rows, 0..c.cols);
            match rows {
                12 => tile::<F, V, 12, N>(k, a.from(i, k), b, c, accumulate),
                8 => tile::<F, V, 8, N>(k, a.from(i, k), b, c, accumulate),
                6 => tile::<F, V, 6, N>(k, a.from(i, k), b, c, accumulate),
                4 => tile::<F, V, 4, N>(k, a.from(i, k), b, c, accumulate),
                2 => tile::<F, V, 2, N>(k, a.from(i, k), b, c, accumulate),
                _ => tile::<F, V, 1, N>(k, a.from(i, k), b, c, accumulate),
            }
        }
        i += rows;
    }
}

impl<F> Rows<F> {
    /// The rows from row `i`.
    ///
    /// # Safety
    /// There is such a row.
    #[inline(always)]
    unsafe fn from(self, i: usize, k: usize) -> Self {
        // SAFETY: as promised by the caller.
        unsafe {
            match self {
                Rows::Packed(ptr) => Rows::Packed(ptr.add(i * k)),
                Rows::Strided { ptr, row_stride, col_stride } => {
                    Rows::Strided { ptr: ptr.add(i * row_stride), row_stride, col_stride }
                }
            }
        }
    }
}

/// Asks for a place in memory that will be needed soon; a hint without effect on results.
#[inline(always)]
fn prefetch<F>(place: *const F) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 machine has the instruction, and no address can make it fail.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(place.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

/// # Safety
/// As [`tiles`], for `M` rows.
#[inline(always)]
unsafe fn tile<F: Number, V: Lanes<Elem = F>, const M: usize, const N: usize>(
    k: usize,
    a: Rows<F>,
    b: Columns<F>,
    c: ViewMut<F>,
    accumulate: bool,
) {
    // SAFETY: as promised by the caller.
    unsafe {
        for i in 0..M {
            prefetch(c.at(i, 0));
            prefetch(c.at(i, c.cols - 1));
        }
        let sums = match a {
            Rows::Packed(ptr) => sums::<F, V, M, N>(k, ptr, 1, M, b),
            Rows::Strided { ptr, row_stride, col_stride } => {
                sums::<F, V, M, N>(k, ptr, row_stride, col_stride, b)
            }
        };
        if c.col_stride == 1 && c.cols == N * V::WIDTH {
            write::<F, V, M, N>(sums, c, accumulate);
        } else {
            write_part::<F, V, M, N>(sums, c, accumulate);
        }
    }
}

/// # Safety
/// `a` has `M × k` numbers at these strides, `b` has `k` rows of `N` registers.
#[inline(always)]
unsafe fn sums<F: Number, V: Lanes<Elem = F>, const M: usize, const N: usize>(
    k: usize,
    mut a: *const F,
    row_stride: usize,
    col_stride: usize,
    b: Columns<F>,
) -> [[V; N]; M] {
    let mut sums = [[V::splat(0.0); N]; M];
    let mut b_row = b.ptr;
    for _ in 0..k {
        let mut registers = [V::splat(0.0); N];
        for (j, register) in registers.iter_mut().enumerate() {
            // SAFETY: register `j` of a row of B.
            *register = unsafe { V::load(b_row.add(j * V::WIDTH)) };
        }
        for (i, sums) in sums.iter_mut().enumerate() {
            // SAFETY: row `i` of a column of A.
            let a = V::splat(unsafe { *a.add(i * row_stride) }.into());
            for (sum, b) in sums.iter_mut().zip(registers) {
                *sum = multiply_add(a, b, *sum);
            }
        }
        a = a.wrapping_add(col_stride);
        b_row = b_row.wrapping_add(b.row_stride);
    }
    sums
}

/// `a·b + c`, with one rounding where the machine does that in one instruction.
#[inline(always)]
pub(super) fn multiply_add<V: Lanes>(a: V, b: V, c: V) -> V {
    let fused = V::WIDTH > 1 || cfg!(any(target_feature = "fma", target_arch = "aarch64"));
    if fused { a.mul_add(b, c) } else { a.mul(b).add(c) }
}

/// # Safety
/// `c` has `M` rows of `N` registers without gaps.
#[inline(always)]
unsafe fn write<F: Number, V: Lanes<Elem = F>, const M: usize, const N: usize>(
    sums: [[V; N]; M],
    c: ViewMut<F>,
    accumulate: bool,
) {
    for (i, row) in sums.into_iter().enumerate() {
        for (j, sum) in row.into_iter().enumerate() {
            // SAFETY: register `j` of row `i`.
            unsafe {
                let place = c.at(i, j * V::WIDTH);
                let sum = if accumulate { V::load(place).add(sum) } else { sum };
                sum.store(place);
            }
        }
    }
}

/// Writes by single numbers, for tiles beyond the edge of C or with columns apart.
///
/// # Safety
/// `c` has `M` rows of at most `N` registers.
#[inline(always)]
unsafe fn write_part<F: Number, V: Lanes<Elem = F>, const M: usize, const N: usize>(
    sums: [[V; N]; M],
    c: ViewMut<F>,
    accumulate: bool,
) {
    // The widest register has 16 numbers.
    let mut row = [[F::splat(0.0); 16]; N];
    for (i, sums) in sums.into_iter().enumerate() {
        for (room, sum) in row.iter_mut().zip(sums) {
            // SAFETY: room for the widest register.
            unsafe { sum.store(room.as_mut_ptr()) };
        }
        for j in 0..c.cols {
            let sum = row[j / V::WIDTH][j % V::WIDTH];
            // SAFETY: within C.
            unsafe {
                let place = c.at(i, j);
                *place = if accumulate { (*place).add(sum) } else { sum };
            }
        }
    }
}
