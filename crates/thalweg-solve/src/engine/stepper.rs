//! [`Stepper`]: one step of any method under any constraint, for any number of problems side by side.

use thalweg_rule::Rule;

use crate::constraint::{Constraint, Held, Lagrangian, Projection};
use crate::dense;
use crate::method::{CurvatureStep, NewtonStep};
use crate::objective::Source;
use crate::random::{Purpose, normals, words};
use crate::scalar::{narrow, wide};
use crate::{Estimate, Evaluations, Method, Options, Scalar, SolveError};

/// What turns a gradient into a step.
enum Direction<F> {
    Rule(Box<dyn Rule<F>>),
    Newton(NewtonStep),
    Exact(CurvatureStep<F>),
    Power(CurvatureStep<F>, u64),
}

struct Noise {
    deviation: f64,
    seed: u64,
    /// The number of the first problem's start.
    first: u64,
}

pub(crate) struct Stepper<F> {
    lanes: usize,
    direction: Direction<F>,
    pub(crate) projection: Projection<F>,
    pub(crate) held: Option<Held<F>>,
    noise: Option<Noise>,
    /// The gradient as the method gets it, where that is not f's own.
    gradient: Vec<F>,
    /// Where a rule that looks ahead wants its gradient, and what is there.
    ahead: Vec<F>,
    ahead_out: Vec<F>,
    hessian: Vec<F>,
    steps: u64,
    /// Of each problem.
    pub(crate) evaluations: Evaluations,
}

impl<F: Scalar> Stepper<F> {
    pub(crate) fn new(options: &Options, dim: usize, lanes: usize, first: u64) -> Result<Self, SolveError> {
        let direction = match &options.method {
            Method::Rule(optimizer) => Direction::Rule(optimizer.rule(dim, lanes)?),
            Method::Newton(newton) => Direction::Newton(NewtonStep::new(*newton, dim, lanes)),
            Method::CurvatureScaled(scaled) => {
                let step = CurvatureStep::new(*scaled, dim, lanes);
                match scaled.estimate {
                    Estimate::Exact => Direction::Exact(step),
                    Estimate::Power => Direction::Power(step, scaled.products()),
                }
            }
        };
        let needs = options.method.needs();
        let projection = match (&options.bounds, &options.constraint) {
            (Some(bounds), _) | (None, Some(Constraint::Box(bounds))) => Projection::onto_box(bounds, dim),
            (None, Some(Constraint::Sphere { radius })) => Projection::Sphere(narrow(*radius)),
            _ => Projection::None,
        };
        let held = match &options.constraint {
            Some(Constraint::Multiplier(multiplier)) => Some(Held::new(multiplier, needs, dim, lanes)?),
            _ => None,
        };
        let hessian = if needs.hessian { dense::square(dim, lanes)? } else { 0 };
        Ok(Stepper {
            lanes,
            direction,
            projection,
            held,
            noise: (options.noise > 0.0).then_some(Noise {
                deviation: options.noise,
                seed: options.seed,
                first,
            }),
            gradient: vec![F::default(); dim * lanes],
            ahead: vec![F::default(); dim * lanes],
            ahead_out: vec![F::default(); (dim + 1) * lanes],
            hessian: vec![F::default(); hessian],
            steps: 0,
            evaluations: Evaluations::default(),
        })
    }

    /// Another rule like this one's, if a step is nothing but a rule's.
    pub(crate) fn lone_rule(
        &self,
        options: &Options,
        dim: usize,
    ) -> Result<Option<Box<dyn Rule<F>>>, SolveError> {
        let alone =
            self.held.is_none() && self.noise.is_none() && matches!(self.projection, Projection::None);
        match &options.method {
            Method::Rule(optimizer) if alone => Ok(Some(optimizer.rule(dim, 1)?)),
            _ => Ok(None),
        }
    }

    /// Values and gradients at the points; of the constraint's function too.
    #[inline]
    pub(crate) fn visit<S: Source<F>>(
        &mut self,
        source: &mut S,
        points: &[F],
        out: &mut [F],
    ) -> Result<(), SolveError> {
        self.evaluations.value += 1;
        self.evaluations.gradient += 1;
        if let Some(held) = &mut self.held {
            held.visit(points)?;
        }
        source.slope(points, out)
    }

    /// Moves the points, where values and gradients are `out`.
    #[inline]
    pub(crate) fn step<S: Source<F>>(
        &mut self,
        source: &mut S,
        x: &mut [F],
        out: &[F],
    ) -> Result<(), SolveError> {
        if let Some(held) = &mut self.held {
            held.ascend();
        }
        let mut out = out;
        if let Direction::Rule(rule) = &self.direction
            && rule.evaluation_point(x, &mut self.ahead)
        {
            self.projection.apply(self.lanes, &mut self.ahead);
            self.evaluations.value += 1;
            self.evaluations.gradient += 1;
            if let Some(held) = &mut self.held {
                held.visit(&self.ahead)?;
            }
            source.slope(&self.ahead, &mut self.ahead_out)?;
            out = &self.ahead_out;
        }
        let mut gradient = &out[self.lanes..];
        if self.held.is_some() || self.noise.is_some() {
            self.gradient.copy_from_slice(gradient);
            if let Some(held) = &self.held {
                held.add_gradient(&mut self.gradient);
            }
            if let Some(noise) = &self.noise {
                noise.add(self.steps, self.lanes, &mut self.gradient);
            }
            gradient = &self.gradient;
        }
        let mut lagrangian = Lagrangian { source, held: self.held.as_mut() };
        match &mut self.direction {
            Direction::Rule(rule) => rule.step(x, gradient)?,
            Direction::Newton(newton) => {
                lagrangian.hessian(x, &mut self.hessian)?;
                self.evaluations.hessian += 1;
                newton.step(x, gradient, &self.hessian);
            }
            Direction::Exact(scaled) => {
                lagrangian.hessian(x, &mut self.hessian)?;
                self.evaluations.hessian += 1;
                scaled.step_exact(x, gradient, &self.hessian);
            }
            Direction::Power(scaled, products) => {
                self.ahead.copy_from_slice(x);
                let at = &self.ahead;
                scaled.step_power(x, gradient, |v, out| lagrangian.hessian_vector(at, v, out))?;
                self.evaluations.hessian_vector += *products;
            }
        }
        self.steps += 1;
        self.projection.apply(self.lanes, x);
        Ok(())
    }

    /// max |gᵢ| of what a descent from x would have left, λ∇c and |c| included.
    pub(crate) fn residual(&self, lane: usize, x: &[F], out: &[F], scratch: &mut [F]) -> F {
        let gradient = &out[self.lanes..];
        let Some(held) = &self.held else {
            return self.projection.largest_left(self.lanes, lane, x, gradient);
        };
        let dim = x.len() / self.lanes;
        for j in 0..dim {
            let slope = held.slope()[(j + 1) * self.lanes + lane];
            let at = j * self.lanes + lane;
            scratch[at] = gradient[at] + held.lambda[lane] * slope;
        }
        let left = self.projection.largest_left(self.lanes, lane, x, scratch);
        let violation = held.violation(lane);
        if violation <= left { left } else { violation }
    }
}

impl Noise {
    /// Adds normal numbers that depend on the seed, the start's number, the step and the component, and on nothing else.
    fn add<F: Scalar>(&self, step: u64, lanes: usize, gradient: &mut [F]) {
        let dim = gradient.len() / lanes;
        for lane in 0..lanes {
            let start = self.first + lane as u64;
            for j in (0..dim).step_by(2) {
                let pair = normals(words(self.seed, Purpose::Noise, start, step, (j / 2) as u32));
                for (j, z) in (j..dim).zip(pair) {
                    let g = &mut gradient[j * lanes + lane];
                    *g = narrow(wide(*g) + self.deviation * z);
                }
            }
        }
    }
}
