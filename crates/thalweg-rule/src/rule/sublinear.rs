//! What both forms of Adafactor do: divide by root mean squares kept by rows and columns, and multiply each part by a factor.

use super::factored::{Factored, Numbers};
use super::squares::sums_of_squares;
use crate::memory::{Memory, Visit};
use crate::pass::{Isa, Piece, Problem, Reach, Stage, Whole};
use crate::{Leaf, Real, RuleError};

/// A form of Adafactor.
pub(super) trait Form: Send + Sync + 'static {
    const NAME: &'static str;
    /// What the means of rows, of columns and of single squares are called.
    const MEANS: [&'static str; 3];

    /// The axes of a part's matrices, if it is taken by rows and columns.
    fn axes(&self, leaf: &Leaf) -> Option<[usize; 2]>;

    fn numbers<F: Real>(&self, step: u64) -> Numbers;

    /// What a part's update is multiplied by, from the root mean squares of its parameters and of its update.
    fn factor(&self, step: u64, x: f64, u: f64) -> f64;

    /// What the parameters are multiplied by before they are added to the update.
    fn decay(&self, _step: u64) -> f64 {
        0.0
    }
}

/// The stage of a form.
pub(super) struct Sublinear<R>(pub(super) R);

struct Sized<F, R> {
    form: R,
    moments: Factored<F>,
    /// For every problem, of the parameters and of the update.
    squares: [Vec<f64>; 2],
    factors: Vec<F>,
    problem: Problem,
    isa: Isa,
}

impl<F: Real, R: Form> Piece<F> for Sublinear<R> {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let lanes = problem.shape.lanes;
        Ok(Box::new(Sized {
            moments: Factored::new(problem, |leaf| self.0.axes(leaf)),
            squares: [vec![0.0; lanes], vec![0.0; lanes]],
            factors: vec![F::default(); lanes],
            problem: problem.clone(),
            isa: Isa::detect(),
            form: self.0,
        }))
    }
}

impl<F: Real, R: Form> Stage<F> for Sized<F, R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        let [rows, columns, squares] = R::MEANS;
        visit(rows, Memory::Vector(&mut self.moments.rows));
        visit(columns, Memory::Vector(&mut self.moments.columns));
        visit(squares, Memory::Vector(&mut self.moments.squares));
    }

    fn begin(&mut self, step: u64) {
        if step == 0 {
            self.moments.reset();
        }
    }

    fn reach(&self) -> Reach {
        Reach::Whole
    }

    fn rework(&mut self, update: &mut [F], whole: Whole<'_, F>) {
        let lanes = self.problem.shape.lanes;
        self.moments.divide(update, self.form.numbers::<F>(whole.step));
        let decay = self.form.decay(whole.step);
        for leaf in self.problem.layout.leaves() {
            let (range, count) = (&leaf.range, leaf.range.len() as f64);
            let elements = range.start * lanes..range.end * lanes;
            let [of_x, of_u] = &mut self.squares;
            sums_of_squares(self.isa, &whole.x[elements.clone()], 0.0, of_x);
            sums_of_squares(self.isa, &update[elements.clone()], 0.0, of_u);
            for ((factor, x), u) in self.factors.iter_mut().zip(of_x).zip(of_u) {
                let [x, u] = [*x, *u].map(|sum| (sum / count).sqrt());
                *factor = F::of(self.form.factor(whole.step, x, u));
            }
            self.isa.multiply_lanes(0, &mut update[elements.clone()], &self.factors);
            if decay != 0.0 {
                let x = &whole.x[elements.clone()];
                self.isa.add_multiple(&mut update[elements], F::of(decay), x);
            }
        }
    }
}

/// The larger number; NaN stays NaN.
pub(super) fn at_least(least: f64, number: f64) -> f64 {
    if number < least { least } else { number }
}
