//! `thalweg plot`.

use std::path::PathBuf;

use thalweg::solve::Bounds;

use crate::arguments::PlotArguments;
use crate::failure::Failure;
use crate::output::Outputs;
use crate::problem::Problem;

/// Where the figure goes unless `--out` says otherwise.
const FIGURE: &str = "plot.html";

pub(crate) fn run(arguments: &PlotArguments) -> Result<(), Failure> {
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
    let mut paths = arguments.out.clone();
    if paths.is_empty() {
        paths.push(PathBuf::from(FIGURE));
    }
    let outputs = Outputs::of_a_figure(&paths)?;
    outputs.check_writable()?;
    outputs.write(|_| Ok(Vec::new()), Some(&problem.picture().within(&shown)))?;
    for path in &paths {
        super::print(&format!("{}\n", path.display()))?;
    }
    Ok(())
}
