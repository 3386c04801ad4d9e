//! `thalweg list`.

use std::fmt::Write;

use serde::Serialize;
use thalweg::landscape::{self, Set};
use thalweg::rule::{self, Named, Optimizer, schedule_names};
use thalweg::solve::{Constraint, Method, Penalty};
use thalweg::spec::unknown_name;

use super::print;
use crate::arguments::{Kind, ListArguments};
use crate::failure::Failure;
use crate::report;

/// Signatures longer than this do not widen the column for all.
const WIDEST: usize = 70;

/// Lines of running text are broken here.
const LINE: usize = 100;

#[derive(Serialize, Default)]
struct Entry {
    name: String,
    signature: String,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    formula: String,
    /// Numbers remembered for every parameter of a matrix.
    #[serde(skip_serializing_if = "Option::is_none")]
    state_per_parameter: Option<f64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    source: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    conventions: String,
    /// One of many alike: in a table its name is enough.
    #[serde(skip)]
    brief: bool,
}

pub(crate) fn run(arguments: &ListArguments) -> Result<(), Failure> {
    let mut entries = arguments.kind.map_or_else(kinds, of_kind);
    if let Some(name) = &arguments.name {
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let kind = arguments.kind.map_or("kind", Kind::singular);
        if !names.contains(&name.as_str()) {
            return Err(Failure::spec(kind, name, &unknown_name(kind, name, &names)));
        }
        entries.retain(|entry| entry.name == *name);
    }
    if arguments.json {
        return report::print_json(&entries);
    }
    if let (Some(_), [entry]) = (&arguments.name, &entries[..]) {
        return print(&entry.details());
    }
    let mut text = table(&entries);
    if entries.iter().any(|entry| entry.brief) {
        text += "\n`thalweg list functions NAME` says what one of them is.\n";
    }
    print(&text)
}

/// One line an entry, under headings where there are kinds of entries; of brief entries the names alone.
fn table(entries: &[Entry]) -> String {
    let full = entries.iter().filter(|entry| !entry.brief);
    let widths = full.map(|entry| entry.signature.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut text = String::new();
    for group in entries.chunk_by(|a, b| a.kind == b.kind) {
        if group[0].kind.is_some() || !text.is_empty() {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{}:", group[0].kind.unwrap_or("others"));
        }
        for entry in group.iter().filter(|entry| !entry.brief) {
            let _ = writeln!(text, "{:<width$}  {}", entry.signature, entry.summary);
        }
        let names: Vec<_> =
            group.iter().filter(|entry| entry.brief).map(|entry| entry.name.as_str()).collect();
        if !names.is_empty() {
            let _ = writeln!(text, "{}", wrap(&names.join(", ")));
        }
    }
    text
}

fn of_kind(kind: Kind) -> Vec<Entry> {
    let named = match kind {
        Kind::Functions => {
            return landscape::entries().iter().map(Entry::landscape).collect();
        }
        Kind::Optimizers => Method::entries(),
        Kind::Schedules => schedule_names(),
        Kind::Constraints => Constraint::entries(),
        Kind::Penalties => Penalty::entries(),
    };
    named.iter().map(Entry::named).collect()
}

fn kinds() -> Vec<Entry> {
    [
        ("functions", "landscapes to minimise, beside any expression"),
        ("optimizers", "rules, links of chains, and methods that search or use second derivatives"),
        ("schedules", "hyperparameters that change with the step"),
        ("constraints", "sets to stay in and functions to hold"),
        ("penalties", "functions without a gradient to add, for --penalty"),
    ]
    .map(|(name, summary)| Entry::of(name, name, summary))
    .into()
}

impl Kind {
    fn singular(self) -> &'static str {
        match self {
            Kind::Functions => "function",
            Kind::Optimizers => "optimizer",
            Kind::Schedules => "schedule",
            Kind::Constraints => "constraint",
            Kind::Penalties => "penalty",
        }
    }
}

impl Entry {
    fn of(name: &str, signature: &str, summary: &str) -> Self {
        Entry {
            name: name.to_owned(),
            signature: signature.to_owned(),
            summary: summary.to_owned(),
            ..Entry::default()
        }
    }

    fn landscape(landscape: &landscape::Entry) -> Self {
        Entry {
            kind: Some(landscape.set.title()),
            formula: landscape.formula.to_owned(),
            source: landscape.source.to_owned(),
            brief: landscape.set != Set::Classic,
            ..Entry::of(landscape.name, landscape.signature, landscape.summary)
        }
    }

    fn named(named: &Named) -> Self {
        let kind = match named.kind {
            rule::Kind::Rule => Some("rules"),
            rule::Kind::Transform => Some("transforms, for chains"),
            rule::Kind::Wrapper => Some("wrappers, which hold the chain behind them"),
            rule::Kind::Method => Some("methods that stand alone"),
            rule::Kind::Schedule | rule::Kind::Constraint => None,
        };
        let optimizer = Optimizer::parse(named.name).ok();
        Entry {
            kind,
            formula: named.formula.clone(),
            state_per_parameter: optimizer.and_then(|optimizer| optimizer.state_per_parameter().ok()),
            source: named.source.clone(),
            conventions: named.conventions.clone(),
            ..Entry::of(named.name, &named.signature, named.summary)
        }
    }

    /// All that is known of it, for reading.
    fn details(&self) -> String {
        let mut text = format!("{}\n\n{}\n", self.signature, wrap(&self.summary));
        if !self.formula.is_empty() {
            let lines = self.formula.lines().map(|line| format!("    {line}\n"));
            let _ = write!(text, "\n{}", lines.collect::<String>());
        }
        if let Some(numbers) = self.state_per_parameter {
            let _ = write!(
                text,
                "\nRemembers {numbers:.3} numbers for every parameter of a matrix of 64 rows and 64 columns.\n"
            );
        }
        for (label, paragraph) in [("Source: ", &self.source), ("Conventions: ", &self.conventions)] {
            if !paragraph.is_empty() {
                let _ = writeln!(text, "\n{}", wrap(&format!("{label}{paragraph}")));
            }
        }
        text
    }
}

/// Running text in lines.
fn wrap(text: &str) -> String {
    let (mut wrapped, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let own = word.chars().count();
        if length > 0 && length + 1 + own > LINE {
            wrapped.push('\n');
            length = 0;
        } else if length > 0 {
            wrapped.push(' ');
            length += 1;
        }
        wrapped += word;
        length += own;
    }
    wrapped
}
