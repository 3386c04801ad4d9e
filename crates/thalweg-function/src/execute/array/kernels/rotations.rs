//! Rotations of neighbouring rows, collected and then applied strip by strip.

use super::split::share;
use crate::kernel::isa::{Element, Isa, WithLanes};
use crate::kernel::math::MathLanes;

/// Columns of a strip: it stays in the second-level cache while all rotations collected pass over it.
pub(super) const STRIP: usize = 32;

/// How many times n rotations are collected before they are applied.
const SWEEPS: usize = 16;

/// Rotations of rows `k` and `k + 1`: `(k, c, s)` one after the other.
#[derive(Debug)]
pub(super) struct Rotations<'a> {
    list: &'a mut [f64],
    length: usize,
}

impl<'a> Rotations<'a> {
    pub(super) fn workspace_len(n: usize) -> usize {
        3 * SWEEPS * n
    }

    pub(super) fn new(space: &'a mut [f64], n: usize) -> Self {
        Rotations { list: &mut space[..Self::workspace_len(n)], length: 0 }
    }

    /// Whether so many rotations more can be collected.
    pub(super) fn has_room(&self, count: usize) -> bool {
        self.length + 3 * count <= self.list.len()
    }

    /// Rows `k` and `k + 1` shall become c·(row k) + s·(row k + 1) and c·(row k + 1) − s·(row k).
    pub(super) fn push(&mut self, k: usize, c: f64, s: f64) {
        self.list[self.length..self.length + 3].copy_from_slice(&[k as f64, c, s]);
        self.length += 3;
    }

    /// Applies them to a matrix of `n` rows in strips, and forgets them.
    pub(super) fn apply(&mut self, strips: &mut [f64], n: usize, threads: usize) {
        let list = &self.list[..self.length];
        let turn = |strip: &mut [f64]| f64::dispatch(Isa::detect(), Turn { list, strip });
        share(strips, n * STRIP, 2 * self.length * n, threads, |_, part| {
            part.chunks_mut(n * STRIP).for_each(turn);
        });
        self.length = 0;
    }
}

/// Rotations on one strip.
struct Turn<'a> {
    list: &'a [f64],
    strip: &'a mut [f64],
}

impl WithLanes<f64> for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = f64>>(self) {
        for rotation in self.list.chunks_exact(3) {
            let (k, c, s) = (rotation[0] as usize, rotation[1], rotation[2]);
            let (upper, lower) = self.strip[k * STRIP..(k + 2) * STRIP].split_at_mut(STRIP);
            for (a, b) in upper.iter_mut().zip(lower) {
                (*a, *b) = (c * *a + s * *b, c * *b - s * *a);
            }
        }
    }
}
