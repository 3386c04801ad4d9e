//! `thalweg minimize`.

use thalweg::solve::{BasinHopping, Checkpoint, Method};

use super::{on_a_page, picture, print};
use crate::arguments::{CheckpointArguments, HopArguments, MinimizeArguments};
use crate::failure::Failure;
use crate::output::{Format, Outputs};
use crate::problem::Problem;
use crate::report::{self, Document, Hops, MinimaTable, Minimum, Table, digits, duration, point_text};
use crate::runner::{Plan, Runs, method};

/// Explicit starts up to this number are listed one by one.
const LISTED: usize = 20;

pub(crate) fn run(arguments: &MinimizeArguments) -> Result<(), Failure> {
    let problem = Problem::read(&arguments.function)?;
    let CheckpointArguments { checkpoint, checkpoint_every, resume } = &arguments.checkpoint;
    let mut plan = Plan::read_or_resume(&problem, &arguments.start, &arguments.run, resume.is_some())?;
    plan.resume.clone_from(resume);
    plan.options.checkpoint =
        checkpoint.as_ref().map(|path| Checkpoint { path: path.clone(), every: *checkpoint_every });
    plan.options.check(problem.dim())?;
    let usual = if plan.needs_choice() { "auto" } else { "adam(lr=0.1)" };
    let optimizer = arguments.optimizer.as_deref().unwrap_or(usual);
    let method = method(optimizer)?;
    let outputs = Outputs::of_a_run(&arguments.output.out)?;
    plan.figure = outputs.wants_figure();
    plan.hopping = hopping(&arguments.hops, &plan)?;
    outputs.check_writable()?;

    let Runs { ends: runs, paths, minima, hops, seconds } = plan.run(&problem, &method, optimizer)?;
    let listed = plan.many || hops.is_some();
    let document = Document::new(&problem, method.to_string(), plan.options.seed, &runs)
        .found(minima.as_deref().filter(|_| listed), hops.as_ref());
    if arguments.output.json {
        report::print_json(&document)?;
    } else {
        let minima = minima.as_deref().unwrap_or_default();
        print(&text(&problem, &method, &plan, &runs, minima, hops.as_ref(), seconds))?;
    }
    report::warn_of_divergence(&runs, "");

    let found = MinimaTable::of(minima.as_deref().filter(|_| listed).unwrap_or_default());
    let mut shown = picture(&problem, &plan).text(told(&method, &plan, &runs, found.as_ref()));
    if let Some(found) = found {
        shown = shown.table(on_a_page(found.table));
    }
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

fn text(
    problem: &Problem,
    method: &Method,
    plan: &Plan,
    runs: &[report::Run],
    minima: &[Minimum],
    hops: Option<&Hops>,
    seconds: f64,
) -> String {
    let head = format!("{}\n{method}\n\n", problem.title());
    match runs {
        [run] => {
            let made = hops.map(|hops| {
                let Hops { made, taken, .. } = hops;
                let found = MinimaTable::of(minima).map(|found| found.text()).unwrap_or_default();
                format!("\n{found}\n  {made} hops, {taken} taken, in {}\n", duration(seconds))
            });
            head + &report::run_table(problem, run) + &made.unwrap_or_default()
        }
        runs if !plan.many && runs.len() <= LISTED => {
            head + &report::choice_of_many(runs) + &listed(runs, seconds)
        }
        runs => head + &report::choice_of_many(runs) + &report::summary_table(runs, minima, seconds),
    }
}

/// The paragraph above the figures.
fn told(method: &Method, plan: &Plan, runs: &[report::Run], minima: Option<&MinimaTable>) -> String {
    let chosen = runs.first().and_then(|run| run.chosen.as_ref());
    let how = match chosen {
        Some(chosen) => format!("{} ({})", chosen.optimizer, chosen.reason),
        None => method.to_string(),
    };
    let starts = if plan.many { format!(" from {} starts", runs.len()) } else { String::new() };
    let mut text = format!("{how}{starts}, at most {} steps.", plan.options.steps);
    for note in minima.iter().flat_map(|minima| &minima.notes) {
        let (first, rest) = note.split_at(1);
        text = format!("{text} {}{rest}.", first.to_uppercase());
    }
    text
}

/// Basin hopping, if it was asked for.
fn hopping(given: &HopArguments, plan: &Plan) -> Result<Option<BasinHopping>, Failure> {
    let Some(hops) = given.hops else { return Ok(None) };
    if plan.shown.is_none() {
        return Failure::wrong("--hops: hops need a box to stay in, such as --box -3..3");
    }
    if plan.starts.len() > 1 {
        return Failure::wrong("--hops: hops go from one start; give a single --start");
    }
    let hopping =
        BasinHopping { hops, temperature: given.temperature, step: given.hop, ..BasinHopping::default() };
    hopping.check()?;
    Ok(Some(hopping))
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
