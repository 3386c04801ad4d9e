//! Hyperparameters as functions of the step: one file per family. How they are used never lives here.

mod cosine;
mod cyclic;
mod exponential;
mod inverse_time;
mod joined;
mod one_cycle;
mod piecewise;
mod polynomial;
mod restarts;
mod shape;
mod step;
mod warmup;
mod wsd;

use std::fmt;
use std::str::FromStr;

use thalweg_spec::{Call, Number, SpecError, Value, parse_call, unknown_name};

pub use cosine::Cosine;
pub use cyclic::{Cyclic, CyclicMode};
pub use exponential::Exponential;
pub use inverse_time::InverseTime;
pub use joined::{Joined, Sgdr};
pub use one_cycle::{OneCycle, OneCycleConvention, OneCycleMomentum};
pub use piecewise::{Piecewise, PiecewiseInterpolate};
pub use polynomial::{Linear, Polynomial};
pub use restarts::CosineRestarts;
pub use shape::Shape;
pub use step::{MultiStep, StepDecay};
pub use warmup::{Warmup, WarmupCosine};
pub use wsd::Wsd;

use crate::Named;
use crate::hyper::{self, Describe, Kind, Range};

/// What is known of a schedule that changes.
trait Course {
    /// The value at a step; finite for hyperparameters in their ranges.
    fn at(&self, step: u64) -> f64;

    /// Where it turns, has a corner or jumps: among these, 0 and `last` its values up to `last` are highest and lowest.
    fn turns(&self, last: u64) -> Vec<u64>;

    fn length(&self) -> Length;
}

/// How long a schedule changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    /// From this step on the value stays as it is.
    Ends(u64),
    /// Without an end; this many steps show what it does.
    Goes(u64),
}

macro_rules! schedules {
    ($($schedule:ident),*) => {
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
        /// assert_eq!(schedule, Cosine { r#final: 0.02, ..Cosine::new(0.1, 100) }.into());
        /// assert_eq!((schedule.at(0), schedule.at(100)), (0.1, 0.02));
        /// # Ok::<(), thalweg_spec::SpecError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Schedule {
            /// The same at every step.
            Constant(f64),
            $(#[doc = concat!("See [`", stringify!($schedule), "`].")] $schedule(Box<$schedule>),)*
        }

        const NAMES: &[&str] = &[$($schedule::NAME),*];

        /// Every schedule: name, summary and signature.
        ///
        /// ```
        /// let linear = thalweg_rule::schedule_names().into_iter().find(|named| named.name == "linear").unwrap();
        /// assert_eq!(linear.signature, "linear(init, steps, final=0, begin=0)");
        /// ```
        pub fn schedule_names() -> Vec<Named> {
            vec![$(hyper::named::<$schedule>(Kind::Schedule)),*]
        }

        impl Schedule {
            /// Reads `cosine(...)`.
            ///
            /// # Errors
            /// An unknown schedule or a wrong option.
            pub fn from_call(call: &Call) -> Result<Self, SpecError> {
                match call.name.as_str() {
                    $($schedule::NAME => Ok(hyper::read::<$schedule>(call, KIND)?.into()),)*
                    other => Err(unknown_name(KIND, other, NAMES)),
                }
            }

            pub(crate) fn to_value(&self) -> Value {
                match self {
                    Schedule::Constant(value) => Value::Number(*value),
                    $(Schedule::$schedule(schedule) => Value::Call(hyper::print(&**schedule)),)*
                }
            }

            fn check_hyperparameters(&self) -> Result<(), String> {
                let checked = match self {
                    Schedule::Constant(_) => Ok(()),
                    $(Schedule::$schedule(schedule) => hyper::check(&**schedule),)*
                };
                checked.map_err(|error| format!("is wrong: {error}"))
            }

            /// The schedule if it changes, else its value.
            fn course(&self) -> Result<&dyn Course, f64> {
                match self {
                    Schedule::Constant(value) => Err(*value),
                    $(Schedule::$schedule(schedule) => Ok(&**schedule),)*
                }
            }
        }

        $(
            impl From<$schedule> for Schedule {
                fn from(schedule: $schedule) -> Self {
                    Schedule::$schedule(Box::new(schedule))
                }
            }
        )*
    };
}
schedules!(
    StepDecay,
    MultiStep,
    Exponential,
    InverseTime,
    Linear,
    Polynomial,
    Cosine,
    CosineRestarts,
    Sgdr,
    OneCycle,
    OneCycleMomentum,
    Cyclic,
    Warmup,
    WarmupCosine,
    Wsd,
    Piecewise,
    PiecewiseInterpolate,
    Joined
);

const KIND: &str = "schedule";

impl Schedule {
    /// The value at a step, counted from 0.
    #[inline]
    pub fn at(&self, step: u64) -> f64 {
        match self {
            Schedule::Constant(value) => *value,
            changing => changing.at_changing(step),
        }
    }

    #[cold]
    #[inline(never)]
    fn at_changing(&self, step: u64) -> f64 {
        self.course().map_or_else(|value| value, |course| course.at(step))
    }

    /// The step from which on the value stays as it is; none if there is none.
    ///
    /// ```
    /// use thalweg_rule::Schedule;
    ///
    /// assert_eq!("warmup(10, cosine(0.1, 90))".parse::<Schedule>()?.end(), Some(100));
    /// assert_eq!("exponential(0.1, 0.99)".parse::<Schedule>()?.end(), None);
    /// # Ok::<(), thalweg_spec::SpecError>(())
    /// ```
    pub fn end(&self) -> Option<u64> {
        match self.length() {
            Length::Ends(step) => Some(step),
            Length::Goes(_) => None,
        }
    }

    /// How many steps show what the schedule does: up to its [`end`](Self::end), of one that repeats itself some rounds, of
    /// one that falls for ever most of the fall.
    ///
    /// ```
    /// use thalweg_rule::Schedule;
    ///
    /// assert_eq!("step(init=0.1, every=30)".parse::<Schedule>()?.span(), 150);
    /// # Ok::<(), thalweg_spec::SpecError>(())
    /// ```
    pub fn span(&self) -> u64 {
        match self.length() {
            Length::Ends(steps) | Length::Goes(steps) => steps,
        }
    }

    /// Steps from 0 to `last`, both among them, ascending: where the schedule turns, has a corner or jumps, the first time if it
    /// repeats itself. The highest and the lowest of its values up to `last` are among those at these steps.
    ///
    /// ```
    /// use thalweg_rule::Schedule;
    ///
    /// let schedule: Schedule = "warmup(10, cosine(0.1, 90))".parse()?;
    /// assert_eq!(schedule.turning_points(200), [0, 10, 100, 200]);
    /// # Ok::<(), thalweg_spec::SpecError>(())
    /// ```
    pub fn turning_points(&self, last: u64) -> Vec<u64> {
        let mut turns = self.course().map_or_else(|_| Vec::new(), |course| course.turns(last));
        turns.retain(|step| *step < last);
        turns.extend([0, last]);
        turns.sort_unstable();
        turns.dedup();
        turns
    }

    fn length(&self) -> Length {
        self.course().map_or(Length::Ends(0), Course::length)
    }

    /// Whether all values lie in a range; the problem, worded, if not.
    pub(crate) fn check(&self, range: Range) -> Result<(), String> {
        self.check_hyperparameters()?;
        let throughout = if matches!(self, Schedule::Constant(_)) { "" } else { " throughout" };
        let values = self.turning_points(u64::MAX).into_iter().map(|step| self.at(step));
        match values.into_iter().find(|value| !(range.holds)(*value)) {
            Some(value) => Err(format!("must be {}{throughout}, found {}", range.wanted, Number(value))),
            None => Ok(()),
        }
    }
}

impl From<f64> for Schedule {
    fn from(value: f64) -> Self {
        Schedule::Constant(value)
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

/// What is wrong with steps that must come one after the other.
fn disorder(steps: &[u64]) -> Option<String> {
    let pair = steps.windows(2).find(|pair| pair[0] >= pair[1])?;
    Some(format!("must be strictly increasing, found {} after {}", pair[1], pair[0]))
}
