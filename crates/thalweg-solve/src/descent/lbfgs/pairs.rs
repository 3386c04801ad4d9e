//! [`Pairs`]: the last steps and changes of gradient, and products with the inverse Hessian that they make of another one.
//!
//! Two loops over the pairs multiply any vector, from any matrix to begin with; [`Memory`](super::Memory) knows but one of each.
//!
//! Nocedal and Wright, *Numerical Optimization*, 2nd ed., algorithm 7.4.

use super::Pair;
use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::descent::Moved;
use crate::scalar::wide;
use crate::vector::{axpy, dot, pass};

#[derive(Debug, Clone)]
pub(crate) struct Pairs<F> {
    most: usize,
    /// Pairs, and the place of the oldest.
    count: usize,
    oldest: usize,
    dim: usize,
    /// Pairs one after the other by place, with room for one that is looked at.
    s: Vec<F>,
    y: Vec<F>,
    /// By place: sᵀy and yᵀy.
    curvatures: Vec<f64>,
    squares: Vec<f64>,
    /// By place: what the first loop found of a vector along s.
    parts: Vec<f64>,
}

impl<F: Scalar> Pairs<F> {
    pub(crate) fn new(most: usize, dim: usize) -> Self {
        let vectors = || vec![F::default(); (most + 1) * dim];
        let numbers = || vec![0.0; most + 1];
        let (s, y) = (vectors(), vectors());
        let (curvatures, squares, parts) = (numbers(), numbers(), numbers());
        Pairs { most, count: 0, oldest: 0, dim, s, y, curvatures, squares, parts }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn forget(&mut self) {
        (self.count, self.oldest) = (0, 0);
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.place("pairs", &mut self.count, self.most);
        keeper.place("oldest", &mut self.oldest, self.most);
        keeper.vector("s", &mut self.s);
        keeper.vector("y", &mut self.y);
        keeper.numbers("curvatures", &mut self.curvatures);
        keeper.numbers("squares", &mut self.squares);
    }

    /// The place of pair i, from the oldest.
    fn place(&self, i: usize) -> usize {
        (self.oldest + i) % (self.most + 1)
    }

    /// The newest y and its sᵀy, if there is a pair.
    pub(crate) fn newest(&self) -> Option<(&[F], f64)> {
        let place = self.place(self.count.checked_sub(1)?);
        Some((&self.y[place * self.dim..][..self.dim], self.curvatures[place]))
    }

    /// sᵀy/yᵀy of the newest pair: the identity times this is nearest to the inverse Hessian along y. 1 without a pair.
    pub(crate) fn scaling(&self) -> f64 {
        let place = self.place(self.count.saturating_sub(1));
        if self.is_empty() { 1.0 } else { self.curvatures[place] / self.squares[place] }
    }

    /// `v ← Hv`; `initial` does so with the matrix that the pairs are added to.
    pub(crate) fn multiply(&mut self, v: &mut [F], initial: impl FnOnce(&mut [F])) {
        for i in (0..self.count).rev() {
            let place = self.place(i);
            let range = place * self.dim..(place + 1) * self.dim;
            let part = dot(&self.s[range.clone()], v) / self.curvatures[place];
            self.parts[place] = part;
            axpy(-part, &self.y[range], v);
        }
        initial(v);
        for i in 0..self.count {
            let place = self.place(i);
            let range = place * self.dim..(place + 1) * self.dim;
            let part = dot(&self.y[range.clone()], v) / self.curvatures[place];
            axpy(self.parts[place] - part, &self.s[range], v);
        }
    }

    /// Takes the pair of a step, if it is sound; its sᵀy.
    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) -> Option<f64> {
        let place = self.place(self.count);
        let range = place * self.dim..(place + 1) * self.dim;
        let (s, y) = (&mut self.s[range.clone()], &mut self.y[range]);
        let (g, before) = (&moved.out_after[1..], &moved.out[1..]);
        let [curvature, square, along, length] = pass(0..self.dim, [s, y], &|range, [s, y]| {
            let (x, x_after) = (&moved.x[range.clone()], &moved.x_after[range.clone()]);
            let (before, g) = (&before[range.clone()], &g[range]);
            let mut sums = [0.0; 4];
            for i in 0..s.len() {
                (s[i], y[i]) = (x_after[i] - x[i], g[i] - before[i]);
                sums[0] += wide(s[i]) * wide(y[i]);
                sums[1] += wide(y[i]) * wide(y[i]);
                sums[2] += wide(s[i]) * wide(g[i]);
                sums[3] += wide(s[i]) * wide(s[i]);
            }
            sums
        });
        if !(Pair { curvature, squares: [length, square], along, first: self.count == 0 }).is_sound() {
            return None;
        }
        (self.curvatures[place], self.squares[place]) = (curvature, square);
        if self.count < self.most {
            self.count += 1;
        } else {
            self.oldest = self.place(1);
        }
        Some(curvature)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Lbfgs, Memory};
    use super::*;
    use crate::scalar::narrow;

    #[test]
    fn two_loops_give_the_direction_of_the_compact_form_and_multiply_any_vector() {
        let dim = 40;
        let noise = |i: usize, k: usize| ((i * 37 + k * 101) as f64).sin();
        let (mut pairs, mut memory) =
            (Pairs::new(4, dim), Memory::new(&Lbfgs { memory: 4, ..Lbfgs::default() }, dim));
        for k in 0..7 {
            let (x, x_after): (Vec<f64>, Vec<f64>) = (0..dim).map(|i| (noise(i, k), noise(i, k + 1))).unzip();
            let out = |x: &[f64]| -> Vec<f64> {
                std::iter::once(0.0)
                    .chain(x.iter().enumerate().map(|(i, x)| (1.0 + i as f64) * x + x.powi(3)))
                    .collect()
            };
            let (out, out_after) = (out(&x), out(&x_after));
            let moved = Moved {
                x: &x,
                out: &out,
                x_after: &x_after,
                out_after: &out_after,
                direction: &x,
                step: 1.0,
            };
            pairs.learn(&moved);
            memory.learn(&moved);
            let gradient = &out_after[1..];
            let (mut compact, mut looped) = (vec![0.0; dim], gradient.to_vec());
            memory.aim(gradient, &mut compact);
            let gamma = pairs.scaling();
            pairs.multiply(&mut looped, |v| v.iter_mut().for_each(|v| *v = narrow(gamma * *v)));
            let size = looped.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            assert!(compact.iter().zip(&looped).all(|(a, b)| (a + b).abs() < 1e-10 * size), "{k}");
            // The secant equation: Hy = s.
            let mut y: Vec<f64> = gradient.iter().zip(&out[1..]).map(|(a, b)| a - b).collect();
            pairs.multiply(&mut y, |_| {});
            assert!((0..dim).all(|i| (y[i] - (x_after[i] - x[i])).abs() < 1e-10), "{k}");
        }
    }
}
