//! `thalweg minimize -o brent`: functions of one variable, within an interval and without a start.

use thalweg::solve::{
    Evaluations, Objective, ScalarMethod, ScalarOptions, ScalarSolution, Traced, minimize_objective_between,
};

use super::print;
use crate::arguments::MinimizeArguments;
use crate::failure::Failure;
use crate::numbers;
use crate::output::{Format, Outputs};
use crate::problem::Problem;
use crate::report::{self, Document, Run};

pub(crate) fn run(arguments: &MinimizeArguments, method: ScalarMethod) -> Result<(), Failure> {
    let problem = Problem::read(&arguments.function)?;
    let (low, high) = interval(&problem, arguments, method)?;
    refuse_others(arguments, method)?;
    let outputs = Outputs::of_a_run(&arguments.output.out)?;
    outputs.check_writable()?;

    let blank = ScalarOptions::default();
    let options = ScalarOptions {
        method,
        atol: arguments.run.step_tol.unwrap_or(blank.atol),
        max_evaluations: arguments.run.max_evaluations.unwrap_or(arguments.run.steps) as u64,
        ..blank
    };
    let clock = std::time::Instant::now();
    let mut objective = Traced::<f64>::new(&problem.program)?;
    let found = minimize_objective_between(&mut objective, low, high, &options)?;
    let seconds = clock.elapsed().as_secs_f64();
    let mut slope = [f64::NAN];
    objective.value_and_gradient(&[found.x], &mut slope)?;

    let runs = [record(&found, (low, high), slope[0].abs(), seconds)];
    let document = Document::new(&problem, method.to_string(), arguments.run.seed, &runs);
    if arguments.output.json {
        report::print_json(&document)?;
    } else {
        print(&format!("{}\n{method}\n\n{}", problem.title(), report::run_table(&problem, &runs[0])))?;
    }
    let picture = outputs.wants_figure().then(|| problem.picture());
    outputs.write(
        |format| match format {
            Format::Json => report::to_json(&document),
            _ => report::runs_csv(&problem.variables, &[(None, &runs)]),
        },
        picture.as_ref(),
    )
}

/// Where to look: the bounds, else the box.
fn interval(
    problem: &Problem,
    arguments: &MinimizeArguments,
    method: ScalarMethod,
) -> Result<(f64, f64), Failure> {
    if problem.dim() != 1 {
        return Failure::wrong(format!(
            "--optimizer {method}: minimises functions of one variable, {} has {}; use lbfgs, or leave the choice to auto",
            problem.title(),
            problem.dim()
        ));
    }
    let given =
        arguments.run.bounds.as_deref().map(|text| numbers::bounds("--bounds", text, 1)).transpose()?;
    let bounds = match given {
        Some(bounds) => Some(bounds),
        None => problem.sampling_box(arguments.start.sampling_box.as_deref())?,
    };
    match bounds {
        Some(bounds) => Ok(bounds.interval(0)),
        None => Failure::wrong(format!("--optimizer {method}: needs an interval, such as --bounds 0..4")),
    }
}

/// Refuses what has no place in a search of an interval.
fn refuse_others(arguments: &MinimizeArguments, method: ScalarMethod) -> Result<(), Failure> {
    let (start, run, checkpoint) = (&arguments.start, &arguments.run, &arguments.checkpoint);
    let given = [
        ("--start", !start.start.is_empty()),
        ("--starts", start.starts.is_some()),
        ("--hops", arguments.hops.hops.is_some()),
        ("--checkpoint", checkpoint.checkpoint.is_some()),
        ("--resume", checkpoint.resume.is_some()),
        ("--constraint", !run.constraint.is_empty()),
        ("--noise", run.noise != 0.0),
        ("--grad-tol", run.grad_tol.is_some()),
        ("--value-tol", run.value_tol.is_some()),
        ("--max-seconds", run.max_seconds.is_some()),
        ("--f32", run.f32),
        ("--history", run.history),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => Failure::wrong(format!(
            "{name}: --optimizer {method} searches an interval, for which it has no meaning; leave it out"
        )),
    }
}

fn record(found: &ScalarSolution, (low, high): (f64, f64), slope: f64, seconds: f64) -> Run {
    let evaluations = Evaluations { value: found.evaluations + 1, gradient: 1, ..Evaluations::default() };
    Run {
        start: vec![low + 0.5 * (high - low)],
        status: found.status.as_str(),
        x: vec![found.x],
        value: found.value,
        gradient_norm: slope,
        steps: found.evaluations as usize,
        evaluations: evaluations.into(),
        seconds,
        history: None,
        multiplier: None,
        chosen: None,
        best_x: vec![found.x],
        best_value: found.value,
        multipliers: None,
        violation: None,
        kkt_residual: None,
    }
}
