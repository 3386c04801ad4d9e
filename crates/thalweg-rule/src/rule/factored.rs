//! Adafactor's mean squares: of a matrix only those of its rows and columns.

use super::squares::sums_of_squares;
use crate::pass::{Isa, Kernel, Problem, SlotRange, no_slots};
use crate::{Arithmetic, Leaf, Real};

/// Mean squares of gradients, whose roots gradients are divided by.
///
/// ```text
/// r ← keep · r + (1 − keep) · (mean of g² + added over a row)
/// c ← keep · c + (1 − keep) · (mean of g² + added over a column)
/// v = r · c / max(mean of r, least)
/// u ← g / max(√v, least)
/// ```
///
/// For parts that are not taken as matrices, `v ← keep · v + (1 − keep) · (g² + added)`.
pub(super) struct Factored<F> {
    parts: Vec<Part>,
    /// Of all matrices, one after the other; likewise the next two.
    pub(super) rows: Vec<F>,
    pub(super) columns: Vec<F>,
    /// Of all that are no matrices.
    pub(super) squares: Vec<F>,
    sums: Vec<f64>,
    column_sums: Vec<f64>,
    row_factors: Vec<F>,
    column_factors: Vec<F>,
    isa: Isa,
}

/// A part of the parameters.
enum Part {
    Matrices(Axes),
    Vector(usize),
}

/// A part as matrices of two of its axes, one for each place along all others; problems side by side are one more axis, the last.
#[derive(Debug, Clone, Copy)]
struct Axes {
    before: usize,
    first: usize,
    between: usize,
    second: usize,
    after: usize,
}

/// The numbers of one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    /// `1 − keep`.
    pub(super) new: f64,
    pub(super) added: f64,
    pub(super) least: f64,
}

impl<F: Real> Factored<F> {
    /// With the two axes, in order, that are the matrices' in a part, if it is taken so.
    pub(super) fn new(problem: &Problem, axes: impl Fn(&Leaf) -> Option<[usize; 2]>) -> Self {
        let lanes = problem.shape.lanes;
        let part = |leaf: &Leaf| {
            let Some([first, second]) = axes(leaf) else { return Part::Vector(leaf.range.len() * lanes) };
            let product = |axes: &[usize]| axes.iter().product::<usize>();
            Part::Matrices(Axes {
                before: product(&leaf.shape[..first]),
                first: leaf.shape[first],
                between: product(&leaf.shape[first + 1..second]),
                second: leaf.shape[second],
                after: product(&leaf.shape[second + 1..]) * lanes,
            })
        };
        let parts: Vec<Part> = problem.layout.leaves().iter().map(part).collect();
        let matrices = || {
            parts.iter().filter_map(|part| if let Part::Matrices(axes) = part { Some(axes) } else { None })
        };
        let vectors = parts.iter().map(|part| if let Part::Vector(size) = part { *size } else { 0 });
        let zeros = |length| vec![F::default(); length];
        let most = |of: fn(&Axes) -> usize| matrices().map(of).max().unwrap_or(0);
        Factored {
            rows: zeros(matrices().map(Axes::rows).sum()),
            columns: zeros(matrices().map(Axes::columns).sum()),
            squares: zeros(vectors.sum()),
            sums: vec![0.0; most(|axes| axes.after)],
            column_sums: vec![0.0; most(Axes::columns)],
            row_factors: zeros(most(Axes::rows)),
            column_factors: zeros(most(Axes::columns)),
            parts,
            isa: Isa::detect(),
        }
    }

    pub(super) fn reset(&mut self) {
        for values in [&mut self.rows, &mut self.columns, &mut self.squares] {
            values.fill(F::default());
        }
    }

    /// Takes in a gradient and divides it.
    pub(super) fn divide(&mut self, update: &mut [F], numbers: Numbers) {
        let (mut rest, mut row, mut column, mut square) = (update, 0, 0, 0);
        for i in 0..self.parts.len() {
            match self.parts[i] {
                Part::Vector(size) => {
                    let (part, after) = rest.split_at_mut(size);
                    let [_, b, c, d] = no_slots();
                    let slots = [&mut self.squares[square..square + size], b, c, d];
                    self.isa.run(DivideByRoot(numbers), part, &[], slots);
                    (rest, square) = (after, square + size);
                }
                Part::Matrices(axes) => {
                    let (part, after) = rest.split_at_mut(axes.size());
                    if !part.is_empty() {
                        self.take_in(axes, part, [row, column], numbers);
                        self.find_factors(axes, [row, column], numbers);
                        self.multiply(axes, part, numbers);
                    }
                    (rest, row, column) = (after, row + axes.rows(), column + axes.columns());
                }
            }
        }
    }

    /// Means of the squares into `rows` and `columns`.
    fn take_in(&mut self, axes: Axes, part: &[F], [row, column]: [usize; 2], numbers: Numbers) {
        let Axes { first, between, second, after, .. } = axes;
        let added = numbers.added;
        let average = |mean: &mut F, sum: f64, count: usize| {
            let kept = (1.0 - numbers.new) * mean.to_f64();
            *mean = F::of(kept + numbers.new * (sum / count as f64));
        };
        let (run, sums_of_row) = (second * after, &mut self.sums[..after]);
        let column_sums = &mut self.column_sums[..axes.columns()];
        column_sums.fill(0.0);
        for (i, row_of_numbers) in part.chunks_exact(run).enumerate() {
            let (outer, middle) = (i / (first * between), i % between);
            sums_of_squares(self.isa, row_of_numbers, added, sums_of_row);
            for (mean, sum) in self.rows[row + i * after..].iter_mut().zip(&*sums_of_row) {
                average(mean, *sum, second);
            }
            let sums = &mut column_sums[(outer * between + middle) * run..][..run];
            self.isa.run(AddSquares { sums, added }, &mut [], row_of_numbers, no_slots());
        }
        for (mean, sum) in self.columns[column..].iter_mut().zip(&*column_sums) {
            average(mean, *sum, first);
        }
    }

    /// What rows and columns are multiplied by.
    fn find_factors(&mut self, axes: Axes, [row, column]: [usize; 2], numbers: Numbers) {
        let Axes { before, first, between, after, .. } = axes;
        let rows = &self.rows[row..row + axes.rows()];
        let stride = between * after;
        for outer in 0..before {
            for inner in 0..stride {
                let at = |i: usize| (outer * first + i) * stride + inner;
                let mean = (0..first).map(|i| rows[at(i)].to_f64()).sum::<f64>() / first as f64;
                let mean = if mean < numbers.least { numbers.least } else { mean };
                for i in 0..first {
                    self.row_factors[at(i)] = F::of((mean / rows[at(i)].to_f64()).sqrt());
                }
            }
        }
        for (factor, mean) in
            self.column_factors.iter_mut().zip(&self.columns[column..column + axes.columns()])
        {
            *factor = F::of(1.0 / mean.to_f64().sqrt());
        }
    }

    fn multiply(&self, axes: Axes, part: &mut [F], numbers: Numbers) {
        let Axes { first, between, second, after, .. } = axes;
        let run = second * after;
        for (i, row_of_numbers) in part.chunks_exact_mut(run).enumerate() {
            let (outer, middle) = (i / (first * between), i % between);
            let columns = &self.column_factors[(outer * between + middle) * run..][..run];
            let rows = &self.row_factors[i * after..(i + 1) * after];
            let kernel = Multiply { rows, limit: 1.0 / numbers.least };
            self.isa.run(kernel, row_of_numbers, columns, no_slots());
        }
    }
}

impl Axes {
    fn size(&self) -> usize {
        self.rows() * self.second
    }
    fn rows(&self) -> usize {
        self.before * self.first * self.between * self.after
    }
    fn columns(&self) -> usize {
        self.before * self.between * self.second * self.after
    }
}

/// `sums ← sums + g² + added`
struct AddSquares<'a> {
    sums: &'a mut [f64],
    added: f64,
}

impl<F: Real> Kernel<F> for AddSquares<'_> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, _: &mut [F], g: &[F], _: SlotRange<'_, F>) {
        for (sum, g) in self.sums.iter_mut().zip(g) {
            let g = g.to_f64();
            *sum += g * g + self.added;
        }
    }
}

/// `u ← u · min(row · column, limit)`, the row's factor being one for every problem.
struct Multiply<'a, F> {
    rows: &'a [F],
    limit: f64,
}

impl<F: Real> Kernel<F> for Multiply<'_, F> {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, u: &mut [F], columns: &[F], _: SlotRange<'_, F>) {
        let limit = A::of(self.limit);
        let each = |u: &mut [F], columns: &[F], row: &[F]| {
            for ((u, column), row) in u.iter_mut().zip(columns).zip(row) {
                *u = (A::load(*u) * limit.min(A::load(*row) * A::load(*column))).store();
            }
        };
        if let [row] = *self.rows {
            for (u, column) in u.iter_mut().zip(columns) {
                *u = (A::load(*u) * limit.min(A::load(row) * A::load(*column))).store();
            }
            return;
        }
        let count = self.rows.len();
        for (u, columns) in u.chunks_exact_mut(count).zip(columns.chunks_exact(count)) {
            each(u, columns, self.rows);
        }
    }
}

/// `v ← keep · v + (1 − keep) · (u² + added),  u ← u / max(√v, least)`
struct DivideByRoot(Numbers);

impl<F: Real> Kernel<F> for DivideByRoot {
    #[inline(always)]
    fn run<A: Arithmetic<Element = F>>(self, u: &mut [F], _: &[F], [squares, ..]: SlotRange<'_, F>) {
        let Numbers { new, added, least } = self.0;
        let [keep, new, added, least] = [1.0 - new, new, added, least].map(A::of);
        for (u, square) in u.iter_mut().zip(squares) {
            let g = A::load(*u);
            let v = keep.mul_add(A::load(*square), new * g.mul_add(g, added));
            *square = v.store();
            *u = (g / least.max(v.sqrt())).store();
        }
    }
}
