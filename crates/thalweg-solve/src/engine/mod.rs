//! The one loop: ask the objective, take a step, look at the criteria.
//!
//! [`Engine`] runs any number of problems side by side in lockstep, each ending on its own; a single run is an engine of one
//! lane. Nothing is allocated after it is built, except by a history that outgrows its room and for averages at the end. What
//! never lives here: threads (`many`), observers (`run`).

mod average;
mod best;
mod compiled;
mod record;
mod stepper;
mod tolerances;

pub(crate) use record::{Ends, Iterates};
pub(crate) use stepper::Stepper;

use crate::descent::Stepped;
use average::Averages;
use best::Best;
use compiled::Compiled;
use tolerances::Tolerances;

use crate::checkpoint::Keeper;
use crate::clock::Clock;
use crate::objective::Source;
use crate::scalar::{all_finite, copy, is_finite, norm, wide};
use crate::{Options, Scalar, SolveError, Status};

/// A value so many times as far below 0 as the start's is large: there is no minimum.
const BOTTOMLESS: f64 = 1e100;

/// The clock is read every this many steps.
const CLOCK_PERIOD: usize = 64;

pub(crate) struct Engine<F> {
    dim: usize,
    lanes: usize,
    stepper: Stepper<F>,
    /// Steps as one program, where that can be.
    compiled: Option<Compiled<F>>,
    tolerances: Tolerances<F>,
    max_steps: usize,
    max_evaluations: u64,
    deadline: Option<(Clock, f64)>,
    /// Steps made so far.
    pub(crate) steps: usize,
    /// The points, component by component.
    pub(crate) x: Vec<F>,
    /// Values in row 0, gradients below.
    out: Vec<F>,
    previous_x: Vec<F>,
    previous_out: Vec<F>,
    scratch: Vec<F>,
    best: Option<Best<F>>,
    /// A descent that comes below this has diverged.
    floor: f64,
    history: Option<Iterates<F>>,
    averages: Averages<F>,
    ends: Ends<F>,
    /// Problems still running.
    pub(crate) active: usize,
}

impl<F: Scalar> Engine<F> {
    /// Evaluates the starts (component by component), the first of which has the number `first`.
    pub(crate) fn new<S: Source<F>>(
        source: &mut S,
        starts: Vec<F>,
        lanes: usize,
        first: u64,
        options: &Options,
        track_best: bool,
        clock: Clock,
    ) -> Result<Self, SolveError> {
        let dim = starts.len() / lanes;
        let mut engine = Engine {
            dim,
            lanes,
            stepper: Stepper::new(
                options,
                options.method.layout(source.parts()),
                lanes,
                first,
                source.derivatives().hessian,
            )?,
            compiled: None,
            tolerances: Tolerances::new(options),
            max_steps: options.steps,
            max_evaluations: options.max_evaluations.unwrap_or(u64::MAX),
            deadline: options.max_seconds.map(|seconds| (clock, seconds)),
            steps: 0,
            out: vec![F::default(); (dim + 1) * lanes],
            previous_x: starts.clone(),
            previous_out: vec![F::default(); (dim + 1) * lanes],
            scratch: vec![F::default(); dim * lanes],
            best: None,
            floor: f64::NEG_INFINITY,
            history: options.history.then(|| Iterates::new(dim, lanes, options.steps)),
            averages: Averages::default(),
            ends: Ends::new(dim, lanes),
            active: lanes,
            x: starts,
        };
        engine.stepper.projection.apply(lanes, &mut engine.x);
        engine.previous_x.copy_from_slice(&engine.x);
        engine.stepper.visit(source, &engine.x, &mut engine.out)?;
        engine.previous_out.copy_from_slice(&engine.out);
        engine.floor = -BOTTOMLESS * wide(engine.out[0]).abs().max(1.0);
        if track_best {
            engine.best = Some(Best::new(&engine.out[..lanes], &engine.x));
        }
        if engine.tolerances.looks_at_gradients() {
            for lane in 0..lanes {
                let residual = engine.residual(lane);
                engine.tolerances.begin(residual);
            }
        }
        engine.look();
        if let (1, Some(program)) = (lanes, source.program())
            && let Some(rule) = engine.stepper.lone_rule(options)?
        {
            engine.compiled = Compiled::new(program, rule, &engine.x, &engine.out)?;
        }
        Ok(engine)
    }

    /// One step of every problem; those that have ended are carried along and ignored.
    #[inline]
    pub(crate) fn step<S: Source<F>>(&mut self, source: &mut S) -> Result<(), SolveError> {
        if self.stepper.descends() {
            return self.descend(source);
        }
        copy(&mut self.previous_x, &self.x);
        std::mem::swap(&mut self.out, &mut self.previous_out);
        if let Some(compiled) = &mut self.compiled {
            compiled.next(self.max_steps - self.steps, &mut self.x, &mut self.out)?;
            self.stepper.evaluations.value += 1;
            self.stepper.evaluations.gradient += 1;
            self.steps += 1;
            self.look();
            return Ok(());
        }
        self.stepper.step(source, &mut self.x, &self.previous_out)?;
        self.stepper.visit(source, &self.x, &mut self.out)?;
        self.steps += 1;
        self.look();
        Ok(())
    }

    /// One step, or several where nobody looks at each.
    pub(crate) fn stride<S: Source<F>>(&mut self, source: &mut S) -> Result<(), SolveError> {
        let unwatched = self.history.is_none() && !self.tolerances.any && self.deadline.is_none();
        let Some(compiled) = self.compiled.as_mut().filter(|_| unwatched) else { return self.step(source) };
        let left = self.max_evaluations.saturating_sub(self.stepper.evaluations.gradient);
        let left = usize::try_from(left).unwrap_or(usize::MAX).max(1);
        let records = compiled.rest(left.min(self.max_steps - self.steps))?;
        let count = records.len();
        if count < 2 || !all_finite(records.numbers) {
            compiled.put_back(count);
            return self.step(source);
        }
        if let Some(best) = &mut self.best {
            best.update_from(records.values(), |step| records.x(step));
        }
        records.read(count - 2, &mut self.previous_x, &mut self.previous_out);
        records.read(count - 1, &mut self.x, &mut self.out);
        self.stepper.evaluations.value += count as u64;
        self.stepper.evaluations.gradient += count as u64;
        self.steps += count;
        if self.steps == self.max_steps {
            self.end_all(Status::MaxSteps);
        } else if self.is_spent() {
            self.end_all(Status::MaxEvaluations);
        }
        Ok(())
    }

    /// One step of the only problem by a descent, which evaluates where it arrives.
    fn descend<S: Source<F>>(&mut self, source: &mut S) -> Result<(), SolveError> {
        std::mem::swap(&mut self.x, &mut self.previous_x);
        std::mem::swap(&mut self.out, &mut self.previous_out);
        let (x, out) = (&self.previous_x, &self.previous_out);
        let status = match self.stepper.descend(source, x, out, &mut self.x, &mut self.out)? {
            Stepped::Moved { largest } => {
                self.steps += 1;
                self.look_after_descent(largest);
                return Ok(());
            }
            Stepped::Ended { moved: true, status } => {
                self.steps += 1;
                self.note_after_descent();
                self.end(0, status);
                return Ok(());
            }
            Stepped::Ended { moved: false, status } => status,
            Stepped::Stuck { flat: true } if self.tolerances.rounding => Status::ConvergedValue,
            Stepped::Stuck { .. } => Status::LineSearchFailed,
            Stepped::Diverged => Status::Diverged,
        };
        // The last trial is nowhere the run has been.
        self.x.copy_from_slice(&self.previous_x);
        self.out.copy_from_slice(&self.previous_out);
        self.end(0, status);
        Ok(())
    }

    /// As `look`, knowing that everything is finite and how large the gradient is.
    fn look_after_descent(&mut self, largest: f64) {
        self.note_after_descent();
        let unbounded = wide(self.out[0]) < self.floor && self.stepper.violation() == 0.0;
        if unbounded {
            self.end(0, Status::Diverged);
        } else if self.tolerances.most(0).is_some_and(|most| largest <= wide(most)) {
            self.end(0, Status::ConvergedGradient);
        } else if self.stepper.violation() == 0.0
            && let Some(status) = self.still(0)
        {
            self.end(0, status);
        } else if self.steps == self.max_steps {
            self.end(0, Status::MaxSteps);
        } else if self.is_spent() {
            self.end(0, Status::MaxEvaluations);
        } else if self.deadline.is_some_and(|(clock, seconds)| clock.seconds() >= seconds) {
            self.end(0, Status::MaxSeconds);
        }
    }

    /// Keeps what is asked to be kept of a step: the iterate, the best point.
    fn note_after_descent(&mut self) {
        if let Some(history) = &mut self.history {
            history.push(&self.x, &self.out);
        }
        if let Some(best) = &mut self.best {
            best.note(&self.previous_x, self.out[0], self.stepper.violation());
        }
    }

    /// Looks at where the problems are now, and ends those that have come to an end.
    #[inline]
    fn look(&mut self) {
        if let Some(history) = &mut self.history {
            history.push(&self.x, &self.out);
        }
        if !(all_finite(&self.out) && all_finite(&self.x)) {
            self.end_diverged();
        }
        if let Some(best) = &mut self.best {
            best.update(&self.x, &self.out[..self.lanes]);
        }
        if self.tolerances.any {
            for lane in 0..self.lanes {
                if self.ends.status[lane].is_none()
                    && let Some(status) = self.converged(lane)
                {
                    self.end(lane, status);
                }
            }
        }
        if self.steps == self.max_steps {
            self.end_all(Status::MaxSteps);
        } else if self.is_spent() {
            self.end_all(Status::MaxEvaluations);
        } else if self.steps.is_multiple_of(CLOCK_PERIOD)
            && self.deadline.is_some_and(|(clock, seconds)| clock.seconds() >= seconds)
        {
            self.end_all(Status::MaxSeconds);
        }
    }

    /// Whether all evaluations have been made.
    fn is_spent(&self) -> bool {
        self.stepper.evaluations.gradient >= self.max_evaluations
    }

    fn converged(&mut self, lane: usize) -> Option<Status> {
        if let Some(most) = self.tolerances.most(lane)
            && self.residual(lane) <= most
        {
            return Some(Status::ConvergedGradient);
        }
        if self.steps == 0 { None } else { self.still(lane) }
    }

    /// max |∂f/∂xᵢ|, without what a constraint takes back.
    fn residual(&mut self, lane: usize) -> F {
        self.stepper.residual(lane, &self.x, &self.out, &mut self.scratch)
    }

    /// Whether the last step changed as little as asked for.
    fn still(&self, lane: usize) -> Option<Status> {
        let values = (self.previous_out[lane], self.out[lane]);
        let [before, now] =
            [&self.previous_x, &self.x].map(|x| x.iter().skip(lane).step_by(self.lanes).copied());
        self.tolerances.still(values, before.zip(now))
    }

    #[cold]
    fn end_diverged(&mut self) {
        for lane in 0..self.lanes {
            let rows = |rows: &[F]| rows.iter().skip(lane).step_by(self.lanes).all(|&v| is_finite(v));
            if self.ends.status[lane].is_none() && !(rows(&self.out) && rows(&self.x)) {
                self.end(lane, Status::Diverged);
            }
        }
    }

    pub(crate) fn end_all(&mut self, status: Status) {
        for lane in 0..self.lanes {
            if self.ends.status[lane].is_none() {
                self.end(lane, status);
            }
        }
    }

    /// Records the end of a problem: where it is, or the best finite point if that is not finite.
    fn end(&mut self, lane: usize, status: Status) {
        if let Some(best) = &mut self.best {
            best.settle(&self.x);
        }
        let diverged = status == Status::Diverged;
        let (x, out) = if diverged { (&self.previous_x, &self.previous_out) } else { (&self.x, &self.out) };
        let ends = &mut self.ends;
        ends.status[lane] = Some(status);
        ends.steps[lane] = self.steps;
        ends.evaluations[lane] = self.stepper.evaluations;
        ends.value[lane] = out[lane];
        ends.gradient_norm[lane] = norm(&out[self.lanes..], self.lanes, lane);
        ends.multiplier[lane] = self.stepper.held.as_ref().map(|held| held.lambda[lane]);
        ends.kkt[lane] = self.stepper.kkt();
        let (best_value, best_x) = match &self.best {
            Some(best) => (best.value[lane], &best.x),
            None => (out[lane], x),
        };
        ends.best_value[lane] = best_value;
        for j in 0..self.dim {
            let (at, from) = (lane * self.dim + j, j * self.lanes + lane);
            ends.best_x[at] = best_x[from];
            ends.x[at] = if diverged { best_x[from] } else { x[from] };
        }
        if diverged {
            ends.value[lane] = best_value;
        } else if !status.converged() && self.compiled.is_none() {
            self.averages.keep(lane, self.steps, &self.x, &mut self.stepper, &mut self.scratch);
        }
        self.active -= 1;
    }

    /// The gradient where diverged problems are said to have ended, which is not where they last were.
    fn revisit<S: Source<F>>(&mut self, source: &mut S) -> Result<(), SolveError> {
        let tracked = self.best.is_some();
        let diverged = |ends: &Ends<F>, lane: usize| ends.status[lane] == Some(Status::Diverged);
        if !tracked || self.steps == 0 || !(0..self.lanes).any(|lane| diverged(&self.ends, lane)) {
            return Ok(());
        }
        for lane in 0..self.lanes {
            for j in 0..self.dim {
                self.x[j * self.lanes + lane] = self.ends.x[lane * self.dim + j];
            }
        }
        source.slope(&self.x, &mut self.out)?;
        for lane in 0..self.lanes {
            if !diverged(&self.ends, lane) {
                continue;
            }
            self.ends.gradient_norm[lane] = norm(&self.out[self.lanes..], self.lanes, lane);
            self.ends.evaluations[lane].value += 1;
            self.ends.evaluations[lane].gradient += 1;
        }
        Ok(())
    }

    /// Shows all that the run remembers.
    pub(crate) fn memory(&mut self, keeper: &mut Keeper<F>) -> Result<(), SolveError> {
        keeper.place("steps", &mut self.steps, usize::MAX >> 1);
        keeper.vector("x", &mut self.x);
        keeper.vector("out", &mut self.out);
        keeper.vector("previous_x", &mut self.previous_x);
        keeper.vector("previous_out", &mut self.previous_out);
        keeper.number("floor", &mut self.floor);
        if let Some(best) = &mut self.best {
            best.memory(keeper);
        }
        if let Some(history) = &mut self.history {
            history.memory(self.steps, keeper);
        }
        self.stepper.evaluations.memory(keeper);
        match &mut self.compiled {
            Some(compiled) => compiled.memory(self.steps, keeper)?,
            None => self.stepper.memory(keeper),
        }
        Ok(())
    }

    /// Goes on from what was restored, after `seconds` spent before. A run that had `ended` for good is at its end.
    pub(crate) fn resume(&mut self, ended: Option<Status>, seconds: f64) {
        self.ends = Ends::new(self.dim, self.lanes);
        self.averages = Averages::default();
        self.active = self.lanes;
        if let Some((_, most)) = &mut self.deadline {
            *most -= seconds;
        }
        match ended {
            Some(status) => self.end_all(status),
            None if self.steps >= self.max_steps => self.end_all(Status::MaxSteps),
            None => {}
        }
    }

    /// How every problem ended, and their iterates if they were kept.
    pub(crate) fn finish<S: Source<F>>(
        mut self,
        source: &mut S,
    ) -> Result<(Ends<F>, Option<Iterates<F>>), SolveError> {
        self.end_all(Status::Interrupted);
        self.revisit(source)?;
        self.averages.visit(source, self.lanes, &mut self.ends)?;
        Ok((self.ends, self.history))
    }

    /// The value of a problem where it is.
    pub(crate) fn value(&self, lane: usize) -> F {
        self.out[lane]
    }

    /// ‖∇f‖ of a problem where it is.
    pub(crate) fn gradient_norm(&self, lane: usize) -> F {
        norm(&self.out[self.lanes..], self.lanes, lane)
    }

    /// How a problem ended, if it has.
    pub(crate) fn status(&self, lane: usize) -> Option<Status> {
        self.ends.status[lane]
    }
}
