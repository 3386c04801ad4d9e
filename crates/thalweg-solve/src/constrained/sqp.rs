//! [`Sqp`]: sequential quadratic programming.

use thalweg_spec::{Call, Options, SpecError};

use super::convexify::Convexify;
use super::problem::{
    Duals, Point, Problem, add_transposed, along, dot, gradient_of_lagrangian, largest, norm, times,
};
use super::quadratic::{Minimum, Quadratic, Solved};
use super::secant::Secant;
use super::solver::{Curvature, Went};
use crate::checkpoint::Keeper;
use crate::objective::Oracle;
use crate::search::within;
use crate::{Scalar, SolveError};

pub(super) const NAME: &str = "sqp";
pub(super) const SUMMARY: &str =
    "sequential quadratic programming under functions: few evaluations, dense matrices";

/// Sequential quadratic programming: each step minimises a quadratic model of the Lagrangian under linearised functions,
///
/// ```text
/// min ½dᵀBd + ∇fᵀd   where   low ≤ c + Jd ≤ high,   lowest ≤ x + d ≤ highest
/// ```
///
/// by the dual active-set method of Goldfarb and Idnani, and goes along d until the merit f + ν‖v‖ falls, v being by how much each
/// function is outside of its ends. B is the Hessian of the Lagrangian, made positive definite where that changes no step between
/// active functions (J_aᵀJ_a is added) and by its eigenvalues elsewhere; or it is learnt from the steps (damped BFGS). A full step
/// that the merit refuses is tried again with the curvature of the functions (second-order correction: the remedy against Maratos'
/// effect). Where the linearised functions contradict each other they are made soft, at a price that grows.
///
/// Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapter 18; Powell 1978; Gill, Murray and Saunders, *SNOPT*, SIAM Review 47, 2005
/// (elastic mode).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sqp {
    /// Where second derivatives come from.
    pub hessian: Curvature,
    /// Trials for a step before it is given up.
    pub trials: u32,
}

impl Default for Sqp {
    fn default() -> Self {
        Sqp { hessian: Curvature::Auto, trials: 40 }
    }
}

impl Sqp {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, super::KIND, &["hessian", "trials"])?;
        let blank = Sqp::default();
        Ok(Sqp {
            hessian: Curvature::read(&options, "hessian")?.unwrap_or(blank.hessian),
            trials: options.whole("trials", 1, 1000)?.map_or(blank.trials, |n| n as u32),
        })
    }

    pub(super) fn call(self) -> Call {
        Call::new(NAME).with("hessian", self.hessian.call()).with("trials", f64::from(self.trials))
    }

    pub(super) fn check(self) -> Result<(), SolveError> {
        within("sqp's trials", f64::from(self.trials), "at least 1", |n| n >= 1.0)
    }
}

/// A step is taken if the merit falls by this part of what its slope promises.
const ENOUGH: f64 = 1e-4;

/// This part of the model's fall in violation must show in the merit.
const SHARE: f64 = 0.3;

/// The price of softness, at first and at most.
const PRICES: (f64, f64) = (1e3, 1e9);

/// The method at work.
pub(super) struct Work {
    settings: Sqp,
    exact: bool,
    secant: Secant,
    convexify: Convexify,
    /// ν.
    penalty: f64,
    price: f64,
    matrix: Vec<f64>,
    /// Whether the linearised functions are soft at the next step.
    soft: bool,
}

/// A step of the model.
struct Step {
    d: Vec<f64>,
    duals: Duals,
    /// ‖v‖ where the linearised functions are after the step.
    left: f64,
    /// dᵀBd.
    form: f64,
}

impl Work {
    pub(super) fn new(settings: Sqp, dim: usize, exact: bool) -> Self {
        Work {
            settings,
            exact,
            secant: Secant::new(dim),
            convexify: Convexify::new(dim),
            penalty: 0.0,
            price: PRICES.0,
            matrix: vec![0.0; dim * dim],
            soft: false,
        }
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        self.secant.memory(keeper);
        self.convexify.memory(keeper);
        keeper.number("penalty", &mut self.penalty);
        keeper.number("price", &mut self.price);
        keeper.flag("soft", &mut self.soft);
    }

    /// One step from `at`.
    pub(super) fn step<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        duals: &mut Duals,
    ) -> Result<Went<F>, SolveError> {
        for fresh in [false, true] {
            if fresh {
                // Once more without what was learnt, and with soft functions.
                self.secant.forget();
                self.soft = true;
            }
            self.model(problem, oracle, at, duals)?;
            let Some(step) = self.direction(problem, at) else { continue };
            let went = self.walk(problem, oracle, at, duals, &step)?;
            if !matches!(went, Went::Nowhere { .. }) || fresh {
                return Ok(went);
            }
        }
        Ok(Went::Nowhere { flat: false })
    }

    /// `matrix ←` B.
    fn model<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        duals: &Duals,
    ) -> Result<(), SolveError> {
        if !self.exact {
            self.matrix.copy_from_slice(&self.secant.matrix);
            return Ok(());
        }
        if !problem.hessian(oracle, &at.x, &duals.λ, &mut self.matrix)? {
            self.matrix.copy_from_slice(&self.secant.matrix);
            return Ok(());
        }
        let rest = gradient_of_lagrangian(at, &duals.λ);
        let rest = rest.iter().zip(&duals.z).fold(0.0_f64, |most, (r, z)| most.max((r - z).abs()));
        let floor = 1e-3 * rest / largest(&at.x).max(1.0);
        self.convexify.apply(&mut self.matrix, floor);
        Ok(())
    }

    /// The step of the model, with soft functions where hard ones contradict each other.
    fn direction<F: Scalar>(&mut self, problem: &Problem<F>, at: &Point<F>) -> Option<Step> {
        let shift = |value: f64, (low, high): (f64, f64)| (low - value, high - value);
        let ends: Vec<_> = at.c.iter().zip(&problem.ends).map(|(c, ends)| shift(*c, *ends)).collect();
        let bounds: Vec<_> = at.x.iter().zip(&problem.bounds).map(|(x, ends)| shift(*x, *ends)).collect();
        if !self.soft {
            let hard =
                Quadratic { matrix: &self.matrix, g: &at.g, rows: &at.j, ends: &ends, bounds: &bounds };
            if let Solved::Minimum(minimum) = hard.solve()
                && largest(&minimum.λ) < 1e10
            {
                return Some(self.stepped(problem, at, minimum));
            }
        }
        self.soft = false;
        let now = norm(&problem.outside(&at.c));
        loop {
            let minimum = self.soften(at, &ends, &bounds)?;
            let step = self.stepped(problem, at, minimum);
            if step.left < 0.999 * now || now == 0.0 || self.price >= PRICES.1 {
                return Some(step);
            }
            self.price *= 10.0;
        }
    }

    /// The model's minimum with `½·price·‖s‖²` added and low ≤ c + Jd − s ≤ high.
    fn soften<F: Scalar>(
        &self,
        at: &Point<F>,
        ends: &[(f64, f64)],
        bounds: &[(f64, f64)],
    ) -> Option<Minimum> {
        let (n, m) = (at.x.len(), ends.len());
        let size = n + m;
        let mut matrix = vec![0.0; size * size];
        for i in 0..n {
            matrix[i * size..i * size + n].copy_from_slice(&self.matrix[i * n..(i + 1) * n]);
        }
        let mut rows = vec![0.0; m * size];
        for i in 0..m {
            matrix[(n + i) * (size + 1)] = self.price;
            rows[i * size..i * size + n].copy_from_slice(&at.j[i * n..(i + 1) * n]);
            rows[i * size + n + i] = -1.0;
        }
        let mut g = at.g.clone();
        g.resize(size, 0.0);
        let mut bounds = bounds.to_vec();
        bounds.resize(size, (f64::NEG_INFINITY, f64::INFINITY));
        let soft = Quadratic { matrix: &matrix, g: &g, rows: &rows, ends, bounds: &bounds };
        let Solved::Minimum(mut minimum) = soft.solve() else { return None };
        minimum.d.truncate(n);
        minimum.z.truncate(n);
        Some(minimum)
    }

    fn stepped<F: Scalar>(&self, problem: &Problem<F>, at: &Point<F>, minimum: Minimum) -> Step {
        let Minimum { d, mut λ, z } = minimum;
        if self.exact {
            self.convexify.correct(&d, &mut λ);
        }
        let after: Vec<f64> = at.c.iter().zip(times(&at.j, &d)).map(|(c, jd)| c + jd).collect();
        let left = norm(&problem.outside(&after));
        let form = dot(&d, &times(&self.matrix, &d));
        Step { d, duals: Duals { λ, z }, left, form }
    }

    /// Goes along a step until the merit falls enough.
    fn walk<F: Scalar>(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        duals: &mut Duals,
        step: &Step,
    ) -> Result<Went<F>, SolveError> {
        let now = norm(&problem.outside(&at.c));
        let slope = dot(&at.g, &step.d);
        let fall = now - step.left;
        if fall > 1e-15 * now {
            // The least ν for which the model's fall in the merit has its share of the fall in violation.
            let least = (slope + 0.5 * step.form.max(0.0)) / ((1.0 - SHARE) * fall);
            if self.penalty < least {
                self.penalty = 1.5 * least;
            }
        }
        let promised = slope - self.penalty * fall;
        let merit = at.f + self.penalty * now;
        let rounding = 10.0 * f64::EPSILON * (at.f.abs() + self.penalty * now).max(1e-3);
        let longest = largest(&step.d) / largest(&at.x).max(1.0);
        if promised > -rounding || longest < 1e-15 {
            // The multipliers may still become right.
            let same =
                step.duals.λ.iter().zip(&duals.λ).all(|(a, b)| (a - b).abs() <= 1e-10 * b.abs().max(1.0));
            *duals = step.duals.clone();
            if longest < 1e-12 && same {
                return Ok(Went::Nowhere { flat: true });
            }
        }
        let mut length = 1.0;
        let mut corrected = false;
        for _ in 0..self.settings.trials {
            let trial = problem.visit(oracle, &along(&at.x, length, &step.d))?;
            let Some(trial) = trial else {
                length *= 0.1;
                continue;
            };
            let enough = merit + ENOUGH * length * promised.min(0.0) + rounding;
            let outside = norm(&problem.outside(&trial.c));
            if trial.f + self.penalty * outside <= enough {
                if length < 1.0 {
                    self.relax(&step.duals);
                }
                return Ok(self.arrive(at, duals, &step.duals, length, trial));
            }
            if length == 1.0 && !corrected && !at.c.is_empty() {
                corrected = true;
                if let Some((by, better)) = self.correct(problem, at, step, &trial) {
                    let second = problem.visit(oracle, &along(&at.x, 1.0, &by))?;
                    if let Some(second) = second
                        && second.f + self.penalty * norm(&problem.outside(&second.c)) <= enough
                    {
                        let new = Duals { λ: better.λ, z: better.z };
                        return Ok(self.arrive(at, duals, &new, 1.0, second));
                    }
                }
            }
            // The minimum of the parabola through what is known, within reason.
            let rise = trial.f + self.penalty * outside - merit - length * promised;
            let guess = -0.5 * promised * length * length / rise;
            length = if guess.is_finite() { guess.clamp(0.1 * length, 0.5 * length) } else { 0.5 * length };
            if length * longest < 1e-16 {
                break;
            }
        }
        Ok(Went::Nowhere { flat: promised.abs() <= 100.0 * rounding })
    }

    /// Lowers ν after a step that had to be shortened, if it is far above the multipliers: from their norm on the merit is exact, and the more
    /// violation costs, the shorter are the steps along functions that bend. Half of it goes at a time, as in Powell's rule.
    fn relax(&mut self, duals: &Duals) {
        let exact = norm(&duals.λ);
        if self.penalty > 4.0 * exact {
            self.penalty = (0.5 * self.penalty).max(2.0 * exact);
        }
    }

    /// The step once more, with the functions as they are at the end of the first try.
    fn correct<F: Scalar>(
        &self,
        problem: &Problem<F>,
        at: &Point<F>,
        step: &Step,
        trial: &Point<F>,
    ) -> Option<(Vec<f64>, Duals)> {
        let linear = times(&at.j, &step.d);
        let ends: Vec<_> = trial
            .c
            .iter()
            .zip(&linear)
            .zip(&problem.ends)
            .map(|((c, jd), (low, high))| (low - (c - jd), high - (c - jd)))
            .collect();
        let bounds: Vec<_> =
            at.x.iter().zip(&problem.bounds).map(|(x, (low, high))| (low - x, high - x)).collect();
        let again = Quadratic { matrix: &self.matrix, g: &at.g, rows: &at.j, ends: &ends, bounds: &bounds };
        let Solved::Minimum(minimum) = again.solve() else { return None };
        let length = norm(&step.d);
        let near = norm(&minimum.d.iter().zip(&step.d).map(|(a, b)| a - b).collect::<Vec<_>>()) <= length;
        near.then_some((minimum.d, Duals { λ: minimum.λ, z: minimum.z }))
    }

    /// Learns from a step that was made.
    fn arrive<F: Scalar>(
        &mut self,
        at: &Point<F>,
        duals: &mut Duals,
        new: &Duals,
        length: f64,
        after: Point<F>,
    ) -> Went<F> {
        for (own, new) in duals.λ.iter_mut().zip(&new.λ) {
            *own += length * (new - *own);
        }
        let s: Vec<f64> = after.x.iter().zip(&at.x).map(|(a, b)| a - b).collect();
        if self.exact {
            self.convexify.active(at.x.len(), &after.j, &duals.λ);
        } else {
            let mut y: Vec<f64> = after.g.iter().zip(&at.g).map(|(a, b)| a - b).collect();
            add_transposed(&after.j, &new.λ, -1.0, &mut y);
            add_transposed(&at.j, &new.λ, 1.0, &mut y);
            self.secant.learn(&s, &y);
        }
        Went::To(Box::new(after))
    }
}
