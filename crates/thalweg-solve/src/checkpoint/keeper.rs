//! [`Keeper`]: what a struct that keeps numbers between steps shows them to.

use std::collections::BTreeMap;

use thalweg_rule::{Rule, Saved, Snapshot};

use super::wrong;
use crate::{Scalar, SolveError};

/// Takes a copy of all that it is shown, or writes over it what was copied before.
///
/// Every number that matters after a step has a name, unlike all others within its struct; [`within`](Keeper::within) puts a struct's own name
/// before them. Restoring checks lengths and ranges, so that what is read never leads out of a buffer; the first thing that does not fit is kept
/// and the rest is left alone.
pub(crate) struct Keeper<F> {
    prefix: String,
    restores: bool,
    pieces: BTreeMap<String, Saved<F>>,
    problem: Option<String>,
}

impl<F: Scalar> Keeper<F> {
    /// One that copies.
    pub(crate) fn saving() -> Self {
        Keeper { prefix: String::new(), restores: false, pieces: BTreeMap::new(), problem: None }
    }

    /// One that brings back what another has copied.
    pub(crate) fn restoring(pieces: BTreeMap<String, Saved<F>>) -> Self {
        Keeper { prefix: String::new(), restores: true, pieces, problem: None }
    }

    /// Whether what is shown is written over.
    pub(crate) fn restores(&self) -> bool {
        self.restores
    }

    /// What was copied.
    pub(crate) fn saved(self) -> BTreeMap<String, Saved<F>> {
        self.pieces
    }

    /// Whether everything was brought back.
    pub(crate) fn finish(self) -> Result<(), SolveError> {
        match (self.problem, self.pieces.keys().next()) {
            (Some(problem), _) => wrong(problem),
            (None, Some(name)) => wrong(format!("holds `{name}`, which this run has no place for")),
            (None, None) => Ok(()),
        }
    }

    /// Names begin with this name and a dot while `visit` runs.
    pub(crate) fn within(&mut self, name: &str, visit: impl FnOnce(&mut Self)) {
        let length = self.prefix.len();
        self.prefix.push_str(name);
        self.prefix.push('.');
        visit(self);
        self.prefix.truncate(length);
    }

    /// Numbers of the run's own type, as many as there are.
    pub(crate) fn vector(&mut self, name: &str, values: &mut [F]) {
        let length = values.len();
        if !self.restores {
            return self.put(name, Saved::Vector(values.to_vec()));
        }
        match self.take(name) {
            Some(Saved::Vector(saved)) if saved.len() == length => values.copy_from_slice(&saved),
            Some(other) => self.misfit(name, &other, &format!("{length} numbers of the run's type")),
            None => {}
        }
    }

    /// Numbers of the run's own type, as many as `fits` allows.
    pub(crate) fn rows(&mut self, name: &str, values: &mut Vec<F>, fits: impl Fn(usize) -> bool) {
        if !self.restores {
            return self.put(name, Saved::Vector(values.clone()));
        }
        match self.take(name) {
            Some(Saved::Vector(saved)) if fits(saved.len()) => {
                values.clear();
                values.extend_from_slice(&saved);
            }
            Some(other) => {
                self.misfit(name, &other, "whole rows of numbers, one for each step and the start");
            }
            None => {}
        }
    }

    /// 64-bit numbers, as many as there are.
    pub(crate) fn numbers(&mut self, name: &str, values: &mut [f64]) {
        let length = values.len();
        if !self.restores {
            return self.put(name, Saved::Numbers(values.to_vec()));
        }
        match self.take(name) {
            Some(Saved::Numbers(saved)) if saved.len() == length => values.copy_from_slice(&saved),
            Some(other) => self.misfit(name, &other, &format!("{length} 64-bit numbers")),
            None => {}
        }
    }

    /// 64-bit numbers, at most so many.
    pub(crate) fn list(&mut self, name: &str, values: &mut Vec<f64>, most: usize) {
        if !self.restores {
            return self.put(name, Saved::Numbers(values.clone()));
        }
        match self.take(name) {
            Some(Saved::Numbers(saved)) if saved.len() <= most => {
                values.clear();
                values.extend_from_slice(&saved);
            }
            Some(other) => self.misfit(name, &other, &format!("at most {most} 64-bit numbers")),
            None => {}
        }
    }

    /// A 64-bit number.
    pub(crate) fn number(&mut self, name: &str, value: &mut f64) {
        self.numbers(name, std::slice::from_mut(value));
    }

    /// A 64-bit number, or none yet.
    pub(crate) fn maybe(&mut self, name: &str, value: &mut Option<f64>) {
        let mut list: Vec<f64> = value.iter().copied().collect();
        self.list(name, &mut list, 1);
        *value = list.first().copied();
    }

    /// A count, at most `most`.
    pub(crate) fn count(&mut self, name: &str, value: &mut u64, most: u64) {
        if !self.restores {
            return self.put(name, Saved::Count(*value));
        }
        match self.take(name) {
            Some(Saved::Count(saved)) if saved <= most => *value = saved,
            Some(Saved::Count(saved)) => {
                let name = self.full(name);
                self.complain(format!("has {saved} for `{name}`, where at most {most} can be"));
            }
            Some(other) => self.misfit(name, &other, "a count"),
            None => {}
        }
    }

    /// A place in a buffer, or a number of its elements, at most `most`.
    pub(crate) fn place(&mut self, name: &str, value: &mut usize, most: usize) {
        let mut count = *value as u64;
        self.count(name, &mut count, most as u64);
        *value = count as usize;
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, name: &str, value: &mut bool) {
        let mut count = u64::from(*value);
        self.count(name, &mut count, 1);
        *value = count == 1;
    }

    /// Something that may not be there yet, shown by `visit`; `blank` makes a place for it.
    pub(crate) fn option<T>(
        &mut self,
        name: &str,
        value: &mut Option<T>,
        blank: impl FnOnce() -> T,
        visit: impl FnOnce(&mut T, &mut Self),
    ) {
        let mut there = value.is_some();
        self.flag(name, &mut there);
        if !there {
            *value = None;
            return;
        }
        let value = value.get_or_insert_with(blank);
        self.within(name, |keeper| visit(value, keeper));
    }

    /// As many times yes or no as there are.
    pub(crate) fn flags(&mut self, name: &str, values: &mut [bool]) {
        let mut numbers: Vec<f64> = values.iter().map(|&yes| f64::from(u8::from(yes))).collect();
        self.numbers(name, &mut numbers);
        for (value, number) in values.iter_mut().zip(numbers) {
            *value = number == 1.0;
        }
    }

    /// All that a rule remembers.
    pub(crate) fn rule(&mut self, name: &str, rule: &mut dyn Rule<F>) {
        let mut snapshot = Snapshot::of(rule);
        let names: Vec<String> =
            snapshot.entries.iter().enumerate().map(|(k, (own, _))| format!("{name}.{k}.{own}")).collect();
        if !self.restores {
            for (name, (_, saved)) in names.iter().zip(snapshot.entries) {
                self.put(name, saved);
            }
            return;
        }
        for (name, (_, own)) in names.iter().zip(&mut snapshot.entries) {
            let Some(saved) = self.take(name) else { return };
            *own = match (saved, &*own) {
                // Both are numbers of the run's type; a file does not tell them apart.
                (Saved::Vector(values), Saved::Slot(_)) => Saved::Slot(values),
                (saved, _) => saved,
            };
        }
        if let Err(error) = snapshot.restore(rule) {
            self.complain(format!("does not fit the rule: {error}"));
        }
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn put(&mut self, name: &str, saved: Saved<F>) {
        let name = self.full(name);
        self.pieces.insert(name, saved);
    }

    fn take(&mut self, name: &str) -> Option<Saved<F>> {
        let name = self.full(name);
        let found = self.pieces.remove(&name);
        if found.is_none() {
            self.complain(format!("lacks `{name}`, which this run remembers"));
        }
        found
    }

    fn misfit(&mut self, name: &str, found: &Saved<F>, expected: &str) {
        let found = match found {
            Saved::Slot(values) | Saved::Vector(values) => {
                format!("{} numbers of the run's type", values.len())
            }
            Saved::Numbers(values) => format!("{} 64-bit numbers", values.len()),
            Saved::Count(_) => "a count".to_owned(),
        };
        let name = self.full(name);
        self.complain(format!("has {found} for `{name}`, expected {expected}"));
    }

    fn complain(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }
}
