//! One start: [`minimize`], and [`Run`] to go step by step.

use std::ops::ControlFlow;

#[cfg(feature = "checkpoints")]
use crate::checkpoint;
use crate::clock::Clock;
use crate::engine::{Ends, Engine, Iterates};
use crate::error::check_point;
use crate::objective::Single;
#[cfg(feature = "checkpoints")]
use crate::scalar::wide;
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
    #[cfg(feature = "checkpoints")]
    if options.checkpoint.is_some() {
        return run.watched(options, &mut |_: &State<'_, F>| ControlFlow::Continue(()));
    }
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
    Run::new(objective, start, options)?.watched(options, observer)
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
    /// Time spent before the run was restored.
    spent: f64,
    seed: u64,
    choice: Option<Choice>,
    #[cfg(feature = "checkpoints")]
    identity: checkpoint::Identity,
    /// The value and ‖∇f‖ at the start, by which the function is recognised.
    at_start: [F; 2],
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
        Ok(Run {
            objective,
            at_start: [engine.value(0), engine.gradient_norm(0)],
            engine,
            start: start.to_vec(),
            clock,
            spent: 0.0,
            seed: options.seed,
            choice,
            #[cfg(feature = "checkpoints")]
            identity: checkpoint::Identity::of::<F>(options, dim),
        })
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

    /// Goes on to the end, watched by an observer that sees where the run is and every step, and may end it; saves the run as often as
    /// `options.checkpoint` says.
    ///
    /// # Errors
    /// What the objective reports; [`SolveError::File`].
    pub fn watched(
        mut self,
        options: &Options,
        observer: &mut dyn Observer<F>,
    ) -> Result<Solution<F>, SolveError> {
        #[cfg(not(feature = "checkpoints"))]
        let _ = options;
        loop {
            if let ControlFlow::Break(()) = observer.observe(&self.state()) {
                self.interrupt();
            }
            let ended = self.status().is_some();
            #[cfg(feature = "checkpoints")]
            if let Some(checkpoint) = &options.checkpoint
                && (ended || (self.engine.steps > 0 && self.engine.steps.is_multiple_of(checkpoint.every)))
            {
                self.save_to(&checkpoint.path)?;
            }
            if ended {
                return self.finish();
            }
            self.step()?;
        }
    }

    /// The solution; a run that has not ended is interrupted.
    ///
    /// # Errors
    /// What the objective reports when asked for the gradient at the best point of a diverged run.
    pub fn finish(self) -> Result<Solution<F>, SolveError> {
        let (mut ends, iterates) = self.engine.finish(&mut Single(self.objective))?;
        let steps = ends.steps[0];
        Ok(Solution {
            start: self.start,
            x: ends.x,
            value: ends.value[0],
            gradient_norm: ends.gradient_norm[0],
            status: ends.status[0].unwrap_or(Status::Interrupted),
            steps,
            evaluations: ends.evaluations[0],
            seconds: self.spent + self.clock.seconds(),
            best_x: ends.best_x,
            best_value: ends.best_value[0],
            multiplier: ends.multiplier[0],
            kkt: ends.kkt[0].take(),
            choice: self.choice,
            history: iterates.map(|iterates| iterates.of(0, steps, self.seed)),
        })
    }

    /// The end, as it is kept of one run among many.
    pub(crate) fn end(self) -> Result<(Ends<F>, Option<Iterates<F>>), SolveError> {
        self.engine.finish(&mut Single(self.objective))
    }
}

#[cfg(feature = "checkpoints")]
impl<'a, F: Scalar, O: Objective<F>> Run<'a, F, O> {
    /// The run as it is now, as the bytes of a safetensors file: where it is, all that its method remembers, counts, the best point, the history.
    ///
    /// ```
    /// use thalweg_function::trace;
    /// use thalweg_solve::{Options, Run, Traced};
    ///
    /// let valley = trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0))?;
    /// let options = Options { method: "lbfgs".parse()?, ..Options::default() };
    /// let mut objective = Traced::<f64>::new(&valley)?;
    /// let mut run = Run::new(&mut objective, &[-1.2, 1.0], &options)?;
    /// for _ in 0..5 {
    ///     run.step()?;
    /// }
    /// let bytes = run.save()?;
    /// for _ in 0..5 {
    ///     run.step()?;
    /// }
    /// let x = run.state().x.to_vec();
    ///
    /// let mut objective = Traced::<f64>::new(&valley)?;
    /// let mut resumed = Run::restore(&mut objective, &options, &bytes)?;
    /// for _ in 0..5 {
    ///     resumed.step()?;
    /// }
    /// assert_eq!(resumed.state().x, x);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SolveError::Checkpoint`] if it cannot be written down.
    pub fn save(&mut self) -> Result<Vec<u8>, SolveError> {
        let mut keeper = checkpoint::Keeper::saving();
        keeper.rows("start", &mut self.start, |_| true);
        self.memory(&mut keeper)?;
        checkpoint::to_bytes(&keeper.saved(), &self.identity.to_json())
    }

    /// As [`save`](Run::save), to a file. It is written under a temporary name and then renamed: whoever finds it finds all of it.
    ///
    /// # Errors
    /// As [`save`](Run::save); [`SolveError::File`].
    pub fn save_to(&mut self, path: &std::path::Path) -> Result<(), SolveError> {
        checkpoint::write(path, &self.save()?)
    }

    /// A run that goes on from where another was saved, with the bits it would have had. The number of steps, the tolerances and the
    /// time may be others than before; a run that has converged, diverged or failed stays at its end.
    ///
    /// The start is evaluated once more, which is not counted: by it the function is recognised.
    ///
    /// # Errors
    /// [`SolveError::Checkpoint`] for bytes that are cut off or changed, and for a run of another function, method, number type, box,
    /// constraint, noise or seed, with what it was and what it is; and as [`minimize`].
    pub fn restore(objective: &'a mut O, options: &Options, bytes: &[u8]) -> Result<Self, SolveError> {
        let (mut pieces, identity) = checkpoint::from_bytes::<F>(bytes)?;
        let dim = objective.dim();
        let (chosen, _) = options.with_method(dim, objective.derivatives());
        checkpoint::Identity::of::<F>(&chosen, dim).check(&identity)?;
        let Some(thalweg_rule::Saved::Vector(start)) = pieces.remove("start") else {
            return checkpoint::wrong("lacks the start of the run");
        };
        let mut run = Run::new(objective, &start, options)?;
        let mut keeper = checkpoint::Keeper::restoring(pieces);
        run.memory(&mut keeper)?;
        keeper.finish()?;
        Ok(run)
    }

    /// As [`restore`](Run::restore), from a file.
    ///
    /// # Errors
    /// As [`restore`](Run::restore); [`SolveError::File`].
    pub fn restore_from(
        objective: &'a mut O,
        options: &Options,
        path: &std::path::Path,
    ) -> Result<Self, SolveError> {
        Self::restore(objective, options, &checkpoint::read(path)?)
    }

    fn memory(&mut self, keeper: &mut checkpoint::Keeper<F>) -> Result<(), SolveError> {
        let here = self.at_start;
        keeper.vector("at_start", &mut self.at_start);
        if keeper.restores() && !here.iter().zip(&self.at_start).all(|(a, b)| is_alike(*a, *b)) {
            let ([value, gradient], [own, own_gradient]) = (self.at_start.map(wide), here.map(wide));
            return checkpoint::wrong(format!(
                "is of another function: at the start its value was {value} and the norm of its gradient {gradient}, here they \
                 are {own} and {own_gradient}; restore it with the function that it was saved of"
            ));
        }
        let mut seconds = self.spent + self.clock.seconds();
        keeper.number("seconds", &mut seconds);
        let mut ended = self.status().and_then(|status| FOR_GOOD.iter().position(|own| *own == status));
        let mut code = ended.map_or(0, |place| place + 1);
        keeper.place("ended", &mut code, FOR_GOOD.len());
        self.engine.memory(keeper)?;
        if keeper.restores() {
            ended = code.checked_sub(1);
            self.spent = seconds;
            self.engine.resume(ended.map(|place| FOR_GOOD[place]), seconds);
        }
        Ok(())
    }
}

/// Ends that more steps or time would not change.
#[cfg(feature = "checkpoints")]
const FOR_GOOD: [Status; 5] = [
    Status::ConvergedGradient,
    Status::ConvergedValue,
    Status::ConvergedStep,
    Status::Diverged,
    Status::LineSearchFailed,
];

/// Whether two numbers are the same up to what another machine may round otherwise.
#[cfg(feature = "checkpoints")]
fn is_alike<F: Scalar>(a: F, b: F) -> bool {
    let (a, b) = (wide(a), wide(b));
    let rounding = if size_of::<F>() == 4 { 1e-3 } else { 1e-6 };
    (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= rounding * a.abs().max(b.abs())
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
