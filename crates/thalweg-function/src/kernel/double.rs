//! [`Double`]: a number as the unevaluated sum of two, for the steps where one is not enough.

use super::lanes::Lanes;

/// `hi + lo` with `|lo|` of the order of a rounding error of `hi`.
#[derive(Clone, Copy)]
pub(super) struct Double<V> {
    pub(super) hi: V,
    pub(super) lo: V,
}

impl<V: Lanes> Double<V> {
    /// `a + b` exactly, for `|a| ≥ |b|` or `a = 0` (Dekker 1971).
    #[inline(always)]
    pub(super) fn fast_sum(a: V, b: V) -> Self {
        let hi = a.add(b);
        Self { hi, lo: a.sub(hi).add(b) }
    }

    /// `a + b` exactly (Møller 1965, Knuth).
    #[inline(always)]
    pub(super) fn sum(a: V, b: V) -> Self {
        let hi = a.add(b);
        let b_part = hi.sub(a);
        Self { hi, lo: a.sub(hi.sub(b_part)).add(b.sub(b_part)) }
    }

    /// `a·b` exactly, if nothing underflows.
    #[inline(always)]
    pub(super) fn product(a: V, b: V) -> Self {
        let hi = a.mul(b);
        Self { hi, lo: a.mul_sub(b, hi) }
    }

    /// The same number with `lo` as small as it can be, for `|hi| ≥ |lo|`.
    #[inline(always)]
    pub(super) fn normalised(self) -> Self {
        Self::fast_sum(self.hi, self.lo)
    }

    /// The same number and a little more.
    #[inline(always)]
    pub(super) fn plus_small(self, small: V) -> Self {
        Self { hi: self.hi, lo: self.lo.add(small) }
    }

    /// `self·other`, to nearly double length.
    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        let cross = self.hi.mul_add(other.lo, self.lo.mul(other.hi));
        Self::product(self.hi, other.hi).plus_small(cross)
    }

    /// `self / divisor`, `lo` to about half the digits: one division and one correction.
    #[inline(always)]
    pub(super) fn quotient(self, divisor: Self) -> Self {
        let reciprocal = V::splat(1.0).div(divisor.hi);
        let hi = self.hi.mul(reciprocal);
        let remainder = hi.neg_mul_add(divisor.hi, self.hi).add(hi.neg_mul_add(divisor.lo, self.lo));
        Self { hi, lo: remainder.mul(reciprocal) }
    }

    #[inline(always)]
    pub(super) fn rounded(self) -> V {
        self.hi.add(self.lo)
    }

    #[inline(always)]
    pub(super) fn select(mask: V::Mask, if_true: Self, if_false: Self) -> Self {
        Self { hi: V::select(mask, if_true.hi, if_false.hi), lo: V::select(mask, if_true.lo, if_false.lo) }
    }
}

/// `c₀ + c₁x + c₂x² + …`: the even and the odd coefficients as two independent Horner chains, half as long.
#[inline(always)]
pub(super) fn polynomial<V: Lanes, const N: usize>(x: V, coefficients: &[f64; N]) -> V {
    let square = x.mul(x);
    let mut chains = [V::splat(coefficients[N - 1]), V::splat(coefficients[N - 2])];
    let mut rest = N - 2;
    while rest >= 2 {
        chains[0] = chains[0].mul_add(square, V::splat(coefficients[rest - 1]));
        chains[1] = chains[1].mul_add(square, V::splat(coefficients[rest - 2]));
        rest -= 2;
    }
    if rest == 1 {
        // An odd number of coefficients: the first chain runs through the even powers.
        let even = chains[0].mul_add(square, V::splat(coefficients[0]));
        return chains[1].mul_add(x, even);
    }
    chains[0].mul_add(x, chains[1])
}
