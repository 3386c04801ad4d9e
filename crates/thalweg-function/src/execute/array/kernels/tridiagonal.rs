//! Householder reflections that leave three diagonals of a symmetric matrix, and their product.

use super::eigen::Problem;
use crate::kernel::isa::WithLanes;
use crate::kernel::math::MathLanes;

/// The reflections, and their product if asked.
pub(super) struct Tridiagonal<'a, 'b> {
    pub(super) problem: &'a mut Problem<'b>,
    pub(super) with_vectors: bool,
}

impl WithLanes<f64> for Tridiagonal<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call<V: MathLanes<Elem = f64>>(self) {
        tridiagonalise(self.problem);
        if self.with_vectors {
            accumulate(self.problem);
        }
    }
}

/// A ← H·A·H for reflections H = 1 − w·v·vᵀ, each of which clears a column below its first element past the diagonal.
#[inline(always)]
fn tridiagonalise(problem: &mut Problem<'_>) {
    let Problem { n, matrix, diagonal, coupling, weights, scratch, .. } = problem;
    let n = *n;
    for k in 0..n {
        diagonal[k] = matrix[k * n + k];
        let start = k + 1;
        if start == n {
            break;
        }
        let (above, below) = matrix[..n * n].split_at_mut(start * n);
        let v = &mut above[k * n + start..];
        for (v, row) in v.iter_mut().zip(below.chunks(n)) {
            *v = row[k];
        }
        let (first, norm) = (v[0], norm(v));
        if v[1..].iter().all(|&x| x == 0.0) {
            (coupling[k], weights[k]) = (first, 0.0);
            continue;
        }
        coupling[k] = -norm.copysign(first);
        // Scaled to v₀ = 1, which neither overflows nor underflows.
        let pivot = first + norm.copysign(first);
        v[0] = 1.0;
        for x in &mut v[1..] {
            *x /= pivot;
        }
        let w = pivot.abs() / norm;
        weights[k] = w;
        // p = A·v from the lower triangle alone.
        let p = &mut scratch[..n - start];
        p.fill(0.0);
        for (i, row) in below.chunks(n).enumerate() {
            let (row, a_ii) = (&row[start..start + i], row[start + i]);
            p[i] += a_ii * v[i] + dot(row, &v[..i]);
            add_multiple(&mut p[..i], v[i], row);
        }
        // A − v·qᵀ − q·vᵀ with q = w·p − w²·(pᵀ·v)/2·v.
        let shift = 0.5 * w * w * dot(p, v);
        for (p, v) in p.iter_mut().zip(&*v) {
            *p = w * *p - shift * v;
        }
        for (i, row) in below.chunks_mut(n).enumerate() {
            let (v_i, q_i) = (v[i], p[i]);
            for ((a, &v), &q) in row[start..=start + i].iter_mut().zip(&*v).zip(&*p) {
                *a -= v_i * q + q_i * v;
            }
        }
    }
}

/// The transpose of the product of all reflections.
#[inline(always)]
fn accumulate(problem: &mut Problem<'_>) {
    let n = problem.n;
    let vectors = &mut problem.vectors[..n * n];
    vectors.fill(0.0);
    vectors.iter_mut().step_by(n + 1).for_each(|x| *x = 1.0);
    for k in (0..n.saturating_sub(1)).rev() {
        let start = k + 1;
        let (v, w) = (&problem.matrix[k * n + start..start * n], problem.weights[k]);
        if w == 0.0 {
            continue;
        }
        for row in vectors.chunks_mut(n).skip(start) {
            let row = &mut row[start..];
            let factor = -w * dot(row, v);
            add_multiple(row, factor, v);
        }
    }
}

/// `y += factor·x`.
#[inline(always)]
fn add_multiple(y: &mut [f64], factor: f64, x: &[f64]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// Σaᵢ·bᵢ as sixteen sums, which registers of any width hold.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 16];
    let (a_parts, b_parts) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f64 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// √Σx², without overflow or underflow on the way.
#[inline(always)]
fn norm(v: &[f64]) -> f64 {
    let largest = v.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if largest == 0.0 { 0.0 } else { largest * v.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt() }
}
