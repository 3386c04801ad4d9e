//! Sharpness-aware minimisation: gradients from uphill.

use crate::hyper::{FROM_ONE, NOT_NEGATIVE, recipe};
use crate::memory::{Memory, Visit};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Groups, Isa, Shape, Slots, Sums, Unit, together};
use crate::wrap::pass_on;
use crate::{Evaluation, Explanation, Real, Rule, RuleError, Step};

recipe! {
    /// Sharpness-aware minimisation: the rest of the chain steps with the gradient taken a small way uphill.
    ///
    /// ```text
    /// p ← x
    /// steps times:   p ← p + rho · g(p) / (‖g(p)‖ + eps)
    ///   adaptive:    p ← p + rho · x² · g(p) / (‖|x| · g(p)‖ + eps)
    /// the rest of the chain steps with g(p)
    /// ```
    ///
    /// So a step takes `steps + 1` gradients, and as many calls: all but the last one only move p, which is
    /// [`evaluation_point`](crate::Rule::evaluation_point) then, and leave the parameters. The norm is that of all parameters of a
    /// problem; where the gradient is zero, p stays.
    ///
    /// Source: Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-aware minimization for efficiently improving generalization", 2021;
    /// `adaptive`: Kwon, Kim, Park and Choi, "ASAM: adaptive sharpness-aware minimization", 2021.
    ///
    /// Conventions: Optax's `sam(rule, chain(normalize(), sgd(rho)), sync_period=steps + 1)`, except that the parameters themselves do
    /// not go uphill.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("sam(rho=0.5) | sgd(lr=0.1)")?.rule(1, 1)?;
    /// let (mut x, mut point) = ([1.0], [0.0]);
    /// rule.step(&mut x, &[2.0 * 1.0])?;
    /// assert!(rule.evaluation_point(&x, &mut point));
    /// assert_eq!((x, point), ([1.0], [1.5]));
    /// rule.step(&mut x, &[2.0 * 1.5])?;
    /// assert_eq!(x, [0.7]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Sam = sam("steps with the gradient from a small way uphill") {
        /// How far uphill.
        rho: f64 = 0.05, NOT_NEGATIVE;
        /// Added to the gradient's length before dividing.
        eps: f64 = 0.0, NOT_NEGATIVE;
        /// Steps uphill before each step.
        steps: u64 = 1, FROM_ONE;
        /// Measures each parameter's way by the parameter's size.
        adaptive: bool = false;
    }
}

impl Assemble for Sam {
    fn part<F: Real>(&self) -> Part<F> {
        let recipe = self.clone();
        Part::Wrapper(Box::new(move |inner, problem| {
            let (inner, shape) = (inner(problem)?, problem.shape);
            let point = Slots::single(shape, "point")?;
            let sums = Sums::new(Groups::new(problem, Unit::Problem), 1);
            let squares = vec![0.0; shape.lanes];
            Ok(Box::new(Uphill {
                recipe,
                climbed: 0,
                point,
                sums,
                squares,
                inner,
                shape,
                isa: Isa::detect(),
            }))
        }))
    }
}

struct Uphill<F> {
    recipe: Sam,
    /// Steps uphill that have been made.
    climbed: u64,
    /// Where they lead to.
    point: Slots<F>,
    sums: Sums,
    squares: Vec<f64>,
    inner: Box<dyn Rule<F>>,
    shape: Shape,
    isa: Isa,
}

impl<F: Real> Uphill<F> {
    fn climb(&mut self, params: &[F], gradient: &[F]) {
        let point = self.point.slot_mut(0);
        if self.climbed == 0 && !self.inner.evaluation_point(params, point) {
            point.copy_from_slice(params);
        }
        let Sam { rho, eps, adaptive, .. } = self.recipe;
        let (isa, shape, squares) = (self.isa, self.shape, &mut self.squares);
        if adaptive {
            self.sums.add_all(0, [params, gradient, gradient], |x, g, _| (x * g) * (x * g));
        } else {
            self.sums.add_all(0, [gradient; 3], |g, _, _| g * g);
        }
        // Of nothing there are no sums.
        squares.fill(0.0);
        squares.iter_mut().zip(self.sums.totals()).for_each(|(square, total)| *square = *total);
        for square in squares.iter_mut() {
            *square = if *square == 0.0 { 0.0 } else { rho / (square.sqrt() + eps) };
        }
        if adaptive {
            let lanes = shape.lanes.max(1);
            let all = point.chunks_exact_mut(lanes).zip(params.chunks_exact(lanes));
            for ((point, x), g) in all.zip(gradient.chunks_exact(lanes)) {
                for (((point, &x), &g), &factor) in point.iter_mut().zip(x).zip(g).zip(&*squares) {
                    *point = *point + F::of(factor) * (x * x * g);
                }
            }
        } else if let [factor] = squares[..] {
            together(point, gradient, |point, g| isa.add_multiple(point, F::of(factor), g));
        } else {
            let lanes = shape.lanes.max(1);
            for (point, g) in point.chunks_exact_mut(lanes).zip(gradient.chunks_exact(lanes)) {
                isa.add_multiples(point, squares, g);
            }
        }
        self.climbed += 1;
    }
}

impl<F: Real> Rule<F> for Uphill<F> {
    fn advance(&mut self, params: &mut [F], at: &Evaluation<'_, F>) -> Result<(), RuleError> {
        self.shape.check("parameters", params.len())?;
        self.shape.check("gradient", at.gradient.len())?;
        if self.climbed < self.recipe.steps {
            self.climb(params, at.gradient);
            return Ok(());
        }
        self.inner.advance(params, at)?;
        self.climbed = 0;
        Ok(())
    }

    fn evaluation_point(&self, params: &[F], point: &mut [F]) -> bool {
        if self.climbed == 0 {
            return self.inner.evaluation_point(params, point);
        }
        point.copy_from_slice(self.point.slot(0));
        true
    }

    fn probe(&self, direction: &mut [F]) -> bool {
        self.climbed == self.recipe.steps && self.inner.probe(direction)
    }

    fn again(&self) -> Option<u64> {
        let whole = || self.inner.again().map(|steps| steps * (self.recipe.steps + 1));
        if self.climbed > 0 { Some(1) } else { whole() }
    }

    fn reset(&mut self) {
        self.climbed = 0;
        self.inner.reset();
    }

    fn memory(&mut self, visit: &mut Visit<'_, F>) {
        visit("sam.climbed", Memory::Count(&mut self.climbed));
        visit("sam", Memory::Slots(&mut self.point));
        self.inner.memory(visit);
    }

    fn explain(&self) -> Explanation {
        let mut explanation = self.inner.explain();
        explanation.steps.insert(0, Step { name: "sam, uphill".to_owned(), reads: 4, writes: 2 });
        explanation
    }

    pass_on!(inner: steps needs averaged takes_nonfinite);
}
