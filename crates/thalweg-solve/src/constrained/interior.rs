//! [`InteriorPoint`]: a primal–dual method that goes through the interior of the bounds.

use thalweg_spec::{Call, Options, SpecError};

use super::barrier::{Barrier, Iterate};
use super::filter::Filter;
use super::newton::Newton;
use super::problem::{Duals, Point, Problem};
use super::restoration::restore;
use super::secant::Secant;
use super::solver::{Curvature, Went};
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::search::within;
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "interior_point";
pub(super) const SUMMARY: &str =
    "primal-dual interior points under functions and bounds: robust, one indefinite system a step";

/// A primal–dual interior-point method: functions between two different ends get a slack, `c(x) − s = 0`, and x and s stay inside their
/// bounds by a barrier whose weight μ falls to 0. Each step is one of Newton's method on
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
/// Wächter and Biegler, *On the implementation of an interior-point filter line-search algorithm for large-scale nonlinear programming*,
/// Mathematical Programming 106, 2006; Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapter 19.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InteriorPoint {
    /// Where second derivatives come from.
    pub hessian: Curvature,
    /// μ at the start.
    pub mu: f64,
    /// Second-order corrections of a step.
    pub corrections: u32,
}

impl Default for InteriorPoint {
    fn default() -> Self {
        InteriorPoint { hessian: Curvature::Auto, mu: 0.1, corrections: 4 }
    }
}

impl InteriorPoint {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["hessian", "mu", "corrections"])?;
        let blank = InteriorPoint::default();
        Ok(InteriorPoint {
            hessian: Curvature::read(&options, "hessian")?.unwrap_or(blank.hessian),
            mu: options.number_where("mu", blank.mu, "positive and finite", positive)?,
            corrections: options.whole("corrections", 0, 100)?.map_or(blank.corrections, |n| n as u32),
        })
    }

    pub(super) fn call(&self) -> Call {
        Call::new(NAME)
            .with("hessian", self.hessian.call())
            .with("mu", self.mu)
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

/// A part of the Newton step's length at which the search gives up.
const SHORTEST: f64 = 0.05;

/// The method at work.
pub(super) struct Work<F> {
    settings: InteriorPoint,
    exact: bool,
    tolerance: f64,
    barrier: Barrier,
    filter: Filter,
    newton: Newton,
    secant: Secant,
    /// Where the run is, once it has begun.
    now: Option<Iterate<F>>,
    /// Whether the violation alone is being minimised, and what it was when that began.
    restoring: Option<f64>,
    matrix: Vec<f64>,
}

impl<F: Scalar> Work<F> {
    pub(super) fn new(
        settings: InteriorPoint,
        dim: usize,
        count: usize,
        exact: bool,
        tolerance: f64,
    ) -> Self {
        Work {
            settings,
            exact,
            tolerance,
            barrier: Barrier::new(settings.mu),
            filter: Filter::default(),
            newton: Newton::new(dim, count),
            secant: Secant::new(dim),
            now: None,
            restoring: None,
            matrix: vec![0.0; dim * dim],
        }
    }

    pub(super) fn memory(&mut self, dim: usize, count: usize, keeper: &mut Keeper<F>) {
        keeper.number("mu", &mut self.barrier.μ);
        self.filter.memory(keeper);
        self.newton.memory(keeper);
        self.secant.memory(keeper);
        keeper.option("interior", &mut self.now, || Iterate::blank(dim, count), Iterate::memory);
        keeper.maybe("restoring", &mut self.restoring);
    }

    /// One step.
    pub(super) fn step(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        duals: &mut Duals,
    ) -> Result<Went<F>, SolveError> {
        let now = match self.now.take() {
            Some(now) => now,
            None => match self.begin(problem, oracle, at)? {
                Some(now) => now,
                None => return Ok(Went::Nowhere { flat: false }),
            },
        };
        let (next, went) = match self.advance(problem, oracle, &now)? {
            Some(next) => (next, true),
            None => (now, false),
        };
        next.duals(problem, duals);
        let went = if went { Went::To(Box::new(next.point.clone())) } else { Went::Nowhere { flat: false } };
        self.now = Some(next);
        Ok(went)
    }

    /// The start, moved into the interior.
    fn begin(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
    ) -> Result<Option<Iterate<F>>, SolveError> {
        let inside = Barrier::inside(&at.x, &problem.bounds);
        let point = if inside == at.x { Some(at.clone()) } else { problem.visit(oracle, &inside)? };
        let Some(point) = point else { return Ok(None) };
        let mut now = Barrier::begin(problem, point, self.tolerance);
        self.newton.estimate_multipliers(problem, &mut now);
        let θ = now.violation();
        self.filter.begin(θ);
        Ok(Some(now))
    }

    fn advance(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
    ) -> Result<Option<Iterate<F>>, SolveError> {
        if let Some(target) = self.restoring {
            return self.restore(problem, oracle, now, target);
        }
        // The barrier falls as long as the conditions hold well enough.
        let least = self.tolerance / 10.0;
        while self.barrier.μ > least && now.error(problem, self.barrier.μ) <= SOLVED * self.barrier.μ {
            self.barrier.lower(least);
            self.filter.clear();
        }
        if self.exact {
            let λ: Vec<f64> = now.y.iter().map(|y| -y).collect();
            if !problem.hessian(oracle, &now.point.x, &λ, &mut self.matrix)? {
                self.matrix.copy_from_slice(&self.secant.matrix);
            }
        } else {
            self.matrix.copy_from_slice(&self.secant.matrix);
        }
        if !self.newton.factorise(problem, now, &self.matrix) {
            return self.begin_restoring(problem, oracle, now);
        }
        let constraints = now.equations();
        let step = self.newton.solve(problem, now, &constraints, self.barrier.μ);
        let Some(step) = step else { return self.begin_restoring(problem, oracle, now) };
        let τ = (1.0 - self.barrier.μ).max(0.99);
        let longest = now.longest(problem, &step, τ);
        let dual = now.longest_dual(&step, τ);
        let (θ, φ) = (now.violation(), now.barrier_value(problem, self.barrier.μ));
        let slope = now.barrier_slope(problem, &step, self.barrier.μ);

        // Steps that change nothing but rounding are taken as they are.
        let relative = step.x.iter().zip(&now.point.x).map(|(d, x)| d.abs() / (1.0 + x.abs()));
        let tiny = relative.fold(0.0_f64, f64::max) < 10.0 * f64::EPSILON;

        let mut length = longest;
        let shortest = SHORTEST * self.filter.shortest(θ, slope);
        let mut first = true;
        while length >= shortest.min(longest) && length > 1e-18 {
            let Some(trial) = now.moved(problem, oracle, &step, length)? else {
                (length, first) = (0.3 * length, false);
                continue;
            };
            let (θ_new, φ_new) = (trial.violation(), trial.barrier_value(problem, self.barrier.μ));
            let judged = self.filter.judge((θ, φ), (θ_new, φ_new), slope, length);
            if tiny || judged.accepted {
                if !judged.by_value && !tiny {
                    self.filter.add(θ, φ);
                }
                return Ok(Some(self.arrive(problem, now, trial, &step, length, dual)));
            }
            if first && θ_new >= θ && θ_new.is_finite() {
                let corrected =
                    self.correct(problem, oracle, now, trial, &constraints, length, (θ, φ, slope))?;
                if let Some(next) = corrected {
                    return Ok(Some(next));
                }
            }
            first = false;
            length *= 0.5;
        }
        self.begin_restoring(problem, oracle, now)
    }

    /// Second-order corrections: the functions at the trial's end stand for their curvature.
    #[expect(clippy::too_many_arguments, reason = "what the search knows of the first trial")]
    fn correct(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
        trial: Iterate<F>,
        constraints: &[f64],
        length: f64,
        (θ, φ, slope): (f64, f64, f64),
    ) -> Result<Option<Iterate<F>>, SolveError> {
        let τ = (1.0 - self.barrier.μ).max(0.99);
        let mut sum = constraints.to_vec();
        let (mut last, mut factor, mut at) = (trial.violation(), length, trial);
        for _ in 0..self.settings.corrections {
            for (sum, e) in sum.iter_mut().zip(at.equations()) {
                *sum = factor * *sum + e;
            }
            let Some(step) = self.newton.solve(problem, now, &sum, self.barrier.μ) else { return Ok(None) };
            factor = now.longest(problem, &step, τ);
            let Some(next) = now.moved(problem, oracle, &step, factor)? else { return Ok(None) };
            let (θ_new, φ_new) = (next.violation(), next.barrier_value(problem, self.barrier.μ));
            let judged = self.filter.judge((θ, φ), (θ_new, φ_new), slope, length);
            if judged.accepted {
                if !judged.by_value {
                    self.filter.add(θ, φ);
                }
                let dual = now.longest_dual(&step, τ);
                return Ok(Some(self.arrive(problem, now, next, &step, factor, dual)));
            }
            if θ_new > 0.99 * last {
                return Ok(None);
            }
            (last, at) = (θ_new, next);
        }
        Ok(None)
    }

    /// The multipliers of the next iterate, and what the step teaches.
    fn arrive(
        &mut self,
        problem: &Problem<F>,
        now: &Iterate<F>,
        mut next: Iterate<F>,
        step: &super::barrier::Step,
        length: f64,
        dual: f64,
    ) -> Iterate<F> {
        next.advance_duals(problem, now, step, length, dual, self.barrier.μ);
        if !self.exact {
            let s: Vec<f64> = next.point.x.iter().zip(&now.point.x).map(|(a, b)| a - b).collect();
            let (after, before) = (next.gradient(&next.y), now.gradient(&next.y));
            let y: Vec<f64> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
            self.secant.learn(&s, &y);
        }
        next
    }

    fn begin_restoring(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
    ) -> Result<Option<Iterate<F>>, SolveError> {
        let θ = now.violation();
        if θ <= 1e-2 * self.tolerance {
            // Nothing to restore: the model was wrong.
            if self.exact || self.secant.is_blank() {
                return Ok(None);
            }
            self.secant.forget();
            return self.advance(problem, oracle, now);
        }
        self.filter.add(θ, now.barrier_value(problem, self.barrier.μ));
        self.restoring = Some(θ);
        self.restore(problem, oracle, now, θ)
    }

    /// One step towards less violation; back to the barrier when the filter takes the point.
    fn restore(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        now: &Iterate<F>,
        target: f64,
    ) -> Result<Option<Iterate<F>>, SolveError> {
        let Some(mut next) = restore(problem, oracle, now)? else { return Ok(None) };
        let (θ, φ) = (next.violation(), next.barrier_value(problem, self.barrier.μ));
        if θ <= 0.9 * target && self.filter.takes(θ, φ) {
            self.restoring = None;
            self.barrier.refresh(problem, &mut next);
            self.newton.estimate_multipliers(problem, &mut next);
            self.secant.forget();
        } else if θ <= 1e-2 * self.tolerance {
            self.restoring = None;
            self.filter.clear();
            self.barrier.refresh(problem, &mut next);
            self.newton.estimate_multipliers(problem, &mut next);
        }
        Ok(Some(next))
    }
}
