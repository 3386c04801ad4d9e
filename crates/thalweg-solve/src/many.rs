//! Many starts: [`minimize_many`], and [`minimize_each`] for functions that are not traced.
//!
//! Starts run side by side in chunks, each chunk in one thread for all its steps, so that its state stays in the first two
//! levels of cache. A start's bits depend neither on its neighbours nor on the number of threads.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use thalweg_function::Program;

use crate::clock::Clock;
use crate::engine::{Ends, Engine, Iterates};
use crate::objective::Many;
use crate::scalar::wide;
use crate::{
    Choice, Evaluations, History, Kkt, Objective, Options, Points, Progress, Run, Scalar, Solution,
    SolveError, Status, Traced,
};

/// Starts in a chunk.
const LANES: usize = 512;

/// Steps between two calls of the observer.
const PERIOD: usize = 64;

/// Histories beyond this many bytes are refused.
const HISTORY_LIMIT: f64 = 64e9;

/// Minimises a function from many starts at once.
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::{Bounds, Options, minimize_many, random_starts};
///
/// let double_well = trace(1, |x| (x[0].pow(2.0) - 1.0).pow(2.0))?;
/// let starts = random_starts::<f64>(&Bounds::all(-2.0, 2.0)?, 1, 1000, 0)?;
/// let options = Options { method: "sgd(lr=0.05)".parse()?, steps: 200, ..Options::default() };
/// let ends = minimize_many(&double_well, &starts, &options)?;
/// assert!((0..1000).all(|i| (ends.x(i)[0] - starts.point(i)[0].signum()).abs() < 1e-6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// An option outside its range, a start of the wrong length or not finite.
pub fn minimize_many<F: Scalar>(
    program: &Program,
    starts: &Points<F>,
    options: &Options,
) -> Result<Solutions<F>, SolveError> {
    minimize_many_observed(program, starts, options, &|_| ControlFlow::Continue(()))
}

/// As [`minimize_many`], watched by an observer that may end all runs.
///
/// # Errors
/// As [`minimize_many`].
pub fn minimize_many_observed<F: Scalar>(
    program: &Program,
    starts: &Points<F>,
    options: &Options,
    observer: &dyn Progress,
) -> Result<Solutions<F>, SolveError> {
    let clock = Clock::start();
    let mut traced = Traced::new(program)?;
    let dim = traced.dim();
    let (options, choice) = options.with_method(dim, traced.derivatives());
    let options = options.as_ref();
    options.check(dim)?;
    starts.check(dim)?;
    check_alone(options)?;
    check_history::<F>(options, dim, starts.len())?;
    traced.prepare(options.method.needs_with(&options.method.layout(traced.parts()))?)?;

    // Functions of arrays run at one point at a time, each on all its elements.
    // So do descents: each start needs its own number of trials.
    let alone = traced.has_arrays() || options.method.goes_alone();
    let lanes = if alone { 1 } else { lanes_for(starts.len()) };
    let work = Work { starts, options, observer, clock, lanes, interrupted: AtomicBool::new(false) };
    let chunks = chunks(&traced, starts.len().div_ceil(lanes), &work)?;
    let mut all = Solutions::assemble(starts.clone(), options.seed, chunks, lanes, clock.seconds());
    all.choice = choice;
    Ok(all)
}

/// Minimises from many starts one by one, an objective of its own for each: for functions that are not traced. On all cores.
///
/// ```
/// use thalweg_solve::{Bounds, Closeness, Handwritten, Minima, Options, Sampling, minimize_each};
///
/// let double_well = || {
///     Handwritten::new(1, |x: &[f64], gradient: &mut [f64]| {
///         gradient[0] = 4.0 * x[0] * (x[0] * x[0] - 1.0) + 0.5;
///         (x[0] * x[0] - 1.0).powi(2) + 0.5 * x[0]
///     })
/// };
/// let bounds = Bounds::all(-2.0, 2.0)?;
/// let starts = Sampling::LatinHypercube.starts(&bounds, 1, 20, 0)?;
/// let ends = minimize_each(double_well, &starts, &Options { method: "bfgs".parse()?, ..Options::default() })?;
/// assert_eq!(Minima::of(&ends, &bounds, Closeness::default())?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`minimize`](crate::minimize), of the first start that has one.
pub fn minimize_each<F: Scalar, O: Objective<F>>(
    objective: impl Fn() -> O + Send + Sync,
    starts: &Points<F>,
    options: &Options,
) -> Result<Solutions<F>, SolveError> {
    let clock = Clock::start();
    starts.check(starts.dim())?;
    check_alone(options)?;
    check_history::<F>(options, starts.dim(), starts.len())?;
    let run = |i: usize| {
        let own = Options { first_start: options.first_start + i as u64, ..options.clone() };
        let mut objective = objective();
        let mut run = Run::new(&mut objective, starts.point(i), &own)?;
        let choice = run.choice().cloned();
        while run.step()?.is_none() {}
        let (ends, iterates) = run.end()?;
        Ok((Chunk { ends, iterates }, choice))
    };
    let (chunks, choices): (Vec<_>, Vec<_>) = each(starts.len(), run)?.into_iter().unzip();
    let mut all = Solutions::assemble(starts.clone(), options.seed, chunks, 1, clock.seconds());
    all.choice = choices.into_iter().next().flatten();
    Ok(all)
}

#[cfg(feature = "threads")]
fn each<T: Send>(
    count: usize,
    run: impl Fn(usize) -> Result<T, SolveError> + Send + Sync,
) -> Result<Vec<T>, SolveError> {
    use rayon::prelude::*;
    let ends: Vec<_> = (0..count).into_par_iter().with_max_len(1).map(run).collect();
    ends.into_iter().collect()
}

#[cfg(not(feature = "threads"))]
fn each<T>(count: usize, run: impl Fn(usize) -> Result<T, SolveError>) -> Result<Vec<T>, SolveError> {
    (0..count).map(run).collect()
}

/// Fewer lanes where there would be less than a full chunk for each thread; results do not depend on it.
fn lanes_for(starts: usize) -> usize {
    #[cfg(feature = "threads")]
    let threads = rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    let threads = 1;
    starts.div_ceil(threads).next_multiple_of(64).min(LANES)
}

/// Whether nothing is asked for that only a run from one start can do.
fn check_alone(options: &Options) -> Result<(), SolveError> {
    #[cfg(feature = "checkpoints")]
    if options.checkpoint.is_some() {
        return Err(SolveError::Refused {
            method: "a run from many starts",
            what: "a checkpoint",
            remedy: "split the starts into parts by `first_start` instead",
        });
    }
    let _ = options;
    Ok(())
}

fn check_history<F>(options: &Options, dim: usize, starts: usize) -> Result<(), SolveError> {
    let numbers = (options.steps as f64 + 1.0) * (dim as f64 + 2.0) * starts as f64;
    let bytes = numbers * size_of::<F>() as f64;
    if options.history && bytes > HISTORY_LIMIT {
        return Err(SolveError::TooLarge {
            what: format!("the history of {starts} starts and {} steps", options.steps),
            gigabytes: bytes / 1e9,
            limit: HISTORY_LIMIT / 1e9,
            remedy: "use fewer starts or steps, or no history",
        });
    }
    Ok(())
}

struct Work<'a, F> {
    starts: &'a Points<F>,
    options: &'a Options,
    observer: &'a dyn Progress,
    clock: Clock,
    lanes: usize,
    interrupted: AtomicBool,
}

struct Chunk<F> {
    ends: Ends<F>,
    iterates: Option<Iterates<F>>,
}

#[cfg(feature = "threads")]
fn chunks<F: Scalar>(traced: &Traced<F>, count: usize, work: &Work<F>) -> Result<Vec<Chunk<F>>, SolveError> {
    use rayon::prelude::*;
    let source = || Many { traced: traced.clone(), lanes: 0 };
    (0..count).into_par_iter().with_max_len(1).map_init(source, |source, k| work.chunk(source, k)).collect()
}

#[cfg(not(feature = "threads"))]
fn chunks<F: Scalar>(traced: &Traced<F>, count: usize, work: &Work<F>) -> Result<Vec<Chunk<F>>, SolveError> {
    let mut source = Many { traced: traced.clone(), lanes: 0 };
    (0..count).map(|k| work.chunk(&mut source, k)).collect()
}

impl<F: Scalar> Work<'_, F> {
    /// Runs chunk `k` to its end.
    fn chunk(&self, source: &mut Many<F>, k: usize) -> Result<Chunk<F>, SolveError> {
        let first = k * self.lanes;
        let lanes = self.lanes.min(self.starts.len() - first);
        let dim = self.starts.dim();
        let flat = &self.starts.as_flat()[first * dim..(first + lanes) * dim];
        let by_component = (0..dim * lanes).map(|at| flat[at % lanes * dim + at / lanes]).collect();

        source.lanes = lanes;
        let number = self.options.first_start + first as u64;
        let track_best = self.options.track_best.unwrap_or(false);
        let mut engine =
            Engine::new(source, by_component, lanes, number, self.options, track_best, self.clock)?;
        let mut told = 0;
        while engine.active > 0 && !self.interrupted.load(Ordering::Relaxed) {
            let until = (engine.steps + PERIOD).min(self.options.steps);
            while engine.active > 0 && engine.steps < until {
                engine.step(source)?;
            }
            if engine.active > 0 {
                self.tell((engine.steps - told) * lanes);
                told = engine.steps;
            }
        }
        if !self.interrupted.load(Ordering::Relaxed) {
            // Steps that need not be made any more count as made.
            self.tell((self.options.steps - told) * lanes);
        }
        let (ends, iterates) = engine.finish(source)?;
        Ok(Chunk { ends, iterates })
    }

    fn tell(&self, steps: usize) {
        if self.observer.advanced(steps as u64).is_break() {
            self.interrupted.store(true, Ordering::Relaxed);
        }
    }
}

/// The ends of runs from many starts, field by field; [`Solutions::solution`] puts one together.
#[derive(Debug, Clone)]
pub struct Solutions<F> {
    starts: Points<F>,
    seed: u64,
    lanes: usize,
    x: Vec<F>,
    values: Vec<F>,
    gradient_norms: Vec<F>,
    statuses: Vec<Status>,
    steps: Vec<usize>,
    evaluations: Vec<Evaluations>,
    best_x: Vec<F>,
    best_values: Vec<F>,
    multipliers: Vec<F>,
    kkts: Vec<Kkt<F>>,
    iterates: Vec<Iterates<F>>,
    seconds: f64,
    choice: Option<Choice>,
}

impl<F: Scalar> Solutions<F> {
    fn assemble(starts: Points<F>, seed: u64, chunks: Vec<Chunk<F>>, lanes: usize, seconds: f64) -> Self {
        let mut all = Solutions {
            starts,
            seed,
            lanes,
            x: Vec::new(),
            values: Vec::new(),
            gradient_norms: Vec::new(),
            statuses: Vec::new(),
            steps: Vec::new(),
            evaluations: Vec::new(),
            best_x: Vec::new(),
            best_values: Vec::new(),
            multipliers: Vec::new(),
            kkts: Vec::new(),
            iterates: Vec::new(),
            seconds,
            choice: None,
        };
        for Chunk { ends, iterates } in chunks {
            all.x.extend(ends.x);
            all.values.extend(ends.value);
            all.gradient_norms.extend(ends.gradient_norm);
            all.statuses.extend(ends.status.into_iter().map(|status| status.unwrap_or(Status::Interrupted)));
            all.steps.extend(ends.steps);
            all.evaluations.extend(ends.evaluations);
            all.best_x.extend(ends.best_x);
            all.best_values.extend(ends.best_value);
            all.multipliers.extend(ends.multiplier.into_iter().flatten());
            all.kkts.extend(ends.kkt.into_iter().flatten());
            all.iterates.extend(iterates);
        }
        all
    }

    /// The number of starts.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Never true: there is at least one start.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The starts.
    pub fn starts(&self) -> &Points<F> {
        &self.starts
    }

    /// Where run `i` ended.
    pub fn x(&self, i: usize) -> &[F] {
        let dim = self.starts.dim();
        &self.x[i * dim..(i + 1) * dim]
    }

    /// f where each run ended.
    pub fn values(&self) -> &[F] {
        &self.values
    }

    /// ‖∇f‖ where each run ended.
    pub fn gradient_norms(&self) -> &[F] {
        &self.gradient_norms
    }

    /// Why each run ended.
    pub fn statuses(&self) -> &[Status] {
        &self.statuses
    }

    /// The steps of each run.
    pub fn steps(&self) -> &[usize] {
        &self.steps
    }

    /// The wall time of all runs together.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The run whose value is lowest, the first of equals; `None` if no run ended at a number.
    pub fn best(&self) -> Option<usize> {
        let runs = (0..self.len()).filter(|&i| !wide(self.values[i]).is_nan());
        runs.reduce(|best, i| if self.values[i] < self.values[best] { i } else { best })
    }

    /// Every iterate of run `i`, if histories were asked for.
    pub fn history(&self, i: usize) -> Option<History<F>> {
        Some(self.iterates.get(i / self.lanes)?.of(i % self.lanes, self.steps[i], self.seed))
    }

    /// Everything about run `i`.
    pub fn solution(&self, i: usize) -> Solution<F> {
        let dim = self.starts.dim();
        Solution {
            start: self.starts.point(i).to_vec(),
            x: self.x(i).to_vec(),
            value: self.values[i],
            gradient_norm: self.gradient_norms[i],
            status: self.statuses[i],
            steps: self.steps[i],
            evaluations: self.evaluations[i],
            seconds: self.seconds,
            best_x: self.best_x[i * dim..(i + 1) * dim].to_vec(),
            best_value: self.best_values[i],
            multiplier: self.multipliers.get(i).copied(),
            kkt: self.kkts.get(i).cloned(),
            choice: self.choice.clone(),
            history: self.history(i),
        }
    }

    /// Everything about every run, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Solution<F>> {
        (0..self.len()).map(|i| self.solution(i))
    }
}
