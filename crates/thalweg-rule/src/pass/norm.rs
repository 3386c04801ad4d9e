//! Clipping by the global norm of each problem: a reduction before the pass, in an order that depends on nothing but the size.

use std::ops::Range;

use super::isa::{Isa, Kernel};
use super::pipeline::{Piece, Pipeline, Stage};
use super::state::{Slots, no_slots};
use super::threads::{self, both};
use super::{Rule, Shape};
use crate::{Arithmetic, Real, RuleError};

/// Parameters of a problem that are summed in one go; such blocks are added pairwise.
const BLOCK: usize = 4096;

/// Running sums within a block, and problems that are looked at together.
const WIDTH: usize = 16;

/// `u ← u · min(1, max_norm / (‖u‖ + eps))`, the norm being that of one problem.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GlobalNorm {
    pub(crate) max_norm: f64,
    pub(crate) eps: f64,
}

struct SizedNorm<F> {
    clip: GlobalNorm,
    factors: Vec<F>,
    shape: Shape,
    isa: Isa,
}

impl<F: Real> Piece<F> for GlobalNorm {
    fn stage(self: Box<Self>, shape: Shape) -> Result<Box<dyn Stage<F>>, RuleError> {
        let factors = vec![F::of(1.0); shape.lanes];
        Ok(Box::new(SizedNorm { clip: *self, factors, shape, isa: Isa::detect() }))
    }
    fn rule(self: Box<Self>, shape: Shape) -> Result<Box<dyn Rule<F>>, RuleError> {
        Ok(Box::new(Pipeline::new(vec![self.stage(shape)?], shape)?))
    }
}

impl<F: Real> Stage<F> for SizedNorm<F> {
    fn needs_whole(&self) -> bool {
        true
    }

    fn measure(&mut self, update: &[F]) {
        if update.is_empty() {
            return;
        }
        let Shape { dim, lanes, .. } = self.shape;
        let (tiles, rest) = self.factors.as_chunks_mut::<WIDTH>();
        for (tile, factors) in tiles.iter_mut().enumerate() {
            let squares = squares::<F, WIDTH>(self.isa, &update[tile * WIDTH..], lanes, 0..dim);
            self.isa.run(Factors { clip: self.clip, squares }, factors, &[], no_slots());
        }
        let problems = lanes - rest.len()..lanes;
        for (problem, factor) in problems.zip(rest) {
            let squares = squares::<F, 1>(self.isa, &update[problem..], lanes, 0..dim);
            self.isa.run(Factors { clip: self.clip, squares }, std::slice::from_mut(factor), &[], no_slots());
        }
    }

    fn apply(&self, at: usize, update: &mut [F], _: &[F], _: Slots<'_, F>) {
        if let [factor] = self.factors[..] {
            return self.isa.scale(update, factor);
        }
        let mut rest = update;
        let mut problem = at % self.shape.lanes;
        while !rest.is_empty() {
            let count = rest.len().min(self.shape.lanes - problem);
            let (row, after) = rest.split_at_mut(count);
            self.isa.multiply(row, &self.factors[problem..problem + count]);
            (rest, problem) = (after, 0);
        }
    }
}

/// `min(1, max_norm / (√squares + eps))`
struct Factors<const W: usize> {
    clip: GlobalNorm,
    squares: [f64; W],
}

impl<F: Real, const W: usize> Kernel<F> for Factors<W> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, factors: &mut [F], _: &[F], _: Slots<'_, F>) {
        let GlobalNorm { max_norm, eps } = self.clip;
        for (factor, squares) in factors.iter_mut().zip(self.squares) {
            let quotient = max_norm / (squares.sqrt() + eps);
            // Written so that a NaN stays one.
            *factor = F::of(if quotient > 1.0 { 1.0 } else { quotient });
        }
    }
}

/// Sums of squares of `W` neighbouring problems over the parameters `range`, in `f64`.
fn squares<F: Real, const W: usize>(isa: Isa, update: &[F], lanes: usize, range: Range<usize>) -> [f64; W] {
    let blocks = range.len().div_ceil(BLOCK);
    if blocks <= 1 {
        let mut sums = [0.0; W];
        isa.run(Block { sums: &mut sums, lanes, range }, &mut [], update, no_slots());
        return sums;
    }
    let middle = range.start + blocks / 2 * BLOCK;
    let (a, b) = both(
        blocks >= 32 && threads::pay(range.len() * lanes),
        || squares::<F, W>(isa, update, lanes, range.start..middle),
        || squares::<F, W>(isa, update, lanes, middle..range.end),
    );
    std::array::from_fn(|i| a[i] + b[i])
}

struct Block<'a, const W: usize> {
    sums: &'a mut [f64; W],
    lanes: usize,
    range: Range<usize>,
}

impl<F: Real, const W: usize> Kernel<F> for Block<'_, W> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, _: &mut [F], update: &[F], _: Slots<'_, F>) {
        // With one problem the stride is a constant, which lets the compiler use vectors.
        *self.sums =
            if self.lanes == 1 { sum(update, 1, self.range) } else { sum(update, self.lanes, self.range) };
    }
}

#[inline(always)]
fn sum<F: Real, const W: usize>(update: &[F], lanes: usize, range: Range<usize>) -> [f64; W] {
    let mut sums = [[0.0; W]; WIDTH];
    let mut used = range.len().min(WIDTH);
    let mut j = range.start;
    while j + WIDTH <= range.end {
        let rows = &update[j * lanes..(j + WIDTH - 1) * lanes + W];
        for (k, sums) in sums.iter_mut().enumerate() {
            add_squares(sums, &rows[k * lanes..k * lanes + W]);
        }
        j += WIDTH;
    }
    for (k, j) in (j..range.end).enumerate() {
        add_squares(&mut sums[k], &update[j * lanes..j * lanes + W]);
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
fn add_squares<F: Real, const W: usize>(sums: &mut [f64; W], row: &[F]) {
    for i in 0..W {
        let u = row[i].to_f64();
        sums[i] += u * u;
    }
}
