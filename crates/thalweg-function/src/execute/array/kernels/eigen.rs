//! Eigenvalues and eigenvectors of symmetric matrices.
//!
//! Householder reflections make the matrix tridiagonal, QR steps with implicit shifts make that diagonal (Golub & Van Loan,
//! *Matrix Computations*, 4th ed., §8.3). Everything is computed in `f64`. Of the two directions of an eigenvector it has the
//! one in which its component of largest magnitude is positive (the first, if several are as large). A matrix with an element
//! that is not finite has NaN everywhere.

use super::rotations::{Rotations, STRIP};
use super::split::split;
use super::tridiagonal::Tridiagonal;
use crate::execute::Float;
use crate::kernel::isa::{Element, Isa};

/// How many numbers the decomposition of an n×n matrix works in.
pub(super) fn workspace_len(n: usize) -> usize {
    let padded = n.next_multiple_of(STRIP);
    2 * n * padded + 4 * n + Rotations::workspace_len(n)
}

pub(super) fn values<F: Float>(x: &[F], n: usize, y: &mut [F], spaces: &mut [Vec<f64>], threads: usize) {
    let done = split(y, n, 2 * x.len() * n, threads, spaces, |first, part, space| {
        for (k, y) in (first..).zip(part.chunks_mut(n)) {
            let mut problem = Problem::new(&x[k * n * n..][..n * n], n, space);
            problem.solve(false, 1);
            for (y, &value) in y.iter_mut().zip(&*problem.diagonal) {
                *y = F::from_f64(value);
            }
        }
        Ok(())
    });
    debug_assert!(done.is_ok());
}

pub(super) fn vectors<F: Float>(x: &[F], n: usize, y: &mut [F], spaces: &mut [Vec<f64>], threads: usize) {
    // One matrix at a time leaves the threads to its rotations.
    let inner = if x.len() == n * n { threads } else { 1 };
    let done = split(y, n * n, 9 * x.len() * n, threads, spaces, |first, part, space| {
        for (k, y) in (first..).zip(part.chunks_mut(n * n)) {
            let mut problem = Problem::new(&x[k * n * n..][..n * n], n, space);
            problem.solve(true, inner);
            for (j, vector) in problem.vectors[..n * n].chunks(n).enumerate() {
                let sign = direction(vector);
                for (y, &component) in y[j..].iter_mut().step_by(n).zip(vector) {
                    *y = F::from_f64(sign * component);
                }
            }
        }
        Ok(())
    });
    debug_assert!(done.is_ok());
}

/// The sign of the first component that is as large as any, but for rounding.
fn direction(vector: &[f64]) -> f64 {
    let largest = vector.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let decisive = vector.iter().find(|x| x.abs() >= largest * (1.0 - 1e-9));
    decisive.map_or(1.0, |x| x.signum())
}

/// A matrix on its way to its eigenvalues.
pub(super) struct Problem<'a> {
    pub(super) n: usize,
    /// Below the diagonal what is left of the matrix; row `k` above it is the `k`-th reflection's direction. Later the
    /// eigenvectors in strips of columns.
    pub(super) matrix: &'a mut [f64],
    /// The product of the reflections, then the eigenvectors in rows.
    pub(super) vectors: &'a mut [f64],
    pub(super) diagonal: &'a mut [f64],
    /// Beside the diagonal: element `k` couples `k` and `k + 1`.
    pub(super) coupling: &'a mut [f64],
    /// 2/‖v‖² of each reflection's direction v.
    pub(super) weights: &'a mut [f64],
    pub(super) scratch: &'a mut [f64],
    rotations: Rotations<'a>,
}

impl<'a> Problem<'a> {
    fn new<F: Float>(x: &[F], n: usize, space: &'a mut [f64]) -> Self {
        let padded = n.next_multiple_of(STRIP);
        let (matrix, rest) = space.split_at_mut(n * padded);
        let (vectors, rest) = rest.split_at_mut(n * padded);
        let (diagonal, rest) = rest.split_at_mut(n);
        let (coupling, rest) = rest.split_at_mut(n);
        let (weights, rest) = rest.split_at_mut(n);
        let (scratch, rest) = rest.split_at_mut(n);
        for (to, &from) in matrix.iter_mut().zip(x) {
            *to = from.to_f64();
        }
        Problem {
            n,
            matrix,
            vectors,
            diagonal,
            coupling,
            weights,
            scratch,
            rotations: Rotations::new(rest, n),
        }
    }

    /// Leaves the eigenvalues in `diagonal`, rising, and the eigenvectors, if asked, in the rows of `vectors`.
    fn solve(&mut self, with_vectors: bool, threads: usize) {
        let n = self.n;
        let finite = (0..n).all(|i| self.matrix[i * n..=i * n + i].iter().all(|x| x.is_finite()));
        if finite {
            f64::dispatch(Isa::detect(), Tridiagonal { problem: self, with_vectors });
            if with_vectors {
                // Rotations work on strips of columns, which stay in the cache and are shared by the threads.
                for (i, row) in self.vectors[..n * n].chunks(n).enumerate() {
                    for (strip, part) in self.matrix.chunks_mut(n * STRIP).zip(row.chunks(STRIP)) {
                        strip[i * STRIP..][..part.len()].copy_from_slice(part);
                    }
                }
            }
            if self.diagonalise(with_vectors, threads) {
                self.sort(with_vectors);
                return;
            }
        }
        self.diagonal.fill(f64::NAN);
        self.vectors.fill(f64::NAN);
    }

    /// QR steps until nothing is beside the diagonal; whether that was reached.
    fn diagonalise(&mut self, with_vectors: bool, threads: usize) -> bool {
        let mut end = self.n.saturating_sub(1);
        let mut steps = 0;
        while end > 0 {
            let mut start = end;
            while start > 0 && !self.is_negligible(start - 1) {
                start -= 1;
            }
            if start > 0 {
                self.coupling[start - 1] = 0.0;
            }
            if start == end {
                end -= 1;
                continue;
            }
            if steps == 60 * self.n {
                return false;
            }
            steps += 1;
            if with_vectors && !self.rotations.has_room(end - start) {
                self.rotations.apply(self.matrix, self.n, threads);
            }
            self.step(start, end, with_vectors);
        }
        if with_vectors {
            self.rotations.apply(self.matrix, self.n, threads);
        }
        true
    }

    fn is_negligible(&self, k: usize) -> bool {
        let scale = self.diagonal[k].abs() + self.diagonal[k + 1].abs();
        self.coupling[k].abs() <= f64::EPSILON * scale || self.coupling[k].abs() < f64::MIN_POSITIVE
    }

    /// One implicitly shifted QR step on the rows `start..=end`: a rotation that brings in the shift, and more that chase what
    /// it leaves outside the three diagonals down and out.
    fn step(&mut self, start: usize, end: usize, with_vectors: bool) {
        let (d, e) = (&mut *self.diagonal, &mut *self.coupling);
        // Wilkinson's shift: the eigenvalue of the last 2×2 block that is nearer its last element.
        let (half, corner) = (0.5 * (d[end - 1] - d[end]), e[end - 1]);
        let shift = d[end] - corner * (corner / (half + half.hypot(corner).copysign(half)));
        let (mut x, mut z) = (d[start] - shift, e[start]);
        for k in start..end {
            let r = x.hypot(z);
            let (c, s) = if r == 0.0 { (1.0, 0.0) } else { (x / r, z / r) };
            if k > start {
                e[k - 1] = r;
            }
            let gap = d[k + 1] - d[k];
            let change = s * (2.0 * c * e[k] + s * gap);
            d[k] += change;
            d[k + 1] -= change;
            e[k] = c * (s * gap + c * e[k]) - s * s * e[k];
            if k + 1 < end {
                x = e[k];
                z = s * e[k + 1];
                e[k + 1] *= c;
            }
            if with_vectors {
                self.rotations.push(k, c, s);
            }
        }
    }

    /// Brings the eigenvalues in order, and the eigenvectors from the strips into rows of the same order.
    fn sort(&mut self, with_vectors: bool) {
        let n = self.n;
        for (i, place) in self.scratch.iter_mut().enumerate() {
            *place = i as f64;
        }
        for i in 0..n {
            let smallest = (i..n).min_by(|&a, &b| self.diagonal[a].total_cmp(&self.diagonal[b])).unwrap_or(i);
            self.diagonal.swap(i, smallest);
            self.scratch.swap(i, smallest);
        }
        if with_vectors {
            for (row, &place) in self.vectors[..n * n].chunks_mut(n).zip(&*self.scratch) {
                for (strip, part) in self.matrix.chunks(n * STRIP).zip(row.chunks_mut(STRIP)) {
                    part.copy_from_slice(&strip[place as usize * STRIP..][..part.len()]);
                }
            }
        }
    }
}
