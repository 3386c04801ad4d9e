//! `thalweg list`.

use serde::Serialize;
use thalweg::landscape;
use thalweg::rule::schedule_names;
use thalweg::solve::{Constraint, Method};

use super::print;
use crate::arguments::{Kind, ListArguments};
use crate::failure::Failure;
use crate::report;

/// Signatures longer than this do not widen the column for all.
const WIDEST: usize = 64;

#[derive(Serialize)]
struct Entry {
    name: String,
    signature: String,
    summary: String,
}

pub(crate) fn run(arguments: &ListArguments) -> Result<(), Failure> {
    let entries = arguments.kind.map_or_else(kinds, of_kind);
    if arguments.json {
        return report::print_json(&entries);
    }
    let widths = entries.iter().map(|entry| entry.signature.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let lines = entries.iter().map(|entry| format!("{:<width$}  {}\n", entry.signature, entry.summary));
    print(&lines.collect::<String>())
}

fn of_kind(kind: Kind) -> Vec<Entry> {
    let named = match kind {
        Kind::Functions => {
            let landscapes = landscape::entries().iter();
            return landscapes.map(|entry| Entry::of(entry.name, entry.signature, entry.summary)).collect();
        }
        Kind::Optimizers => Method::entries(),
        Kind::Schedules => schedule_names(),
        Kind::Constraints => Constraint::entries(),
    };
    named.iter().map(|named| Entry::of(named.name, &named.signature, named.summary)).collect()
}

fn kinds() -> Vec<Entry> {
    [
        ("functions", "landscapes to minimise, beside any expression"),
        ("optimizers", "rules, links of chains, and methods with second derivatives"),
        ("schedules", "hyperparameters that change with the step"),
        ("constraints", "sets to stay in and functions to hold"),
    ]
    .map(|(name, summary)| Entry::of(name, name, summary))
    .into()
}

impl Entry {
    fn of(name: &str, signature: &str, summary: &str) -> Self {
        Entry { name: name.to_owned(), signature: signature.to_owned(), summary: summary.to_owned() }
    }
}
