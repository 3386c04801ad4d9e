//! Hyperparameters: each rule lists its own once, and reading, printing, checking and listing all follow from that list.

mod held;
mod reader;
mod recipe;
mod visitors;

use std::borrow::Cow;

use thalweg_spec::{Call, Options, SpecError};

use reader::Reader;
use visitors::{Checker, Lister, Numbers, Patterns, Printer, Setter};

pub(crate) use held::{Held, Hyperparameter, Need, Place, Visitor};
pub(crate) use recipe::{choices, default_of, recipe};

use crate::RuleError;

/// Which numbers a hyperparameter may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    /// As in "must be …".
    pub(crate) wanted: &'static str,
    pub(crate) holds: fn(f64) -> bool,
}

pub(crate) const FINITE: Range = Range { wanted: "finite", holds: f64::is_finite };
pub(crate) const NOT_NEGATIVE: Range =
    Range { wanted: "finite and at least 0", holds: |x| x >= 0.0 && x.is_finite() };
pub(crate) const POSITIVE: Range =
    Range { wanted: "finite and above 0", holds: |x| x > 0.0 && x.is_finite() };
pub(crate) const FROM_ONE: Range =
    Range { wanted: "a whole number of at least 1", holds: |x| x >= 1.0 && x.fract() == 0.0 };
/// Beyond 2^53 neighbouring whole numbers are no longer told apart by `f64`.
pub(crate) const WHOLE: Range = Range {
    wanted: "a whole number from 0 to 2^53",
    holds: |x| (0.0..=9_007_199_254_740_992.0).contains(&x) && x.fract() == 0.0,
};
pub(crate) const COUNT: Range =
    Range { wanted: "a whole number from 1 to 2^53", holds: |x| x >= 1.0 && (WHOLE.holds)(x) };
pub(crate) const UP_TO_ONE: Range =
    Range { wanted: "at least 0 and at most 1", holds: |x| (0.0..=1.0).contains(&x) };
pub(crate) const BELOW_ONE: Range =
    Range { wanted: "at least 0 and below 1", holds: |x| (0.0..1.0).contains(&x) };

/// Something with a name and hyperparameters.
pub(crate) trait Describe: Clone {
    const NAME: &'static str;
    const SUMMARY: &'static str;
    /// The documentation: what it is, the formula, where it is from.
    const DOC: &'static str;

    /// With every hyperparameter at its default; required ones hold anything.
    fn blank() -> Self;

    /// Shows every hyperparameter to the visitor, in the order in which they are written.
    fn visit<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Error>;

    /// Reads a call, where that is more than reading hyperparameters by name.
    fn read(call: &Call, kind: &str) -> Result<Self, SpecError> {
        let mut described = Self::blank();
        let keys: Vec<&'static str> = keys(&described).into_iter().map(|(key, _)| key).collect();
        let options = Options::of(call, kind, &keys)?;
        described.visit(&mut Reader(&options))?;
        match described.conflict() {
            Some((key, problem)) => Err(options.error(key, problem)),
            None => Ok(described),
        }
    }

    /// As a call that reads back to the same thing.
    fn print(&self) -> Call {
        let mut numbers = Numbers { step: 0, found: Vec::new() };
        let Ok(()) = Self::blank().visit(&mut numbers);
        let given = numbers.found.into_iter().map(|(key, _)| key).collect();
        let mut printer = Printer { call: Call::new(Self::NAME), given };
        let Ok(()) = self.clone().visit(&mut printer);
        printer.call
    }

    /// The name with its options and their defaults.
    fn signature() -> String {
        let blank = Self::blank();
        let printed = blank.print();
        let options: Vec<String> = keys(&blank)
            .into_iter()
            .map(|(key, need)| match printed.arguments.iter().find(|a| a.key.as_deref() == Some(key)) {
                _ if need == Need::Required => key.to_owned(),
                Some(argument) => format!("{key}={}", argument.value),
                None => format!("[{key}]"),
            })
            .collect();
        format!("{}({})", Self::NAME, options.join(", "))
    }

    /// Whether every hyperparameter is in its range.
    fn check(&self) -> Result<(), RuleError> {
        self.clone().visit(&mut Checker { rule: Self::NAME })?;
        match self.conflict() {
            Some((key, problem)) => Err(Checker { rule: Self::NAME }.error(key, problem)),
            None => Ok(()),
        }
    }

    /// The hyperparameters that are numbers, with their values at a step.
    fn numbers(&self, step: u64) -> Vec<(Cow<'static, str>, f64)> {
        let mut numbers = Numbers { step, found: Vec::new() };
        let Ok(()) = self.clone().visit(&mut numbers);
        numbers.found.into_iter().map(|(key, value)| (key.into(), value)).collect()
    }

    /// Sets a hyperparameter that is a number; a schedule becomes constant.
    fn set(&mut self, key: &str, value: f64) {
        let Ok(()) = self.visit(&mut Setter { key, value });
    }

    /// Whether it picks parts of the parameters by their names.
    fn picks_parts(&self) -> bool {
        let mut patterns = Patterns(false);
        let Ok(()) = self.clone().visit(&mut patterns);
        patterns.0
    }

    /// A hyperparameter that contradicts the others, and why.
    fn conflict(&self) -> Option<(&'static str, String)> {
        None
    }
}

/// Reads a call.
pub(crate) fn read<D: Describe>(call: &Call, kind: &str) -> Result<D, SpecError> {
    D::read(call, kind)
}

/// As a call that reads back to the same thing.
pub(crate) fn print<D: Describe>(described: &D) -> Call {
    described.print()
}

/// Whether every hyperparameter is in its range.
pub(crate) fn check<D: Describe>(described: &D) -> Result<(), RuleError> {
    described.check()
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole optimiser, which can also be a link of a chain.
    Rule,
    /// A link that changes the update.
    Transform,
    /// A link that holds the chain behind it.
    Wrapper,
    /// A hyperparameter as a function of the step.
    Schedule,
    /// A method that needs more than gradients.
    Method,
    /// A set to stay in, or a function to hold.
    Constraint,
}

/// Something that optimisers or schedules are called by, and what its documentation says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name as written in specs.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The name with its options and their defaults, such as `cosine(init, steps, final=0)`; those without a default must
    /// be given, those in brackets may be left out.
    pub signature: String,
    /// What it stands for.
    pub kind: Kind,
    /// The formula, if the documentation shows one; several lines.
    pub formula: String,
    /// Where it is from: papers and books.
    pub source: String,
    /// What other libraries do alike or differently.
    pub conventions: String,
}

impl Named {
    /// With nothing known but these.
    pub fn new(kind: Kind, name: &'static str, summary: &'static str, signature: impl Into<String>) -> Self {
        let (formula, source, conventions) = (String::new(), String::new(), String::new());
        Named { name, summary, signature: signature.into(), kind, formula, source, conventions }
    }
}

pub(crate) fn named<D: Describe>(kind: Kind) -> Named {
    let signature = D::signature();
    let paragraph = |label| paragraph(D::DOC, label);
    let (source, conventions) = (paragraph("Source:"), paragraph("Conventions:"));
    Named {
        name: D::NAME,
        summary: D::SUMMARY,
        signature,
        kind,
        formula: formula(D::DOC),
        source,
        conventions,
    }
}

/// The first block of text in a documentation.
fn formula(doc: &str) -> String {
    let lines = doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    let block = lines.skip_while(|line| *line != "```text").skip(1).take_while(|line| *line != "```");
    block.collect::<Vec<_>>().join("\n")
}

/// The paragraph of a documentation that begins with a label, without it.
fn paragraph(doc: &str, label: &str) -> String {
    let lines = doc.lines().map(str::trim).skip_while(|line| !line.starts_with(label));
    let joined = lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    without_links(joined.strip_prefix(label).unwrap_or_default().trim())
}

/// The text without the links of its names, which lead nowhere outside the documentation.
fn without_links(text: &str) -> String {
    let mut plain = text.replace("[`", "`");
    while let Some(start) = plain.find("`](") {
        let end = plain[start..].find(')').map_or(plain.len(), |length| start + length + 1);
        plain.replace_range(start..end, "`");
    }
    plain.replace("`]", "`")
}

fn keys<D: Describe>(described: &D) -> Vec<(&'static str, Need)> {
    let mut lister = Lister(Vec::new());
    let Ok(()) = described.clone().visit(&mut lister);
    lister.0
}
