//! The innermost loop with dot products of pairs in 512-bit registers: eight rows of C at a time.
//!
//! An element is summed pair after pair along k, of a pair the second product first, as the instruction does. Sums and products too
//! small to be normal are zero.

use core::arch::x86_64::{
    __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_set1_epi32,
    _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{Columns, Rows, SIDE, Target};

/// How many rows are summed together: with two registers of each they hide the latency of an instruction twice over.
const ROWS: usize = 8;

/// # Safety
/// As [`super::tiles`] for a part of `M` by `N` tiles; the machine has AVX512-BF16.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
pub(super) unsafe fn tiles<const M: usize, const N: usize>(blocks: usize, a: Rows, b: Columns, c: Target) {
    let bits = |x: __m512i| {
        // SAFETY: both types are 64 bytes of any bits.
        unsafe { std::mem::transmute::<__m512i, __m512bh>(x) }
    };
    for first in (0..M * SIDE).step_by(ROWS) {
        let place = |i: usize, j: usize| c.ptr.wrapping_add((first + i) * c.row_stride + j * SIDE);
        let row = a.ptr.wrapping_add(first / SIDE * a.tile + first % SIDE * a.row);
        let mut sums = [[_mm512_setzero_ps(); N]; ROWS];
        // SAFETY: blocks of these rows of A and of the panel of B, and registers of C, as promised by the caller.
        unsafe {
            if c.accumulate {
                for (i, sums) in sums.iter_mut().enumerate() {
                    for (j, sum) in sums.iter_mut().enumerate() {
                        *sum = _mm512_loadu_ps(place(i, j));
                    }
                }
            }
            for block in 0..blocks {
                for pair in 0..SIDE {
                    let mut registers = [_mm512_set1_epi32(0); N];
                    for (j, register) in registers.iter_mut().enumerate() {
                        let start = 2 * ((block * SIDE + pair) * b.width + j * SIDE);
                        *register = _mm512_loadu_si512(b.ptr.add(start).cast());
                    }
                    for (i, sums) in sums.iter_mut().enumerate() {
                        let both = row.add(i * a.row + block * a.step + 2 * pair).cast::<[u8; 4]>();
                        let both = bits(_mm512_set1_epi32(i32::from_ne_bytes(both.read())));
                        for (sum, &register) in sums.iter_mut().zip(&registers) {
                            *sum = _mm512_dpbf16_ps(*sum, both, bits(register));
                        }
                    }
                }
            }
            for (i, sums) in sums.iter().enumerate() {
                for (j, &sum) in sums.iter().enumerate() {
                    _mm512_storeu_ps(place(i, j), sum);
                }
            }
        }
    }
}
