//! [`Status`]: why a run ended.

use std::{fmt, path::PathBuf};
use thalweg_rule::Layout;

/// Why a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// It has made all its steps.
    Finished,
    /// The validation loss is below what was wanted.
    Reached,
    /// The validation loss has not become lower for as long as one was patient.
    StoppedEarly,
    /// An observer or a flag has ended it.
    Interrupted,
    /// A loss or a parameter is no longer finite.
    NonFinite(NonFinite),
}

impl Status {
    /// The name in files and on the command line: `finished`, `reached`, `stopped_early`, `interrupted`, `non_finite`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Reached => "reached",
            Self::StoppedEarly => "stopped_early",
            Self::Interrupted => "interrupted",
            Self::NonFinite(_) => "non_finite",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is no longer finite, and where.
///
/// ```
/// use thalweg_train::run::{NonFinite, Place};
///
/// let place = Place { what: "the parameter", leaf: "2.weight".into(), index: 7, value: f32::NAN };
/// let end = NonFinite { step: 12, loss: f32::NAN, place: Some(place), checkpoint: None };
/// assert_eq!(
///     end.to_string(),
///     "the loss of the batch of step 12 is NaN; the parameter `2.weight` was the first that is not finite \
///      (number 7 is NaN); there is no checkpoint"
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NonFinite {
    /// The step that could not be made, or whose parameters nobody can go on from, counted from 1.
    pub step: u64,
    /// The loss of its batch.
    pub loss: f32,
    /// The first number that is not finite, of the parameters, or else of the gradient, if it is one of these.
    pub place: Option<Place>,
    /// The last checkpoint, whose parameters are all finite.
    pub checkpoint: Option<PathBuf>,
}

/// A number in the parameters or in the gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// "the parameter" or "the gradient of".
    pub what: &'static str,
    /// The name of the part.
    pub leaf: String,
    /// Which of its numbers, counted from 0.
    pub index: usize,
    /// The number.
    pub value: f32,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the loss of the batch of step {} is {}; ", self.step, self.loss)?;
        match &self.place {
            Some(Place { what, leaf, index, value }) => {
                write!(f, "{what} `{leaf}` was the first that is not finite (number {index} is {value}); ")?;
            }
            None => f.write_str("parameters and gradient are finite; ")?,
        }
        match &self.checkpoint {
            Some(path) => write!(f, "the last checkpoint before is {}", path.display()),
            None => f.write_str("there is no checkpoint"),
        }
    }
}

/// The first number of a vector that is not finite.
pub(super) fn first(what: &'static str, layout: &Layout, values: &[f32]) -> Option<Place> {
    let at = values.iter().position(|value| !value.is_finite())?;
    let leaf = layout.leaves().iter().find(|leaf| leaf.range.contains(&at))?;
    Some(Place { what, leaf: leaf.name.clone(), index: at - leaf.range.start, value: values[at] })
}
