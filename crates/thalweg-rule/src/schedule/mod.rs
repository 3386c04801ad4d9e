//! Hyperparameters as functions of the step: one file per family. How they are used never lives here.

mod cosine;

use std::fmt;
use std::str::FromStr;

use thalweg_spec::{Call, Number, SpecError, Value, parse_call, unknown_name};

pub use cosine::Cosine;

use crate::Named;
use crate::hyper::{self, Range};

/// A hyperparameter as a function of the step, counted from 0.
///
/// A number is a schedule that never changes. In text: `0.1`, or `cosine(init=0.1, steps=1000)`.
///
/// ```
/// use thalweg_rule::{Cosine, Schedule};
///
/// let constant: Schedule = 0.1.into();
/// assert_eq!(constant.at(1_000_000), 0.1);
/// let schedule: Schedule = "cosine(init=0.1, steps=100, final=0.02)".parse()?;
/// assert_eq!(schedule, Cosine { init: 0.1, steps: 100, r#final: 0.02 }.into());
/// assert_eq!((schedule.at(0), schedule.at(100)), (0.1, 0.02));
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Schedule {
    /// The same at every step.
    Constant(f64),
    /// Half a cosine wave downwards.
    Cosine(Cosine),
}

const NAMES: &[&str] = &["cosine"];

/// Every schedule: name, summary and signature.
pub fn schedule_names() -> Vec<Named> {
    vec![hyper::named::<Cosine>()]
}

impl Schedule {
    /// The value at a step, counted from 0.
    #[inline]
    pub fn at(&self, step: u64) -> f64 {
        match self {
            Schedule::Constant(value) => *value,
            Schedule::Cosine(cosine) => cosine.at(step),
        }
    }

    /// Reads `cosine(...)`.
    ///
    /// # Errors
    /// An unknown schedule or a wrong option.
    pub fn from_call(call: &Call) -> Result<Self, SpecError> {
        match call.name.as_str() {
            "cosine" => Ok(Schedule::Cosine(hyper::read(call, "schedule")?)),
            other => Err(unknown_name("schedule", other, NAMES)),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        match self {
            Schedule::Constant(value) => Value::Number(*value),
            Schedule::Cosine(cosine) => Value::Call(hyper::print(cosine)),
        }
    }

    /// Whether all values lie in a range; the problem, worded, if not.
    pub(crate) fn check(&self, range: Range) -> Result<(), String> {
        let (parts, name) = match self {
            Schedule::Constant(value) => (vec![*value], ""),
            Schedule::Cosine(cosine) => {
                hyper::check(cosine).map_err(|error| format!("is wrong: {error}"))?;
                (vec![cosine.init, cosine.r#final], " throughout")
            }
        };
        match parts.into_iter().find(|part| !(range.holds)(*part)) {
            Some(part) => Err(format!("must be {}{name}, found {}", range.wanted, Number(part))),
            None => Ok(()),
        }
    }
}

impl From<f64> for Schedule {
    fn from(value: f64) -> Self {
        Schedule::Constant(value)
    }
}

impl From<Cosine> for Schedule {
    fn from(cosine: Cosine) -> Self {
        Schedule::Cosine(cosine)
    }
}

impl FromStr for Schedule {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Schedule::Constant(number)),
            _ => Schedule::from_call(&parse_call(text)?),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}
