//! AVX2 registers as [`Lanes`].
//!
//! The methods are inlined into callers that have the instruction set switched on. Only [`super::isa`] chooses
//! these registers, in such callers, which is what makes every `unsafe` block below sound.

// Intrinsics are many, and their names tell where they are from.
#![allow(clippy::wildcard_imports)]

use core::arch::x86_64::*;

use super::lanes::{BitLanes, Lanes, methods};
use super::math::Halves;

/// Four `f64`.
#[derive(Clone, Copy)]
pub(crate) struct F64x4(__m256d);
/// Eight `f32`.
#[derive(Clone, Copy)]
pub(crate) struct F32x8(__m256);

/// Immediate of the rounding instructions: to nearest even, no exception raised.
const TO_NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

impl Lanes for F64x4 {
    type Elem = f64;
    type Mask = __m256d;
    const WIDTH: usize = 4;

    #[inline(always)]
    unsafe fn load(source: *const f64) -> Self {
        // SAFETY: the caller vouches for the numbers read and has the instruction set.
        Self(unsafe { _mm256_loadu_pd(source) })
    }
    #[inline(always)]
    unsafe fn store(self, target: *mut f64) {
        // SAFETY: the caller vouches for the room and has the instruction set.
        unsafe { _mm256_storeu_pd(target, self.0) }
    }
    #[inline(always)]
    unsafe fn store_columns([a, b, c, d]: [Self; 4], target: *mut f64, stride: usize) {
        // SAFETY: the caller vouches for the room and has the instruction set.
        unsafe {
            for (half, (first, second)) in [(a, b), (c, d)].into_iter().enumerate() {
                let even = _mm256_unpacklo_pd(first.0, second.0);
                let odd = _mm256_unpackhi_pd(first.0, second.0);
                let place = |column: usize| target.add(column * stride + 2 * half);
                _mm_storeu_pd(place(0), _mm256_castpd256_pd128(even));
                _mm_storeu_pd(place(1), _mm256_castpd256_pd128(odd));
                _mm_storeu_pd(place(2), _mm256_extractf128_pd::<1>(even));
                _mm_storeu_pd(place(3), _mm256_extractf128_pd::<1>(odd));
            }
        }
    }
    methods! {
        fn splat(value: f64) -> Self { Self(_mm256_set1_pd(value)) }
        fn add(self, other: Self) -> Self { Self(_mm256_add_pd(self.0, other.0)) }
        fn sub(self, other: Self) -> Self { Self(_mm256_sub_pd(self.0, other.0)) }
        fn mul(self, other: Self) -> Self { Self(_mm256_mul_pd(self.0, other.0)) }
        fn div(self, other: Self) -> Self { Self(_mm256_div_pd(self.0, other.0)) }
        fn mul_add(self, b: Self, c: Self) -> Self { Self(_mm256_fmadd_pd(self.0, b.0, c.0)) }
        fn neg_mul_add(self, b: Self, c: Self) -> Self { Self(_mm256_fnmadd_pd(self.0, b.0, c.0)) }
        fn mul_sub(self, b: Self, c: Self) -> Self { Self(_mm256_fmsub_pd(self.0, b.0, c.0)) }
        fn neg(self) -> Self { Self(_mm256_xor_pd(self.0, _mm256_set1_pd(-0.0))) }
        fn abs(self) -> Self { Self(_mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0)) }
        fn sqrt(self) -> Self { Self(_mm256_sqrt_pd(self.0)) }
        fn round(self) -> Self { Self(_mm256_round_pd::<TO_NEAREST>(self.0)) }
        fn min(self, other: Self) -> Self { Self(_mm256_min_pd(self.0, other.0)) }
        fn max(self, other: Self) -> Self { Self(_mm256_max_pd(self.0, other.0)) }
        fn lt(self, other: Self) -> __m256d { _mm256_cmp_pd::<_CMP_LT_OQ>(self.0, other.0) }
        fn le(self, other: Self) -> __m256d { _mm256_cmp_pd::<_CMP_LE_OQ>(self.0, other.0) }
        fn eq(self, other: Self) -> __m256d { _mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, other.0) }
        fn select(mask: __m256d, if_true: Self, if_false: Self) -> Self {
            Self(_mm256_blendv_pd(if_false.0, if_true.0, mask))
        }
        fn mask_and(a: __m256d, b: __m256d) -> __m256d { _mm256_and_pd(a, b) }
        fn mask_or(a: __m256d, b: __m256d) -> __m256d { _mm256_or_pd(a, b) }
        fn mask_not(a: __m256d) -> __m256d { _mm256_xor_pd(a, _mm256_set1_pd(f64::from_bits(u64::MAX))) }
        fn any(mask: __m256d) -> bool { _mm256_movemask_pd(mask) != 0 }
    }
}

impl Lanes for F32x8 {
    type Elem = f32;
    type Mask = __m256;
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: the caller vouches for the numbers read and has the instruction set.
        Self(unsafe { _mm256_loadu_ps(source) })
    }
    #[inline(always)]
    unsafe fn store(self, target: *mut f32) {
        // SAFETY: the caller vouches for the room and has the instruction set.
        unsafe { _mm256_storeu_ps(target, self.0) }
    }
    #[inline(always)]
    unsafe fn store_columns([a, b, c, d]: [Self; 4], target: *mut f32, stride: usize) {
        // SAFETY: the caller vouches for the room and has the instruction set.
        unsafe {
            let pairs = |a: __m256, b: __m256| {
                (_mm256_castps_pd(_mm256_unpacklo_ps(a, b)), _mm256_castps_pd(_mm256_unpackhi_ps(a, b)))
            };
            let (ab_low, ab_high) = pairs(a.0, b.0);
            let (cd_low, cd_high) = pairs(c.0, d.0);
            // Column `4h + r` is half `h` of register `r`.
            let columns = [
                _mm256_unpacklo_pd(ab_low, cd_low),
                _mm256_unpackhi_pd(ab_low, cd_low),
                _mm256_unpacklo_pd(ab_high, cd_high),
                _mm256_unpackhi_pd(ab_high, cd_high),
            ];
            for (r, column) in columns.into_iter().map(|c| _mm256_castpd_ps(c)).enumerate() {
                _mm_storeu_ps(target.add(r * stride), _mm256_castps256_ps128(column));
                _mm_storeu_ps(target.add((4 + r) * stride), _mm256_extractf128_ps::<1>(column));
            }
        }
    }
    methods! {
        fn splat(value: f64) -> Self { Self(_mm256_set1_ps(value as f32)) }
        fn add(self, other: Self) -> Self { Self(_mm256_add_ps(self.0, other.0)) }
        fn sub(self, other: Self) -> Self { Self(_mm256_sub_ps(self.0, other.0)) }
        fn mul(self, other: Self) -> Self { Self(_mm256_mul_ps(self.0, other.0)) }
        fn div(self, other: Self) -> Self { Self(_mm256_div_ps(self.0, other.0)) }
        fn mul_add(self, b: Self, c: Self) -> Self { Self(_mm256_fmadd_ps(self.0, b.0, c.0)) }
        fn neg_mul_add(self, b: Self, c: Self) -> Self { Self(_mm256_fnmadd_ps(self.0, b.0, c.0)) }
        fn mul_sub(self, b: Self, c: Self) -> Self { Self(_mm256_fmsub_ps(self.0, b.0, c.0)) }
        fn neg(self) -> Self { Self(_mm256_xor_ps(self.0, _mm256_set1_ps(-0.0))) }
        fn abs(self) -> Self { Self(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)) }
        fn sqrt(self) -> Self { Self(_mm256_sqrt_ps(self.0)) }
        fn round(self) -> Self { Self(_mm256_round_ps::<TO_NEAREST>(self.0)) }
        fn min(self, other: Self) -> Self { Self(_mm256_min_ps(self.0, other.0)) }
        fn max(self, other: Self) -> Self { Self(_mm256_max_ps(self.0, other.0)) }
        fn lt(self, other: Self) -> __m256 { _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0) }
        fn le(self, other: Self) -> __m256 { _mm256_cmp_ps::<_CMP_LE_OQ>(self.0, other.0) }
        fn eq(self, other: Self) -> __m256 { _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0) }
        fn select(mask: __m256, if_true: Self, if_false: Self) -> Self {
            Self(_mm256_blendv_ps(if_false.0, if_true.0, mask))
        }
        fn mask_and(a: __m256, b: __m256) -> __m256 { _mm256_and_ps(a, b) }
        fn mask_or(a: __m256, b: __m256) -> __m256 { _mm256_or_ps(a, b) }
        fn mask_not(a: __m256) -> __m256 { _mm256_xor_ps(a, _mm256_set1_ps(f32::from_bits(u32::MAX))) }
        fn any(mask: __m256) -> bool { _mm256_movemask_ps(mask) != 0 }
    }
}

impl BitLanes for F64x4 {
    methods! {
        fn from_bits(bits: u64) -> Self { Self(_mm256_set1_pd(f64::from_bits(bits))) }
        fn bit_and(self, other: Self) -> Self { Self(_mm256_and_pd(self.0, other.0)) }
        fn bit_or(self, other: Self) -> Self { Self(_mm256_or_pd(self.0, other.0)) }
        fn bit_xor(self, other: Self) -> Self { Self(_mm256_xor_pd(self.0, other.0)) }
        fn bits_add(self, other: Self) -> Self { from_integers(_mm256_add_epi64(self.integers(), other.integers())) }
        fn bits_sub(self, other: Self) -> Self { from_integers(_mm256_sub_epi64(self.integers(), other.integers())) }
        fn shift_left(self, places: u32) -> Self {
            from_integers(_mm256_sllv_epi64(self.integers(), _mm256_set1_epi64x(i64::from(places))))
        }
        fn shift_right(self, places: u32) -> Self {
            from_integers(_mm256_srlv_epi64(self.integers(), _mm256_set1_epi64x(i64::from(places))))
        }
    }
    #[inline(always)]
    fn lookup(self, table: &'static [f64; 16]) -> Self {
        let mut patterns = [0.0; Self::WIDTH];
        // SAFETY: the array holds a register.
        unsafe { self.store(patterns.as_mut_ptr()) };
        let found = patterns.map(|pattern| pattern.lookup(table));
        // SAFETY: as above.
        unsafe { Self::load(found.as_ptr()) }
    }
    #[inline(always)]
    fn sign_bit(self) -> __m256d {
        self.0
    }
}

impl F64x4 {
    methods! {
        fn integers(self) -> __m256i { _mm256_castpd_si256(self.0) }
    }
}

methods! {
    fn from_integers(bits: __m256i) -> F64x4 { F64x4(_mm256_castsi256_pd(bits)) }
}

impl Halves for F32x8 {
    type Half = F64x4;
    methods! {
        fn widen(self) -> [F64x4; 2] {
            [
                F64x4(_mm256_cvtps_pd(_mm256_castps256_ps128(self.0))),
                F64x4(_mm256_cvtps_pd(_mm256_extractf128_ps::<1>(self.0))),
            ]
        }
        fn narrow(halves: [F64x4; 2]) -> Self {
            Self(_mm256_insertf128_ps::<1>(
                _mm256_castps128_ps256(_mm256_cvtpd_ps(halves[0].0)),
                _mm256_cvtpd_ps(halves[1].0),
            ))
        }
    }
}
