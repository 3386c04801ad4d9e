//! The distinct minima that runs have found.

use std::fmt::Write as _;

use serde::Serialize;
use thalweg::solve::{LocalMinimum, Minima, Scalar};

use super::table::{digits, point_text, short};
use super::{Run, Table};

/// Minima shown in a table; JSON has all.
const MOST: usize = 20;

/// What stands in place of a number where no run met a tolerance.
const UNFINISHED: &str = "-";

/// A minimum, its fields as they stand in JSON.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Minimum {
    value: f64,
    x: Vec<f64>,
    gradient_norm: f64,
    status: &'static str,
    /// The run that came to x.
    run: usize,
    /// The number of runs that ended here, and those of them that met a tolerance.
    runs: usize,
    converged: usize,
    share: f64,
}

/// What basin hopping did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Hops {
    pub(crate) status: &'static str,
    pub(crate) made: usize,
    pub(crate) taken: usize,
}

impl Minimum {
    pub(crate) fn all<F: Scalar>(minima: &Minima<F>) -> Vec<Self> {
        minima.iter().map(Self::of).collect()
    }

    fn of<F: Scalar>(minimum: &LocalMinimum<F>) -> Self {
        let wide = |x: F| thalweg::rule::Real::to_f64(x);
        Minimum {
            value: wide(minimum.value),
            x: minimum.x.iter().map(|&x| wide(x)).collect(),
            gradient_norm: wide(minimum.gradient_norm),
            status: minimum.status.as_str(),
            run: minimum.run,
            runs: minimum.runs,
            converged: minimum.converged,
            share: minimum.share,
        }
    }
}

/// The minima as a table, and what there is to say of it.
pub(crate) struct MinimaTable {
    pub(crate) table: Table,
    pub(crate) notes: Vec<String>,
}

impl MinimaTable {
    /// A line for each minimum, the lowest first; `None` if there is none. Where some runs have met a tolerance, places to which none of
    /// those came stand below the others without a number, and a column says how the runs ended.
    pub(crate) fn of(minima: &[Minimum]) -> Option<Self> {
        let known = minima.iter().any(|minimum| minimum.converged > 0);
        let (found, unfinished): (Vec<_>, Vec<_>) =
            minima.iter().partition(|minimum| !known || minimum.converged > 0);
        let shown = !unfinished.is_empty() && found.len() < MOST;
        let mut header = vec!["minimum", "value", "|gradient|", "runs", "share"];
        header.extend(shown.then_some("ended"));
        header.push("at");
        let mut table = Table::with_header(&header);
        let numbered = found.iter().enumerate().map(|(k, minimum)| ((k + 1).to_string(), minimum));
        let apart = unfinished.iter().map(|minimum| (UNFINISHED.to_owned(), minimum));
        for (name, minimum) in numbered.chain(apart).take(MOST) {
            let mut row = vec![
                name,
                digits(minimum.value),
                short(minimum.gradient_norm),
                minimum.runs.to_string(),
                format!("{:.1} %", 100.0 * minimum.share),
            ];
            row.extend(shown.then(|| minimum.status.to_owned()));
            row.push(point_text(&minimum.x));
            table.row(row);
        }
        let mut notes = Vec::new();
        if minima.len() > MOST {
            notes.push(format!("{} more places are in the JSON (--json)", minima.len() - MOST));
        }
        if shown {
            let runs: usize = unfinished.iter().map(|minimum| minimum.runs).sum();
            notes.push(format!(
                "a row with {UNFINISHED} is where runs met no tolerance, perhaps on the way to a minimum; {runs} did so"
            ));
        }
        (!minima.is_empty()).then_some(MinimaTable { table, notes })
    }

    /// As it is printed.
    pub(crate) fn text(&self) -> String {
        self.notes.iter().fold(self.table.text(), |mut text, note| {
            let _ = writeln!(text, "  {note}");
            text
        })
    }
}

/// The box that runs went through: what is near is measured by it where none was given.
pub(crate) fn spread(runs: &[Run]) -> Vec<(f64, f64)> {
    let dim = runs.first().map_or(0, |run| run.x.len());
    let finite = |run: &&Run| run.value.is_finite() && run.status != "diverged";
    let along = |j: usize| {
        let ends = runs.iter().filter(finite).flat_map(|run| [run.x[j], run.start[j]]);
        let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        if low < high { (low, high) } else { (f64::NEG_INFINITY, f64::INFINITY) }
    };
    (0..dim).map(along).collect()
}
