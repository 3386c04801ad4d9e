//! `thalweg minimize`.

use thalweg::solve::Method;

use super::{picture, print};
use crate::arguments::MinimizeArguments;
use crate::failure::Failure;
use crate::output::{Format, Outputs};
use crate::problem::Problem;
use crate::report::{self, Document, Table, digits, duration, point_text};
use crate::runner::{Plan, Runs, method};

/// Explicit starts up to this number are listed one by one.
const LISTED: usize = 20;

pub(crate) fn run(arguments: &MinimizeArguments) -> Result<(), Failure> {
    let problem = Problem::read(&arguments.function)?;
    let method = method(&arguments.optimizer)?;
    let mut plan = Plan::read(&problem, &arguments.start, &arguments.run)?;
    let outputs = Outputs::of_a_run(&arguments.output.out)?;
    plan.figure = outputs.wants_figure();
    outputs.check_writable()?;

    let Runs { ends: runs, paths, seconds } = plan.run(&problem, &method, &arguments.optimizer)?;
    let document = Document::new(&problem, method.to_string(), plan.options.seed, &runs);
    if arguments.output.json {
        report::print_json(&document)?;
    } else {
        print(&text(&problem, &method, &plan, &runs, seconds))?;
    }
    report::warn_of_divergence(&runs, "");

    let mut shown = picture(&problem, &plan).text(format!("{method}, {} steps.", plan.options.steps));
    shown = match paths.as_slice() {
        [path] => shown.path(path.clone()),
        _ => shown.start_paths(paths),
    };
    outputs.write(
        |format| match format {
            Format::Json => report::to_json(&document),
            _ => report::runs_csv(&problem.variables, &[(None, &runs)]),
        },
        plan.figure.then_some(&shown),
    )
}

fn text(problem: &Problem, method: &Method, plan: &Plan, runs: &[report::Run], seconds: f64) -> String {
    let head = format!("{}\n{method}\n\n", problem.title());
    match runs {
        [run] => head + &report::run_table(problem, run),
        runs if !plan.many && runs.len() <= LISTED => head + &listed(runs, seconds),
        runs => head + &report::summary_table(runs, seconds),
    }
}

fn listed(runs: &[report::Run], seconds: f64) -> String {
    let mut table = Table::with_header(&["value", "|gradient|", "steps", "status", "from", "to"]);
    for run in runs {
        table.row([
            digits(run.value),
            report::short(run.gradient_norm),
            run.steps.to_string(),
            run.status.to_owned(),
            point_text(&run.start),
            point_text(&run.x),
        ]);
    }
    format!("{}\n  in {}\n", table.text(), duration(seconds))
}
