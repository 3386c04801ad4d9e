//! `thalweg grid`.

use serde::Serialize;
use thalweg::solve::{GRID_LIMIT, SolveError, grid_cost, grid_search};

use super::print;
use crate::arguments::GridArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::report::{self, duration, labelled, signed};
use crate::runner::use_threads;

#[derive(Serialize)]
struct Document<'a> {
    thalweg: &'static str,
    function: &'a str,
    variables: &'a [String],
    x: Vec<f64>,
    value: f64,
    evaluations: u64,
    seconds: f64,
}

pub(crate) fn run(arguments: &GridArguments) -> Result<(), Failure> {
    let problem = Problem::read(&arguments.function)?;
    let Some(bounds) = problem.sampling_box(arguments.sampling_box.as_deref())? else {
        return Failure::wrong("a grid over an expression needs a box, such as --box -3..3");
    };
    use_threads(arguments.threads)?;
    let points = arguments.points;
    let cost = grid_cost::<f64>(&problem.program, &bounds, points)?;
    crate::note(&format!(
        "{points}^{} = {} points, about {}",
        problem.dim(),
        cost.points,
        duration(cost.seconds)
    ));
    let limit = if arguments.force { u64::MAX } else { GRID_LIMIT };
    let best = match grid_search::<f64>(&problem.program, &bounds, points, limit) {
        Err(SolveError::Grid { .. }) => {
            return Failure::wrong(format!(
                "more than {GRID_LIMIT} points: use fewer --points, minimise from random starts \
                 (thalweg minimize FUNCTION --starts 100), or insist with --force"
            ));
        }
        other => other?,
    };
    if arguments.json {
        return report::print_json(&Document {
            thalweg: env!("CARGO_PKG_VERSION"),
            function: &problem.name,
            variables: &problem.variables,
            x: best.x,
            value: best.value,
            evaluations: best.evaluations,
            seconds: best.seconds,
        });
    }
    let names = problem.variables.iter().map(String::as_str).chain(["value"]);
    let numbers = best.x.iter().chain([&best.value]).map(|number| signed(*number));
    let mut lines: Vec<(&str, String)> = names.zip(numbers).collect();
    lines.push(("points", format!(" {} in {}", best.evaluations, duration(best.seconds))));
    print(&format!("{}\n\n{}", problem.title(), labelled(&lines)))
}
