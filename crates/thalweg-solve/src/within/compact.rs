//! [`Compact`]: the matrix of limited-memory BFGS in compact form, with what is known of it on the free variables.

use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::scalar::{narrow, wide};
use crate::vector::BLOCK;

/// `B = θI − W K Wᵀ` with W = [Y S], the last changes of gradient y and steps s as columns, and
///
/// ```text
/// K = [ −D   Lᵀ/θ  ]⁻¹      D the diagonal of SᵀY, L what is below it,
///     [ L/θ  SᵀS/θ ]        θ = yᵀy/sᵀy of the last pair.
/// ```
///
/// A row of W lies in one piece, so that what concerns one variable is near. WᵀW is kept as two sums, over the free variables and over those
/// at the edge of the box, and follows variables that change sides one by one. So a step reads W twice: once for the products of the new pair
/// and of the next gradient, once for the direction.
///
/// Byrd, Nocedal and Schnabel, *Representations of quasi-Newton matrices and their use in limited memory methods*, Mathematical Programming
/// 63, 1994, theorem 2.3.
pub(super) struct Compact<F> {
    most: usize,
    dim: usize,
    pub(super) count: usize,
    oldest: usize,
    pub(super) theta: f64,
    /// Row i: the y of variable i by place of the pair, then the s.
    w: Vec<F>,
    /// K, by place; zero where there is no pair.
    k: Vec<f64>,
    /// WᵀW over the free variables, and over the others.
    free: Vec<f64>,
    edge: Vec<f64>,
    /// Which variables are at the edge, as far as the sums know.
    at_edge: Vec<bool>,
    /// `Wᵀd` of the projected gradient's direction d: −g of the variables that can move from where the run is, 0 of the others.
    pub(super) along: Vec<f64>,
    /// For each block of rows: the last, and Wᵀs and Wᵀy over free and other variables.
    partial: Vec<f64>,
    changed: Vec<u32>,
    small: Small,
}

/// Matrices of the size of the memory, for solving.
struct Small {
    /// By age, `most` numbers a row.
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
    v: Vec<f64>,
}

/// Sums that a block of rows adds to.
const SUMS: usize = 5;

/// Below this many blocks threads are not worth it.
#[cfg(feature = "threads")]
const PARALLEL: usize = 32;

impl<F: Scalar> Compact<F> {
    pub(super) fn new(most: usize, dim: usize) -> Self {
        let (width, square) = (2 * most, most * most);
        let zeros = |n| vec![0.0; n];
        Compact {
            most,
            dim,
            count: 0,
            oldest: 0,
            theta: 1.0,
            w: vec![F::default(); width * dim],
            k: zeros(width * width),
            free: zeros(width * width),
            edge: zeros(width * width),
            at_edge: vec![false; dim],
            along: zeros(width),
            partial: zeros(SUMS * width * dim.div_ceil(BLOCK)),
            changed: Vec::with_capacity(dim),
            small: Small { a: zeros(square), b: zeros(square), c: zeros(square), v: zeros(width) },
        }
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.place("pairs", &mut self.count, self.most);
        keeper.place("oldest", &mut self.oldest, self.most - 1);
        keeper.number("theta", &mut self.theta);
        keeper.vector("w", &mut self.w);
        keeper.numbers("k", &mut self.k);
        keeper.numbers("free", &mut self.free);
        keeper.numbers("edge", &mut self.edge);
        keeper.flags("at_edge", &mut self.at_edge);
        keeper.numbers("along", &mut self.along);
    }

    /// The length of a row of W.
    pub(super) fn width(&self) -> usize {
        2 * self.most
    }

    pub(super) fn forget(&mut self) {
        (self.count, self.oldest) = (0, 0);
        self.k.fill(0.0);
        self.along.fill(0.0);
    }

    /// A row of W.
    #[inline]
    pub(super) fn row(&self, i: usize) -> &[F] {
        &self.w[i * self.width()..][..self.width()]
    }

    /// `to ← K v`.
    #[inline]
    pub(super) fn multiply(&self, v: &[f64], to: &mut [f64]) {
        for (to, row) in to.iter_mut().zip(self.k.chunks_exact(self.width())) {
            *to = row.iter().zip(v).map(|(a, b)| a * b).sum();
        }
    }

    /// Where the pair of an age lies.
    #[inline]
    fn place(&self, age: usize) -> usize {
        let place = self.oldest + age;
        if place < self.most { place } else { place - self.most }
    }

    /// Takes the pair of a step, if `keep`, and the products with the direction of the variables that can move from its end. Of a variable
    /// `pair` says s, y, and −g or 0.
    pub(super) fn learn(&mut self, keep: bool, pair: &(impl Fn(usize) -> (f64, f64, f64) + Sync)) {
        let (most, width) = (self.most, self.width());
        if keep && self.count == most {
            self.oldest = (self.oldest + 1) % most;
            self.count -= 1;
        }
        let slot = self.place(self.count);
        let at_edge = &self.at_edge;
        let block = |k: usize, rows: &mut [F], sums: &mut [f64]| {
            sums.fill(0.0);
            let (along, sums) = sums.split_at_mut(width);
            let (free, edge) = sums.split_at_mut(2 * width);
            for (r, row) in rows.chunks_exact_mut(width).enumerate() {
                let i = k * BLOCK + r;
                let (s, y, d) = pair(i);
                if !keep {
                    for (along, &w) in along.iter_mut().zip(&*row) {
                        *along += d * wide(w);
                    }
                    continue;
                }
                (row[slot], row[most + slot]) = (narrow(y), narrow(s));
                let (of_s, of_y) = if at_edge[i] { &mut *edge } else { &mut *free }.split_at_mut(width);
                for (((along, of_s), of_y), &w) in along.iter_mut().zip(of_s).zip(of_y).zip(&*row) {
                    let w = wide(w);
                    *along += d * w;
                    *of_s += s * w;
                    *of_y += y * w;
                }
            }
        };
        each_block(&mut self.w, &mut self.partial, width, &block);
        let (mut rows, length) = (self.dim.div_ceil(BLOCK), SUMS * width);
        while rows > 1 {
            let half = rows.div_ceil(2);
            let (low, high) = self.partial.split_at_mut(half * length);
            for (a, b) in low.iter_mut().zip(&high[..(rows - half) * length]) {
                *a += b;
            }
            rows = half;
        }
        self.along.copy_from_slice(&self.partial[..width]);
        if keep {
            self.count += 1;
            for (side, start) in [(&mut self.free, width), (&mut self.edge, 3 * width)] {
                for (at, start) in [(most + slot, start), (slot, start + width)] {
                    for j in 0..width {
                        let sum = self.partial[start + j];
                        (side[at * width + j], side[j * width + at]) = (sum, sum);
                    }
                }
            }
        }
    }

    /// Tells which variables are at the edge now.
    pub(super) fn follow(&mut self, at_edge: &[bool]) {
        if self.count == 0 {
            self.at_edge.copy_from_slice(at_edge);
            return;
        }
        self.changed.clear();
        let mut edge = 0;
        for (i, (&now, before)) in at_edge.iter().zip(&mut self.at_edge).enumerate() {
            edge += usize::from(now);
            if now != *before {
                self.changed.push(i as u32);
                *before = now;
            }
        }
        if self.changed.is_empty() {
            return;
        }
        let width = self.width();
        let w = &self.w;
        let row = |i: usize| &w[i * width..][..width];
        let smaller = edge.min(self.dim - edge);
        if self.changed.len() > smaller {
            // The sum over the side with fewer variables anew, the other one from the whole.
            let few_at_edge = edge == smaller;
            let (few, many) =
                if few_at_edge { (&mut self.edge, &mut self.free) } else { (&mut self.free, &mut self.edge) };
            many.iter_mut().zip(&*few).for_each(|(many, few)| *many += few);
            few.fill(0.0);
            for (i, _) in at_edge.iter().enumerate().filter(|(_, at)| **at == few_at_edge) {
                add_square(row(i), 1.0, few);
            }
            many.iter_mut().zip(&*few).for_each(|(many, few)| *many -= few);
            return;
        }
        for &i in &self.changed {
            let (i, sign) = (i as usize, if at_edge[i as usize] { 1.0 } else { -1.0 });
            add_square(row(i), sign, &mut self.edge);
            add_square(row(i), -sign, &mut self.free);
        }
    }

    /// aᵀb of two columns of W by place, over the free variables, over the others.
    #[inline]
    fn parts(&self, a: usize, b: usize) -> (f64, f64) {
        let at = a * self.width() + b;
        (self.free[at], self.edge[at])
    }

    #[inline]
    fn whole(&self, a: usize, b: usize) -> f64 {
        let (free, edge) = self.parts(a, b);
        free + edge
    }

    /// Computes K; `false` if the matrix is not positive definite.
    ///
    /// With C = SᵀS + L D⁻¹Lᵀ/θ and E = L D⁻¹ its blocks are EᵀC⁻¹E/θ − D⁻¹, EᵀC⁻¹ and θC⁻¹.
    pub(super) fn prepare(&mut self) -> bool {
        let (n, m, width, theta) = (self.count, self.most, self.width(), self.theta);
        let (mut c, mut e, mut inverse) = self.small.take();
        for i in 0..n {
            let s = m + self.place(i);
            for j in 0..n {
                let y = self.place(j);
                let curvature = self.whole(m + y, y);
                e[i * m + j] = if j < i { self.whole(s, y) / curvature } else { 0.0 };
                c[i * m + j] = self.whole(s, m + y);
            }
        }
        for i in 0..n {
            for j in 0..n {
                let mut sum = 0.0;
                for l in 0..i.min(j) {
                    let y = self.place(l);
                    sum += e[i * m + l] * e[j * m + l] * self.whole(m + y, y);
                }
                c[i * m + j] += sum / theta;
            }
        }
        let sound = factorise(&mut c, n, m);
        if sound {
            // C⁻¹, column by column, which is row by row.
            for j in 0..n {
                let row = &mut inverse[j * m..j * m + n];
                row.fill(0.0);
                row[j] = 1.0;
                solve(&c, n, m, row);
            }
            self.k.fill(0.0);
            // C⁻¹E takes the place of the factor.
            for i in 0..n {
                for j in 0..n {
                    c[i * m + j] = (0..n).map(|l| inverse[i * m + l] * e[l * m + j]).sum();
                }
            }
            for i in 0..n {
                for j in 0..n {
                    let (a, b) = (self.place(i), self.place(j));
                    let through: f64 = (0..n).map(|l| e[l * m + i] * c[l * m + j]).sum();
                    let diagonal = if i == j { 1.0 / self.whole(m + a, a) } else { 0.0 };
                    self.k[a * width + b] = through / theta - diagonal;
                    self.k[(m + a) * width + m + b] = theta * inverse[i * m + j];
                    self.k[(m + a) * width + b] = c[i * m + j];
                    self.k[b * width + m + a] = c[i * m + j];
                }
            }
        }
        self.small.put((c, e, inverse));
        sound
    }

    /// `to ← N v`, N = WᵀW over the free variables.
    pub(super) fn multiply_free(&self, v: &[f64], to: &mut [f64]) {
        for (to, row) in to.iter_mut().zip(self.free.chunks_exact(self.width())) {
            *to = row.iter().zip(v).map(|(a, b)| a * b).sum();
        }
    }

    /// Replaces v by the q with `(K⁻¹ − N/θ) q = v`; `false` if rounding does not allow it.
    ///
    /// The matrix is `[−P Rᵀ; R Q]` with P = D + YᵀY/θ over the free variables, Q = SᵀS/θ over the others, and R = (L − SᵀY)/θ with the
    /// product over the free ones; P and Q + R P⁻¹Rᵀ are positive definite.
    pub(super) fn solve_free(&mut self, v: &mut [f64]) -> bool {
        let (n, m, theta) = (self.count, self.most, self.theta);
        let (mut p, mut x, mut h) = self.small.take();
        let mut by_age = std::mem::take(&mut self.small.v);
        for i in 0..n {
            let (yi, si) = (self.place(i), m + self.place(i));
            (by_age[i], by_age[m + i]) = (v[yi], v[si]);
            for j in 0..n {
                let (yj, sj) = (self.place(j), m + self.place(j));
                p[i * m + j] = self.parts(yi, yj).0 / theta;
                h[i * m + j] = self.parts(si, sj).1 / theta;
                // Row i of R, as a column of Rᵀ: what is below the diagonal of SᵀY stays over the edge only.
                let (free, edge) = self.parts(si, yj);
                x[i * m + j] = if j < i { edge } else { -free } / theta;
            }
            p[i * m + i] += self.whole(si, yi);
        }
        let (v_y, v_s) = by_age.split_at_mut(m);
        let mut sound = factorise(&mut p, n, m);
        if sound {
            // H = Q + R P⁻¹ Rᵀ by half of it: rows of R divided by the factor of P.
            for row in x.chunks_exact_mut(m).take(n) {
                forward(&p, n, m, row);
            }
            forward(&p, n, m, v_y);
            for i in 0..n {
                for j in 0..n {
                    h[i * m + j] += (0..n).map(|l| x[i * m + l] * x[j * m + l]).sum::<f64>();
                }
                v_s[i] += (0..n).map(|l| x[i * m + l] * v_y[l]).sum::<f64>();
            }
            sound = factorise(&mut h, n, m);
        }
        if sound {
            solve(&h, n, m, &mut v_s[..n]);
            // a = P⁻¹(Rᵀb − v_y)
            for l in 0..n {
                v_y[l] = (0..n).map(|i| x[i * m + l] * v_s[i]).sum::<f64>() - v_y[l];
            }
            backward(&p, n, m, v_y);
            v.fill(0.0);
            for i in 0..n {
                let place = self.place(i);
                (v[place], v[m + place]) = (v_y[i], v_s[i]);
            }
        }
        self.small.v = by_age;
        self.small.put((p, x, h));
        sound && v.iter().all(|v| v.is_finite())
    }
}

impl Small {
    fn take(&mut self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        (std::mem::take(&mut self.a), std::mem::take(&mut self.b), std::mem::take(&mut self.c))
    }

    fn put(&mut self, (a, b, c): (Vec<f64>, Vec<f64>, Vec<f64>)) {
        (self.a, self.b, self.c) = (a, b, c);
    }
}

/// `to ← to + sign·w wᵀ`.
fn add_square<F: Scalar>(w: &[F], sign: f64, to: &mut [f64]) {
    for (row, &a) in to.chunks_exact_mut(w.len()).zip(w) {
        let a = sign * wide(a);
        for (to, &b) in row.iter_mut().zip(w) {
            *to += a * wide(b);
        }
    }
}

/// The lower Cholesky factor of the first n rows and columns of a matrix with rows of m, in place.
fn factorise(a: &mut [f64], n: usize, m: usize) -> bool {
    for j in 0..n {
        let square: f64 = a[j * m..j * m + j].iter().map(|l| l * l).sum();
        let left = a[j * m + j] - square;
        if !(left > f64::EPSILON * a[j * m + j].abs() && left.is_finite()) {
            return false;
        }
        let diagonal = left.sqrt();
        a[j * m + j] = diagonal;
        for i in j + 1..n {
            let sum: f64 = (0..j).map(|l| a[i * m + l] * a[j * m + l]).sum();
            a[i * m + j] = (a[i * m + j] - sum) / diagonal;
        }
    }
    true
}

/// `v ← L⁻¹v`.
fn forward(l: &[f64], n: usize, m: usize, v: &mut [f64]) {
    for i in 0..n {
        let known: f64 = l[i * m..i * m + i].iter().zip(&*v).map(|(l, v)| l * v).sum();
        v[i] = (v[i] - known) / l[i * m + i];
    }
}

/// `v ← L⁻ᵀv`.
fn backward(l: &[f64], n: usize, m: usize, v: &mut [f64]) {
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| l[j * m + i] * v[j]).sum();
        v[i] = (v[i] - known) / l[i * m + i];
    }
}

/// `v ← (LLᵀ)⁻¹v`.
fn solve(l: &[f64], n: usize, m: usize, v: &mut [f64]) {
    forward(l, n, m, v);
    backward(l, n, m, v);
}

type Block<'a, F> = &'a (dyn Fn(usize, &mut [F], &mut [f64]) + Sync);

fn each_block<F: Scalar>(w: &mut [F], partial: &mut [f64], width: usize, work: Block<'_, F>) {
    #[cfg(feature = "threads")]
    if w.len() >= PARALLEL * BLOCK * width {
        use rayon::prelude::*;
        let sums = partial.par_chunks_mut(SUMS * width);
        let blocks = w.par_chunks_mut(BLOCK * width).zip(sums).with_min_len(8).enumerate();
        blocks.for_each(|(k, (rows, sums))| work(k, rows, sums));
        return;
    }
    let blocks = w.chunks_mut(BLOCK * width).zip(partial.chunks_mut(SUMS * width)).enumerate();
    for (k, (rows, sums)) in blocks {
        work(k, rows, sums);
    }
}
