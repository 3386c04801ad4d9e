//! Sums and updates of long vectors, in blocks of fixed places.
//!
//! A vector is halved until a block is left, and the sums of the halves are added: the bits depend on the length only. Halves
//! run on different threads where they are long enough. Sums are taken in `f64`.

use std::ops::Range;

use crate::Scalar;
use crate::scalar::{narrow, wide};

/// Elements in a block: three or four blocks fit the first-level cache.
pub(crate) const BLOCK: usize = 1024;

/// Shorter halves are not worth a thread.
#[cfg(feature = "threads")]
const WORTH_A_THREAD: usize = 32 * BLOCK;

/// Sums that are taken side by side, so that no addition waits for the last one.
const WIDTH: usize = 8;

/// Does the work with the widest registers that this machine has. Operations are those that were written, none merged with another:
/// the bits do not depend on the machine.
#[inline]
pub(crate) fn widely<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// Shorter vectors are done before wider registers are found.
const WORTH_WIDE: usize = 64;

/// Calls `work` for every block with its range and its part of each of `outs`; the results are added pairwise.
pub(crate) fn pass<F: Scalar, const W: usize, const K: usize>(
    range: Range<usize>,
    outs: [&mut [F]; W],
    work: &(impl Fn(Range<usize>, [&mut [F]; W]) -> [f64; K] + Sync),
) -> [f64; K] {
    let length = range.len();
    if length <= WORTH_WIDE {
        return work(range, outs);
    }
    if length <= BLOCK {
        return widely(|| work(range, outs));
    }
    let half = (length / 2).next_multiple_of(BLOCK);
    let middle = range.start + half;
    let mut right = [const { None }; W];
    let left = outs.zip_with(&mut right, half);
    let right = right.map(Option::unwrap_or_default);
    let (left, right) =
        join(length, || pass(range.start..middle, left, work), || pass(middle..range.end, right, work));
    std::array::from_fn(|k| left[k] + right[k])
}

/// Splitting several slices at one place.
trait Halves<'a, F, const W: usize> {
    fn zip_with(self, right: &mut [Option<&'a mut [F]>; W], at: usize) -> [&'a mut [F]; W];
}

impl<'a, F, const W: usize> Halves<'a, F, W> for [&'a mut [F]; W] {
    fn zip_with(self, right: &mut [Option<&'a mut [F]>; W], at: usize) -> [&'a mut [F]; W] {
        let mut places = right.iter_mut();
        self.map(|slice| {
            let (left, rest) = slice.split_at_mut(at);
            if let Some(place) = places.next() {
                *place = Some(rest);
            }
            left
        })
    }
}

#[cfg(feature = "threads")]
fn join<A: Send, B: Send>(
    length: usize,
    left: impl FnOnce() -> A + Send,
    right: impl FnOnce() -> B + Send,
) -> (A, B) {
    if length >= 2 * WORTH_A_THREAD { rayon::join(left, right) } else { (left(), right()) }
}

#[cfg(not(feature = "threads"))]
fn join<A, B>(_: usize, left: impl FnOnce() -> A, right: impl FnOnce() -> B) -> (A, B) {
    (left(), right())
}

/// aᵀb of one block.
#[inline(always)]
pub(crate) fn dot_block<F: Scalar>(a: &[F], b: &[F]) -> f64 {
    let (a_groups, a_rest) = a.as_chunks::<WIDTH>();
    let (b_groups, b_rest) = b.as_chunks::<WIDTH>();
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(&a, &b)| wide(a) * wide(b)).sum();
    if a_groups.is_empty() {
        return rest;
    }
    let mut sums = [0.0; WIDTH];
    for (a, b) in a_groups.iter().zip(b_groups) {
        for k in 0..WIDTH {
            sums[k] += wide(a[k]) * wide(b[k]);
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// aᵀb.
pub(crate) fn dot<F: Scalar>(a: &[F], b: &[F]) -> f64 {
    let [sum] = pass::<F, 0, 1>(0..a.len(), [], &|range, []| [dot_block(&a[range.clone()], &b[range])]);
    sum
}

/// What a trial point's gradient g says along the direction d.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// gᵀd.
    pub(crate) slope: f64,
    /// max |gᵢ|.
    pub(crate) largest: f64,
}

/// gᵀd and max |gᵢ| in one pass. A NaN or infinity in g makes the slope NaN or infinite.
pub(crate) fn measure<F: Scalar>(g: &[F], d: &[F]) -> Measured {
    let block = || Measured { slope: dot_block(g, d), largest: largest_block(g) };
    let length = g.len();
    if length <= WORTH_WIDE {
        return block();
    }
    if length <= BLOCK {
        return widely(block);
    }
    let half = (length / 2).next_multiple_of(BLOCK);
    let ((g, g_right), (d, d_right)) = (g.split_at(half), d.split_at(half));
    let (left, right) = join(length, || measure(g, d), || measure(g_right, d_right));
    Measured { slope: left.slope + right.slope, largest: left.largest.max(right.largest) }
}

#[inline(always)]
fn largest_block<F: Scalar>(g: &[F]) -> f64 {
    let mut most = [0.0_f64; WIDTH];
    let (groups, rest) = g.as_chunks::<WIDTH>();
    for group in groups {
        for k in 0..WIDTH {
            let v = wide(group[k]).abs();
            most[k] = if v > most[k] { v } else { most[k] };
        }
    }
    let most = most.iter().fold(0.0_f64, |m, &v| m.max(v));
    rest.iter().fold(most, |m, &v| m.max(wide(v).abs()))
}

/// max |gᵢ|.
pub(crate) fn largest<F: Scalar>(g: &[F]) -> f64 {
    let length = g.len();
    if length <= BLOCK {
        return widely(|| largest_block(g));
    }
    let (left, right) = g.split_at((length / 2).next_multiple_of(BLOCK));
    let (left, right) = join(length, || largest(left), || largest(right));
    left.max(right)
}

/// `to ← x + step·d`; whether any coordinate is another one than in x.
pub(crate) fn place<F: Scalar>(x: &[F], step: f64, d: &[F], to: &mut [F]) -> bool {
    let [moved] = pass(0..x.len(), [to], &|range, [to]| {
        let mut moved = false;
        for ((to, &x), &d) in to.iter_mut().zip(&x[range.clone()]).zip(&d[range]) {
            *to = narrow(wide(x) + step * wide(d));
            moved |= *to != x;
        }
        [f64::from(moved)]
    });
    moved > 0.0
}

/// `to ← factor·a`.
pub(crate) fn scale<F: Scalar>(a: &[F], factor: f64, to: &mut [F]) {
    let [] = pass(0..a.len(), [to], &|range, [to]| {
        for (to, &a) in to.iter_mut().zip(&a[range]) {
            *to = narrow(factor * wide(a));
        }
        []
    });
}

/// `to ← to + factor·a`.
pub(crate) fn axpy<F: Scalar>(factor: f64, a: &[F], to: &mut [F]) {
    let [] = pass(0..a.len(), [to], &|range, [to]| {
        for (to, &a) in to.iter_mut().zip(&a[range]) {
            *to = narrow(wide(*to) + factor * wide(a));
        }
        []
    });
}

/// `d ← factor·d − a`: the next direction of conjugate gradients.
pub(crate) fn recur<F: Scalar>(factor: f64, a: &[F], d: &mut [F]) {
    let [] = pass(0..a.len(), [d], &|range, [d]| {
        for (d, &a) in d.iter_mut().zip(&a[range]) {
            *d = narrow(factor * wide(*d) - wide(a));
        }
        []
    });
}

/// The inner products of two gradients and a direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Products {
    /// gᵀg.
    pub(crate) before: f64,
    /// gᵀg′.
    pub(crate) across: f64,
    /// g′ᵀg′.
    pub(crate) after: f64,
    /// gᵀd.
    pub(crate) along: f64,
    /// g′ᵀd.
    pub(crate) along_after: f64,
    /// dᵀd.
    pub(crate) length: f64,
}

/// All products of g, g′ and d in one pass.
pub(crate) fn pair_products<F: Scalar>(g: &[F], after: &[F], d: &[F]) -> Products {
    let sums = pass::<F, 0, 6>(0..g.len(), [], &|range, []| {
        let (g, after, d) = (&g[range.clone()], &after[range.clone()], &d[range]);
        [
            dot_block(g, g),
            dot_block(g, after),
            dot_block(after, after),
            dot_block(g, d),
            dot_block(after, d),
            dot_block(d, d),
        ]
    });
    let [before, across, after, along, along_after, length] = sums;
    Products { before, across, after, along, along_after, length }
}

/// ‖a‖, without overflow.
pub(crate) fn norm<F: Scalar>(a: &[F]) -> f64 {
    let square = dot(a, a);
    if square.is_normal() {
        return square.sqrt();
    }
    wide(crate::scalar::norm(a, 1, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_blocks_are_those_of_whole_numbers_whatever_the_length() {
        for n in [1, 7, 8, 1023, 1024, 1025, 5000, 100_001] {
            let a: Vec<f64> = (0..n).map(|i| (i % 13) as f64 - 6.0).collect();
            let b: Vec<f64> = (0..n).map(|i| (i % 7) as f64 + 1.0).collect();
            let exact: f64 = (0..n).map(|i| ((i % 13) as f64 - 6.0) * ((i % 7) as f64 + 1.0)).sum();
            assert_eq!(dot(&a, &b), exact);
            assert_eq!(measure(&a, &b).largest, a.iter().fold(0.0, |m: f64, v| m.max(v.abs())));
            let mut c = vec![0.0; n];
            assert!(place(&a, 2.0, &b, &mut c));
            assert!((0..n).all(|i| c[i] == a[i] + 2.0 * b[i]));
            assert!(!place(&a, 0.0, &b, &mut c));
        }
    }
}
