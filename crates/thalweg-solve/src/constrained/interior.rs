//! [`InteriorPoint`]: a primal–dual method that goes through the interior of the bounds.

use thalweg_spec::{Call, Options, SpecError};

use super::adaptive::{Adaptive, Rest, Says};
use super::barrier::{Barrier, Iterate, Step};
use super::filter::Filter;
use super::newton::Newton;
use super::problem::{Duals, Point, Problem, along};
use super::restoration::Restoration;
use super::secant::Secant;
use super::solver::{Curvature, Went};
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::search::within;
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "interior_point";
pub(super) const SUMMARY: &str =
    "primal-dual interior points under functions and bounds: robust, one indefinite system a step";

/// How the weight of the barrier goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarrierUpdate {
    /// From step to step, by what is left of the conditions; steadily where that makes no progress.
    Adaptive,
    /// It falls whenever the conditions hold well enough for it.
    Monotone,
}

impl BarrierUpdate {
    const NAMES: [&'static str; 2] = ["adaptive", "monotone"];
}

/// A primal–dual interior-point method: functions between two different ends get a slack, `c(x) − s = 0`, and x and s stay inside their
/// bounds by a barrier whose weight μ goes to 0. Each step is one of Newton's method on
///
/// ```text
/// ∇f − Jᵀλ − z = 0,   c(x) − s = 0,   distance to a bound × its multiplier = μ
/// ```
///
/// with the Hessian of the Lagrangian, to which a multiple of the identity is added until the system has the signs of a minimum, or
/// one learnt from the steps (damped BFGS). A step stops before the bounds, and is taken if it lowers violation or barrier function enough for a
/// filter of the points before; one that raises the violation is corrected for the curvature of the functions first. Where no step is
/// short enough the violation alone is minimised for a while (restoration); a stationary point of it ends the run as `infeasible`.
///
/// μ is chosen for each step so that it leaves least of these conditions, and falls steadily where that makes no progress (`adaptive`); or it falls
/// whenever they hold well enough (`monotone`, Fiacco and McCormick 1968).
///
/// Wächter and Biegler, *On the implementation of an interior-point filter line-search algorithm for large-scale nonlinear programming*,
/// Mathematical Programming 106, 2006; Nocedal, Wächter and Waltz, *Adaptive barrier update strategies for nonlinear interior methods*, SIAM
/// Journal on Optimization 19, 2009; Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapter 19.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InteriorPoint {
    /// Where second derivatives come from.
    pub hessian: Curvature,
    /// μ at the start, until a step chooses another.
    pub mu: f64,
    /// How μ goes on.
    pub update: BarrierUpdate,
    /// Second-order corrections of a step.
    pub corrections: u32,
}

impl Default for InteriorPoint {
    fn default() -> Self {
        InteriorPoint { hessian: Curvature::Auto, mu: 0.1, update: BarrierUpdate::Adaptive, corrections: 4 }
    }
}

impl InteriorPoint {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["hessian", "mu", "update", "corrections"])?;
        let blank = InteriorPoint::default();
        Ok(InteriorPoint {
            hessian: Curvature::read(&options, "hessian")?.unwrap_or(blank.hessian),
            mu: options.number_where("mu", blank.mu, "positive and finite", positive)?,
            update: match options.choice("update", &BarrierUpdate::NAMES)? {
                Some("monotone") => BarrierUpdate::Monotone,
                _ => blank.update,
            },
            corrections: options.whole("corrections", 0, 100)?.map_or(blank.corrections, |n| n as u32),
        })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME)
            .with("hessian", self.hessian.call())
            .with("mu", self.mu)
            .with("update", Call::new(BarrierUpdate::NAMES[self.update as usize]))
            .with("corrections", f64::from(self.corrections))
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        within("interior_point's mu", self.mu, "positive and finite", positive)
    }
}

fn positive(number: f64) -> bool {
    number > 0.0 && number.is_finite()
}

/// The barrier's weight falls when the conditions hold to so many times it: κ_ε.
const SOLVED: f64 = 10.0;

/// μ is never above this.
const HIGHEST: f64 = 1e5;

/// A part of the Newton step's length at which the search gives up.
const SHORTEST: f64 = 0.05;

/// The method at work.
pub(super) struct Work<F> {
    /// Where the run is, once it has begun.
    now: Option<Iterate<F>>,
    /// Where it goes next, and room for corrected trials.
    next: Iterate<F>,
    other: Iterate<F>,
    steps: Steps,
}

/// What steps are made of.
struct Steps {
    settings: InteriorPoint,
    exact: bool,
    tolerance: f64,
    barrier: Barrier,
    adaptive: Option<Adaptive>,
    filter: Filter,
    newton: Newton,
    secant: Secant,
    restoration: Restoration,
    /// Whether the violation alone is being minimised, and what it was when that began.
    restoring: Option<f64>,
    matrix: Vec<f64>,
    step: Step,
    corrected: Step,
    /// c − s, and what stands for it in a corrected step.
    equations: Vec<f64>,
    sum: Vec<f64>,
    λ: Vec<f64>,
    /// Room for a number of each variable.
    rest: Vec<f64>,
    other: Vec<f64>,
}

/// What the filter knows of the point that a step leaves: violation, value of the barrier function and its slope.
#[derive(Clone, Copy)]
struct Left {
    θ: f64,
    φ: f64,
    slope: f64,
}

impl<F: Scalar> Work<F> {
    pub(super) fn new(
        settings: InteriorPoint,
        dim: usize,
        count: usize,
        exact: bool,
        tolerance: f64,
    ) -> Self {
        let zeros = |n| vec![0.0; n];
        let steps = Steps {
            settings,
            exact,
            tolerance,
            barrier: Barrier::new(settings.mu),
            adaptive: (settings.update == BarrierUpdate::Adaptive).then(|| Adaptive::new(dim, count)),
            filter: Filter::default(),
            newton: Newton::new(dim, count),
            secant: Secant::new(dim),
            restoration: Restoration::new(dim, count),
            restoring: None,
            matrix: zeros(dim * dim),
            step: Step::new(dim, count),
            corrected: Step::new(dim, count),
            equations: zeros(count),
            sum: zeros(count),
            λ: zeros(count),
            rest: zeros(dim),
            other: zeros(dim),
        };
        Work { now: None, next: Iterate::blank(dim, count), other: Iterate::blank(dim, count), steps }
    }

    pub(super) fn memory(&mut self, dim: usize, count: usize, keeper: &mut Keeper<F>) {
        let steps = &mut self.steps;
        keeper.number("mu", &mut steps.barrier.μ);
        if let Some(adaptive) = &mut steps.adaptive {
            adaptive.memory(keeper);
        }
        steps.filter.memory(keeper);
        steps.newton.memory(keeper);
        steps.secant.memory(keeper);
        keeper.option("interior", &mut self.now, || Iterate::blank(dim, count), Iterate::memory);
        keeper.maybe("restoring", &mut steps.restoring);
    }

    /// One step from `at` to `next`.
    pub(super) fn step(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        next: &mut Point<F>,
        duals: &mut Duals,
    ) -> Result<Went, SolveError> {
        if self.now.is_none() {
            self.now = self.steps.begin(problem, oracle, at, next)?;
        }
        let Some(now) = &mut self.now else { return Ok(Went::Nowhere { flat: false }) };
        let went = self.steps.advance(problem, oracle, now, &mut self.next, &mut self.other)?;
        if went {
            std::mem::swap(now, &mut self.next);
        }
        now.duals(problem, duals);
        if !went {
            return Ok(Went::Nowhere { flat: false });
        }
        next.copy_from(&now.point);
        Ok(Went::On)
    }
}

impl Steps {
    /// The start, moved into the interior; `inside` is room for it.
    fn begin<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        inside: &mut Point<F>,
    ) -> Result<Option<Iterate<F>>, SolveError> {
        let x = Barrier::inside(&at.x, &problem.bounds);
        let point = if x == at.x {
            at.clone()
        } else if problem.visit(oracle, (&x, 0.0, &x), inside)? {
            inside.clone()
        } else {
            return Ok(None);
        };
        let mut now = Barrier::begin(problem, point, self.tolerance);
        self.newton.estimate_multipliers(problem, &mut now);
        self.filter.begin(now.violation());
        Ok(Some(now))
    }

    fn advance<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
        next: &mut Iterate<F>,
        other: &mut Iterate<F>,
    ) -> Result<bool, SolveError> {
        if let Some(target) = self.restoring {
            return self.restore(problem, oracle, now, next, target);
        }
        let least = self.tolerance / 10.0;
        let free = self.steer(problem, now, least);
        // The barrier falls as long as the conditions hold well enough.
        while free.is_none()
            && self.barrier.μ > least
            && now.error(problem, self.barrier.μ, &mut self.rest) <= SOLVED * self.barrier.μ
        {
            self.barrier.lower(least);
            self.filter.clear();
        }
        self.λ.iter_mut().zip(&now.y).for_each(|(λ, y)| *λ = -y);
        if !(self.exact && problem.hessian(oracle, &now.point.x, &self.λ, &mut self.matrix)?) {
            self.matrix.copy_from_slice(&self.secant.matrix);
        }
        if !self.newton.factorise(problem, now, &self.matrix) {
            return self.begin_restoring(problem, oracle, now, next, other);
        }
        self.equations.iter_mut().zip(now.equations()).for_each(|(to, e)| *to = e);
        if let (Some(rest), Some(adaptive)) = (free, &mut self.adaptive)
            && let Some(μ) = adaptive.choose(problem, now, &mut self.newton, &self.equations, &rest)
        {
            self.barrier.μ = μ.clamp(least, HIGHEST);
            self.filter.clear();
        }
        if !self.newton.solve(problem, now, &self.equations, self.barrier.μ, &mut self.step) {
            return self.begin_restoring(problem, oracle, now, next, other);
        }
        let (step, μ) = (&self.step, self.barrier.μ);
        let τ = (1.0 - μ).max(0.99);
        let longest = now.longest(problem, (&step.x, &step.s), τ);
        let left = Left {
            θ: now.violation(),
            φ: now.barrier_value(problem, μ),
            slope: now.barrier_slope(problem, step, μ),
        };

        // Steps that change nothing but rounding are taken as they are.
        let relative = step.x.iter().zip(&now.point.x).map(|(d, x)| d.abs() / (1.0 + x.abs()));
        let tiny = relative.fold(0.0_f64, f64::max) < 10.0 * f64::EPSILON;

        let mut length = longest;
        let shortest = SHORTEST * self.filter.shortest(left.θ, left.slope);
        let mut first = true;
        while length >= shortest.min(longest) && length > 1e-18 {
            if !now.moved(problem, oracle, (length, &self.step.x, &self.step.s), next)? {
                (length, first) = (0.3 * length, false);
                continue;
            }
            if tiny || self.accepts(problem, left, next, length) {
                if self.arrive(problem, oracle, now, next, length, false)? {
                    return Ok(true);
                }
                (length, first) = (0.3 * length, false);
                continue;
            }
            let θ = next.violation();
            if first
                && θ >= left.θ
                && θ.is_finite()
                && self.correct(problem, oracle, now, next, other, length, left)?
            {
                return Ok(true);
            }
            first = false;
            length *= 0.5;
        }
        self.begin_restoring(problem, oracle, now, next, other)
    }

    /// What is left of the conditions where the step is to choose μ by it; none where μ goes its own way.
    fn steer<F: Scalar>(&mut self, problem: &Problem<F>, now: &Iterate<F>, least: f64) -> Option<Rest> {
        let adaptive = self.adaptive.as_mut()?;
        let rest = now.rest(problem, &mut self.rest)?;
        match adaptive.hear(&rest) {
            Says::Step => return Some(rest),
            Says::Before => {}
            Says::Beginning(μ) => {
                self.barrier.μ = μ.clamp(least, HIGHEST);
                self.filter.clear();
            }
        }
        None
    }

    /// Whether the filter takes a trial; it learns of a point that was left for less violation.
    fn accepts<F: Scalar>(
        &mut self,
        problem: &Problem<F>,
        left: Left,
        trial: &Iterate<F>,
        length: f64,
    ) -> bool {
        let (θ, φ) = (trial.violation(), trial.barrier_value(problem, self.barrier.μ));
        let judged = self.filter.judge((left.θ, left.φ), (θ, φ), left.slope, length);
        if judged.accepted && !judged.by_value {
            self.filter.add(left.θ, left.φ);
        }
        judged.accepted
    }

    /// Second-order corrections: the functions at the trial's end stand for their curvature. `next` is the trial, and where a correction leads.
    #[expect(clippy::too_many_arguments, reason = "what the search knows of the first trial")]
    fn correct<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
        next: &mut Iterate<F>,
        other: &mut Iterate<F>,
        length: f64,
        left: Left,
    ) -> Result<bool, SolveError> {
        let τ = (1.0 - self.barrier.μ).max(0.99);
        self.sum.copy_from_slice(&self.equations);
        let (mut last, mut factor) = (next.violation(), length);
        for _ in 0..self.settings.corrections {
            for (sum, e) in self.sum.iter_mut().zip(next.equations()) {
                *sum = factor * *sum + e;
            }
            let step = &mut self.corrected;
            if !self.newton.solve(problem, now, &self.sum, self.barrier.μ, step) {
                return Ok(false);
            }
            factor = now.longest(problem, (&step.x, &step.s), τ);
            if !now.moved(problem, oracle, (factor, &step.x, &step.s), other)? {
                return Ok(false);
            }
            std::mem::swap(next, other);
            if self.accepts(problem, left, next, length) {
                return self.arrive(problem, oracle, now, next, factor, true);
            }
            let θ = next.violation();
            if θ > 0.99 * last {
                return Ok(false);
            }
            last = θ;
        }
        Ok(false)
    }

    /// The derivatives and multipliers of the next iterate, and what the step, perhaps a corrected one, teaches; `false` if something is not
    /// finite there.
    fn arrive<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
        next: &mut Iterate<F>,
        length: f64,
        corrected: bool,
    ) -> Result<bool, SolveError> {
        if !problem.learn(oracle, &mut next.point)? {
            return Ok(false);
        }
        let step = if corrected { &self.corrected } else { &self.step };
        let dual = now.longest_dual(step, (1.0 - self.barrier.μ).max(0.99));
        next.advance_duals(problem, now, step, length, dual, self.barrier.μ);
        if !self.exact {
            let (y, before) = (&mut self.rest, &mut self.other);
            next.gradient(&next.y, y);
            now.gradient(&next.y, before);
            y.iter_mut().zip(&*before).for_each(|(y, before)| *y -= before);
            let s = before;
            along(&next.point.x, -1.0, &now.point.x, s);
            self.secant.learn(s, y);
        }
        Ok(true)
    }

    fn begin_restoring<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
        next: &mut Iterate<F>,
        other: &mut Iterate<F>,
    ) -> Result<bool, SolveError> {
        let θ = now.violation();
        if θ <= 1e-2 * self.tolerance {
            // Nothing to restore: the model was wrong.
            if self.exact || self.secant.is_blank() {
                return Ok(false);
            }
            self.secant.forget();
            return self.advance(problem, oracle, now, next, other);
        }
        self.filter.add(θ, now.barrier_value(problem, self.barrier.μ));
        self.restoring = Some(θ);
        self.restore(problem, oracle, now, next, θ)
    }

    /// One step towards less violation; back to the barrier when the filter takes the point.
    fn restore<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
        next: &mut Iterate<F>,
        target: f64,
    ) -> Result<bool, SolveError> {
        if !self.restoration.restore(problem, oracle, now, next)? {
            return Ok(false);
        }
        let (θ, φ) = (next.violation(), next.barrier_value(problem, self.barrier.μ));
        if θ <= 0.9 * target && self.filter.takes(θ, φ) {
            self.restoring = None;
            self.barrier.refresh(problem, next);
            self.newton.estimate_multipliers(problem, next);
            self.secant.forget();
        } else if θ <= 1e-2 * self.tolerance {
            self.restoring = None;
            self.filter.clear();
            self.barrier.refresh(problem, next);
            self.newton.estimate_multipliers(problem, next);
        }
        Ok(true)
    }
}
