//! The four things done with a list of hyperparameters: listing, reading, printing, checking.

use std::convert::Infallible;

use thalweg_spec::{Call, Number, Options, SpecError, Value};

use super::{Range, Visitor};
use crate::{RuleError, Schedule};

/// The largest count: beyond it neighbouring whole numbers are no longer told apart by `f64`.
const COUNT_MAX: u64 = 1 << 53;

const COUNT: Range = Range {
    wanted: "a whole number from 1 to 2^53",
    holds: |x| x >= 1.0 && x <= COUNT_MAX as f64 && x.fract() == 0.0,
};
const FINITE_LIST: &str = "a list of finite numbers such as [1, 6]";
const SQUARE: &str = "a square matrix of finite numbers such as [[1, 0], [0, 2]]";

fn is_finite_list(list: &[f64]) -> bool {
    !list.is_empty() && list.iter().all(|x| x.is_finite())
}

fn is_square(rows: &[Vec<f64>]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.len() == rows.len() && is_finite_list(row))
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
    fn count(&mut self, key: &'static str, _: &mut u64) -> Result<(), Infallible> {
        self.add(key, Need::Required)
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
    fn list(&mut self, key: &'static str, _: &mut Option<Vec<f64>>) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
    fn matrix(&mut self, key: &'static str, _: &mut Option<Vec<Vec<f64>>>) -> Result<(), Infallible> {
        self.add(key, Need::Optional)
    }
}

pub(super) struct Reader<'a>(pub(super) &'a Options<'a>);

impl Visitor for Reader<'_> {
    type Error = SpecError;
    fn number(&mut self, key: &'static str, value: &mut f64, range: Range) -> Result<(), SpecError> {
        *value = self.0.number_where(key, *value, range.wanted, range.holds)?;
        Ok(())
    }
    fn required(&mut self, key: &'static str, value: &mut f64, range: Range) -> Result<(), SpecError> {
        if self.0.value(key).is_none() {
            return Err(self.0.error(key, "must be given"));
        }
        self.number(key, value, range)
    }
    fn optional(
        &mut self,
        key: &'static str,
        value: &mut Option<f64>,
        range: Range,
    ) -> Result<(), SpecError> {
        if self.0.value(key).is_some() {
            *value = Some(self.0.number_where(key, 0.0, range.wanted, range.holds)?);
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
    fn count(&mut self, key: &'static str, value: &mut u64) -> Result<(), SpecError> {
        let mut number = 0.0;
        self.required(key, &mut number, COUNT)?;
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
}

pub(super) struct Printer(pub(super) Call);

impl Printer {
    #[expect(clippy::unnecessary_wraps, reason = "the answer of every visitor method")]
    fn add(&mut self, key: &'static str, value: impl Into<Value>) -> Result<(), Infallible> {
        let call = std::mem::replace(&mut self.0, Call::new(""));
        self.0 = call.with(key, value);
        Ok(())
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
        value.map_or(Ok(()), |number| self.add(key, number))
    }
    fn schedule(&mut self, key: &'static str, value: &mut Schedule, _: Range) -> Result<(), Infallible> {
        self.add(key, value.to_value())
    }
    fn count(&mut self, key: &'static str, value: &mut u64) -> Result<(), Infallible> {
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
    fn list(&mut self, key: &'static str, value: &mut Option<Vec<f64>>) -> Result<(), Infallible> {
        value.as_deref().map_or(Ok(()), |list| self.add(key, list))
    }
    fn matrix(&mut self, key: &'static str, value: &mut Option<Vec<Vec<f64>>>) -> Result<(), Infallible> {
        let Some(rows) = value else { return Ok(()) };
        self.add(key, Value::List(rows.iter().map(|row| row.as_slice().into()).collect()))
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
    fn count(&mut self, key: &'static str, value: &mut u64) -> Result<(), RuleError> {
        self.number(key, &mut (*value as f64), COUNT)
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
    fn list(&mut self, key: &'static str, value: &mut Option<Vec<f64>>) -> Result<(), RuleError> {
        let holds = value.as_deref().is_none_or(is_finite_list);
        self.ensure(key, holds, || format!("must be {FINITE_LIST}"))
    }
    fn matrix(&mut self, key: &'static str, value: &mut Option<Vec<Vec<f64>>>) -> Result<(), RuleError> {
        let holds = value.as_deref().is_none_or(is_square);
        self.ensure(key, holds, || format!("must be {SQUARE}"))
    }
}
