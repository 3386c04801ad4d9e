//! `thalweg plot`.

use thalweg::solve::Bounds;

use super::{plot_schedule, write_plot};
use crate::arguments::PlotArguments;
use crate::failure::Failure;
use crate::numbers;
use crate::output::Outputs;
use crate::problem::Problem;

pub(crate) fn run(arguments: &PlotArguments) -> Result<(), Failure> {
    let text = arguments.function.function.trim();
    let variables = arguments.function.vars.as_deref().map(numbers::names).unwrap_or_default();
    if plot_schedule::means_schedule(text, &variables.iter().map(String::as_str).collect::<Vec<_>>()) {
        return plot_schedule::run(arguments, text);
    }
    if arguments.steps.is_some() {
        return Failure::wrong("--steps is for schedules; the part of a function that is shown is --box");
    }
    let problem = Problem::read(&arguments.function)?;
    if problem.dim() > 2 {
        return Failure::wrong(format!(
            "a function of {} variables has no picture of its own; plot one of 1 or 2, or see a run on it: \
             thalweg minimize FUNCTION --out run.html",
            problem.dim()
        ));
    }
    let shown = match problem.sampling_box(arguments.sampling_box.as_deref())? {
        Some(shown) => shown,
        None => Bounds::all(-3.0, 3.0)?,
    };
    for j in 0..problem.dim() {
        let (low, high) = shown.interval(j);
        if !((high - low).is_finite() && low < high) {
            return Failure::wrong(format!(
                "--box: {low}..{high} must have finite ends, the lower one first"
            ));
        }
    }
    let picture = problem.picture().within(&shown);
    write_plot(&arguments.out, Outputs::of_a_figure, |outputs| {
        outputs.write(|_| Ok(Vec::new()), Some(&picture))
    })
}
