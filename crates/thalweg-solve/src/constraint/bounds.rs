//! [`Bounds`]: an interval for every variable.

use std::fmt;
use std::str::FromStr;

use thalweg_spec::{Number, SpecError};

use crate::SolveError;

/// A box: one interval for all variables, or one for each.
///
/// Written `-1..1`, or `-1..1, 0..inf` with one interval a variable.
///
/// ```
/// use thalweg_solve::Bounds;
///
/// let bounds: Bounds = "-1..1, 0..inf".parse()?;
/// assert_eq!(bounds.interval(1), (0.0, f64::INFINITY));
/// assert_eq!(bounds.to_string(), "-1..1, 0..inf");
/// # Ok::<(), thalweg_spec::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    intervals: Vec<(f64, f64)>,
}

impl Bounds {
    /// The same interval for every variable.
    ///
    /// # Errors
    /// `low` above `high`, or NaN.
    pub fn all(low: f64, high: f64) -> Result<Self, SolveError> {
        Self::each(&[(low, high)])
    }

    /// An interval for each variable; a single one serves all.
    ///
    /// # Errors
    /// No interval at all, a lower end above the upper one, or NaN.
    pub fn each(intervals: &[(f64, f64)]) -> Result<Self, SolveError> {
        if intervals.is_empty() {
            let found = "none".to_owned();
            return Err(SolveError::Option { name: "bounds", wanted: "at least one interval", found });
        }
        for (variable, &(low, high)) in intervals.iter().enumerate() {
            if low.is_nan() || high.is_nan() || low > high {
                let problem = "is empty; write the lower end first";
                return Err(SolveError::Interval { variable, low, high, problem });
            }
        }
        Ok(Bounds { intervals: intervals.to_vec() })
    }

    /// How many intervals there are: 1 if it serves all variables.
    pub fn len(&self) -> usize {
        self.intervals.len()
    }

    /// Never true: there is always an interval.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// The interval of a variable, counted from 0; of a single interval for all, that one.
    pub fn interval(&self, variable: usize) -> (f64, f64) {
        let one = self.intervals.len() == 1;
        self.intervals
            .get(if one { 0 } else { variable })
            .copied()
            .unwrap_or((f64::NEG_INFINITY, f64::INFINITY))
    }

    /// The points that are in both boxes.
    ///
    /// # Errors
    /// A variable for which there are none.
    pub(crate) fn meet(&self, other: &Bounds) -> Result<Self, SolveError> {
        let count = self.len().max(other.len());
        let meet = |variable| {
            let ((a, b), (c, d)) = (self.interval(variable), other.interval(variable));
            let (low, high) = (a.max(c), b.min(d));
            let problem = "is what two boxes leave of it: they have no point in common";
            if low <= high {
                Ok((low, high))
            } else {
                Err(SolveError::Interval { variable, low, high, problem })
            }
        };
        Ok(Bounds { intervals: (0..count).map(meet).collect::<Result<_, _>>()? })
    }

    /// Whether there is an interval for each of `dim` variables.
    ///
    /// # Errors
    /// [`SolveError::Dimension`].
    pub fn check(&self, dim: usize) -> Result<(), SolveError> {
        if self.intervals.len() == 1 || self.intervals.len() == dim {
            return Ok(());
        }
        let (found, expected) = (self.intervals.len(), dim);
        Err(SolveError::Dimension {
            what: "bounds (give one interval, or one a variable)".to_owned(),
            found,
            expected,
        })
    }

    /// As [`Bounds::check`], and whether every interval is finite, as sampling needs.
    pub(crate) fn check_finite(&self, dim: usize) -> Result<(), SolveError> {
        self.check(dim)?;
        for (variable, &(low, high)) in self.intervals.iter().enumerate() {
            if !(high - low).is_finite() {
                let problem = "is infinite; points are to be taken from it, so give finite ends";
                return Err(SolveError::Interval { variable, low, high, problem });
            }
        }
        Ok(())
    }
}

impl FromStr for Bounds {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut intervals = Vec::new();
        let mut column = 1;
        for part in text.split(',') {
            let start = column + part.chars().take_while(|c| c.is_whitespace()).count();
            let word = part.trim();
            let wrong = |expected: &str| SpecError::Syntax {
                column: start,
                found: if word.is_empty() { "nothing".to_owned() } else { format!("`{word}`") },
                expected: expected.to_owned(),
            };
            let (low, high) = word.split_once("..").ok_or_else(|| wrong("an interval such as -1..1"))?;
            let end = |text: &str| text.trim().parse::<f64>().ok().filter(|v| !v.is_nan());
            let (Some(low), Some(high)) = (end(low), end(high)) else {
                return Err(wrong("an interval such as -1..1"));
            };
            if low > high {
                return Err(wrong("the lower end first"));
            }
            intervals.push((low, high));
            column += part.chars().count() + 1;
        }
        Ok(Bounds { intervals })
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, &(low, high)) in self.intervals.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{}..{}", Number(low), Number(high))?;
        }
        Ok(())
    }
}
