//! AVX-512 registers as [`Lanes`].
//!
//! The methods are inlined into callers that have the instruction set switched on. Only [`super::isa`] chooses
//! these registers, in such callers, which is what makes every `unsafe` block below sound.

// Intrinsics are many, and their names tell where they are from.
#![allow(clippy::wildcard_imports)]

use core::arch::x86_64::*;

use super::lanes::{BitLanes, Lanes, methods};
use super::math::Halves;

/// Eight `f64`.
#[derive(Clone, Copy)]
pub(crate) struct F64x8(__m512d);
/// Sixteen `f32`.
#[derive(Clone, Copy)]
pub(crate) struct F32x16(__m512);

/// Immediate of the rounding instructions: to nearest even, no exception raised.
const TO_NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

impl Lanes for F64x8 {
    type Elem = f64;
    type Mask = __mmask8;
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn load(source: *const f64) -> Self {
        // SAFETY: the caller vouches for the numbers read and has the instruction set.
        Self(unsafe { _mm512_loadu_pd(source) })
    }
    #[inline(always)]
    unsafe fn store(self, target: *mut f64) {
        // SAFETY: the caller vouches for the room and has the instruction set.
        unsafe { _mm512_storeu_pd(target, self.0) }
    }
    #[inline(always)]
    unsafe fn store_columns([a, b, c, d]: [Self; 4], target: *mut f64, stride: usize) {
        // SAFETY: the caller vouches for the room and has the instruction set.
        unsafe {
            for (half, (first, second)) in [(a, b), (c, d)].into_iter().enumerate() {
                let even = _mm512_unpacklo_pd(first.0, second.0);
                let odd = _mm512_unpackhi_pd(first.0, second.0);
                let place = |column: usize| target.add(column * stride + 2 * half);
                _mm_storeu_pd(place(0), _mm512_castpd512_pd128(even));
                _mm_storeu_pd(place(1), _mm512_castpd512_pd128(odd));
                _mm_storeu_pd(place(2), _mm512_extractf64x2_pd::<1>(even));
                _mm_storeu_pd(place(3), _mm512_extractf64x2_pd::<1>(odd));
                _mm_storeu_pd(place(4), _mm512_extractf64x2_pd::<2>(even));
                _mm_storeu_pd(place(5), _mm512_extractf64x2_pd::<2>(odd));
                _mm_storeu_pd(place(6), _mm512_extractf64x2_pd::<3>(even));
                _mm_storeu_pd(place(7), _mm512_extractf64x2_pd::<3>(odd));
            }
        }
    }
    methods! {
        fn splat(value: f64) -> Self { Self(_mm512_set1_pd(value)) }
        fn add(self, other: Self) -> Self { Self(_mm512_add_pd(self.0, other.0)) }
        fn sub(self, other: Self) -> Self { Self(_mm512_sub_pd(self.0, other.0)) }
        fn mul(self, other: Self) -> Self { Self(_mm512_mul_pd(self.0, other.0)) }
        fn div(self, other: Self) -> Self { Self(_mm512_div_pd(self.0, other.0)) }
        fn mul_add(self, b: Self, c: Self) -> Self { Self(_mm512_fmadd_pd(self.0, b.0, c.0)) }
        fn neg_mul_add(self, b: Self, c: Self) -> Self { Self(_mm512_fnmadd_pd(self.0, b.0, c.0)) }
        fn mul_sub(self, b: Self, c: Self) -> Self { Self(_mm512_fmsub_pd(self.0, b.0, c.0)) }
        fn neg(self) -> Self { Self(_mm512_xor_pd(self.0, _mm512_set1_pd(-0.0))) }
        fn abs(self) -> Self { Self(_mm512_andnot_pd(_mm512_set1_pd(-0.0), self.0)) }
        fn sqrt(self) -> Self { Self(_mm512_sqrt_pd(self.0)) }
        fn round(self) -> Self { Self(_mm512_roundscale_pd::<TO_NEAREST>(self.0)) }
        fn min(self, other: Self) -> Self { Self(_mm512_min_pd(self.0, other.0)) }
        fn max(self, other: Self) -> Self { Self(_mm512_max_pd(self.0, other.0)) }
        fn lt(self, other: Self) -> __mmask8 { _mm512_cmp_pd_mask::<_CMP_LT_OQ>(self.0, other.0) }
        fn le(self, other: Self) -> __mmask8 { _mm512_cmp_pd_mask::<_CMP_LE_OQ>(self.0, other.0) }
        fn eq(self, other: Self) -> __mmask8 { _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, other.0) }
        fn select(mask: __mmask8, if_true: Self, if_false: Self) -> Self {
            Self(_mm512_mask_blend_pd(mask, if_false.0, if_true.0))
        }
    }
    #[inline(always)]
    fn mask_and(a: __mmask8, b: __mmask8) -> __mmask8 {
        a & b
    }
    #[inline(always)]
    fn mask_or(a: __mmask8, b: __mmask8) -> __mmask8 {
        a | b
    }
    #[inline(always)]
    fn mask_not(a: __mmask8) -> __mmask8 {
        !a
    }
    #[inline(always)]
    fn any(mask: __mmask8) -> bool {
        mask != 0
    }
}

impl Lanes for F32x16 {
    type Elem = f32;
    type Mask = __mmask16;
    const WIDTH: usize = 16;

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller vouches for the numbers read and has the instruction set.
        Self(unsafe { _mm512_loadu_ps(source) })
    }
    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller vouches for the room and has the instruction set.
        unsafe { _mm512_storeu_ps(target, self.0) }
    }
    #[inline(always)]
    unsafe fn store_columns([a, b, c, d]: [Self; 4], target: *mut f32, stride: usize) {
        // SAFETY: the caller vouches for the room and has the instruction set.
        unsafe {
            let pairs = |a: __m512, b: __m512| {
                (_mm512_castps_pd(_mm512_unpacklo_ps(a, b)), _mm512_castps_pd(_mm512_unpackhi_ps(a, b)))
            };
            let (ab_low, ab_high) = pairs(a.0, b.0);
            let (cd_low, cd_high) = pairs(c.0, d.0);
            // Column `4q + r` is quarter `q` of register `r`.
            let columns = [
                _mm512_unpacklo_pd(ab_low, cd_low),
                _mm512_unpackhi_pd(ab_low, cd_low),
                _mm512_unpacklo_pd(ab_high, cd_high),
                _mm512_unpackhi_pd(ab_high, cd_high),
            ];
            for (r, column) in columns.into_iter().map(|c| _mm512_castpd_ps(c)).enumerate() {
                let place = |quarter: usize| target.add((4 * quarter + r) * stride);
                _mm_storeu_ps(place(0), _mm512_castps512_ps128(column));
                _mm_storeu_ps(place(1), _mm512_extractf32x4_ps::<1>(column));
                _mm_storeu_ps(place(2), _mm512_extractf32x4_ps::<2>(column));
                _mm_storeu_ps(place(3), _mm512_extractf32x4_ps::<3>(column));
            }
        }
    }
    methods! {
        fn splat(value: f64) -> Self { Self(_mm512_set1_ps(value as f32)) }
        fn add(self, other: Self) -> Self { Self(_mm512_add_ps(self.0, other.0)) }
        fn sub(self, other: Self) -> Self { Self(_mm512_sub_ps(self.0, other.0)) }
        fn mul(self, other: Self) -> Self { Self(_mm512_mul_ps(self.0, other.0)) }
        fn div(self, other: Self) -> Self { Self(_mm512_div_ps(self.0, other.0)) }
        fn mul_add(self, b: Self, c: Self) -> Self { Self(_mm512_fmadd_ps(self.0, b.0, c.0)) }
        fn neg_mul_add(self, b: Self, c: Self) -> Self { Self(_mm512_fnmadd_ps(self.0, b.0, c.0)) }
        fn mul_sub(self, b: Self, c: Self) -> Self { Self(_mm512_fmsub_ps(self.0, b.0, c.0)) }
        fn neg(self) -> Self { Self(_mm512_xor_ps(self.0, _mm512_set1_ps(-0.0))) }
        fn abs(self) -> Self { Self(_mm512_andnot_ps(_mm512_set1_ps(-0.0), self.0)) }
        fn sqrt(self) -> Self { Self(_mm512_sqrt_ps(self.0)) }
        fn round(self) -> Self { Self(_mm512_roundscale_ps::<TO_NEAREST>(self.0)) }
        fn min(self, other: Self) -> Self { Self(_mm512_min_ps(self.0, other.0)) }
        fn max(self, other: Self) -> Self { Self(_mm512_max_ps(self.0, other.0)) }
        fn lt(self, other: Self) -> __mmask16 { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0) }
        fn le(self, other: Self) -> __mmask16 { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, other.0) }
        fn eq(self, other: Self) -> __mmask16 { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0) }
        fn select(mask: __mmask16, if_true: Self, if_false: Self) -> Self {
            Self(_mm512_mask_blend_ps(mask, if_false.0, if_true.0))
        }
    }
    #[inline(always)]
    fn mask_and(a: __mmask16, b: __mmask16) -> __mmask16 {
        a & b
    }
    #[inline(always)]
    fn mask_or(a: __mmask16, b: __mmask16) -> __mmask16 {
        a | b
    }
    #[inline(always)]
    fn mask_not(a: __mmask16) -> __mmask16 {
        !a
    }
    #[inline(always)]
    fn any(mask: __mmask16) -> bool {
        mask != 0
    }
}

impl BitLanes for F64x8 {
    methods! {
        fn from_bits(bits: u64) -> Self { Self(_mm512_set1_pd(f64::from_bits(bits))) }
        fn bit_and(self, other: Self) -> Self { Self(_mm512_and_pd(self.0, other.0)) }
        fn bit_or(self, other: Self) -> Self { Self(_mm512_or_pd(self.0, other.0)) }
        fn bit_xor(self, other: Self) -> Self { Self(_mm512_xor_pd(self.0, other.0)) }
        fn bits_add(self, other: Self) -> Self { from_integers(_mm512_add_epi64(self.integers(), other.integers())) }
        fn bits_sub(self, other: Self) -> Self { from_integers(_mm512_sub_epi64(self.integers(), other.integers())) }
        fn shift_left(self, places: u32) -> Self {
            from_integers(_mm512_sllv_epi64(self.integers(), _mm512_set1_epi64(i64::from(places))))
        }
        fn shift_right(self, places: u32) -> Self {
            from_integers(_mm512_srlv_epi64(self.integers(), _mm512_set1_epi64(i64::from(places))))
        }
        fn sign_bit(self) -> __mmask8 { _mm512_movepi64_mask(self.integers()) }
        fn scale(self, k: Self) -> Self { Self(_mm512_scalef_pd(self.0, k.0)) }
        fn scale_floor(self, k: Self) -> Self { Self(_mm512_scalef_pd(self.0, k.0)) }
        fn lookup(self, table: &'static [f64; 16]) -> Self {
            Self(_mm512_permutex2var_pd(
                _mm512_loadu_pd(table.as_ptr()),
                self.integers(),
                _mm512_loadu_pd(table.as_ptr().add(8)),
            ))
        }
    }
}

impl F64x8 {
    methods! {
        fn integers(self) -> __m512i { _mm512_castpd_si512(self.0) }
    }
}

methods! {
    fn from_integers(bits: __m512i) -> F64x8 { F64x8(_mm512_castsi512_pd(bits)) }
}

impl Halves for F32x16 {
    type Half = F64x8;
    methods! {
        fn widen(self) -> [F64x8; 2] {
            [
                F64x8(_mm512_cvtps_pd(_mm512_castps512_ps256(self.0))),
                F64x8(_mm512_cvtps_pd(_mm512_extractf32x8_ps::<1>(self.0))),
            ]
        }
        fn narrow(halves: [F64x8; 2]) -> Self {
            Self(_mm512_insertf32x8::<1>(
                _mm512_castps256_ps512(_mm512_cvtpd_ps(halves[0].0)),
                _mm512_cvtpd_ps(halves[1].0),
            ))
        }
    }
}
