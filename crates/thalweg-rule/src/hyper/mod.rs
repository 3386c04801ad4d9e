//! Hyperparameters: each rule lists its own once, and reading, printing, checking and listing all follow from that list.

mod visitors;

use thalweg_spec::{Call, Options, SpecError};

use visitors::{Checker, Lister, Need, Printer, Reader};

use crate::{RuleError, Schedule};

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
pub(crate) const BELOW_ONE: Range =
    Range { wanted: "at least 0 and below 1", holds: |x| (0.0..1.0).contains(&x) };

/// Something with a name and hyperparameters.
pub(crate) trait Describe: Clone {
    const NAME: &'static str;
    const SUMMARY: &'static str;

    /// With every hyperparameter at its default; required ones hold anything.
    fn blank() -> Self;

    /// Shows every hyperparameter to the visitor, in the order in which they are written.
    fn visit<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Error>;

    /// A hyperparameter that contradicts the others, and why.
    fn conflict(&self) -> Option<(&'static str, String)> {
        None
    }
}

/// Does something to every hyperparameter.
pub(crate) trait Visitor {
    type Error;
    fn number(&mut self, key: &'static str, value: &mut f64, range: Range) -> Result<(), Self::Error>;
    /// A number without a default.
    fn required(&mut self, key: &'static str, value: &mut f64, range: Range) -> Result<(), Self::Error>;
    /// A number that may be left out.
    fn optional(
        &mut self,
        key: &'static str,
        value: &mut Option<f64>,
        range: Range,
    ) -> Result<(), Self::Error>;
    fn schedule(&mut self, key: &'static str, value: &mut Schedule, range: Range) -> Result<(), Self::Error>;
    /// A whole number from 1, without a default.
    fn count(&mut self, key: &'static str, value: &mut u64) -> Result<(), Self::Error>;
    fn flag(&mut self, key: &'static str, value: &mut bool) -> Result<(), Self::Error>;
    fn choice(
        &mut self,
        key: &'static str,
        value: &mut &'static str,
        among: &'static [&'static str],
    ) -> Result<(), Self::Error>;
    /// A list of finite numbers that may be left out.
    fn list(&mut self, key: &'static str, value: &mut Option<Vec<f64>>) -> Result<(), Self::Error>;
    /// A square matrix of finite numbers, by rows, that may be left out.
    fn matrix(&mut self, key: &'static str, value: &mut Option<Vec<Vec<f64>>>) -> Result<(), Self::Error>;
}

/// Reads a call.
pub(crate) fn read<D: Describe>(call: &Call, kind: &str) -> Result<D, SpecError> {
    let mut described = D::blank();
    let keys: Vec<&'static str> = keys(&described).into_iter().map(|(key, _)| key).collect();
    let options = Options::of(call, kind, &keys)?;
    described.visit(&mut Reader(&options))?;
    match described.conflict() {
        Some((key, problem)) => Err(options.error(key, problem)),
        None => Ok(described),
    }
}

/// As a call that reads back to the same thing.
pub(crate) fn print<D: Describe>(described: &D) -> Call {
    let mut printer = Printer(Call::new(D::NAME));
    let Ok(()) = described.clone().visit(&mut printer);
    printer.0
}

/// Whether every hyperparameter is in its range.
pub(crate) fn check<D: Describe>(described: &D) -> Result<(), RuleError> {
    described.clone().visit(&mut Checker { rule: D::NAME })?;
    match described.conflict() {
        Some((key, problem)) => Err(Checker { rule: D::NAME }.error(key, problem)),
        None => Ok(()),
    }
}

/// A name that optimisers or schedules may be called by, for help texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name as written in specs.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The name with its options and their defaults, such as `cosine(init, steps, final=0)`; those without a default must
    /// be given, those in brackets may be left out.
    pub signature: String,
}

pub(crate) fn named<D: Describe>() -> Named {
    let blank = D::blank();
    let printed = print(&blank);
    let options: Vec<String> = keys(&blank)
        .into_iter()
        .map(|(key, need)| match printed.arguments.iter().find(|a| a.key.as_deref() == Some(key)) {
            _ if need == Need::Required => key.to_owned(),
            Some(argument) => format!("{key}={}", argument.value),
            None => format!("[{key}]"),
        })
        .collect();
    Named { name: D::NAME, summary: D::SUMMARY, signature: format!("{}({})", D::NAME, options.join(", ")) }
}

fn keys<D: Describe>(described: &D) -> Vec<(&'static str, Need)> {
    let mut lister = Lister(Vec::new());
    let Ok(()) = described.clone().visit(&mut lister);
    lister.0
}
