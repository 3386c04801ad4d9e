//! [`Memory`] of few variables: the direction by two loops over the pairs.
//!
//! Where vectors are shorter than the pairs are many, the inner products of all pairs with each other are the larger work. Pairs lie
//! where they always do; of the numbers beside them only each pair's own are kept, at its place: sᵀy in `sy`, yᵀy in `yy`, 1/sᵀy
//! in `sg`.
//!
//! Nocedal and Wright, *Numerical Optimization*, 2nd ed., algorithm 7.4.

use super::{Aim, Memory, Moved, Pair};
use crate::Scalar;
use crate::scalar::{narrow, wide};

/// Up to so many variables two loops cost less.
pub(super) const FEW: usize = 24;

#[inline(always)]
fn dot<F: Scalar>(a: &[F], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(&a, b)| wide(a) * b).sum()
}

#[inline(always)]
fn add<F: Scalar>(factor: f64, a: &[F], to: &mut [f64]) {
    for (to, &a) in to.iter_mut().zip(a) {
        *to += factor * wide(a);
    }
}

impl<F: Scalar> Memory<F> {
    /// `d ← −Hg`, with its slope.
    pub(super) fn aim_by_loops(&mut self, gradient: &[F], d: &mut [F]) -> Aim {
        // The same for all; known lengths are unrolled.
        match self.dim {
            2 => self.loops(2, gradient, d),
            3 => self.loops(3, gradient, d),
            4 => self.loops(4, gradient, d),
            dim => self.loops(dim, gradient, d),
        }
    }

    #[inline(always)]
    fn loops(&mut self, dim: usize, gradient: &[F], d: &mut [F]) -> Aim {
        let (gradient, d) = (&gradient[..dim], &mut d[..dim]);
        let mut room = [0.0; FEW];
        let q = &mut room[..dim];
        add(1.0, gradient, q);
        let (mut place, mut newest) = (self.oldest + self.count, 0);
        for i in 0..self.count {
            place -= 1;
            let own = if place < self.most { place } else { place - self.most };
            newest = if i == 0 { own } else { newest };
            let (s, y) = (&self.s[dim * own..][..dim], &self.y[dim * own..][..dim]);
            let part = self.sg[own] * dot(s, q);
            self.u[own] = part;
            add(-part, y, q);
        }
        let gamma = self.sy[newest] / self.yy[newest];
        for q in q.iter_mut() {
            *q *= gamma;
        }
        for place in self.oldest..self.oldest + self.count {
            let own = if place < self.most { place } else { place - self.most };
            let (s, y) = (&self.s[dim * own..][..dim], &self.y[dim * own..][..dim]);
            add(self.u[own] - self.sg[own] * dot(y, q), s, q);
        }
        let mut slope = 0.0;
        for ((d, &g), q) in d.iter_mut().zip(gradient).zip(&*q) {
            *d = narrow(-q);
            slope += wide(g) * wide(*d);
        }
        Aim { slope, first: Some(1.0) }
    }

    /// Takes the pair of a step in the place of the oldest, if it is sound.
    pub(super) fn learn_by_loops(&mut self, moved: &Moved<'_, F>) {
        let dim = self.dim;
        let (mut s, mut y) = ([F::default(); FEW], [F::default(); FEW]);
        let (mut curvature, mut squares, mut along) = (0.0, [0.0; 2], 0.0);
        for i in 0..dim {
            let g = moved.out_after[i + 1];
            s[i] = moved.x_after[i] - moved.x[i];
            y[i] = g - moved.out[i + 1];
            curvature += wide(s[i]) * wide(y[i]);
            squares[0] += wide(s[i]) * wide(s[i]);
            squares[1] += wide(y[i]) * wide(y[i]);
            along += wide(s[i]) * wide(g);
        }
        if !(Pair { curvature, squares, along, first: self.count == 0 }).is_sound() {
            return;
        }
        let place = self.oldest + self.count;
        let own = if place < self.most { place } else { place - self.most };
        self.s[dim * own..][..dim].copy_from_slice(&s[..dim]);
        self.y[dim * own..][..dim].copy_from_slice(&y[..dim]);
        (self.sy[own], self.yy[own], self.sg[own]) = (curvature, squares[1], 1.0 / curvature);
        if self.count < self.most {
            self.count += 1;
        } else {
            self.oldest = if self.oldest + 1 < self.most { self.oldest + 1 } else { 0 };
        }
    }
}
