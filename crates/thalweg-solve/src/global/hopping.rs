//! [`basin_hopping`]: from minimum to minimum by random hops.

use std::ops::ControlFlow;

use super::draw;
use super::minima::{Closeness, Minima};
use crate::clock::Clock;
use crate::random::{Purpose, unit, words};
use crate::scalar::{is_finite, narrow, wide};
use crate::search::{positive, within};
use crate::{
    Bounds, Evaluations, Objective, Options, Progress, Scalar, Solution, SolveError, Status, minimize,
};

/// Basin hopping: a random hop from the current minimum, a run down from there, and the minimum found is taken or left as
/// Metropolis would.
///
/// A minimum with value f′ takes the place of the current one with value f if `f′ ≤ f`, else with probability `exp(−(f′ − f)/temperature)`.
/// A hop moves every coordinate by a number uniform in ±`step` times the box's side; beyond a side of the box it is reflected. Every
/// `interval` hops `step` grows or shrinks by `factor`, so that the part `accept` of hops is taken. Minima outside the box are left.
///
/// Wales and Doye, *Global optimization by basin-hopping and the lowest energy structures of Lennard-Jones clusters containing up
/// to 110 atoms*, J. Phys. Chem. A 101, 1997.
#[derive(Debug, Clone, PartialEq)]
pub struct BasinHopping {
    /// The most hops: at least 1; 100 unless set.
    pub hops: usize,
    /// By how much a value may rise, in units of the function; 1 unless set. With 0 only lower minima are taken.
    pub temperature: f64,
    /// The largest move of a coordinate in the first hops, as a part of the box's side; 0.1 unless set.
    pub step: f64,
    /// The part of hops that is to be taken: between 0 and 1; ½ unless set.
    pub accept: f64,
    /// Hops between two changes of `step`; 10 unless set, 0 for none.
    pub interval: usize,
    /// By how much `step` changes: between 0 and 1; 0.9 unless set.
    pub factor: f64,
    /// Ends the search after so many hops without a lower minimum.
    pub patience: Option<usize>,
    /// When two minima are the same.
    pub closeness: Closeness,
}

impl Default for BasinHopping {
    fn default() -> Self {
        BasinHopping {
            hops: 100,
            temperature: 1.0,
            step: 0.1,
            accept: 0.5,
            interval: 10,
            factor: 0.9,
            patience: None,
            closeness: Closeness::default(),
        }
    }
}

impl BasinHopping {
    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), SolveError> {
        let fraction = |v: f64| v > 0.0 && v < 1.0;
        within("hops", self.hops as f64, "at least 1", |n| n >= 1.0)?;
        within("temperature", self.temperature, "finite and at least 0", |t| t >= 0.0 && t.is_finite())?;
        within("the hops' step", self.step, "positive and finite", positive)?;
        within("the part of hops to be taken", self.accept, "between 0 and 1", fraction)?;
        within("the factor of the hops' step", self.factor, "between 0 and 1", fraction)
    }
}

/// A hop.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop<F> {
    /// The value at the minimum that was found.
    pub value: F,
    /// Whether it was taken.
    pub taken: bool,
    /// How far coordinates could move, as a part of the box's side.
    pub step: f64,
}

/// What basin hopping has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hopping<F> {
    /// The run that found the lowest minimum inside the box; the first run if none did.
    pub best: Solution<F>,
    /// All minima that were found, those outside the box too; run 0 went down from the start, run i from hop i.
    pub minima: Minima<F>,
    /// Every hop.
    pub hops: Vec<Hop<F>>,
    /// Why it ended: [`MaxSteps`](Status::MaxSteps) if all hops were made, [`ConvergedValue`](Status::ConvergedValue) if patience ran
    /// out, [`MaxSeconds`](Status::MaxSeconds) or [`Interrupted`](Status::Interrupted).
    pub status: Status,
    /// What was asked of the function in all runs.
    pub evaluations: Evaluations,
    /// Wall time.
    pub seconds: f64,
}

/// Looks for the lowest minimum in a box by hops from minimum to minimum.
///
/// `options` say how to go down from where a hop leads, by any method, and how long to search (`max_seconds`); its seed is that of the
/// hops. Descents go where they go, so give `options.bounds` to a method that keeps them if the function must not be asked outside the
/// box.
///
/// ```
/// use thalweg_function::{Var, trace};
/// use thalweg_solve::{BasinHopping, Bounds, Options, Traced, basin_hopping};
///
/// // Rastrigin's function has 121 minima in this box.
/// let rastrigin = trace(2, |x| {
///     x.iter().map(|&x| x * x + 10.0 * (1.0 - (std::f64::consts::TAU * x).cos())).sum::<Var>()
/// })?;
/// let options = Options { method: "lbfgs".parse()?, ..Options::default() };
/// let found = basin_hopping(
///     &mut Traced::<f64>::new(&rastrigin)?,
///     &[4.0, -3.0],
///     &Bounds::all(-5.12, 5.12)?,
///     &options,
///     &BasinHopping::default(),
/// )?;
/// assert!(found.best.value < 1e-10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`minimize`]; a box with an infinite side; a setting outside its range.
pub fn basin_hopping<F: Scalar, O: Objective<F>>(
    objective: &mut O,
    start: &[F],
    bounds: &Bounds,
    options: &Options,
    hopping: &BasinHopping,
) -> Result<Hopping<F>, SolveError> {
    basin_hopping_observed(objective, start, bounds, options, hopping, &|_| ControlFlow::Continue(()))
}

/// As [`basin_hopping`], watched by an observer that is told of every hop and may end the search.
///
/// # Errors
/// As [`basin_hopping`].
pub fn basin_hopping_observed<F: Scalar, O: Objective<F>>(
    objective: &mut O,
    start: &[F],
    bounds: &Bounds,
    options: &Options,
    hopping: &BasinHopping,
    observer: &dyn Progress,
) -> Result<Hopping<F>, SolveError> {
    let clock = Clock::start();
    hopping.check()?;
    bounds.check_finite(objective.dim())?;
    let mut search = Search {
        bounds,
        options,
        hopping,
        clock,
        step: hopping.step,
        taken: 0,
        runs: vec![minimize(objective, start, options)?],
        hops: Vec::new(),
        best: 0,
        since: 0,
    };
    let mut current = 0;
    let status = loop {
        if let Some(status) = search.end() {
            break status;
        }
        search.hop(objective, &mut current)?;
        if observer.advanced(1).is_break() {
            break Status::Interrupted;
        }
    };
    search.finish(status)
}

struct Search<'a, F> {
    bounds: &'a Bounds,
    options: &'a Options,
    hopping: &'a BasinHopping,
    clock: Clock,
    step: f64,
    /// Hops taken since `step` changed.
    taken: usize,
    runs: Vec<Solution<F>>,
    hops: Vec<Hop<F>>,
    /// The run with the lowest minimum inside the box.
    best: usize,
    /// Hops since it was found.
    since: usize,
}

impl<F: Scalar> Search<'_, F> {
    fn end(&self) -> Option<Status> {
        if self.hops.len() >= self.hopping.hops {
            return Some(Status::MaxSteps);
        }
        if self.hopping.patience.is_some_and(|patience| self.since >= patience) {
            return Some(Status::ConvergedValue);
        }
        let over = self.options.max_seconds.is_some_and(|most| self.clock.seconds() >= most);
        over.then_some(Status::MaxSeconds)
    }

    fn hop<O: Objective<F>>(&mut self, objective: &mut O, current: &mut usize) -> Result<(), SolveError> {
        let number = self.hops.len() as u64;
        let draw = |block| {
            words(self.options.seed, Purpose::Starts, self.options.first_start, draw::HOPS + number, block)
        };
        let from = &self.runs[*current].x;
        let place = |(j, &x): (usize, &F)| {
            let (low, high) = self.bounds.interval(j);
            let move_by = (2.0 * unit(draw(1 + j as u32 / 2)[j % 2]) - 1.0) * self.step * (high - low);
            narrow(reflected(wide(x) + move_by, low, high))
        };
        let to: Vec<F> = from.iter().enumerate().map(place).collect();
        let left = self.options.max_seconds.map(|most| (most - self.clock.seconds()).max(0.0));
        let options = Options { max_seconds: left, ..self.options.clone() };
        let found = minimize(objective, &to, &options)?;
        let taken = self.is_taken(&found, *current, unit(draw(0)[0]));
        let value = found.value;
        let run = self.runs.len();
        let lower = self.is_inside(&found)
            && (wide(value) < wide(self.runs[self.best].value) || !self.is_inside(&self.runs[self.best]));
        self.runs.push(found);
        self.hops.push(Hop { value, taken, step: self.step });
        self.since += 1;
        if lower {
            (self.best, self.since) = (run, 0);
        }
        if taken {
            *current = run;
            self.taken += 1;
        }
        self.adapt();
        Ok(())
    }

    /// Metropolis' choice.
    fn is_taken(&self, found: &Solution<F>, current: usize, random: f64) -> bool {
        if !self.is_inside(found) {
            return false;
        }
        let current = &self.runs[current];
        let rise = wide(found.value) - wide(current.value);
        if rise <= 0.0 || !self.is_inside(current) {
            return true;
        }
        self.hopping.temperature > 0.0 && random < libm::exp(-rise / self.hopping.temperature)
    }

    /// Whether a run ended at a number in the box, up to rounding.
    fn is_inside(&self, found: &Solution<F>) -> bool {
        let inside = |(j, &x): (usize, &F)| {
            let (low, high) = self.bounds.interval(j);
            let slack = 1e-6 * (high - low);
            (low - slack..=high + slack).contains(&wide(x))
        };
        found.status != Status::Diverged && is_finite(found.value) && found.x.iter().enumerate().all(inside)
    }

    /// Longer hops where too many are taken, shorter ones where too few are.
    fn adapt(&mut self) {
        let interval = self.hopping.interval;
        if interval == 0 || !self.hops.len().is_multiple_of(interval) {
            return;
        }
        let part = self.taken as f64 / interval as f64;
        if part > self.hopping.accept {
            self.step = (self.step / self.hopping.factor).min(1.0);
        } else if part < self.hopping.accept {
            self.step *= self.hopping.factor;
        }
        self.taken = 0;
    }

    fn finish(mut self, status: Status) -> Result<Hopping<F>, SolveError> {
        let minima = Minima::of_each(&self.runs, self.bounds, self.hopping.closeness)?;
        let mut evaluations = Evaluations::default();
        for run in &self.runs {
            evaluations.value += run.evaluations.value;
            evaluations.gradient += run.evaluations.gradient;
            evaluations.hessian += run.evaluations.hessian;
            evaluations.hessian_vector += run.evaluations.hessian_vector;
        }
        let best = self.runs.swap_remove(self.best);
        Ok(Hopping { best, minima, hops: self.hops, status, evaluations, seconds: self.clock.seconds() })
    }
}

/// The point of an interval where a walk to `x` ends that turns round at its ends.
fn reflected(x: f64, low: f64, high: f64) -> f64 {
    let side = high - low;
    if side <= 0.0 {
        return low;
    }
    let along = (x - low).rem_euclid(2.0 * side);
    (low + if along > side { 2.0 * side - along } else { along }).clamp(low, high)
}

#[cfg(test)]
mod tests {
    use super::reflected;

    #[test]
    fn a_walk_beyond_the_box_turns_round_at_its_sides() {
        for (x, at) in [(0.25, 0.25), (1.25, 0.75), (-0.25, 0.25), (2.25, 0.25), (-1.5, 0.5)] {
            assert_eq!(reflected(x, 0.0, 1.0), at);
        }
        assert_eq!(reflected(7.0, 3.0, 3.0), 3.0);
    }
}
