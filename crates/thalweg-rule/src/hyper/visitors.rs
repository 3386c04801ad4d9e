//! The things done with a list of hyperparameters: listing, printing and checking them, and reading and setting those that are numbers.

use std::convert::Infallible;

use thalweg_spec::{Call, Value};

use super::held::{Held, Need, Place, Visitor};
use crate::{RuleError, Schedule};

pub(super) const FINITE_LIST: &str = "a list of finite numbers such as [1, 6]";
pub(super) const TRIPLES: &str = "three finite numbers such as [1.5, -0.5, 0], or a list of such triples";
pub(super) const SQUARE: &str = "a square matrix of finite numbers such as [[1, 0], [0, 2]]";

pub(super) fn is_finite_list(list: &[f64]) -> bool {
    !list.is_empty() && list.iter().all(|x| x.is_finite())
}

pub(super) fn is_square(rows: &[Vec<f64>]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.len() == rows.len() && is_finite_list(row))
}

pub(super) fn are_triples(rows: &[[f64; 3]]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| is_finite_list(row))
}

/// The names, and which must be given.
pub(super) struct Lister(pub(super) Vec<(&'static str, Need)>);

impl Visitor for Lister {
    type Error = Infallible;

    fn visit(&mut self, place: Place, _: Held<'_>) -> Result<(), Infallible> {
        self.0.push((place.key, place.need));
        Ok(())
    }
}

/// Whether there is text, which is always patterns of names.
pub(super) struct Patterns(pub(super) bool);

impl Visitor for Patterns {
    type Error = Infallible;

    fn visit(&mut self, _: Place, held: Held<'_>) -> Result<(), Infallible> {
        self.0 |= matches!(held, Held::Text(_) | Held::TextOrNone(Some(_)));
        Ok(())
    }
}

/// The hyperparameters that are numbers, at a step.
pub(super) struct Numbers {
    pub(super) step: u64,
    pub(super) found: Vec<(&'static str, f64)>,
}

impl Visitor for Numbers {
    type Error = Infallible;

    fn visit(&mut self, place: Place, held: Held<'_>) -> Result<(), Infallible> {
        let number = match held {
            Held::Number(number) => Some(*number),
            Held::NumberOrNone(number) => *number,
            Held::Schedule(schedule) => Some(schedule.at(self.step)),
            Held::ScheduleOrNone(schedule) => schedule.as_ref().map(|schedule| schedule.at(self.step)),
            _ => None,
        };
        self.found.extend(number.map(|number| (place.key, number)));
        Ok(())
    }
}

/// Sets the number with this key.
pub(super) struct Setter<'a> {
    pub(super) key: &'a str,
    pub(super) value: f64,
}

impl Visitor for Setter<'_> {
    type Error = Infallible;

    fn visit(&mut self, place: Place, held: Held<'_>) -> Result<(), Infallible> {
        if place.key == self.key {
            match held {
                Held::Number(number) | Held::NumberOrNone(Some(number)) => *number = self.value,
                Held::Schedule(schedule) | Held::ScheduleOrNone(Some(schedule)) => {
                    *schedule = self.value.into();
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The call that reads back to the same hyperparameters.
pub(super) struct Printer {
    pub(super) call: Call,
    /// Hyperparameters that are numbers unless they are left out expressly.
    pub(super) given: Vec<&'static str>,
}

impl Visitor for Printer {
    type Error = Infallible;

    fn visit(&mut self, Place { key, .. }: Place, held: Held<'_>) -> Result<(), Infallible> {
        let rows = |rows: &mut dyn Iterator<Item = &[f64]>| Value::List(rows.map(Into::into).collect());
        let printed = match held {
            Held::Number(number) => Some((*number).into()),
            Held::NumberOrNone(number) => number.map(Into::into),
            Held::Whole(number) => Some((*number as f64).into()),
            Held::Numbers(numbers) => Some(numbers.as_slice().into()),
            Held::Schedule(schedule) => Some(schedule.to_value()),
            Held::ScheduleOrNone(schedule) => schedule.as_ref().map(Schedule::to_value),
            Held::Schedules(list) => Some(Value::List(list.iter().map(Schedule::to_value).collect())),
            Held::Flag(flag) => Some((*flag).into()),
            Held::Choice(name, _) => Some(Call::new(name).into()),
            Held::Text(text) => Some(Value::Text(text.clone())),
            Held::TextOrNone(text) => text.clone().map(Value::Text),
            Held::ListOrNone(list) => list.as_deref().map(Into::into),
            Held::MatrixOrNone(matrix) => {
                matrix.as_ref().map(|matrix| rows(&mut matrix.iter().map(Vec::as_slice)))
            }
            Held::Triples(triples) => Some(match triples.as_slice() {
                [triple] => triple.as_slice().into(),
                triples => rows(&mut triples.iter().map(<[f64; 3]>::as_slice)),
            }),
        };
        // What is left out goes without saying, unless it would otherwise be a number.
        let left_out = || -> Option<Value> { self.given.contains(&key).then(|| Call::new("none").into()) };
        if let Some(value) = printed.or_else(left_out) {
            let call = std::mem::replace(&mut self.call, Call::new(""));
            self.call = call.with(key, value);
        }
        Ok(())
    }
}

/// Whether every value is in its range.
pub(super) struct Checker {
    pub(super) rule: &'static str,
}

impl Checker {
    pub(super) fn error(&self, key: &'static str, problem: String) -> RuleError {
        RuleError::Hyperparameter { rule: self.rule.to_owned(), name: key.to_owned(), problem }
    }
}

impl Visitor for Checker {
    type Error = RuleError;

    fn visit(&mut self, place: Place, held: Held<'_>) -> Result<(), RuleError> {
        let ensure =
            |holds: bool, wanted: &str| if holds { Ok(()) } else { Err(format!("must be {wanted}")) };
        let checked = match held {
            Held::Number(number) | Held::NumberOrNone(Some(number)) => place.holds(*number),
            Held::Whole(number) => place.holds(*number as f64),
            Held::Numbers(numbers) => place.holds_each(numbers),
            Held::Schedule(schedule) | Held::ScheduleOrNone(Some(schedule)) => schedule.check(place.range),
            Held::Schedules(list) => list.iter().try_for_each(|schedule| schedule.check(place.range)),
            Held::Text(text) => ensure(!text.is_empty(), "given"),
            Held::ListOrNone(Some(list)) => ensure(is_finite_list(list), FINITE_LIST),
            Held::MatrixOrNone(Some(rows)) => ensure(is_square(rows), SQUARE),
            Held::Triples(rows) => ensure(are_triples(rows), TRIPLES),
            Held::NumberOrNone(None)
            | Held::ScheduleOrNone(None)
            | Held::ListOrNone(None)
            | Held::MatrixOrNone(None)
            | Held::Flag(_)
            | Held::Choice(..)
            | Held::TextOrNone(_) => Ok(()),
        };
        checked.map_err(|problem| self.error(place.key, problem))
    }
}
