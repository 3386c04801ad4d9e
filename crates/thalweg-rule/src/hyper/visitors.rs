//! The things done with a list of hyperparameters: listing, reading, printing, checking, and reading and setting numbers.

use std::convert::Infallible;

use thalweg_spec::{Call, Number, Options, SpecError, Value};

use super::{Range, Visitor, WHOLE};
use crate::{RuleError, Schedule};

const FINITE_LIST: &str = "a list of finite numbers such as [1, 6]";
const TRIPLES: &str = "three finite numbers such as [1.5, -0.5, 0], or a list of such triples";
const SQUARE: &str = "a square matrix of finite numbers such as [[1, 0], [0, 2]]";

const SCHEDULES: &str = "a list of schedules such as [0.1, cosine(0.1, 100)]";

/// Whether every number is in a range; the problem, worded, if not.
fn each(numbers: &[f64], range: Range) -> Result<(), String> {
    match numbers.iter().find(|number| !(range.holds)(**number)) {
        Some(number) => {
            Err(format!("must be a list of numbers, each {}, found {}", range.wanted, Number(*number)))
        }
        None => Ok(()),
    }
}

fn is_finite_list(list: &[f64]) -> bool {
    !list.is_empty() && list.iter().all(|x| x.is_finite())
}

fn is_square(rows: &[Vec<f64>]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.len() == rows.len() && is_finite_list(row))
}

fn are_triples(rows: &[[f64; 3]]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| is_finite_list(row))
}

/// Whether a value is the bare name `none`.
fn is_none(value: &Value) -> bool {
    matches!(value, Value::Call(call) if call.name == "none" && call.arguments.is_empty())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Optional,
    Required,
}

pub(super) struct Lister(pub(super) Vec<(&'static str, Need)>);

impl Lister {
    #[expect(clippy::unnecessary_wraps, reason = "the answer of every visitor method")]
    fn add(&mut self, key: &'static str, need: Need) -> Result<(), Infallible> {
        self.0.push((key, need));
        Ok(())
    }
}

impl Visitor for Lister {
    type Error = Infallible;
    fn number(&mut self, key: &'static str, _: &mut f64, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn required(&mut self, key: &'static str, _: &mut f64, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Required)
    }
    fn optional(&mut self, key: &'static str, _: &mut Option<f64>, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn schedule(&mut self, key: &'static str, _: &mut Schedule, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn required_schedule(&mut self, key: &'static str, _: &mut Schedule, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Required)
    }
    fn schedules(&mut self, key: &'static str, _: &mut Vec<Schedule>, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Required)
    }
    fn numbers(&mut self, key: &'static str, _: &mut Vec<f64>, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Required)
    }
    fn optional_schedule(
        &mut self,
        key: &'static str,
        _: &mut Option<Schedule>,
        _: Range,
    ) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn count(&mut self, key: &'static str, _: &mut u64, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Required)
    }
    fn whole(&mut self, key: &'static str, _: &mut u64, _: Range) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn flag(&mut self, key: &'static str, _: &mut bool) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn choice(
        &mut self,
        key: &'static str,
        _: &mut &'static str,
        _: &'static [&'static str],
    ) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn text(&mut self, key: &'static str, _: &mut Option<String>) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn required_text(&mut self, key: &'static str, _: &mut String) -> Result<(), Infallible> {
        self.add(key, Need::Required)
    }
    fn list(&mut self, key: &'static str, _: &mut Option<Vec<f64>>) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn matrix(&mut self, key: &'static str, _: &mut Option<Vec<Vec<f64>>>) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn triples(&mut self, key: &'static str, _: &mut Vec<[f64; 3]>) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
}

pub(super) struct Reader<'a>(pub(super) &'a Options<'a>);

impl Reader<'_> {
    /// The value of a hyperparameter that must be given.
    fn given(&self, key: &'static str) -> Result<&Value, SpecError> {
        self.0.value(key).ok_or_else(|| self.0.error(key, "must be given"))
    }
}

impl Visitor for Reader<'_> {
    type Error = SpecError;
    fn number(&mut self, key: &'static str, value: &mut f64, range: Range) -> Result<(), SpecError> {
        *value = self.0.number_where(key, *value, range.wanted, range.holds)?;
        Ok(())
    }
    fn required(&mut self, key: &'static str, value: &mut f64, range: Range) -> Result<(), SpecError> {
        self.given(key)?;
        self.number(key, value, range)
    }
    fn optional(
        &mut self,
        key: &'static str,
        value: &mut Option<f64>,
        range: Range,
    ) -> Result<(), SpecError> {
        if let Some(found) = self.0.value(key) {
            *value = if is_none(found) {
                None
            } else {
                Some(self.0.number_where(key, 0.0, range.wanted, range.holds)?)
            };
        }
        Ok(())
    }
    fn schedule(&mut self, key: &'static str, value: &mut Schedule, range: Range) -> Result<(), SpecError> {
        match self.0.value(key) {
            Some(Value::Call(call)) => {
                let schedule = Schedule::from_call(call)?;
                schedule.check(range).map_err(|problem| self.0.error(key, problem))?;
                *value = schedule;
            }
            Some(_) => {
                *value = Schedule::Constant(self.0.number_where(key, 0.0, range.wanted, range.holds)?);
            }
            None => {}
        }
        Ok(())
    }
    fn required_schedule(
        &mut self,
        key: &'static str,
        value: &mut Schedule,
        range: Range,
    ) -> Result<(), SpecError> {
        self.given(key)?;
        self.schedule(key, value, range)
    }
    fn schedules(
        &mut self,
        key: &'static str,
        value: &mut Vec<Schedule>,
        range: Range,
    ) -> Result<(), SpecError> {
        let given = self.given(key)?;
        let wrong = |found: &Value| self.0.error(key, format!("must be {SCHEDULES}, found {found}"));
        let Value::List(items) = given else { return Err(wrong(given)) };
        let read = |item: &Value| {
            let schedule = match item {
                Value::Number(number) => Schedule::Constant(*number),
                Value::Call(call) => Schedule::from_call(call)?,
                _ => return Err(wrong(item)),
            };
            schedule.check(range).map_err(|problem| self.0.error(key, problem))?;
            Ok(schedule)
        };
        *value = items.iter().map(read).collect::<Result<_, _>>()?;
        Ok(())
    }
    fn numbers(&mut self, key: &'static str, value: &mut Vec<f64>, range: Range) -> Result<(), SpecError> {
        self.given(key)?;
        *value = self.0.numbers(key)?.unwrap_or_default();
        each(value, range).map_err(|problem| self.0.error(key, problem))
    }
    fn optional_schedule(
        &mut self,
        key: &'static str,
        value: &mut Option<Schedule>,
        range: Range,
    ) -> Result<(), SpecError> {
        match self.0.value(key) {
            Some(found) if is_none(found) => *value = None,
            Some(_) => self.schedule(key, value.insert(0.0.into()), range)?,
            None => {}
        }
        Ok(())
    }
    fn count(&mut self, key: &'static str, value: &mut u64, range: Range) -> Result<(), SpecError> {
        let mut number = 0.0;
        self.required(key, &mut number, range)?;
        *value = number as u64;
        Ok(())
    }
    fn whole(&mut self, key: &'static str, value: &mut u64, range: Range) -> Result<(), SpecError> {
        let mut number = *value as f64;
        self.number(key, &mut number, Range { wanted: range.wanted, ..WHOLE })?;
        self.number(key, &mut number, range)?;
        *value = number as u64;
        Ok(())
    }
    fn flag(&mut self, key: &'static str, value: &mut bool) -> Result<(), SpecError> {
        *value = self.0.flag(key)?.unwrap_or(*value);
        Ok(())
    }
    fn choice(
        &mut self,
        key: &'static str,
        value: &mut &'static str,
        among: &'static [&'static str],
    ) -> Result<(), SpecError> {
        if let Some(Value::Call(call)) = self.0.value(key)
            && let Some(chosen) =
                among.iter().find(|choice| **choice == call.name && call.arguments.is_empty())
        {
            *value = chosen;
        } else if let Some(found) = self.0.value(key) {
            return Err(self.0.error(key, format!("must be one of {}, found {found}", among.join(", "))));
        }
        Ok(())
    }
    fn text(&mut self, key: &'static str, value: &mut Option<String>) -> Result<(), SpecError> {
        if let Some(text) = self.0.text(key)? {
            *value = Some(text.to_owned());
        }
        Ok(())
    }
    fn required_text(&mut self, key: &'static str, value: &mut String) -> Result<(), SpecError> {
        match self.0.text(key)? {
            Some(text) if !text.is_empty() => text.clone_into(value),
            _ => return Err(self.0.error(key, "must be given")),
        }
        Ok(())
    }
    fn list(&mut self, key: &'static str, value: &mut Option<Vec<f64>>) -> Result<(), SpecError> {
        if let Some(list) = self.0.numbers(key)? {
            if !is_finite_list(&list) {
                return Err(self.0.error(key, format!("must be {FINITE_LIST}")));
            }
            *value = Some(list);
        }
        Ok(())
    }
    fn matrix(&mut self, key: &'static str, value: &mut Option<Vec<Vec<f64>>>) -> Result<(), SpecError> {
        if let Some(rows) = self.0.matrix(key)? {
            if !is_square(&rows) {
                return Err(self.0.error(key, format!("must be {SQUARE}")));
            }
            *value = Some(rows);
        }
        Ok(())
    }
    fn triples(&mut self, key: &'static str, value: &mut Vec<[f64; 3]>) -> Result<(), SpecError> {
        let nested = matches!(self.0.value(key), Some(Value::List(rows)) if matches!(rows.first(), Some(Value::List(_))));
        let rows = if nested { self.0.matrix(key)? } else { self.0.numbers(key)?.map(|row| vec![row]) };
        let Some(rows) = rows else { return Ok(()) };
        let rows = rows.into_iter().map(<[f64; 3]>::try_from).collect::<Result<Vec<_>, _>>();
        *value = rows
            .ok()
            .filter(|rows| are_triples(rows))
            .ok_or_else(|| self.0.error(key, format!("must be {TRIPLES}")))?;
        Ok(())
    }
}

pub(super) struct Printer {
    pub(super) call: Call,
    /// Hyperparameters that are numbers unless they are left out expressly.
    pub(super) given: Vec<&'static str>,
}

impl Printer {
    #[expect(clippy::unnecessary_wraps, reason = "the answer of every visitor method")]
    fn add(&mut self, key: &'static str, value: impl Into<Value>) -> Result<(), Infallible> {
        let call = std::mem::replace(&mut self.call, Call::new(""));
        self.call = call.with(key, value);
        Ok(())
    }

    /// What is left out, unless that goes without saying.
    fn left_out(&mut self, key: &'static str) -> Result<(), Infallible> {
        if self.given.contains(&key) { self.add(key, Call::new("none")) } else { Ok(()) }
    }
}

impl Visitor for Printer {
    type Error = Infallible;
    fn number(&mut self, key: &'static str, value: &mut f64, _: Range) -> Result<(), Infallible> {
        self.add(key, *value)
    }
    fn required(&mut self, key: &'static str, value: &mut f64, _: Range) -> Result<(), Infallible> {
        self.add(key, *value)
    }
    fn optional(&mut self, key: &'static str, value: &mut Option<f64>, _: Range) -> Result<(), Infallible> {
        match value {
            Some(number) => self.add(key, *number),
            None => self.left_out(key),
        }
    }
    fn schedule(&mut self, key: &'static str, value: &mut Schedule, _: Range) -> Result<(), Infallible> {
        self.add(key, value.to_value())
    }
    fn required_schedule(
        &mut self,
        key: &'static str,
        value: &mut Schedule,
        range: Range,
    ) -> Result<(), Infallible> {
        self.schedule(key, value, range)
    }
    fn schedules(
        &mut self,
        key: &'static str,
        value: &mut Vec<Schedule>,
        _: Range,
    ) -> Result<(), Infallible> {
        self.add(key, Value::List(value.iter().map(Schedule::to_value).collect()))
    }
    fn numbers(&mut self, key: &'static str, value: &mut Vec<f64>, _: Range) -> Result<(), Infallible> {
        self.add(key, value.as_slice())
    }
    fn optional_schedule(
        &mut self,
        key: &'static str,
        value: &mut Option<Schedule>,
        range: Range,
    ) -> Result<(), Infallible> {
        match value {
            Some(schedule) => self.schedule(key, schedule, range),
            None => self.left_out(key),
        }
    }
    fn count(&mut self, key: &'static str, value: &mut u64, _: Range) -> Result<(), Infallible> {
        self.add(key, *value as f64)
    }
    fn whole(&mut self, key: &'static str, value: &mut u64, _: Range) -> Result<(), Infallible> {
        self.add(key, *value as f64)
    }
    fn flag(&mut self, key: &'static str, value: &mut bool) -> Result<(), Infallible> {
        self.add(key, *value)
    }
    fn choice(
        &mut self,
        key: &'static str,
        value: &mut &'static str,
        _: &'static [&'static str],
    ) -> Result<(), Infallible> {
        self.add(key, Call::new(value))
    }
    fn text(&mut self, key: &'static str, value: &mut Option<String>) -> Result<(), Infallible> {
        value.as_ref().map_or(Ok(()), |text| self.add(key, Value::Text(text.clone())))
    }
    fn list(&mut self, key: &'static str, value: &mut Option<Vec<f64>>) -> Result<(), Infallible> {
        value.as_deref().map_or(Ok(()), |list| self.add(key, list))
    }
    fn matrix(&mut self, key: &'static str, value: &mut Option<Vec<Vec<f64>>>) -> Result<(), Infallible> {
        let Some(rows) = value else { return Ok(()) };
        self.add(key, Value::List(rows.iter().map(|row| row.as_slice().into()).collect()))
    }
    fn triples(&mut self, key: &'static str, value: &mut Vec<[f64; 3]>) -> Result<(), Infallible> {
        match &value[..] {
            [row] => self.add(key, row.as_slice()),
            rows => self.add(key, Value::List(rows.iter().map(|row| row.as_slice().into()).collect())),
        }
    }
}

pub(super) struct Checker {
    pub(super) rule: &'static str,
}

impl Checker {
    pub(super) fn error(&self, key: &'static str, problem: String) -> RuleError {
        RuleError::Hyperparameter { rule: self.rule.to_owned(), name: key.to_owned(), problem }
    }
    fn ensure(&self, key: &'static str, holds: bool, problem: impl Fn() -> String) -> Result<(), RuleError> {
        if holds { Ok(()) } else { Err(self.error(key, problem())) }
    }
}

impl Visitor for Checker {
    type Error = RuleError;
    fn number(&mut self, key: &'static str, value: &mut f64, range: Range) -> Result<(), RuleError> {
        let value = *value;
        self.ensure(key, (range.holds)(value), || {
            format!("must be {}, found {}", range.wanted, Number(value))
        })
    }
    fn required(&mut self, key: &'static str, value: &mut f64, range: Range) -> Result<(), RuleError> {
        self.number(key, value, range)
    }
    fn optional(
        &mut self,
        key: &'static str,
        value: &mut Option<f64>,
        range: Range,
    ) -> Result<(), RuleError> {
        value.map_or(Ok(()), |mut number| self.number(key, &mut number, range))
    }
    fn schedule(&mut self, key: &'static str, value: &mut Schedule, range: Range) -> Result<(), RuleError> {
        value.check(range).map_err(|problem| self.error(key, problem))
    }
    fn required_schedule(
        &mut self,
        key: &'static str,
        value: &mut Schedule,
        range: Range,
    ) -> Result<(), RuleError> {
        self.schedule(key, value, range)
    }
    fn schedules(
        &mut self,
        key: &'static str,
        value: &mut Vec<Schedule>,
        range: Range,
    ) -> Result<(), RuleError> {
        value.iter_mut().try_for_each(|schedule| self.schedule(key, schedule, range))
    }
    fn numbers(&mut self, key: &'static str, value: &mut Vec<f64>, range: Range) -> Result<(), RuleError> {
        each(value, range).map_err(|problem| self.error(key, problem))
    }
    fn optional_schedule(
        &mut self,
        key: &'static str,
        value: &mut Option<Schedule>,
        range: Range,
    ) -> Result<(), RuleError> {
        value.as_mut().map_or(Ok(()), |schedule| self.schedule(key, schedule, range))
    }
    fn count(&mut self, key: &'static str, value: &mut u64, range: Range) -> Result<(), RuleError> {
        self.number(key, &mut (*value as f64), range)
    }
    fn whole(&mut self, key: &'static str, value: &mut u64, range: Range) -> Result<(), RuleError> {
        self.number(key, &mut (*value as f64), range)
    }
    fn flag(&mut self, _: &'static str, _: &mut bool) -> Result<(), RuleError> {
        Ok(())
    }
    fn choice(
        &mut self,
        _: &'static str,
        _: &mut &'static str,
        _: &'static [&'static str],
    ) -> Result<(), RuleError> {
        Ok(())
    }
    fn text(&mut self, _: &'static str, _: &mut Option<String>) -> Result<(), RuleError> {
        Ok(())
    }
    fn required_text(&mut self, key: &'static str, value: &mut String) -> Result<(), RuleError> {
        self.ensure(key, !value.is_empty(), || "must be given".to_owned())
    }
    fn list(&mut self, key: &'static str, value: &mut Option<Vec<f64>>) -> Result<(), RuleError> {
        let holds = value.as_deref().is_none_or(is_finite_list);
        self.ensure(key, holds, || format!("must be {FINITE_LIST}"))
    }
    fn matrix(&mut self, key: &'static str, value: &mut Option<Vec<Vec<f64>>>) -> Result<(), RuleError> {
        let holds = value.as_deref().is_none_or(is_square);
        self.ensure(key, holds, || format!("must be {SQUARE}"))
    }
    fn triples(&mut self, key: &'static str, value: &mut Vec<[f64; 3]>) -> Result<(), RuleError> {
        self.ensure(key, are_triples(value), || format!("must be {TRIPLES}"))
    }
}
