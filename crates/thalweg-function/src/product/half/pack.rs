//! Rounds numbers to bf16 on their way to the order in which the innermost loops read them: pairs of neighbours along k.
//!
//! A *block* is 32 numbers of k of sixteen rows of A, or of sixteen columns of B. Those of A are packed row after row; those of B pair
//! after pair, sixteen (or, in panels, 32) columns side by side. Which of both needs its pairs turned depends on how the matrix lies in
//! memory. What lies beyond the matrix is zero.

use core::arch::x86_64::{
    __m512, __m512bh, __m512i, _mm256_loadu_si256, _mm256_storeu_si256, _mm512_cvtepu16_epi32,
    _mm512_cvtne2ps_pbh, _mm512_loadu_si512, _mm512_mask_storeu_epi16, _mm512_maskz_loadu_ps,
    _mm512_or_si512, _mm512_permutexvar_epi16, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_slli_epi32,
    _mm512_storeu_si512, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32,
    _mm512_unpacklo_epi64,
};
use std::ops::Range;

use super::super::view::View;
use super::{DEEP, SIDE, panel_width};

/// Sixteen registers of 32 numbers: a register for each row, or one for each pair of neighbours along k.
type Block = [__m512i; SIDE];

/// Packs rows of A over a stretch of k, sixteen rows after the other, in each its blocks in the order of k.
///
/// # Safety
/// `a` can be read; `packed` has room for its numbers, rows rounded up to 16 and columns to 32; the machine has AVX512-BF16.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
pub(in super::super) unsafe fn pack_rows(a: View<f32>, packed: *mut u16) {
    let mut target = packed;
    for i in (0..a.rows).step_by(SIDE) {
        for p in (0..a.cols).step_by(DEEP) {
            // SAFETY: a part of A, and its room.
            unsafe {
                let part = a.block(i..(i + SIDE).min(a.rows), p..(p + DEEP).min(a.cols));
                for register in block(part, false) {
                    _mm512_storeu_si512(target.cast(), register);
                    target = target.add(DEEP);
                }
            }
        }
    }
}

/// Packs some rows and columns of B, whose panels of 32 columns follow each other; the last panel has sixteen if these are enough. The
/// rows begin at a multiple of 32, the columns at the first of a panel.
///
/// # Safety
/// `b` can be read; `packed` has room for all its numbers, rows rounded up to 32 and columns to 16; the machine has AVX512-BF16.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
pub(in super::super) unsafe fn pack_columns(
    b: View<f32>,
    rows: Range<usize>,
    cols: Range<usize>,
    packed: *mut u16,
) {
    let deep = b.rows.next_multiple_of(DEEP);
    for j in cols.clone().step_by(SIDE) {
        let panel = j - j % (2 * SIDE);
        let width = panel_width(panel, b.cols);
        for p in rows.clone().step_by(DEEP) {
            // SAFETY: a part of B, and its room in the panel.
            unsafe {
                let part = b.block(p..(p + DEEP).min(rows.end), j..(j + SIDE).min(cols.end));
                let mut target = packed.add(panel * deep + p * width + 2 * (j - panel));
                for register in block(part.transposed(), true) {
                    _mm512_storeu_si512(target.cast(), register);
                    target = target.wrapping_add(2 * width);
                }
            }
        }
    }
}

/// Rounds numbers that are neighbours.
///
/// # Safety
/// They can be read and as many written; the machine has AVX512-BF16.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
pub(in super::super) unsafe fn pack_line(from: *const f32, count: usize, to: *mut u16) {
    for k in (0..count).step_by(DEEP) {
        let left = count - k;
        // SAFETY: numbers below `count`.
        unsafe {
            let numbers =
                pairs(load(from.add(k), left), load(from.wrapping_add(k + SIDE), left.saturating_sub(SIDE)));
            _mm512_mask_storeu_epi16(to.add(k).cast(), mask32(left), numbers);
        }
    }
}

/// Sixteen pairs of numbers from two places.
///
/// # Safety
/// Sixteen numbers can be read at both places, and 32 written; the machine has AVX-512.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
pub(in super::super) unsafe fn interleave(first: *const u16, second: *const u16, to: *mut u16) {
    // SAFETY: as promised by the caller.
    unsafe {
        let [first, second] =
            [first, second].map(|place| _mm512_cvtepu16_epi32(_mm256_loadu_si256(place.cast())));
        _mm512_storeu_si512(to.cast(), _mm512_or_si512(first, _mm512_slli_epi32::<16>(second)));
    }
}

/// Sixteen numbers, each as a pair with zero.
///
/// # Safety
/// As [`interleave`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
pub(in super::super) unsafe fn interleave_zero(first: *const u16, to: *mut u16) {
    // SAFETY: as promised by the caller.
    unsafe { _mm512_storeu_si512(to.cast(), _mm512_cvtepu16_epi32(_mm256_loadu_si256(first.cast()))) };
}

/// Copies sixteen numbers.
///
/// # Safety
/// They can be read and written; the machine has AVX-512.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
pub(in super::super) unsafe fn copy(from: *const u16, to: *mut u16) {
    // SAFETY: as promised by the caller.
    unsafe { _mm256_storeu_si256(to.cast(), _mm256_loadu_si256(from.cast())) };
}

/// Writes 32 zeros.
///
/// # Safety
/// They can be written; the machine has AVX-512.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
pub(in super::super) unsafe fn clear(to: *mut u16) {
    // SAFETY: as promised by the caller.
    unsafe { _mm512_storeu_si512(to.cast(), _mm512_setzero_si512()) };
}

/// A matrix of at most sixteen rows and 32 columns, by its rows or by pairs of columns.
///
/// # Safety
/// `v` can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn block(v: View<f32>, by_pairs: bool) -> Block {
    // SAFETY: as promised by the caller.
    unsafe {
        if v.col_stride == 1 {
            let rows = rows(v);
            if by_pairs { turned(&rows) } else { rows }
        } else if v.row_stride == 1 {
            let columns = columns(v);
            if by_pairs { columns } else { turned(&columns) }
        } else {
            let mut gathered = [[0.0_f32; DEEP]; SIDE];
            for (i, row) in gathered.iter_mut().enumerate().take(v.rows) {
                for (p, x) in row.iter_mut().enumerate().take(v.cols) {
                    *x = v.get(i, p);
                }
            }
            let rows = rows(View {
                ptr: gathered.as_ptr().cast(),
                rows: SIDE,
                cols: DEEP,
                row_stride: DEEP,
                col_stride: 1,
            });
            if by_pairs { turned(&rows) } else { rows }
        }
    }
}

/// Row after row of a matrix whose rows are neighbours in memory.
///
/// # Safety
/// `v` can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn rows(v: View<f32>) -> Block {
    let mut block = [_mm512_setzero_si512(); SIDE];
    for (i, register) in block.iter_mut().enumerate() {
        let count = if i < v.rows { v.cols } else { 0 };
        let row = v.ptr.wrapping_add(i * v.row_stride);
        // SAFETY: numbers of the row, none where there is no row.
        *register =
            unsafe { pairs(load(row, count), load(row.wrapping_add(SIDE), count.saturating_sub(SIDE))) };
    }
    block
}

/// Pair after pair of columns of a matrix whose columns are neighbours in memory.
///
/// # Safety
/// `v` can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn columns(v: View<f32>) -> Block {
    /// Number i of the first and number i of the second half.
    static ALTERNATELY: [u16; 32] = {
        let mut order = [0; 32];
        let mut i = 0;
        while i < 16 {
            order[2 * i] = i as u16;
            order[2 * i + 1] = 16 + i as u16;
            i += 1;
        }
        order
    };
    let mut block = [_mm512_setzero_si512(); SIDE];
    for (p, register) in block.iter_mut().enumerate() {
        let count = |column: usize| if column < v.cols { v.rows } else { 0 };
        let column = |column: usize| v.ptr.wrapping_add(column * v.col_stride);
        // SAFETY: numbers of the columns, none where there is no column; the order has 32 numbers.
        *register = unsafe {
            let even = load(column(2 * p), count(2 * p));
            let odd = load(column(2 * p + 1), count(2 * p + 1));
            _mm512_permutexvar_epi16(_mm512_loadu_si512(ALTERNATELY.as_ptr().cast()), pairs(even, odd))
        };
    }
    block
}

/// The first `count` of sixteen numbers, zeros behind them.
///
/// # Safety
/// These numbers can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn load(place: *const f32, count: usize) -> __m512 {
    let mask = if count >= SIDE { u16::MAX } else { (1 << count) - 1 };
    // SAFETY: as promised by the caller; what the mask leaves out is not read.
    unsafe { _mm512_maskz_loadu_ps(mask, place) }
}

/// The first `count` of 32 places.
#[inline]
fn mask32(count: usize) -> u32 {
    if count >= DEEP { u32::MAX } else { (1 << count) - 1 }
}

/// Sixteen rounded numbers, then sixteen more.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
fn pairs(first: __m512, second: __m512) -> __m512i {
    // SAFETY: both types are 64 bytes of any bits.
    unsafe { std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(second, first)) }
}

/// Exchanges rows and columns of 16×16 pairs.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
fn turned(block: &Block) -> Block {
    // In each quarter of register 4g + j: pair j of rows 4g to 4g + 3.
    let mut fours = *block;
    for g in (0..SIDE).step_by(4) {
        let low = [0, 2].map(|i| _mm512_unpacklo_epi32(block[g + i], block[g + i + 1]));
        let high = [0, 2].map(|i| _mm512_unpackhi_epi32(block[g + i], block[g + i + 1]));
        fours[g] = _mm512_unpacklo_epi64(low[0], low[1]);
        fours[g + 1] = _mm512_unpackhi_epi64(low[0], low[1]);
        fours[g + 2] = _mm512_unpacklo_epi64(high[0], high[1]);
        fours[g + 3] = _mm512_unpackhi_epi64(high[0], high[1]);
    }
    // Quarters 0 and 2, then 1 and 3, of two registers each.
    let mut turned = *block;
    for j in 0..4 {
        let [a, b, c, d] = [0, 4, 8, 12].map(|g| fours[g + j]);
        let even = [_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0x88>(c, d)];
        let odd = [_mm512_shuffle_i32x4::<0xdd>(a, b), _mm512_shuffle_i32x4::<0xdd>(c, d)];
        turned[j] = _mm512_shuffle_i32x4::<0x88>(even[0], even[1]);
        turned[4 + j] = _mm512_shuffle_i32x4::<0x88>(odd[0], odd[1]);
        turned[8 + j] = _mm512_shuffle_i32x4::<0xdd>(even[0], even[1]);
        turned[12 + j] = _mm512_shuffle_i32x4::<0xdd>(odd[0], odd[1]);
    }
    turned
}
