//! The generalized Cauchy point: the first minimum of the model along the projected gradient's bent way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::compact::Compact;
use crate::Scalar;
use crate::scalar::wide;

/// The search for it, and what it found.
///
/// Along `x(t) = P(x − tg)` the model is a parabola between any two places where a variable meets its bound; p = Wᵀd and c = Wᵀ(x(t) − x) are
/// brought along from one to the next.
///
/// Byrd, Lu, Nocedal and Zhu, *A limited memory algorithm for bound constrained optimization*, SIAM J. Scientific Computing 16, 1995,
/// algorithm CP.
pub(super) struct Cauchy {
    /// Which variables are at a bound there.
    pub(super) at_edge: Vec<bool>,
    /// How many are not.
    pub(super) free: usize,
    /// How far along the way it is: variables that are not at a bound are at x − t·g.
    pub(super) t: f64,
    /// Wᵀd of the variables that still move there.
    pub(super) p: Vec<f64>,
    /// Wᵀ(x(t) − x).
    pub(super) c: Vec<f64>,
    /// Where variables meet their bounds, the nearest first once it is a heap.
    bends: Vec<Reverse<(u64, u32)>>,
    kp: Vec<f64>,
    kw: Vec<f64>,
    w: Vec<f64>,
}

/// When x − tg of a variable meets its bound; 0 or less if it is there.
#[inline]
pub(super) fn meets(x: f64, g: f64, low: f64, high: f64) -> f64 {
    if g < 0.0 {
        (x - high) / g
    } else if g > 0.0 {
        (x - low) / g
    } else {
        f64::INFINITY
    }
}

impl Cauchy {
    pub(super) fn new(dim: usize, width: usize) -> Self {
        let zeros = || vec![0.0; width];
        Cauchy {
            at_edge: vec![false; dim],
            free: 0,
            t: 0.0,
            p: zeros(),
            c: zeros(),
            bends: Vec::with_capacity(dim),
            kp: zeros(),
            kw: zeros(),
            w: zeros(),
        }
    }

    /// Finds the point from x with gradient g; `false` if the model is not convex along the way, by rounding.
    pub(super) fn find<F: Scalar>(
        &mut self,
        x: &[F],
        g: &[F],
        low: &[F],
        high: &[F],
        compact: &Compact<F>,
        theta: f64,
    ) -> bool {
        let (mut square, mut nearest, mut moving) = (0.0, f64::INFINITY, 0_usize);
        let bounds = || low.iter().zip(high).map(|(&low, &high)| (wide(low), wide(high)));
        self.free = x.len();
        for (((&x, &g), (low, high)), at_edge) in x.iter().zip(g).zip(bounds()).zip(&mut self.at_edge) {
            let (x, g) = (wide(x), wide(g));
            let t = meets(x, g, low, high);
            *at_edge = t <= 0.0 || (g == 0.0 && (x <= low || x >= high));
            if *at_edge {
                self.free -= 1;
            } else if g != 0.0 {
                square += g * g;
                moving += 1;
                nearest = nearest.min(t);
            }
        }
        self.p.copy_from_slice(&compact.along);
        self.c.fill(0.0);
        self.t = 0.0;
        compact.multiply(&self.p, &mut self.kp);
        let mut first = -square;
        let mut second = theta * square - dot(&self.p, &self.kp);
        let least = f64::EPSILON * theta * square;
        if !(second > 0.0 && square > 0.0 && square.is_finite()) {
            return false;
        }
        let mut ahead = -first / second;
        if nearest <= ahead {
            self.bends.clear();
            for (i, ((&x, &g), (low, high))) in x.iter().zip(g).zip(bounds()).enumerate() {
                let t = meets(wide(x), wide(g), low, high);
                if t > 0.0 && t < f64::INFINITY {
                    self.bends.push(Reverse((t.to_bits(), i as u32)));
                }
            }
            let mut heap = BinaryHeap::from(std::mem::take(&mut self.bends));
            while let Some(&Reverse((bits, i))) = heap.peek() {
                let (t, i) = (f64::from_bits(bits), i as usize);
                if t - self.t > ahead {
                    break;
                }
                heap.pop();
                let by = t - self.t;
                let gradient = wide(g[i]);
                let moved =
                    if gradient > 0.0 { wide(low[i]) - wide(x[i]) } else { wide(high[i]) - wide(x[i]) };
                for (c, p) in self.c.iter_mut().zip(&self.p) {
                    *c += by * p;
                }
                for (w, &row) in self.w.iter_mut().zip(compact.row(i)) {
                    *w = wide(row);
                }
                compact.multiply(&self.w, &mut self.kw);
                first += by * second + gradient * gradient + theta * gradient * moved
                    - gradient * dot(&self.kw, &self.c);
                second -= theta * gradient * gradient
                    + 2.0 * gradient * dot(&self.kw, &self.p)
                    + gradient * gradient * dot(&self.kw, &self.w);
                second = second.max(least);
                for (p, w) in self.p.iter_mut().zip(&self.w) {
                    *p += gradient * w;
                }
                self.at_edge[i] = true;
                self.free -= 1;
                moving -= 1;
                self.t = t;
                ahead = if moving == 0 || first >= 0.0 { 0.0 } else { -first / second };
                if ahead <= 0.0 {
                    break;
                }
            }
            self.bends = heap.into_vec();
        }
        if moving > 0 {
            self.t += ahead;
            for (c, p) in self.c.iter_mut().zip(&self.p) {
                *c += ahead * p;
            }
        }
        self.t.is_finite()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
