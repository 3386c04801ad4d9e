//! One file for each command: from its arguments to what it prints and writes.

pub(crate) mod analyze;
pub(crate) mod compare;
pub(crate) mod fit;
pub(crate) mod grid;
pub(crate) mod list;
pub(crate) mod minimize;
pub(crate) mod plot;

use std::io::Write;

use thalweg::figure;
use thalweg::picture::Picture;

use crate::failure::Failure;
use crate::problem::Problem;
use crate::report::Table;
use crate::runner::Plan;

/// Prints text to standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
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
