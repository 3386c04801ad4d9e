//! Adafactor as PyTorch has it.

use super::factored::{Factored, Numbers};
use super::squares::sums_of_squares;
use crate::hyper::{FINITE, NOT_NEGATIVE, POSITIVE, recipe};
use crate::memory::{Memory, Visit};
use crate::optimizer::Assemble;
use crate::pass::{Isa, Piece, Problem, Reach, Stage, Whole};
use crate::transform::Gradient;
use crate::{Real, RuleError, Schedule};

recipe! {
    /// Adafactor: divided by a running root mean square of which only row and column means are kept, and with steps in proportion to the
    /// parameters.
    ///
    /// ```text
    /// g ← ±g
    /// ρ = min(lr, 1 / √t),   α = ρ · max(eps2, rms(x)),   β = 1 − t^beta2_decay         (t counts from 1)
    /// r ← β · r + (1 − β) · (mean of g² over each row),   c ← the same of each column
    /// v = r · c / max(mean of r, eps1)
    /// u = g / max(√v, eps1)
    /// x ← x − lr · weight_decay · x − α · u / max(1, rms(u) / d)
    /// ```
    ///
    /// Root mean squares are over one part of the parameters. Rows and columns are those of the last two axes; parts with fewer keep all of
    /// `v ← β · v + (1 − β) · g²`. A matrix of n by m is remembered in n + m numbers. Needs the layout of the parameters
    /// ([`rule_for`](crate::Recipe::rule_for)).
    ///
    /// Source: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018.
    ///
    /// Conventions: PyTorch's `torch.optim.Adafactor`, whose `eps` is `(eps1, eps2)`. Optax's is [`AdafactorOptax`](crate::AdafactorOptax).
    ///
    /// ```
    /// use thalweg_rule::{Adafactor, Layout, Recipe, Rule, Snapshot};
    ///
    /// let mut rule = Adafactor { lr: 0.1.into(), ..Adafactor::default() }
    ///     .rule_for(&Layout::new([("weight", vec![2, 3])]))?;
    /// let mut x = [2.0_f64; 6];
    /// rule.step(&mut x, &[5.0; 6])?;
    /// // A tenth of the parameters' root mean square.
    /// assert!(x.iter().all(|x| (x - 1.8).abs() < 1e-12));
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Adafactor = adafactor("divided by a root mean square kept by rows and columns, in PyTorch's form") {
        /// The greatest step, in proportion to the parameters.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// The power of the step number that is taken from 1 for the share of the mean square that is kept.
        beta2_decay: f64 = -0.8, FINITE;
        /// The least root mean square; the distance from 1 to the next number if left out.
        eps1: Option<f64> = None, POSITIVE;
        /// The least root mean square of the parameters.
        eps2: f64 = 1e-3, NOT_NEGATIVE;
        /// The greatest root mean square of an update, before it is multiplied by the step size.
        d: f64 = 1.0, POSITIVE;
        /// How fast the parameters decay, beside the gradient, in units of the learning rate.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

impl Assemble for Adafactor {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let mut pieces: Vec<Box<dyn Piece<F>>> = Vec::new();
        if self.maximize {
            pieces.push(Box::new(Gradient { weight_decay: 0.0, maximize: true }));
        }
        pieces.push(Box::new(Sublinear(self.clone())));
        pieces
    }
}

/// The part behind the gradient's sign.
struct Sublinear(Adafactor);

struct Sized<F> {
    rule: Adafactor,
    moments: Factored<F>,
    /// For every problem, of the parameters and of the update.
    squares: [Vec<f64>; 2],
    factors: Vec<F>,
    problem: Problem,
    isa: Isa,
}

impl<F: Real> Piece<F> for Sublinear {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let last_two = |axes: usize| (axes >= 2).then(|| [axes - 2, axes - 1]);
        let lanes = problem.shape.lanes;
        Ok(Box::new(Sized {
            rule: self.0,
            moments: Factored::new(problem, |leaf| last_two(leaf.shape.len())),
            squares: [vec![0.0; lanes], vec![0.0; lanes]],
            factors: vec![F::default(); lanes],
            problem: problem.clone(),
            isa: Isa::detect(),
        }))
    }
}

/// The distance from 1 to the next number.
fn epsilon<F>() -> f64 {
    if size_of::<F>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

impl<F: Real> Stage<F> for Sized<F> {
    fn name(&self) -> &'static str {
        "adafactor"
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        visit("row_var", Memory::Vector(&mut self.moments.rows));
        visit("col_var", Memory::Vector(&mut self.moments.columns));
        visit("variance", Memory::Vector(&mut self.moments.squares));
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
        let Adafactor { lr, beta2_decay, eps1, eps2, d, weight_decay, .. } = &self.rule;
        let (t, shape) = ((whole.step + 1) as f64, self.problem.shape);
        let (lr, least) = (lr.at(whole.step), eps1.unwrap_or_else(epsilon::<F>));
        let rho = lr.min(1.0 / t.sqrt());
        self.moments.divide(update, Numbers { new: t.powf(*beta2_decay), added: 0.0, least });
        for leaf in self.problem.layout.leaves() {
            let (range, count) = (&leaf.range, leaf.range.len() as f64);
            let elements = range.start * shape.lanes..range.end * shape.lanes;
            let [of_x, of_u] = &mut self.squares;
            sums_of_squares(self.isa, &whole.x[elements.clone()], 0.0, of_x);
            sums_of_squares(self.isa, &update[elements.clone()], 0.0, of_u);
            for ((factor, x), u) in self.factors.iter_mut().zip(of_x).zip(of_u) {
                let [x, u] = [*x, *u].map(|sum| (sum / count).sqrt());
                *factor = F::of(rho * at_least(*eps2, x) / at_least(1.0, u / d));
            }
            self.isa.multiply_lanes(0, &mut update[elements.clone()], &self.factors);
            if *weight_decay != 0.0 {
                let x = &whole.x[elements.clone()];
                self.isa.add_multiple(&mut update[elements], F::of(lr * weight_decay), x);
            }
        }
    }
}

/// The larger number; NaN stays NaN.
pub(super) fn at_least(least: f64, number: f64) -> f64 {
    if number < least { least } else { number }
}
