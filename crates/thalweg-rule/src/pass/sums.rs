//! Sums over groups of parameters, in `f64`, in an order that depends on nothing but their places: blocks of parameters in one go,
//! the blocks' sums pairwise. Blocks may be added at any time by any thread, so whoever has one in a near cache can do it.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use super::groups::{Groups, Members};
use super::isa::{Isa, Kernel};
use super::state::{SlotRange, no_slots};
use super::threads::{self, both};
use super::{BLOCK, Shape};
use crate::{Arithmetic, Real};

/// Running sums within a block, and problems that are looked at together.
const WIDTH: usize = 16;

/// Terms of one problem that are computed before they are added, a multiple of `WIDTH`.
const TILE: usize = 256;

/// What is summed, from an element of each of three vectors.
pub(crate) trait Term: Fn(f64, f64, f64) -> f64 + Copy + Send + Sync {}
impl<T: Fn(f64, f64, f64) -> f64 + Copy + Send + Sync> Term for T {}

/// Some sums over every group of every problem.
pub(crate) struct Sums {
    groups: Groups,
    /// How many sums.
    number: usize,
    isa: Isa,
    /// With one problem and groups of neighbours: what to add to a block's number for the place of its part of a group's sum.
    /// Otherwise empty.
    offsets: Vec<usize>,
    /// Where the parts of each total begin, and the end.
    firsts: Vec<usize>,
    parts: Vec<AtomicU64>,
    totals: Vec<f64>,
}

impl Sums {
    pub(crate) fn new(groups: Groups, sums: usize) -> Self {
        let count = groups.sizes().len() * groups.lanes;
        let (mut offsets, mut firsts) = (Vec::new(), Vec::new());
        if groups.lanes == 1 && groups.are_runs() {
            let mut first = 0_usize;
            for (_, members) in groups.members() {
                let Members::Run(params) = members else { continue };
                let block = params.start / BLOCK;
                firsts.push(first);
                offsets.push(first.wrapping_sub(block));
                first += (params.end - 1) / BLOCK - block + 1;
            }
            firsts.push(first);
        } else {
            firsts.extend(0..=count);
        }
        let parts = firsts.last().copied().unwrap_or(0);
        Sums {
            groups,
            number: sums,
            isa: Isa::detect(),
            offsets,
            firsts,
            parts: (0..sums * parts).map(|_| AtomicU64::new(0)).collect(),
            totals: vec![0.0; sums * count],
        }
    }

    /// Whether [`add`](Sums::add) takes one block after the other; otherwise it must get everything at once.
    pub(crate) fn by_blocks(&self) -> bool {
        self.groups.lanes == 1 && self.groups.are_runs()
    }

    /// Adds to sum number `n` the terms of all elements.
    pub(crate) fn add_all<F: Real>(&self, n: usize, vectors: [&[F]; 3], term: impl Term) {
        let size = vectors[0].len();
        if self.by_blocks() && threads::pay(size) {
            let part = |range: Range<usize>| vectors.map(|vector| &vector[range.clone()]);
            threads::split(0..size, &|range| self.add(n, range.start, part(range), term));
        } else {
            self.add(n, 0, vectors, term);
        }
    }

    /// Adds to sum number `n` the terms of the elements from `at`, a multiple of [`BLOCK`], on.
    pub(crate) fn add<F: Real>(&self, n: usize, at: usize, vectors: [&[F]; 3], term: impl Term) {
        let count = self.firsts.last().copied().unwrap_or(0);
        let parts = &self.parts[n * count..(n + 1) * count];
        let put = |place: usize, sum: f64| parts[place].store(sum.to_bits(), Ordering::Relaxed);
        if !self.by_blocks() {
            return self.at_once(vectors, term, &put);
        }
        self.groups.each(at..at + vectors[0].len(), |elements, _, number| {
            let mut from = elements.start;
            while from < elements.end {
                let block = from / BLOCK;
                let to = elements.end.min((block + 1) * BLOCK);
                let vectors = vectors.map(|vector| &vector[from - at..to - at]);
                let [sum] = one_block::<F, 1>(self.isa, Columns { vectors, lanes: 1 }, 0..to - from, term);
                put(self.offsets[number.start].wrapping_add(block), sum);
                from = to;
            }
        });
    }

    fn at_once<F: Real>(&self, vectors: [&[F]; 3], term: impl Term, put: &(impl Fn(usize, f64) + Sync)) {
        let lanes = self.groups.lanes;
        for (first, members) in self.groups.members() {
            let (params, dim, width) = match members {
                Members::Run(params) => (params.clone(), params.len(), lanes),
                Members::Columns { params, groups } => {
                    (params.clone(), params.len() / groups.len(), groups.len() * lanes)
                }
            };
            // Blocks are counted from the problem's first parameter, that each problem's sums are as they would be alone.
            let start = if width == lanes { params.start } else { 0 };
            let skipped = (params.start - start) * lanes;
            let vectors = vectors.map(|vector| &vector[skipped..params.end * lanes]);
            let shape = Shape { dim, lanes: width, size: dim * width };
            sums(self.isa, shape, start..start + dim, vectors, term, &|i, sum| put(first * lanes + i, sum));
        }
    }

    /// Adds up what has been added; all sums, in order of their numbers, of every group and problem.
    pub(crate) fn totals(&mut self) -> &[f64] {
        let count = self.firsts.last().copied().unwrap_or(0);
        let totals = self.firsts.len() - 1;
        for n in 0..self.number {
            let parts = &self.parts[n * count..(n + 1) * count];
            let own = &mut self.totals[n * totals..(n + 1) * totals];
            for (total, ends) in own.iter_mut().zip(self.firsts.windows(2)) {
                *total = pairwise(&parts[ends[0]..ends[1]]);
            }
        }
        &self.totals
    }

    /// Sum number `n` of every group and problem, as added up last.
    pub(crate) fn total(&self, n: usize) -> &[f64] {
        let totals = self.firsts.len() - 1;
        &self.totals[n * totals..(n + 1) * totals]
    }
}

fn pairwise(parts: &[AtomicU64]) -> f64 {
    match parts {
        [] => 0.0,
        [part] => f64::from_bits(part.load(Ordering::Relaxed)),
        _ => {
            let (a, b) = parts.split_at(parts.len() / 2);
            pairwise(a) + pairwise(b)
        }
    }
}

/// Vectors laid out as the parameters are, from some problem's first parameter on.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a, F> {
    pub(crate) vectors: [&'a [F]; 3],
    pub(crate) lanes: usize,
}

impl<F> Columns<'_, F> {
    fn from(self, problem: usize) -> Self {
        Columns { vectors: self.vectors.map(|vector| &vector[problem..]), ..self }
    }
}

/// For each problem the sum over its parameters `range`.
fn sums<F: Real>(
    isa: Isa,
    shape: Shape,
    range: Range<usize>,
    vectors: [&[F]; 3],
    term: impl Term,
    put: &(impl Fn(usize, f64) + Sync),
) {
    let columns = Columns { vectors, lanes: shape.lanes };
    let tiles = shape.lanes / WIDTH;
    tiled(isa, columns, 0..tiles, &range, term, put);
    for problem in tiles * WIDTH..shape.lanes {
        let [sum] = halves::<F, 1>(isa, columns.from(problem), range.clone(), term);
        put(problem, sum);
    }
}

fn tiled<F: Real>(
    isa: Isa,
    columns: Columns<'_, F>,
    tiles: Range<usize>,
    range: &Range<usize>,
    term: impl Term,
    put: &(impl Fn(usize, f64) + Sync),
) {
    if tiles.len() > 1 && threads::pay(tiles.len() * WIDTH * range.len()) {
        let middle = tiles.start + tiles.len() / 2;
        both(
            true,
            || tiled(isa, columns, tiles.start..middle, range, term, put),
            || tiled(isa, columns, middle..tiles.end, range, term, put),
        );
        return;
    }
    for tile in tiles {
        let sums = halves::<F, WIDTH>(isa, columns.from(tile * WIDTH), range.clone(), term);
        sums.into_iter().enumerate().for_each(|(i, sum)| put(tile * WIDTH + i, sum));
    }
}

pub(crate) fn halves<F: Real, const W: usize>(
    isa: Isa,
    columns: Columns<'_, F>,
    range: Range<usize>,
    term: impl Term,
) -> [f64; W] {
    if range.is_empty() {
        return [0.0; W];
    }
    let first = range.start / BLOCK;
    let blocks = (range.end - 1) / BLOCK - first + 1;
    if blocks == 1 {
        return one_block(isa, columns, range, term);
    }
    let middle = (first + blocks / 2) * BLOCK;
    let (a, b) = both(
        blocks >= 64 && threads::pay(range.len() * columns.lanes),
        || halves::<F, W>(isa, columns, range.start..middle, term),
        || halves::<F, W>(isa, columns, middle..range.end, term),
    );
    std::array::from_fn(|i| a[i] + b[i])
}

fn one_block<F: Real, const W: usize>(
    isa: Isa,
    columns: Columns<'_, F>,
    range: Range<usize>,
    term: impl Term,
) -> [f64; W] {
    let mut sums = [0.0; W];
    isa.run(Block { sums: &mut sums, columns, range, term }, &mut [], &[], no_slots());
    sums
}

struct Block<'a, F, T, const W: usize> {
    sums: &'a mut [f64; W],
    columns: Columns<'a, F>,
    range: Range<usize>,
    term: T,
}

impl<F: Real, T: Term, const W: usize> Kernel<F> for Block<'_, F, T, W> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, _: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        if self.columns.lanes == 1 {
            self.sums[0] = sum_one(self.columns.vectors.map(|vector| &vector[self.range.clone()]), self.term);
        } else {
            *self.sums = sum(self.columns, self.range, self.term);
        }
    }
}

/// As [`sum`], for one problem: first the terms, then their sum, so that the compiler makes vector instructions of any term.
#[inline(always)]
fn sum_one<F: Real>(vectors: [&[F]; 3], term: impl Term) -> f64 {
    let mut sums = [0.0; WIDTH];
    let mut terms = [0.0; TILE];
    let [a, b, c] = vectors.map(|vector| vector.chunks(TILE));
    for ((a, b), c) in a.zip(b).zip(c) {
        // The part of the next block that is next to be looked at, if the blocks follow each other.
        threads::fetch_behind(a, BLOCK);
        let terms = &mut terms[..a.len()];
        for (((out, a), b), c) in terms.iter_mut().zip(a).zip(b).zip(c) {
            *out = term(a.to_f64(), b.to_f64(), c.to_f64());
        }
        let (rows, rest) = terms.as_chunks::<WIDTH>();
        for row in rows {
            for k in 0..WIDTH {
                sums[k] += row[k];
            }
        }
        sums.iter_mut().zip(rest).for_each(|(sum, term)| *sum += term);
    }
    let mut used = vectors[0].len().min(WIDTH);
    for half in [WIDTH / 2, WIDTH / 4, WIDTH / 8, 1] {
        for k in half..used {
            sums[k - half] += sums[k];
        }
        used = used.min(half);
    }
    sums[0]
}

#[inline(always)]
fn sum<F: Real, const W: usize>(
    Columns { vectors, lanes }: Columns<'_, F>,
    range: Range<usize>,
    term: impl Term,
) -> [f64; W] {
    let mut sums = [[0.0; W]; WIDTH];
    let mut used = range.len().min(WIDTH);
    let mut j = range.start;
    while j + WIDTH <= range.end {
        let rows = j * lanes..(j + WIDTH - 1) * lanes + W;
        let [a, b, c] = vectors.map(|vector| &vector[rows.clone()]);
        for (k, sums) in sums.iter_mut().enumerate() {
            let row = k * lanes..k * lanes + W;
            add(sums, [&a[row.clone()], &b[row.clone()], &c[row]], term);
        }
        j += WIDTH;
    }
    for (k, j) in (j..range.end).enumerate() {
        let row = j * lanes..j * lanes + W;
        add(&mut sums[k], vectors.map(|vector| &vector[row.clone()]), term);
    }
    for half in [WIDTH / 2, WIDTH / 4, WIDTH / 8, 1] {
        for k in half..used {
            let upper = sums[k];
            for (lower, upper) in sums[k - half].iter_mut().zip(upper) {
                *lower += upper;
            }
        }
        used = used.min(half);
    }
    sums[0]
}

#[inline(always)]
fn add<F: Real, const W: usize>(sums: &mut [f64; W], [a, b, c]: [&[F]; 3], term: impl Term) {
    for i in 0..W {
        sums[i] += term(a[i].to_f64(), b[i].to_f64(), c[i].to_f64());
    }
}
