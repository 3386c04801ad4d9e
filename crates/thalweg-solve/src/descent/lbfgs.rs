//! [`Lbfgs`]: limited-memory BFGS.

mod pairs;
mod preconditioned;
mod two_loops;

use thalweg_spec::{Call, Options, SpecError};

use super::{Aim, Moved, Preconditioner};
use crate::checkpoint::Keeper;
use crate::scalar::{narrow, wide};
use crate::search::{Search, within};
use crate::vector::{BLOCK, dot_block, pass, widely};
use crate::{Scalar, SolveError};

pub(crate) use pairs::Pairs;
pub(super) use preconditioned::Preconditioned;

pub(super) const NAME: &str = "lbfgs";
pub(super) const SUMMARY: &str =
    "limited-memory BFGS: curvature from the last steps, for any number of variables";

/// Limited-memory BFGS: `d = −H∇f(x)`, H the inverse Hessian that BFGS would have after the last `memory` steps from γI.
///
/// With the steps s and the changes of gradient y as the columns of S and Y, R the upper triangle of SᵀY, D its diagonal and
/// γ = sᵀy/yᵀy of the last pair,
///
/// ```text
/// Hg = γg + S·p − γY·u,   R u = Sᵀg,   Rᵀp = (D + γYᵀY) u − γYᵀg
/// ```
///
/// The inner products are kept, so a step reads each pair twice: once for its products with the new gradient and pair, once for
/// the direction (the two-loop recursion reads and writes a vector for every pair, twice; of a handful of variables it is the lesser
/// work, and what is done). Pairs without positive curvature are left out.
///
/// Byrd, Nocedal and Schnabel, *Representations of quasi-Newton matrices and their use in limited memory methods*, Mathematical
/// Programming 63, 1994, theorem 2.2; Liu and Nocedal, *On the limited memory BFGS method*, 1989.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lbfgs {
    /// The number of steps remembered.
    pub memory: usize,
    /// How far to go.
    pub search: Search,
    /// What H is made from, instead of γI: γM⁻¹.
    pub preconditioner: Preconditioner,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Lbfgs { memory: 10, search: Search::default(), preconditioner: Preconditioner::None }
    }
}

/// More pairs would make the small triangular systems the larger work.
const MOST: u64 = 500;

impl Lbfgs {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["memory", "search", "preconditioner"])?;
        let blank = Lbfgs::default();
        Ok(Lbfgs {
            memory: options.whole("memory", 1, MOST)?.map_or(blank.memory, |n| n as usize),
            search: Search::read(&options, blank.search)?,
            preconditioner: Preconditioner::read(&options)?,
        })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME)
            .with("memory", self.memory as f64)
            .with("search", self.search.call())
            .with("preconditioner", self.preconditioner.call())
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        within("lbfgs's memory", self.memory as f64, "from 1 to 500", |n| (1.0..=MOST as f64).contains(&n))
    }
}

/// What a pair (s, y) and the gradient g′ after it say of its worth.
pub(crate) struct Pair {
    /// sᵀy.
    pub(crate) curvature: f64,
    /// sᵀs and yᵀy.
    pub(crate) squares: [f64; 2],
    /// sᵀg′.
    pub(crate) along: f64,
    /// Whether there is no other.
    pub(crate) first: bool,
}

impl Pair {
    /// Whether sᵀy is positive beyond the rounding of sᵀg′ − sᵀg, and, of a first pair, s and y not at right angles but for rounding.
    ///
    /// With the cosine c of their angle the inverse Hessian learnt has a condition number of about 1/c²: below c = √ε a direction has nothing
    /// of the gradient any more. A search that comes from a plateau to the lowest point along a line makes such pairs.
    pub(crate) fn is_sound(&self) -> bool {
        let Pair { curvature, squares: [s, y], along, first } = *self;
        y.is_normal()
            && curvature.is_normal()
            && curvature > f64::EPSILON * (along.abs() + (along - curvature).abs())
            && (!first || curvature > f64::EPSILON.sqrt() * s.sqrt() * y.sqrt())
    }
}

/// Products of a pair (s, y) with the new gradient g and the new pair: sᵀg, yᵀg, sᵀy′, yᵀy′.
const PRODUCTS: usize = 4;

/// The pairs and their inner products.
#[derive(Debug, Clone)]
pub(crate) struct Memory<F> {
    most: usize,
    /// Pairs, and the place of the oldest.
    count: usize,
    oldest: usize,
    /// Pairs one after the other by place.
    s: Vec<F>,
    y: Vec<F>,
    dim: usize,
    /// Of pair j, from the oldest, `most` numbers a row: sᵢᵀyⱼ for i ≤ j, a row of Rᵀ, and yᵢᵀyⱼ.
    sy: Vec<f64>,
    yy: Vec<f64>,
    /// sᵢᵀg and yᵢᵀg at the current gradient.
    sg: Vec<f64>,
    yg: Vec<f64>,
    u: Vec<f64>,
    p: Vec<f64>,
    /// For each block of elements the products of each pair and the new sᵀs, and at the end their sums.
    partial: Vec<f64>,
}

impl<F: Scalar> Memory<F> {
    pub(crate) fn new(settings: &Lbfgs, dim: usize) -> Self {
        let most = settings.memory;
        let width = PRODUCTS * most + 1;
        Memory {
            most,
            count: 0,
            oldest: 0,
            s: vec![F::default(); most * dim],
            y: vec![F::default(); most * dim],
            dim,
            sy: vec![0.0; most * most],
            yy: vec![0.0; most * most],
            sg: vec![0.0; most],
            yg: vec![0.0; most],
            u: vec![0.0; most],
            p: vec![0.0; most],
            partial: vec![0.0; width * dim.div_ceil(BLOCK)],
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn forget(&mut self) {
        (self.count, self.oldest) = (0, 0);
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.place("pairs", &mut self.count, self.most);
        keeper.place("oldest", &mut self.oldest, self.most - 1);
        keeper.vector("s", &mut self.s);
        keeper.vector("y", &mut self.y);
        keeper.numbers("sy", &mut self.sy);
        keeper.numbers("yy", &mut self.yy);
        keeper.numbers("sg", &mut self.sg);
        keeper.numbers("yg", &mut self.yg);
    }

    /// Where pair i, from the oldest, begins.
    #[inline]
    fn place(&self, i: usize) -> usize {
        let place = self.oldest + i;
        self.dim * if place < self.most { place } else { place - self.most }
    }

    /// `d ← −Hg`, with its slope.
    pub(crate) fn aim(&mut self, gradient: &[F], d: &mut [F]) -> Aim {
        if self.dim <= two_loops::FEW {
            return self.aim_by_loops(gradient, d);
        }
        let (k, m) = (self.count, self.most);
        let last = k - 1;
        let gamma = self.sy[last * m + last] / self.yy[last * m + last];
        self.coefficients(gamma);
        let this = &*self;
        let work = |range: std::ops::Range<usize>, [d]: [&mut [F]; 1]| {
            let g = &gradient[range.clone()];
            for (d, &g) in d.iter_mut().zip(g) {
                *d = narrow(-gamma * wide(g));
            }
            for i in 0..k {
                let at = this.place(i) + range.start;
                let (s, y) = (&this.s[at..at + g.len()], &this.y[at..at + g.len()]);
                let (p, u) = (-this.p[i], gamma * this.u[i]);
                for ((d, &s), &y) in d.iter_mut().zip(s).zip(y) {
                    *d = narrow(wide(*d) + (p * wide(s) + u * wide(y)));
                }
            }
            [dot_block(g, d)]
        };
        let [slope] = pass(0..self.dim, [d], &work);
        Aim { slope, first: Some(1.0) }
    }

    /// Solves `R u = Sᵀg` and `Rᵀp = (D + γYᵀY) u − γYᵀg`.
    fn coefficients(&mut self, gamma: f64) {
        let (k, m) = (self.count, self.most);
        let (u, p) = (&mut self.u[..k], &mut self.p[..k]);
        u.copy_from_slice(&self.sg[..k]);
        for (j, row) in self.sy.chunks_exact(m).enumerate().take(k).rev() {
            let own = u[j] / row[j];
            u[j] = own;
            for (u, sy) in u[..j].iter_mut().zip(row) {
                *u -= sy * own;
            }
        }
        for (i, row) in self.yy.chunks_exact(m).enumerate().take(k) {
            let product: f64 = row.iter().zip(&*u).map(|(a, b)| a * b).sum();
            p[i] = self.sy[i * m + i] * u[i] + gamma * (product - self.yg[i]);
        }
        for (j, row) in self.sy.chunks_exact(m).enumerate().take(k) {
            let known: f64 = row[..j].iter().zip(&*p).map(|(sy, p)| sy * p).sum();
            p[j] = (p[j] - known) / row[j];
        }
    }

    /// Takes the pair of a step, if it is sound, and the products of all pairs with the new gradient.
    pub(crate) fn learn(&mut self, moved: &Moved<'_, F>) {
        if self.dim <= two_loops::FEW {
            return self.learn_by_loops(moved);
        }
        if self.count == self.most {
            self.drop_oldest();
        }
        let (new, m) = (self.count, self.most);
        self.count += 1;
        self.products(moved);
        let row = |i: usize| &self.partial[PRODUCTS * i..PRODUCTS * (i + 1)];
        let [along, _, curvature, square] = [0, 1, 2, 3].map(|k| row(new)[k]);
        let squares = [self.partial[PRODUCTS * m], square];
        let keep = Pair { curvature, squares, along, first: new == 0 }.is_sound();
        for i in 0..=new {
            let row = &self.partial[PRODUCTS * i..PRODUCTS * (i + 1)];
            (self.sg[i], self.yg[i]) = (row[0], row[1]);
            self.sy[new * m + i] = row[2];
            self.yy[i * m + new] = row[3];
            self.yy[new * m + i] = row[3];
        }
        if !keep {
            self.count -= 1;
        }
    }

    fn drop_oldest(&mut self) {
        let m = self.most;
        for matrix in [&mut self.sy, &mut self.yy] {
            for i in 1..m {
                matrix.copy_within(i * m + 1..(i + 1) * m, (i - 1) * m);
            }
        }
        self.oldest = (self.oldest + 1) % m;
        self.count -= 1;
    }

    /// Writes the newest pair, and the products of all pairs to the beginning of `partial`.
    fn products(&mut self, moved: &Moved<'_, F>) {
        let (count, dim, most) = (self.count, self.dim, self.most);
        let new = self.place(count - 1);
        let width = PRODUCTS * most + 1;
        let places: [usize; 2] = [self.oldest, count];
        let (s, y) = (Around::new(&mut self.s, new, dim), Around::new(&mut self.y, new, dim));
        let others = (s.others, y.others);
        let add_up = |k: usize, s: &mut [F], y: &mut [F], sums: &mut [f64]| {
            let at = k * BLOCK;
            let range = at..at + s.len();
            let g = &moved.out_after[1..][range.clone()];
            let before = &moved.out[1..][range.clone()];
            let (x, x_after) = (&moved.x[range.clone()], &moved.x_after[range]);
            for i in 0..s.len() {
                s[i] = x_after[i] - x[i];
                y[i] = g[i] - before[i];
            }
            for i in 0..places[1] - 1 {
                let place = places[0] + i;
                let start = dim * if place < most { place } else { place - most } + at;
                let (old_s, old_y) = (others.0.get(start, s.len()), others.1.get(start, s.len()));
                sums[PRODUCTS * i..][..PRODUCTS].copy_from_slice(&four_products(old_s, old_y, g, y));
            }
            sums[PRODUCTS * (places[1] - 1)..][..PRODUCTS].copy_from_slice(&four_products(s, y, g, y));
            sums[PRODUCTS * most] = dot_block(s, s);
        };
        let block = |k: usize, s: &mut [F], y: &mut [F], sums: &mut [f64]| widely(|| add_up(k, s, y, sums));
        each_block(s.new, y.new, &mut self.partial, width, &block);
        // The rows of all blocks into the first, by halves.
        let mut rows = dim.div_ceil(BLOCK);
        while rows > 1 {
            let half = rows.div_ceil(2);
            let (low, high) = self.partial.split_at_mut(half * width);
            for (a, b) in low.iter_mut().zip(&high[..(rows - half) * width]) {
                *a += b;
            }
            rows = half;
        }
    }
}

/// The vector that is being written, and all others.
struct Around<'a, F> {
    new: &'a mut [F],
    others: Others<'a, F>,
}

#[derive(Clone, Copy)]
struct Others<'a, F> {
    before: &'a [F],
    after: &'a [F],
    /// Where `after` begins.
    end: usize,
}

impl<'a, F> Around<'a, F> {
    fn new(all: &'a mut [F], at: usize, dim: usize) -> Self {
        let (before, rest) = all.split_at_mut(at);
        let (new, after) = rest.split_at_mut(dim);
        Around { new, others: Others { before, after, end: at + dim } }
    }
}

impl<'a, F> Others<'a, F> {
    #[inline]
    fn get(&self, start: usize, length: usize) -> &'a [F] {
        if start < self.before.len() {
            &self.before[start..start + length]
        } else {
            &self.after[start - self.end..][..length]
        }
    }
}

type Block<'a, F> = &'a (dyn Fn(usize, &mut [F], &mut [F], &mut [f64]) + Sync);

fn each_block<F: Scalar>(s: &mut [F], y: &mut [F], partial: &mut [f64], width: usize, work: Block<'_, F>) {
    #[cfg(feature = "threads")]
    if s.len() >= 64 * BLOCK {
        use rayon::prelude::*;
        let sums = partial.par_chunks_mut(width);
        s.par_chunks_mut(BLOCK)
            .zip(y.par_chunks_mut(BLOCK))
            .zip(sums)
            .with_min_len(16)
            .enumerate()
            .for_each(|(k, ((s, y), sums))| work(k, s, y, sums));
        return;
    }
    let blocks = s.chunks_mut(BLOCK).zip(y.chunks_mut(BLOCK)).zip(partial.chunks_mut(width));
    for (k, ((s, y), sums)) in blocks.enumerate() {
        work(k, s, y, sums);
    }
}

/// aᵀg, bᵀg, aᵀy, bᵀy.
#[inline(always)]
fn four_products<F: Scalar>(a: &[F], b: &[F], g: &[F], y: &[F]) -> [f64; PRODUCTS] {
    const WIDTH: usize = 8;
    let mut sums = [[0.0; WIDTH]; PRODUCTS];
    let groups = a.as_chunks::<WIDTH>().0.iter().zip(b.as_chunks::<WIDTH>().0);
    let groups = groups.zip(g.as_chunks::<WIDTH>().0).zip(y.as_chunks::<WIDTH>().0);
    for (((a, b), g), y) in groups {
        for k in 0..WIDTH {
            let (a, b, g, y) = (wide(a[k]), wide(b[k]), wide(g[k]), wide(y[k]));
            sums[0][k] += a * g;
            sums[1][k] += b * g;
            sums[2][k] += a * y;
            sums[3][k] += b * y;
        }
    }
    let mut total = sums.map(|sum| sum.iter().sum::<f64>());
    for i in a.len() / WIDTH * WIDTH..a.len() {
        let (a, b, g, y) = (wide(a[i]), wide(b[i]), wide(g[i]), wide(y[i]));
        for (sum, product) in total.iter_mut().zip([a * g, b * g, a * y, b * y]) {
            *sum += product;
        }
    }
    total
}
