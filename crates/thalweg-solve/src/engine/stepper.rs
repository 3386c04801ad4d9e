//! [`Stepper`]: one step of any method under any constraint, for any number of problems side by side.

use thalweg_rule::{Evaluation, Layout, Rule};

use crate::checkpoint::Keeper;
use crate::constrained;
use crate::constraint::{Constraint, Held, Lagrangian, Projection};
use crate::dense;
use crate::descent::{Solver, Stepped};
use crate::method::{CurvatureStep, NewtonStep};
use crate::objective::{Counted, Source};
use crate::one_dimension::Sole;
use crate::random::{Purpose, normals, words};
use crate::scalar::{narrow, wide};
use crate::within::Near;
use crate::{Derivatives, Estimate, Evaluations, Kkt, Method, Options, Scalar, SolveError};

/// What turns a gradient into a step.
enum Direction<F> {
    Rule(Box<dyn Rule<F>>),
    Newton(NewtonStep),
    Exact(CurvatureStep<F>),
    Power(CurvatureStep<F>, u64),
    /// Goes from point to point by itself, one problem at a time.
    Descent(Box<Solver<F>>),
    /// The same of one variable.
    OneDimension(Sole),
    /// The same under functions.
    Constrained(Box<constrained::Solver<F>>),
}

impl<F> Direction<F> {
    /// Whether it goes from point to point by itself.
    fn moves_itself(&self) -> bool {
        matches!(self, Direction::Descent(_) | Direction::OneDimension(_) | Direction::Constrained(_))
    }
}

struct Noise {
    deviation: f64,
    seed: u64,
    /// The number of the first problem's start.
    first: u64,
}

pub(crate) struct Stepper<F> {
    layout: Layout,
    lanes: usize,
    direction: Direction<F>,
    pub(crate) projection: Projection<F>,
    /// The penalty, if there is one, and its proximal points.
    penalty: Option<Near<F>>,
    pub(crate) held: Option<Held<F>>,
    noise: Option<Noise>,
    /// The gradient as the method gets it, where that is not f's own.
    gradient: Vec<F>,
    /// Where a rule that looks ahead wants its gradient, and what is there.
    ahead: Vec<F>,
    ahead_out: Vec<F>,
    hessian: Vec<F>,
    /// A rule's probe and the Hessian times it, if it ever asks for that.
    probe: Vec<F>,
    product: Vec<F>,
    /// The values as the method gets them, where they are not f's own.
    values: Vec<F>,
    /// Gradients that the method was given.
    calls: u64,
    /// Of each problem.
    pub(crate) evaluations: Evaluations,
}

impl<F: Scalar> Stepper<F> {
    pub(crate) fn new(
        options: &Options,
        layout: Layout,
        lanes: usize,
        first: u64,
        has_hessian: bool,
    ) -> Result<Self, SolveError> {
        let dim = layout.len();
        let direction = match &options.method {
            Method::Auto => {
                let (options, _) = options.with_method(dim, Derivatives::default());
                return Self::new(&options, layout, lanes, first, has_hessian);
            }
            Method::Rule(optimizer) => Direction::Rule(optimizer.rule_with(&layout, lanes, first)?),
            Method::Newton(newton) => Direction::Newton(NewtonStep::new(*newton, dim, lanes)),
            Method::CurvatureScaled(scaled) => {
                let step = CurvatureStep::new(*scaled, dim, lanes);
                match scaled.estimate {
                    Estimate::Exact => Direction::Exact(step),
                    Estimate::Power => Direction::Power(step, scaled.products()),
                }
            }
            Method::Descent(descent) => Direction::Descent(Box::new(Solver::new(descent, options, &layout)?)),
            Method::OneDimension(method) => Direction::OneDimension(Sole::new::<F>(*method, options)?),
            Method::Constrained(method) => {
                Direction::Constrained(Box::new(constrained::Solver::new(method, options, dim, has_hessian)?))
            }
        };
        let needs = options.method.needs_with(&layout)?;
        let moves_itself = direction.moves_itself();
        let rows = if moves_itself { 0 } else { dim };
        let projection = Projection::of(options, dim)?;
        let penalty = options.penalty.map(|_| Near::new(options, &layout)).transpose()?;
        let multiplier = options.constraints.iter().find_map(|constraint| match constraint {
            Constraint::Multiplier(multiplier) => Some(multiplier),
            _ => None,
        });
        let held = multiplier.map(|multiplier| Held::new(multiplier, needs, dim, lanes)).transpose()?;
        let probes = matches!(direction, Direction::Rule(_)) && needs.hessian_vector;
        let probe = if probes { dim * lanes } else { 0 };
        let hessian = if needs.hessian && rows > 0 { dense::square(dim, lanes)? } else { 0 };
        Ok(Stepper {
            layout,
            lanes,
            direction,
            projection,
            penalty,
            held,
            noise: (options.noise > 0.0).then_some(Noise {
                deviation: options.noise,
                seed: options.seed,
                first,
            }),
            gradient: vec![F::default(); rows * lanes],
            ahead: vec![F::default(); rows * lanes],
            ahead_out: vec![F::default(); (rows + 1) * lanes],
            hessian: vec![F::default(); hessian],
            probe: vec![F::default(); probe],
            product: vec![F::default(); probe],
            values: vec![F::default(); lanes],
            calls: 0,
            evaluations: Evaluations::default(),
        })
    }

    /// Another rule like this one's, if a step is nothing but a rule's.
    pub(crate) fn lone_rule(&self, options: &Options) -> Result<Option<Box<dyn Rule<F>>>, SolveError> {
        let alone =
            self.held.is_none() && self.noise.is_none() && matches!(self.projection, Projection::None);
        match &options.method {
            Method::Rule(optimizer) if alone => Ok(Some(optimizer.rule_for(&self.layout)?)),
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
        source.slope(points, out)?;
        if let Some(penalty) = &self.penalty {
            // Methods that take a penalty go from one start at a time.
            out[0] = narrow(wide(out[0]) + penalty.value(points));
        }
        Ok(())
    }

    /// Moves the points, where values and gradients are `out`. A rule gets as many gradients as it takes to a step of its own.
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
        let made = self.rule_steps();
        loop {
            self.call(source, x, out)?;
            if made.is_none() || self.rule_steps() != made {
                break;
            }
        }
        self.projection.apply(self.lanes, x);
        Ok(())
    }

    /// Whether steps are made by `descend`.
    #[inline]
    pub(crate) fn descends(&self) -> bool {
        self.direction.moves_itself()
    }

    /// One step of a descent from `x`, value and gradient `out`, to `x_after` and `out_after`.
    #[inline]
    pub(crate) fn descend<S: Source<F>>(
        &mut self,
        source: &mut S,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        let mut oracle = Counted { source, evaluations: &mut self.evaluations };
        match &mut self.direction {
            Direction::Descent(solver) => solver.step(&mut oracle, x, out, x_after, out_after),
            Direction::OneDimension(sole) => sole.step(&mut oracle, x, out, x_after, out_after),
            Direction::Constrained(solver) => solver.step(&mut oracle, x, out, x_after, out_after),
            _ => Ok(Stepped::Stuck { flat: false }),
        }
    }

    /// How far the run is outside of functions that it holds, what is within the tolerance left out.
    pub(crate) fn violation(&self) -> f64 {
        match &self.direction {
            Direction::Constrained(solver) => solver.violation(),
            _ => 0.0,
        }
    }

    /// Multipliers where the run is, of the methods for functions.
    pub(crate) fn kkt(&self) -> Option<Kkt<F>> {
        match &self.direction {
            Direction::Constrained(solver) => solver.kkt(),
            _ => None,
        }
    }

    /// Steps that the rule has made, if there is one.
    fn rule_steps(&self) -> Option<u64> {
        match &self.direction {
            Direction::Rule(rule) => Some(rule.steps()),
            _ => None,
        }
    }

    /// Gives the method one gradient.
    #[inline]
    fn call<S: Source<F>>(&mut self, source: &mut S, x: &mut [F], out: &[F]) -> Result<(), SolveError> {
        let mut out = out;
        let mut ahead = false;
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
            ahead = true;
        }
        let (mut values, mut gradient) = out.split_at(self.lanes);
        if self.held.is_some() || self.noise.is_some() {
            self.gradient.copy_from_slice(gradient);
            self.values.copy_from_slice(values);
            if let Some(held) = &self.held {
                held.add_gradient(&mut self.gradient);
                held.add_value(&mut self.values);
            }
            if let Some(noise) = &self.noise {
                noise.add(self.calls, self.lanes, &mut self.gradient);
            }
            (values, gradient) = (&self.values, &self.gradient);
        }
        let mut lagrangian = Lagrangian { source, held: self.held.as_mut() };
        match &mut self.direction {
            Direction::Rule(rule) => {
                let mut at = Evaluation::of(gradient).with_values(values);
                if !self.probe.is_empty() && rule.probe(&mut self.probe) {
                    let point = if ahead { &self.ahead } else { &*x };
                    lagrangian.hessian_vector(point, &self.probe, &mut self.product)?;
                    self.evaluations.hessian_vector += 1;
                    at = at.with_hessian_vector(&self.product);
                }
                rule.advance(x, &at)?;
            }
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
            Direction::Descent(_) | Direction::OneDimension(_) | Direction::Constrained(_) => {}
        }
        self.calls += 1;
        Ok(())
    }

    /// Shows all that the method remembers.
    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.count("calls", &mut self.calls, u64::MAX >> 1);
        if let Some(held) = &mut self.held {
            keeper.within("multiplier", |keeper| held.memory(keeper));
        }
        match &mut self.direction {
            Direction::Rule(rule) => keeper.rule("rule", &mut **rule),
            Direction::Power(scaled, _) => keeper.within("curvature", |keeper| scaled.memory(keeper)),
            Direction::Descent(solver) => keeper.within("descent", |keeper| solver.memory(keeper)),
            Direction::OneDimension(sole) => keeper.within("one_dimension", |keeper| sole.memory(keeper)),
            Direction::Constrained(solver) => keeper.within("constrained", |keeper| solver.memory(keeper)),
            Direction::Newton(_) | Direction::Exact(_) => {}
        }
    }

    /// Problems side by side.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes
    }

    /// The points that the rule would rather have used than `x`, if it has such.
    pub(crate) fn averaged(&mut self, x: &[F], points: &mut [F]) -> bool {
        let Direction::Rule(rule) = &self.direction else { return false };
        let averaged = rule.averaged(x, points);
        if averaged {
            self.projection.apply(self.lanes, points);
        }
        averaged
    }

    /// max |gᵢ| of what a descent from x would have left, λ∇c and |c| included.
    pub(crate) fn residual(&mut self, lane: usize, x: &[F], out: &[F], scratch: &mut [F]) -> F {
        let gradient = &out[self.lanes..];
        if let Some(penalty) = &mut self.penalty {
            return narrow(penalty.largest_left(x, gradient));
        }
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
