//! From arguments to finished runs: [`Plan`] says what is to be run, [`Runs`] is what came of it.

use std::path::PathBuf;

use thalweg::picture::{MOST_STARTS, Path};
use thalweg::solve::{
    self, BasinHopping, Bounds, Closeness, Constraint, Method, Minima, Options, Penalty, Points, Scalar,
    Solution, Solutions, SolveError, Traced, basin_hopping_observed, minimize_many_observed,
    minimize_observed,
};
use thalweg::spec::parse_chain;

use crate::arguments::{RunArguments, StartArguments};
use crate::failure::Failure;
use crate::interrupt::Watch;
use crate::numbers;
use crate::problem::Problem;
use crate::report::{self, Chosen, Hops, Minimum, Multipliers, Run, RunHistory};

/// What is to be run on a problem.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) starts: Vec<Vec<f64>>,
    /// Whether there are many starts, to be summed up rather than listed.
    pub(crate) many: bool,
    pub(crate) options: Options,
    pub(crate) single_precision: bool,
    /// Whether iterates are kept for figures.
    pub(crate) figure: bool,
    /// The box to show.
    pub(crate) shown: Option<Bounds>,
    /// The checkpoint to go on from; the start is that of the run it is of.
    pub(crate) resume: Option<PathBuf>,
    /// Hops from minimum to minimum, if there are to be any.
    pub(crate) hopping: Option<BasinHopping>,
}

/// The runs from every start with one method.
#[derive(Debug)]
pub(crate) struct Runs {
    pub(crate) ends: Vec<Run>,
    /// Paths for figures, of the first starts only where there are many.
    pub(crate) paths: Vec<Path>,
    pub(crate) seconds: f64,
    /// The distinct minima, of many starts or of hops.
    pub(crate) minima: Option<Vec<Minimum>>,
    pub(crate) hops: Option<Hops>,
}

/// Reads a method.
pub(crate) fn method(text: &str) -> Result<Method, Failure> {
    let wrong = |error| Failure::spec("--optimizer", text, &error);
    let calls = parse_chain(text).map_err(wrong)?;
    Method::from_calls(&calls).map_err(wrong)
}

/// Makes the number of threads what was asked for.
pub(crate) fn use_threads(threads: Option<usize>) -> Result<(), Failure> {
    match threads {
        None => Ok(()),
        Some(0) => Failure::wrong("--threads must be at least 1, found 0"),
        Some(n) => rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build_global()
            .map_err(|error| Failure::Failed(format!("cannot start {n} threads: {error}"))),
    }
}

impl Plan {
    pub(crate) fn read(
        problem: &Problem,
        start: &StartArguments,
        run: &RunArguments,
    ) -> Result<Self, Failure> {
        Self::read_or_resume(problem, start, run, false)
    }

    /// As `read`; a run that `resumes` has its start in its checkpoint.
    pub(crate) fn read_or_resume(
        problem: &Problem,
        start: &StartArguments,
        run: &RunArguments,
        resumes: bool,
    ) -> Result<Self, Failure> {
        use_threads(run.threads)?;
        let given = run.bounds.as_deref().map(|text| numbers::bounds("--bounds", text, problem.dim()));
        let bounds = given.or_else(|| problem.limits()).transpose()?;
        let given = run.constraint.iter().map(|text| constraint(text, problem));
        let mut constraints = given.collect::<Result<Vec<_>, Failure>>()?;
        constraints.extend(problem.functions());
        let penalty = run.penalty.as_deref().map(penalty).transpose()?;
        let shown = problem.sampling_box(start.sampling_box.as_deref())?.or(bounds.clone().filter(is_finite));
        let options = Options {
            steps: run.steps,
            grad_tol: run.grad_tol,
            value_tol: run.value_tol,
            step_tol: run.step_tol,
            max_seconds: run.max_seconds,
            max_evaluations: run.max_evaluations.map(|most| most as u64),
            seed: run.seed,
            noise: run.noise,
            bounds,
            constraints,
            penalty,
            history: run.history,
            ..Options::default()
        };
        options.check(problem.dim())?;
        Ok(Plan {
            starts: if resumes {
                vec![vec![0.0; problem.dim()]]
            } else {
                starts(problem, start, run.seed, shown.as_ref())?
            },
            many: start.starts.is_some(),
            options,
            single_precision: run.f32,
            figure: false,
            shown,
            resume: None,
            hopping: None,
        })
    }

    /// Whether functions are to be held, which only some methods do.
    pub(crate) fn holds_functions(&self) -> bool {
        self.options.constraints.iter().any(|constraint| matches!(constraint, Constraint::Function(_)))
    }

    /// Whether there is more than the function itself, so that a rule that only knows gradients is no good default.
    pub(crate) fn needs_choice(&self) -> bool {
        let Options { bounds, constraints, penalty, .. } = &self.options;
        bounds.is_some() || !constraints.is_empty() || penalty.is_some()
    }

    /// Runs a method from every start.
    pub(crate) fn run(&self, problem: &Problem, method: &Method, label: &str) -> Result<Runs, Failure> {
        let mut options = Options { method: method.clone(), ..self.options.clone() };
        if matches!(method, Method::OneDimension(_)) && options.bounds.is_none() {
            // The interval to search.
            options.bounds.clone_from(&self.shown);
        }
        let all = if self.single_precision {
            self.run_as::<f32>(problem, &options, label)
        } else {
            self.run_as::<f64>(problem, &options, label)
        };
        all.map_err(|error| match (&self.resume, error) {
            (Some(path), error @ SolveError::Checkpoint(_)) => {
                Failure::Wrong(format!("--resume {}: {error}", path.display()))
            }
            (_, error) => Failure::from(error),
        })
    }

    fn run_as<F: Scalar>(
        &self,
        problem: &Problem,
        options: &Options,
        label: &str,
    ) -> Result<Runs, SolveError> {
        let narrow = |x: &f64| <F as thalweg::function::Float>::from_f64(*x);
        if let (Some(hopping), [start], Some(within)) = (&self.hopping, self.starts.as_slice(), &self.shown) {
            let start: Vec<F> = start.iter().map(narrow).collect();
            return self.hop(problem, &start, within, hopping, options, label);
        }
        if let ([start], false) = (self.starts.as_slice(), self.many) {
            let keep = Options { history: options.history || self.figure, ..options.clone() };
            let start: Vec<F> = start.iter().map(narrow).collect();
            let watch = Watch::new(options.steps as u64);
            let mut objective = Traced::<F>::new(&problem.program)?;
            let solution = match &self.resume {
                Some(path) => {
                    solve::Run::restore_from(&mut objective, &keep, path)?.watched(&keep, &mut watch.one())?
                }
                None => minimize_observed(&mut objective, &start, &keep, &mut watch.one())?,
            };
            let paths = if self.figure { vec![Path::of(label, &solution)] } else { Vec::new() };
            let seconds = solution.seconds;
            let ends = vec![Run::of(&solution, options.history)];
            return Ok(Runs { ends, paths, minima: None, hops: None, seconds });
        }
        let rows: Vec<Vec<F>> = self.starts.iter().map(|start| start.iter().map(narrow).collect()).collect();
        let all = many_as(problem, &rows, options)?;
        let drawn = if !self.figure {
            None
        } else if options.history {
            Some(all.clone())
        } else {
            // A start's bits do not depend on its neighbours, so the first ones are run again with their histories kept.
            let keep = Options { history: true, ..options.clone() };
            Some(many_as(problem, &rows[..rows.len().min(MOST_STARTS)], &keep)?)
        };
        let paths = drawn
            .iter()
            .flat_map(|drawn| (0..drawn.len().min(MOST_STARTS)).map(|i| Path::of(label, &drawn.solution(i))));
        let paths = paths.collect();
        let ends: Vec<Run> =
            all.iter().map(|solution: Solution<F>| Run::of(&solution, options.history)).collect();
        let bounds = match &self.shown {
            Some(shown) => shown.clone(),
            None => Bounds::each(&report::spread(&ends))?,
        };
        let minima = Minima::of(&all, &bounds, Closeness::default())?;
        Ok(Runs { ends, paths, minima: Some(Minimum::all(&minima)), hops: None, seconds: all.seconds() })
    }

    /// Hops from minimum to minimum; what is reported is the run that found the lowest.
    fn hop<F: Scalar>(
        &self,
        problem: &Problem,
        start: &[F],
        within: &Bounds,
        hopping: &BasinHopping,
        options: &Options,
        label: &str,
    ) -> Result<Runs, SolveError> {
        let keep = Options { history: options.history || self.figure, ..options.clone() };
        let watch = Watch::new(hopping.hops as u64);
        let mut objective = Traced::<F>::new(&problem.program)?;
        let found = basin_hopping_observed(&mut objective, start, within, &keep, hopping, &watch)?;
        let paths = if self.figure { vec![Path::of(label, &found.best)] } else { Vec::new() };
        let hops = Hops {
            status: found.status.as_str(),
            made: found.hops.len(),
            taken: found.hops.iter().filter(|hop| hop.taken).count(),
        };
        Ok(Runs {
            ends: vec![Run::of(&found.best, options.history)],
            paths,
            minima: Some(Minimum::all(&found.minima)),
            hops: Some(hops),
            seconds: found.seconds,
        })
    }
}

fn many_as<F: Scalar>(
    problem: &Problem,
    rows: &[Vec<F>],
    options: &Options,
) -> Result<Solutions<F>, SolveError> {
    let watch = Watch::new((options.steps as u64).saturating_mul(rows.len() as u64));
    minimize_many_observed(&problem.program, &Points::from_rows(rows)?, options, &watch)
}

fn is_finite(bounds: &Bounds) -> bool {
    (0..bounds.len()).map(|j| bounds.interval(j)).all(|(low, high)| (high - low).is_finite() && low < high)
}

fn constraint(text: &str, problem: &Problem) -> Result<Constraint, Failure> {
    let constants = numbers::borrowed(&problem.constants);
    Constraint::parse_with(text, &problem.variables, &constants).map_err(|error| match error {
        SolveError::Spec(error) => Failure::spec("--constraint", text, &error),
        other => Failure::Wrong(format!("--constraint: {other}")),
    })
}

fn penalty(text: &str) -> Result<Penalty, Failure> {
    text.parse().map_err(|error| Failure::spec("--penalty", text, &error))
}

fn starts(
    problem: &Problem,
    given: &StartArguments,
    seed: u64,
    shown: Option<&Bounds>,
) -> Result<Vec<Vec<f64>>, Failure> {
    if let Some(count) = given.starts {
        if count == 0 {
            return Failure::wrong("--starts must be at least 1, found 0");
        }
        let Some(shown) = shown else {
            return Failure::wrong("--starts: starts need a box to be spread over, such as --box -3..3");
        };
        let sampling = given.sample.unwrap_or_default();
        let points = sampling.starts::<f64>(shown, problem.dim(), count, seed)?;
        return Ok(points.iter().map(<[f64]>::to_vec).collect());
    }
    if !given.start.is_empty() {
        return given.start.iter().map(|text| problem.point("--start", text)).collect();
    }
    match (&problem.landscape, shown) {
        (Some(landscape), _) => Ok(vec![landscape.start().to_vec()]),
        // Where a search by golden section begins.
        (None, Some(shown)) if problem.dim() == 1 && is_finite(shown) => {
            let (low, high) = shown.interval(0);
            Ok(vec![vec![low + 0.5 * (3.0 - 5.0_f64.sqrt()) * (high - low)]])
        }
        _ => Failure::wrong(format!(
            "an expression needs a start: --start {} for {}, {}or --starts 100 --box -3..3 for random ones",
            vec!["1"; problem.dim().min(8)].join(","),
            problem.variables[..problem.dim().min(8)].join(","),
            if problem.dim() == 1 { "an interval such as --bounds 0..4, " } else { "" }
        )),
    }
}

impl Run {
    /// The record of a solution.
    pub(crate) fn of<F: Scalar>(solution: &Solution<F>, history: bool) -> Self {
        let wide = |x: F| thalweg::rule::Real::to_f64(x);
        let point = |x: &[F]| x.iter().map(|&x| wide(x)).collect::<Vec<f64>>();
        let history = solution.history.as_ref().filter(|_| history).map(|history| RunHistory {
            x: history.points().map(point).collect(),
            value: point(&history.value),
            gradient_norm: point(&history.gradient_norm),
        });
        Run {
            start: point(&solution.start),
            status: solution.status.as_str(),
            x: point(&solution.x),
            value: wide(solution.value),
            gradient_norm: wide(solution.gradient_norm),
            steps: solution.steps,
            evaluations: solution.evaluations.into(),
            seconds: solution.seconds,
            history,
            multiplier: solution.multiplier.map(wide),
            multipliers: solution.kkt.as_ref().map(|kkt| Multipliers {
                constraints: kkt.multipliers.iter().map(|list| point(list)).collect(),
                bounds: point(&kkt.bounds),
            }),
            violation: solution.kkt.as_ref().map(|kkt| wide(kkt.violation)),
            kkt_residual: solution.kkt.as_ref().map(|kkt| wide(kkt.stationarity)),
            chosen: solution
                .choice
                .as_ref()
                .map(|choice| Chosen { optimizer: choice.method.to_string(), reason: choice.reason.clone() }),
            best_x: point(&solution.best_x),
            best_value: wide(solution.best_value),
        }
    }
}
