//! One file for each command: from its arguments to what it prints and writes.

pub(crate) mod analyze;
pub(crate) mod compare;
pub(crate) mod fit;
pub(crate) mod grid;
pub(crate) mod list;
pub(crate) mod minimize;
pub(crate) mod plot;
mod plot_schedule;
pub(crate) mod train;

use std::io::Write;
use std::path::PathBuf;

use thalweg::figure;
use thalweg::picture::Picture;

use crate::failure::Failure;
use crate::output::Outputs;
use crate::problem::Problem;
use crate::report::Table;
use crate::runner::Plan;

/// Prints text to standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Where a plot goes unless `--out` says otherwise.
const PLOT: &str = "plot.html";

/// Writes a plot and says where.
fn write_plot(
    out: &[PathBuf],
    outputs: impl Fn(&[PathBuf]) -> Result<Outputs, Failure>,
    write: impl Fn(&Outputs) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let default = [PathBuf::from(PLOT)];
    let paths = if out.is_empty() { &default } else { out };
    let outputs = outputs(paths)?;
    outputs.check_writable()?;
    write(&outputs)?;
    paths.iter().try_for_each(|path| print(&format!("{}\n", path.display())))
}

/// A picture of the problem, showing the plan's box if it has one.
fn picture(problem: &Problem, plan: &Plan) -> Picture {
    match &plan.shown {
        Some(shown) => problem.picture().within(shown),
        None => problem.picture(),
    }
}

/// The table as it stands on a page.
fn on_a_page(table: Table) -> figure::Table {
    figure::Table { header: table.header, rows: table.rows }
}
