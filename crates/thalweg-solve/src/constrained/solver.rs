//! [`Solver`]: any of the methods for functions at work, and when it has come to an end.

use thalweg_spec::{Call, Options as Arguments, SpecError, Value};

use super::problem::{Duals, FAR, Point, Problem, largest, left_of};
use super::{Constrained, augmented, interior, sqp};
use crate::checkpoint::Keeper;
use crate::descent::Stepped;
use crate::objective::Oracle;
use crate::scalar::narrow;
use crate::{Constraint, Kkt, Options, Scalar, SolveError, Status};

/// Where the second derivatives of the Lagrangian come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curvature {
    /// From objective and functions if they have them, else from the steps.
    Auto,
    /// From objective and functions.
    Exact,
    /// From the steps.
    Bfgs,
}

impl Curvature {
    const NAMES: [&'static str; 3] = ["auto", "exact", "bfgs"];

    pub(super) fn read(options: &Arguments<'_>, key: &str) -> Result<Option<Self>, SpecError> {
        Ok(match options.choice(key, &Self::NAMES)? {
            Some("exact") => Some(Curvature::Exact),
            Some("bfgs") => Some(Curvature::Bfgs),
            Some(_) => Some(Curvature::Auto),
            None => None,
        })
    }

    pub(super) fn call(self) -> Value {
        Call::new(Self::NAMES[self as usize]).into()
    }
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Went {
    /// To the next point.
    On,
    /// No trial was good enough. `flat`: because all differ by rounding only.
    Nowhere { flat: bool },
}

enum Work<F> {
    Augmented(Box<augmented::Work>),
    Interior(Box<interior::Work<F>>),
    Sqp(Box<sqp::Work<F>>),
}

/// When a run has converged.
struct Tolerances {
    /// Of the scaled conditions.
    scaled: f64,
    /// Of the gradient of the Lagrangian, if one was asked for.
    gradient: Option<f64>,
    relative: Option<f64>,
}

pub(crate) struct Solver<F> {
    problem: Problem<F>,
    work: Work<F>,
    at: Option<Point<F>>,
    /// Where a step goes to.
    next: Point<F>,
    duals: Duals,
    tolerances: Tolerances,
    /// How many functions each constraint has.
    counts: Vec<usize>,
}

impl<F: Scalar> Solver<F> {
    pub(crate) fn new(
        method: &Constrained,
        options: &Options,
        dim: usize,
        has_hessian: bool,
    ) -> Result<Self, SolveError> {
        let bounds = match options.set()? {
            Some(Constraint::Box(bounds)) => Some(bounds),
            _ => None,
        };
        let mut problem = Problem::new(&options.constraints, bounds.as_ref(), dim, has_hessian)?;
        crate::descent::dense(dim + problem.count())?;
        let exact = match method.curvature() {
            Curvature::Auto => problem.has_hessian,
            Curvature::Bfgs => false,
            Curvature::Exact if problem.has_hessian => true,
            Curvature::Exact => {
                return Err(SolveError::Missing { needs: method.name(), what: "the Hessian" });
            }
        };
        if exact {
            problem.prepare()?;
        }
        let scaled = if size_of::<F>() == 4 { 1e-4 } else { 1e-8 };
        let work = match method {
            Constrained::AugmentedLagrangian(settings) => Work::Augmented(Box::new(augmented::Work::new(
                *settings,
                dim,
                problem.count(),
                exact,
                scaled,
            ))),
            Constrained::InteriorPoint(settings) => {
                Work::Interior(Box::new(interior::Work::new(*settings, dim, problem.count(), exact, scaled)))
            }
            Constrained::Sqp(settings) => {
                Work::Sqp(Box::new(sqp::Work::new(*settings, dim, problem.count(), exact)))
            }
        };
        let duals = Duals { λ: vec![0.0; problem.count()], z: vec![0.0; dim] };
        let counts = options.constraints.iter().map(|constraint| match constraint {
            Constraint::Function(relation) => relation.count(),
            _ => 0,
        });
        Ok(Solver {
            work,
            at: None,
            next: Point::blank(dim, problem.count()),
            duals,
            tolerances: Tolerances { scaled, gradient: options.grad_tol, relative: options.grad_rtol },
            counts: counts.collect(),
            problem,
        })
    }

    /// One step from x, where value and gradient are `out`, to `x_after` and `out_after`.
    pub(crate) fn step(
        &mut self,
        oracle: &mut impl Oracle<F>,
        x: &[F],
        out: &[F],
        x_after: &mut [F],
        out_after: &mut [F],
    ) -> Result<Stepped, SolveError> {
        let ended = |moved, status| Ok(Stepped::Ended { moved, status });
        let mut at = if let Some(at) = self.at.take() {
            at
        } else {
            let mut at = Point::blank(self.problem.dim(), self.problem.count());
            if !self.problem.begin(x, out, &mut at)? {
                return ended(false, Status::Diverged);
            }
            self.problem.held_by_bounds(&at, &mut self.duals);
            let steepest = largest(&at.g);
            if let Some(relative) = self.tolerances.relative {
                let absolute = self.tolerances.gradient.unwrap_or(0.0);
                self.tolerances.gradient = Some(absolute.max(relative * steepest));
            }
            if self.has_converged(&at) {
                self.at = Some(at);
                return ended(false, Status::ConvergedGradient);
            }
            at
        };
        let (problem, duals, next) = (&mut self.problem, &mut self.duals, &mut self.next);
        let went = match &mut self.work {
            Work::Augmented(work) => work.step(problem, oracle, &at, next, duals)?,
            Work::Interior(work) => work.step(problem, oracle, &at, next, duals)?,
            Work::Sqp(work) => work.step(problem, oracle, &at, next, duals)?,
        };
        match went {
            Went::On => {
                std::mem::swap(&mut at, &mut self.next);
                let point = &at;
                if !matches!(self.work, Work::Interior(_)) {
                    self.problem.held_by_bounds(point, &mut self.duals);
                }
                for (to, &x) in x_after.iter_mut().zip(&point.x) {
                    *to = narrow(x);
                }
                out_after.copy_from_slice(&point.out);
                let far = largest(&point.x) > FAR || point.f < -1e40;
                let status = if far {
                    Some(Status::Diverged)
                } else if self.has_converged(point) {
                    Some(Status::ConvergedGradient)
                } else if self.problem.is_stuck_outside(point, self.tolerances.scaled) {
                    Some(Status::Infeasible)
                } else {
                    None
                };
                let residual = self.problem.residuals(point, &self.duals).largest();
                self.at = Some(at);
                match status {
                    Some(status) => ended(true, status),
                    None => Ok(Stepped::Moved { largest: residual }),
                }
            }
            Went::Nowhere { flat } => {
                if !matches!(self.work, Work::Interior(_)) {
                    self.problem.held_by_bounds(&at, &mut self.duals);
                }
                let residuals = self.problem.residuals(&at, &self.duals);
                let feasible = residuals.violation <= 100.0 * self.tolerances.scaled;
                let status = if self.has_converged(&at) {
                    Status::ConvergedGradient
                } else if self.problem.is_stuck_outside(&at, 100.0 * self.tolerances.scaled) {
                    Status::Infeasible
                } else if feasible && (flat || residuals.largest() <= 1e3 * self.tolerances.scaled) {
                    Status::ConvergedValue
                } else {
                    Status::LineSearchFailed
                };
                self.at = Some(at);
                ended(false, status)
            }
        }
    }

    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) {
        let (dim, count) = (self.problem.dim(), self.problem.count());
        self.problem.memory(keeper);
        keeper.numbers("multipliers", &mut self.duals.λ);
        keeper.numbers("multipliers_of_bounds", &mut self.duals.z);
        keeper.maybe("tolerance", &mut self.tolerances.gradient);
        keeper.option("at", &mut self.at, || Point::blank(dim, count), Point::memory);
        match &mut self.work {
            Work::Augmented(work) => work.memory(dim, keeper),
            Work::Interior(work) => work.memory(dim, count, keeper),
            Work::Sqp(work) => work.memory(keeper),
        }
    }

    fn has_converged(&mut self, at: &Point<F>) -> bool {
        let residuals = self.problem.residuals(at, &self.duals);
        match self.tolerances.gradient {
            None => residuals.largest() <= self.tolerances.scaled,
            Some(most) => {
                residuals.violation <= self.tolerances.scaled.max(most.min(1e-6))
                    && residuals.complementarity <= most.max(1e-10)
                    && {
                        let left = self.problem.left(at, &self.duals);
                        self.problem.own_stationarity(left) <= most
                    }
            }
        }
    }

    /// How far the run is outside of the functions' ends; what is within the tolerance counts as nothing.
    pub(crate) fn violation(&self) -> f64 {
        let at = self.at.as_ref();
        let violation = at.map_or(f64::INFINITY, |at| self.problem.violation(at));
        if violation <= self.tolerances.scaled { 0.0 } else { violation }
    }

    /// Multipliers and residuals where the run is.
    pub(crate) fn kkt(&self) -> Option<Kkt<F>> {
        let at = self.at.as_ref()?;
        let own = self.problem.own_duals(&self.duals);
        let left = left_of(at, &self.duals, &mut vec![0.0; own.z.len()]);
        let mut rest = own.λ.as_slice();
        let mut multipliers = Vec::with_capacity(self.counts.len());
        for &count in &self.counts {
            let (now, later) = rest.split_at(count);
            multipliers.push(now.iter().map(|λ| narrow(*λ)).collect());
            rest = later;
        }
        Some(Kkt {
            multipliers,
            bounds: own.z.iter().map(|z| narrow(*z)).collect(),
            violation: narrow(self.problem.own_violation(at)),
            stationarity: narrow(self.problem.own_stationarity(left)),
        })
    }
}
