//! One start: [`minimize`], and [`Run`] to go step by step.

use std::ops::ControlFlow;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::check_point;
use crate::objective::Single;
use crate::{Choice, Method, Objective, Observer, Options, Scalar, Solution, SolveError, State, Status};

/// Minimises an objective from one start.
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::{Options, Status, Traced, minimize};
///
/// let bowl = trace(2, |x| 0.5 * (x[0].pow(2.0) + 6.0 * x[1].pow(2.0)))?;
/// let options = Options {
///     method: "sgd(lr=0.2857142857142857)".parse()?,
///     grad_tol: Some(1e-8),
///     ..Options::default()
/// };
/// let solution = minimize(&mut Traced::<f64>::new(&bowl)?, &[9.5, -1.0], &options)?;
/// assert_eq!(solution.status, Status::ConvergedGradient);
/// assert!(solution.value < 1e-16 && solution.steps < 70);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// An option outside its range, a start of the wrong length or not finite, an objective without the derivatives that the
/// method needs. A run that diverges is no error: its [`Status`] says so.
pub fn minimize<F: Scalar, O: Objective<F>>(
    objective: &mut O,
    start: &[F],
    options: &Options,
) -> Result<Solution<F>, SolveError> {
    let mut run = Run::new(objective, start, options)?;
    while run.status().is_none() {
        run.engine.stride(&mut Single(run.objective))?;
    }
    run.finish()
}

/// Minimises an objective from one start, watched by an observer that sees the start and every step, and may end the run.
///
/// # Errors
/// As [`minimize`].
pub fn minimize_observed<F: Scalar, O: Objective<F>>(
    objective: &mut O,
    start: &[F],
    options: &Options,
    observer: &mut dyn Observer<F>,
) -> Result<Solution<F>, SolveError> {
    let mut run = Run::new(objective, start, options)?;
    loop {
        if let ControlFlow::Break(()) = observer.observe(&run.state()) {
            run.interrupt();
        }
        if run.status().is_some() {
            return run.finish();
        }
        run.step()?;
    }
}

/// A run from one start, to be stepped by hand.
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::{Options, Run, Traced};
///
/// let mut bowl = Traced::<f64>::new(&trace(1, |x| x[0].pow(2.0))?)?;
/// let options = Options { method: "sgd(lr=0.25)".parse()?, steps: 3, ..Options::default() };
/// let mut run = Run::new(&mut bowl, &[1.0], &options)?;
/// while run.status().is_none() {
///     println!("{}: f({:?}) = {}", run.state().step, run.state().x, run.state().value);
///     run.step()?;
/// }
/// assert_eq!(run.finish()?.x, [0.125]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Run<'a, F, O> {
    objective: &'a mut O,
    engine: Engine<F>,
    start: Vec<F>,
    clock: Clock,
    seed: u64,
    choice: Option<Choice>,
}

impl<'a, F: Scalar, O: Objective<F>> Run<'a, F, O> {
    /// Evaluates the start; no step is made yet.
    ///
    /// # Errors
    /// As [`minimize`].
    pub fn new(objective: &'a mut O, start: &[F], options: &Options) -> Result<Self, SolveError> {
        let clock = Clock::start();
        let dim = objective.dim();
        let (options, choice) = options.with_method(dim, objective.derivatives());
        let options = options.as_ref();
        options.check(dim)?;
        check_point(|| "start".to_owned(), start, dim)?;
        check_derivatives(objective, &options.method)?;
        let (first, track_best) = (options.first_start, options.track_best.unwrap_or(true));
        let source = &mut Single(objective);
        let engine = Engine::new(source, start.to_vec(), 1, first, options, track_best, clock)?;
        Ok(Run { objective, engine, start: start.to_vec(), clock, seed: options.seed, choice })
    }

    /// The method that was chosen and why, if none was asked for.
    pub fn choice(&self) -> Option<&Choice> {
        self.choice.as_ref()
    }

    /// One step; `Some` if the run has ended, with this step or before. Allocates nothing, unless a history outgrows its room
    /// or a run ends whose rule averages.
    ///
    /// # Errors
    /// What the objective reports.
    #[inline]
    pub fn step(&mut self) -> Result<Option<Status>, SolveError> {
        if self.engine.active > 0 {
            self.engine.step(&mut Single(self.objective))?;
        }
        Ok(self.engine.status(0))
    }

    /// Why the run has ended, if it has.
    pub fn status(&self) -> Option<Status> {
        self.engine.status(0)
    }

    /// Where the run is.
    pub fn state(&self) -> State<'_, F> {
        State {
            step: self.engine.steps,
            x: &self.engine.x,
            value: self.engine.value(0),
            gradient_norm: self.engine.gradient_norm(0),
        }
    }

    /// Ends the run here, as [`Status::Interrupted`], if it has not ended yet.
    pub fn interrupt(&mut self) {
        self.engine.end_all(Status::Interrupted);
    }

    /// The solution; a run that has not ended is interrupted.
    ///
    /// # Errors
    /// What the objective reports when asked for the gradient at the best point of a diverged run.
    pub fn finish(self) -> Result<Solution<F>, SolveError> {
        let (ends, iterates) = self.engine.finish(&mut Single(self.objective))?;
        let steps = ends.steps[0];
        Ok(Solution {
            start: self.start,
            x: ends.x,
            value: ends.value[0],
            gradient_norm: ends.gradient_norm[0],
            status: ends.status[0].unwrap_or(Status::Interrupted),
            steps,
            evaluations: ends.evaluations[0],
            seconds: self.clock.seconds(),
            best_x: ends.best_x,
            best_value: ends.best_value[0],
            multiplier: ends.multiplier[0],
            choice: self.choice,
            history: iterates.map(|iterates| iterates.of(0, steps, self.seed)),
        })
    }
}

fn check_derivatives<F: Scalar, O: Objective<F>>(objective: &O, method: &Method) -> Result<(), SolveError> {
    let (needs, has) = (method.needs_with(&method.layout(objective.parts()))?, objective.derivatives());
    let missing = |what| Err(SolveError::Missing { needs: method.name(), what });
    if needs.hessian && !has.hessian {
        return missing("the Hessian");
    }
    if needs.hessian_vector && !has.hessian_vector {
        return missing("Hessian-vector products");
    }
    Ok(())
}
