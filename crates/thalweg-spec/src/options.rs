//! Options by type: from a [`Call`]'s arguments to checked numbers, flags and lists.

use crate::{Argument, Call, Number, SpecError, Value, suggest};

/// The arguments of one call, matched to the names it may have and handed out by type.
#[derive(Debug)]
pub struct Options<'a> {
    call: &'a Call,
    found: Vec<(&'a str, &'a Argument)>,
}

impl<'a> Options<'a> {
    /// Matches the call's arguments to `known`, by name or, without a name, in this order.
    ///
    /// # Errors
    /// An argument with an unknown name, one given twice, or more positional ones than there are names.
    pub fn of(call: &'a Call, kind: &str, known: &[&'a str]) -> Result<Self, SpecError> {
        let mut found: Vec<(&'a str, &'a Argument)> = Vec::new();
        for (position, argument) in call.arguments.iter().enumerate() {
            let bad = |key: &str, problem: String| SpecError::BadOption {
                column: argument.column,
                name: call.name.clone(),
                key: key.to_owned(),
                problem,
            };
            let key = match &argument.key {
                Some(key) => {
                    known.iter().copied().find(|k| k == key).ok_or_else(|| SpecError::UnknownOption {
                        column: argument.column,
                        name: call.name.clone(),
                        key: key.clone(),
                        suggestion: suggest(key, known.iter().copied()).map(str::to_owned),
                        known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
                    })?
                }
                None => *known.get(position).ok_or_else(|| {
                    let value = argument.value.to_string();
                    bad(&value, format!("is one value too many: this {kind} takes {}", known.len()))
                })?,
            };
            if found.iter().any(|(other, _)| *other == key) {
                return Err(bad(key, "is given twice".to_owned()));
            }
            found.push((key, argument));
        }
        Ok(Options { call, found })
    }

    /// The value of an option as written, if given.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        self.found.iter().find(|(k, _)| *k == key).map(|(_, argument)| &argument.value)
    }

    /// The error for an option: where it stands (or where the call stands, if it is missing) and the problem.
    pub fn error(&self, key: &str, problem: impl Into<String>) -> SpecError {
        let column = self
            .found
            .iter()
            .find(|(k, _)| *k == key)
            .map_or(self.call.column, |(_, argument)| argument.column);
        SpecError::BadOption {
            column,
            name: self.call.name.clone(),
            key: key.to_owned(),
            problem: problem.into(),
        }
    }

    fn wrong<T>(&self, key: &str, wanted: &str, value: &Value) -> Result<T, SpecError> {
        Err(self.error(key, format!("must be {wanted}, found {value}")))
    }

    /// A number, if given.
    ///
    /// # Errors
    /// The option is not a number, or is NaN.
    pub fn number(&self, key: &str) -> Result<Option<f64>, SpecError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Number(number)) if !number.is_nan() => Ok(Some(*number)),
            Some(other) => self.wrong(key, "a number", other),
        }
    }

    /// A number for which `holds`; `wanted` words the condition, as in "at least 0".
    ///
    /// # Errors
    /// The option is not a number, or the condition does not hold for it.
    pub fn number_where(
        &self,
        key: &str,
        default: f64,
        wanted: &str,
        holds: impl Fn(f64) -> bool,
    ) -> Result<f64, SpecError> {
        match self.number(key)? {
            None => Ok(default),
            Some(number) if holds(number) => Ok(number),
            Some(number) => Err(self.error(key, format!("must be {wanted}, found {}", Number(number)))),
        }
    }

    /// A whole number from `low` to `high`, if given.
    ///
    /// # Errors
    /// The option is not a whole number in that range.
    pub fn whole(&self, key: &str, low: u64, high: u64) -> Result<Option<u64>, SpecError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Number(n)) if n.fract() == 0.0 && *n >= low as f64 && *n <= high as f64 => {
                Ok(Some(*n as u64))
            }
            Some(other) => self.wrong(key, &format!("a whole number from {low} to {high}"), other),
        }
    }

    /// `true` or `false`, if given.
    ///
    /// # Errors
    /// The option is something else.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, SpecError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(*flag)),
            Some(other) => self.wrong(key, "true or false", other),
        }
    }

    /// A list of numbers, if given.
    ///
    /// # Errors
    /// The option is not a list, or an item of it is not a number.
    pub fn numbers(&self, key: &str) -> Result<Option<Vec<f64>>, SpecError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match numbers_of(value) {
            Some(numbers) => Ok(Some(numbers)),
            None => self.wrong(key, "a list of numbers such as [1, 6]", value),
        }
    }

    /// A matrix as a list of equally long rows, if given.
    ///
    /// # Errors
    /// The option is not a list of lists of numbers, or its rows differ in length.
    pub fn matrix(&self, key: &str) -> Result<Option<Vec<Vec<f64>>>, SpecError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let rows = match value {
            Value::List(rows) => rows.iter().map(numbers_of).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match rows {
            Some(rows) if !rows.is_empty() && rows.iter().all(|row| row.len() == rows[0].len()) => {
                Ok(Some(rows))
            }
            _ => self.wrong(key, "a matrix such as [[1, 0], [0, 2]]", value),
        }
    }

    /// A bare name out of `choices`, if given.
    ///
    /// # Errors
    /// The option is not one of the choices.
    pub fn choice(&self, key: &str, choices: &[&'a str]) -> Result<Option<&'a str>, SpecError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let chosen = match value {
            Value::Call(call) if call.arguments.is_empty() => {
                choices.iter().copied().find(|c| *c == call.name)
            }
            _ => None,
        };
        match chosen {
            Some(choice) => Ok(Some(choice)),
            None => self.wrong(key, &format!("one of {}", choices.join(", ")), value),
        }
    }

    /// Quoted text, if given.
    ///
    /// # Errors
    /// The option is not text in double quotes.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, SpecError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => self.wrong(key, "text in double quotes", other),
        }
    }
}

fn numbers_of(value: &Value) -> Option<Vec<f64>> {
    let Value::List(items) = value else { return None };
    items
        .iter()
        .map(|item| match item {
            Value::Number(number) if !number.is_nan() => Some(*number),
            _ => None,
        })
        .collect()
}
