//! [`Sqp`]: sequential quadratic programming.

use std::ops::Range;

use thalweg_spec::{Call, Options, SpecError};

use super::convexify::Convexify;
use super::problem::{Duals, Point, Problem, add_transposed, along, dot, largest, norm, times};
use super::quadratic::{Quadratic, Room, Solved};
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
/// active functions (J_aᵀJ_a is added) and by its eigenvalues elsewhere; or it is learnt from the steps (damped BFGS). Trials along d ask
/// for values; gradients are taken where a step ends. A full step that the merit refuses, and that came no nearer to the functions' ends,
/// is tried again with the curvature of the functions (second-order correction: the remedy against Maratos' effect); one that the merit
/// takes is left for the minimum of the parabola along d where that is well before or beyond it. Where the linearised functions contradict
/// each other they are made soft, at a price that grows.
///
/// Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapter 18; Powell 1978; Gill, Murray and Saunders, *SNOPT*, SIAM Review 47, 2005
/// (elastic mode); Wächter and Biegler 2006, section 2.4 (when to correct).
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

/// Minima of the merit at these shares of a full step are near enough to it; they are looked for up to the longest.
const GOOD: Range<f64> = 0.7..1.6;
const LONGEST: f64 = 2.0;

/// The price of softness, at first and at most.
const PRICES: (f64, f64) = (1e3, 1e9);

/// The method at work.
pub(super) struct Work<F> {
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
    step: Step,
    /// The step once more, and where it ends.
    again: Step,
    second: Point<F>,
    /// Ends of the linearised functions and bounds of the step.
    ends: Vec<(f64, f64)>,
    bounds: Vec<(f64, f64)>,
    room: Room,
    softened: Softened,
    /// Room for a number of each function, and of each variable.
    of_functions: Vec<f64>,
    of_variables: Vec<f64>,
    other: Vec<f64>,
}

/// A step of the model.
#[derive(Default)]
struct Step {
    d: Vec<f64>,
    duals: Duals,
    /// ‖v‖ where the linearised functions are after the step.
    left: f64,
    /// dᵀBd.
    form: f64,
}

/// The model with soft functions, once it was needed.
#[derive(Default)]
struct Softened {
    matrix: Vec<f64>,
    rows: Vec<f64>,
    g: Vec<f64>,
    bounds: Vec<(f64, f64)>,
    room: Room,
}

impl<F: Scalar> Work<F> {
    pub(super) fn new(settings: Sqp, dim: usize, count: usize, exact: bool) -> Self {
        let zeros = |n| vec![0.0; n];
        let duals = || Duals { λ: zeros(count), z: zeros(dim) };
        let step = || Step { d: zeros(dim), duals: duals(), ..Step::default() };
        Work {
            settings,
            exact,
            secant: Secant::new(dim),
            convexify: Convexify::new(dim),
            penalty: 0.0,
            price: PRICES.0,
            matrix: zeros(dim * dim),
            soft: false,
            step: step(),
            again: step(),
            second: Point::blank(dim, count),
            ends: vec![(0.0, 0.0); count],
            bounds: vec![(0.0, 0.0); dim],
            room: Room::default(),
            softened: Softened::default(),
            of_functions: zeros(count),
            of_variables: zeros(dim),
            other: zeros(dim),
        }
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        self.secant.memory(keeper);
        self.convexify.memory(keeper);
        keeper.number("penalty", &mut self.penalty);
        keeper.number("price", &mut self.price);
        keeper.flag("soft", &mut self.soft);
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
        for fresh in [false, true] {
            if fresh {
                // Once more without what was learnt, and with soft functions.
                self.secant.forget();
                self.soft = true;
            }
            self.model(problem, oracle, at, duals)?;
            if !self.direction(problem, at) {
                continue;
            }
            let went = self.walk(problem, oracle, at, next, duals)?;
            if went == Went::On || fresh {
                return Ok(went);
            }
        }
        Ok(Went::Nowhere { flat: false })
    }

    /// `matrix ←` B.
    fn model(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        duals: &Duals,
    ) -> Result<(), SolveError> {
        if self.exact && problem.hessian(oracle, &at.x, &duals.λ, &mut self.matrix)? {
            let floor = 1e-3 * problem.left(at, duals) / largest(&at.x).max(1.0);
            self.convexify.apply(&mut self.matrix, floor);
        } else {
            self.matrix.copy_from_slice(&self.secant.matrix);
        }
        Ok(())
    }

    /// The step of the model, with soft functions where hard ones contradict each other; `false` if there is none.
    fn direction(&mut self, problem: &Problem<F>, at: &Point<F>) -> bool {
        let shift = |value: f64, (low, high): (f64, f64)| (low - value, high - value);
        for ((to, c), ends) in self.ends.iter_mut().zip(&at.c).zip(&problem.ends) {
            *to = shift(*c, *ends);
        }
        for ((to, x), ends) in self.bounds.iter_mut().zip(&at.x).zip(&problem.bounds) {
            *to = shift(*x, *ends);
        }
        if !self.soft && self.harden(at) && largest(&self.room.minimum.λ) < 1e10 {
            self.stepped(problem, at, false);
            return true;
        }
        self.soft = false;
        let now = problem.distance(&at.c);
        loop {
            if !self.soften(at) {
                return false;
            }
            self.stepped(problem, at, true);
            if self.step.left < 0.999 * now || now == 0.0 || self.price >= PRICES.1 {
                return true;
            }
            self.price *= 10.0;
        }
    }

    /// The model's minimum; whether there is one.
    fn harden(&mut self, at: &Point<F>) -> bool {
        let (matrix, ends, bounds) = (&self.matrix, &self.ends, &self.bounds);
        let hard = Quadratic { matrix, g: &at.g, rows: &at.j, ends, bounds };
        self.room.solve(&hard) == Solved::Minimum
    }

    /// The model's minimum with `½·price·‖s‖²` added and low ≤ c + Jd − s ≤ high; whether there is one.
    fn soften(&mut self, at: &Point<F>) -> bool {
        let (n, m) = (at.x.len(), self.ends.len());
        let size = n + m;
        let Softened { matrix, rows, g, bounds, room } = &mut self.softened;
        for (buffer, length) in [(&mut *matrix, size * size), (&mut *rows, m * size), (&mut *g, size)] {
            buffer.clear();
            buffer.resize(length, 0.0);
        }
        for i in 0..n {
            matrix[i * size..i * size + n].copy_from_slice(&self.matrix[i * n..(i + 1) * n]);
        }
        for i in 0..m {
            matrix[(n + i) * (size + 1)] = self.price;
            rows[i * size..i * size + n].copy_from_slice(&at.j[i * n..(i + 1) * n]);
            rows[i * size + n + i] = -1.0;
        }
        g[..n].copy_from_slice(&at.g);
        bounds.clear();
        bounds.extend_from_slice(&self.bounds);
        bounds.resize(size, (f64::NEG_INFINITY, f64::INFINITY));
        room.solve(&Quadratic { matrix, g, rows, ends: &self.ends, bounds }) == Solved::Minimum
    }

    /// `step ←` the minimum of the hard or soft model.
    fn stepped(&mut self, problem: &Problem<F>, at: &Point<F>, soft: bool) {
        let minimum = if soft { &self.softened.room.minimum } else { &self.room.minimum };
        let (step, n) = (&mut self.step, at.x.len());
        step.d.copy_from_slice(&minimum.d[..n]);
        step.duals.λ.copy_from_slice(&minimum.λ);
        step.duals.z.copy_from_slice(&minimum.z[..n]);
        let (jd, bd) = (&mut self.of_functions, &mut self.of_variables);
        if self.exact {
            self.convexify.correct(&step.d, &mut step.duals.λ, jd);
        }
        times(&at.j, &step.d, jd);
        jd.iter_mut().zip(&at.c).for_each(|(jd, c)| *jd += c);
        step.left = problem.distance(jd);
        times(&self.matrix, &step.d, bd);
        step.form = dot(&step.d, bd);
    }

    /// Goes along the step until the merit falls enough.
    fn walk(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        next: &mut Point<F>,
        duals: &mut Duals,
    ) -> Result<Went, SolveError> {
        let now = problem.distance(&at.c);
        let slope = dot(&at.g, &self.step.d);
        let fall = now - self.step.left;
        if fall > 1e-15 * now {
            // The least ν for which the model's fall in the merit has its share of the fall in violation.
            let least = (slope + 0.5 * self.step.form.max(0.0)) / ((1.0 - SHARE) * fall);
            if self.penalty < least {
                self.penalty = 1.5 * least;
            }
        }
        let promised = slope - self.penalty * fall;
        let merit = at.f + self.penalty * now;
        let rounding = 10.0 * f64::EPSILON * (at.f.abs() + self.penalty * now).max(1e-3);
        let longest = largest(&self.step.d) / largest(&at.x).max(1.0);
        if promised > -rounding || longest < 1e-15 {
            // The multipliers may still become right.
            let new = &self.step.duals;
            let same = new.λ.iter().zip(&duals.λ).all(|(a, b)| (a - b).abs() <= 1e-10 * b.abs().max(1.0));
            duals.λ.copy_from_slice(&new.λ);
            duals.z.copy_from_slice(&new.z);
            if longest < 1e-12 && same {
                return Ok(Went::Nowhere { flat: true });
            }
        }
        let mut length = 1.0;
        let mut corrected = false;
        for _ in 0..self.settings.trials {
            if !problem.look(oracle, (&at.x, length, &self.step.d), next)? {
                length *= 0.1;
                continue;
            }
            let enough = merit + ENOUGH * length * promised.min(0.0) + rounding;
            let outside = problem.distance(&next.c);
            if next.f + self.penalty * outside <= enough {
                if length == 1.0 && promised < -100.0 * rounding {
                    length = self.refine(problem, oracle, at, next, promised)?;
                }
                if !problem.learn(oracle, next)? {
                    length *= 0.1;
                    continue;
                }
                if length < 1.0 {
                    self.relax();
                }
                self.arrive(at, duals, false, length, next);
                return Ok(Went::On);
            }
            // Where the functions came nearer to their ends it is not their curvature that the merit refuses.
            if length == 1.0 && !corrected && outside > 0.0 && outside >= now {
                corrected = true;
                if self.correct(problem, at, next)
                    && problem.look(oracle, (&at.x, 1.0, &self.again.d), &mut self.second)?
                    && self.second.f + self.penalty * problem.distance(&self.second.c) <= enough
                    && problem.learn(oracle, &mut self.second)?
                {
                    std::mem::swap(next, &mut self.second);
                    self.arrive(at, duals, true, 1.0, next);
                    return Ok(Went::On);
                }
            }
            // The minimum of the parabola through what is known, within reason.
            let rise = next.f + self.penalty * outside - merit - length * promised;
            let guess = -0.5 * promised * length * length / rise;
            length = if guess.is_finite() { guess.clamp(0.1 * length, 0.5 * length) } else { 0.5 * length };
            if length * longest < 1e-16 {
                break;
            }
        }
        Ok(Went::Nowhere { flat: promised.abs() <= 100.0 * rounding })
    }

    /// Where the parabola through what is known of the merit has its minimum elsewhere, and the merit is lower there, that takes the place of a
    /// full step: for a value, not for a gradient, the model learns from better steps. Returns the length.
    fn refine(
        &mut self,
        problem: &mut Problem<F>,
        oracle: &mut impl Oracle<F>,
        at: &Point<F>,
        next: &mut Point<F>,
        promised: f64,
    ) -> Result<f64, SolveError> {
        let merit = |point: &Point<F>, price: f64| point.f + price * problem.distance(&point.c);
        let guess = -0.5 * promised / (merit(next, self.penalty) - merit(at, self.penalty) - promised);
        let length = if guess > 0.0 { guess.min(LONGEST) } else { LONGEST };
        // No violation is to be cheap that the step had none of.
        let price = self.penalty.max(norm(&self.step.duals.λ));
        let taken = merit(next, price);
        if GOOD.contains(&length)
            || !problem.look(oracle, (&at.x, length, &self.step.d), &mut self.second)?
            || self.second.f + price * problem.distance(&self.second.c) >= taken
        {
            return Ok(1.0);
        }
        std::mem::swap(next, &mut self.second);
        Ok(length)
    }

    /// Lowers ν after a step that had to be shortened, if it is far above the multipliers: from their norm on the merit is exact, and the more
    /// violation costs, the shorter are the steps along functions that bend. Half of it goes at a time, as in Powell's rule.
    fn relax(&mut self) {
        let exact = norm(&self.step.duals.λ);
        if self.penalty > 4.0 * exact {
            self.penalty = (0.5 * self.penalty).max(2.0 * exact);
        }
    }

    /// `again ←` the step once more, with the functions as they are at the end of the first try; whether it is near that.
    fn correct(&mut self, problem: &Problem<F>, at: &Point<F>, trial: &Point<F>) -> bool {
        times(&at.j, &self.step.d, &mut self.of_functions);
        let shifts = trial.c.iter().zip(&self.of_functions).map(|(c, jd)| c - jd);
        for ((to, shift), (low, high)) in self.ends.iter_mut().zip(shifts).zip(&problem.ends) {
            *to = (low - shift, high - shift);
        }
        if !self.harden(at) {
            return false;
        }
        let (minimum, again) = (&self.room.minimum, &mut self.again);
        again.d.copy_from_slice(&minimum.d);
        again.duals.λ.copy_from_slice(&minimum.λ);
        let apart = again.d.iter().zip(&self.step.d).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        apart <= norm(&self.step.d)
    }

    /// Learns from a step that was made, or one that was made again.
    fn arrive(&mut self, at: &Point<F>, duals: &mut Duals, again: bool, length: f64, after: &Point<F>) {
        let new = if again { &self.again.duals.λ } else { &self.step.duals.λ };
        for (own, new) in duals.λ.iter_mut().zip(new) {
            *own += length.min(1.0) * (new - *own);
        }
        if self.exact {
            self.convexify.active(at.x.len(), &after.j, &duals.λ);
            return;
        }
        let (s, y) = (&mut self.of_variables, &mut self.other);
        along(&after.x, -1.0, &at.x, s);
        along(&after.g, -1.0, &at.g, y);
        add_transposed(&after.j, new, -1.0, y);
        add_transposed(&at.j, new, 1.0, y);
        self.secant.learn(s, y);
    }
}
