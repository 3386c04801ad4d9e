//! How far to go along a direction: [`Search`].
//!
//! A search is asked for a step α that lowers φ(α) = f(x + αd) enough. It works on numbers alone: it is told the value and the slope
//! at each step it proposed, and says whether to take it or which to try next. `line` is who asks the function: it caps the number of
//! trials, takes what is not finite for a step too long, keeps the best trial, and knows when differences of values have drowned
//! in rounding. Which direction to go never lives here.

mod backtracking;
mod hager_zhang;
mod interpolate;
pub(crate) mod line;
mod more_thuente;
mod nonmonotone;
#[cfg(test)]
mod table;

use std::fmt;

use thalweg_spec::{Call, Options, SpecError, Value};

pub use backtracking::Backtracking;
pub use hager_zhang::HagerZhang;
pub use more_thuente::MoreThuente;
pub(crate) use nonmonotone::Values;
pub use nonmonotone::{Nonmonotone, Reference};

use crate::SolveError;

/// How far to go along a direction.
///
/// Written as an option of a descent: `lbfgs(search=more_thuente(curvature=0.5))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Search {
    /// `fixed(step=1)`: the direction times a constant, whatever comes of it.
    Fixed(Fixed),
    /// `backtracking`: shorter steps until the value is low enough.
    Backtracking(Backtracking),
    /// `more_thuente`: the strong Wolfe conditions.
    MoreThuente(MoreThuente),
    /// `hager_zhang`: the Wolfe conditions, by slopes alone where values have drowned in rounding.
    HagerZhang(HagerZhang),
    /// `nonmonotone`: backtracking from a value above the last one.
    Nonmonotone(Nonmonotone),
}

/// The direction times a constant, whatever comes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fixed {
    /// The factor.
    pub step: f64,
}

impl Default for Fixed {
    fn default() -> Self {
        Fixed { step: 1.0 }
    }
}

/// A step along a direction, what the function is there, and how it changes with the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Trial {
    pub(crate) step: f64,
    pub(crate) value: f64,
    pub(crate) slope: f64,
}

/// What a search wants next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Next {
    /// The trial is good.
    Accept,
    /// Another step.
    Try(f64),
    /// There is nothing more to be found.
    Stop,
}

/// A search at work along one direction.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Running {
    Fixed,
    Backtracking(backtracking::Running),
    MoreThuente(more_thuente::Running),
    HagerZhang(hager_zhang::Running),
}

impl Running {
    /// Along a direction that starts at `start`, where the first step to try will be `first`. The value to come below is `reference`:
    /// that at the start, or one above it for searches that allow some ascent.
    pub(crate) fn begin(search: &Search, start: Trial, reference: f64, first: f64) -> Self {
        match search {
            Search::Fixed(_) => Running::Fixed,
            Search::Backtracking(settings) => {
                Running::Backtracking(backtracking::Running::begin(settings.decrease, start, reference))
            }
            Search::Nonmonotone(settings) => {
                Running::Backtracking(backtracking::Running::begin(settings.decrease, start, reference))
            }
            Search::HagerZhang(settings) => Running::HagerZhang(hager_zhang::Running::begin(settings, start)),
            Search::MoreThuente(settings) => {
                Running::MoreThuente(more_thuente::Running::begin(settings, start, first))
            }
        }
    }

    /// No step is to be longer than this.
    pub(crate) fn limit(&mut self, longest: f64) {
        if let Running::MoreThuente(running) = self {
            running.limit(longest);
        }
    }

    /// What to do after a trial at a finite value and slope.
    #[inline]
    pub(crate) fn tell(&mut self, trial: Trial) -> Next {
        match self {
            Running::Fixed => Next::Accept,
            Running::Backtracking(running) => running.tell(trial),
            Running::MoreThuente(running) => running.tell(trial),
            Running::HagerZhang(running) => running.tell(trial),
        }
    }

    /// What to do after a trial where the function is not finite: the step was too long.
    pub(crate) fn too_long(&mut self, step: f64) -> Next {
        match self {
            Running::Fixed => Next::Stop,
            Running::Backtracking(_) => Next::Try(0.1 * step),
            Running::MoreThuente(running) => running.too_long(step),
            Running::HagerZhang(running) => running.too_long(step),
        }
    }
}

impl Search {
    pub(crate) const NAMES: [&'static str; 5] =
        ["fixed", "backtracking", "more_thuente", "hager_zhang", "nonmonotone"];

    /// The search of a descent's options, or `default`.
    pub(crate) fn read(options: &Options<'_>, default: Search) -> Result<Self, SpecError> {
        let call = match options.value("search") {
            None => return Ok(default),
            Some(Value::Call(call)) => call,
            Some(other) => {
                let known = Self::NAMES.join(", ");
                return Err(options.error("search", format!("must be one of {known}, found {other}")));
            }
        };
        match call.name.as_str() {
            "fixed" => {
                let options = Options::of(call, "search", &["step"])?;
                let step = options.number_where("step", 1.0, "positive and finite", positive)?;
                Ok(Search::Fixed(Fixed { step }))
            }
            "backtracking" => Backtracking::read(call).map(Search::Backtracking),
            "more_thuente" => MoreThuente::read(call).map(Search::MoreThuente),
            "hager_zhang" => HagerZhang::read(call).map(Search::HagerZhang),
            "nonmonotone" => Nonmonotone::read(call).map(Search::Nonmonotone),
            other => Err(thalweg_spec::unknown_name("search", other, &Self::NAMES)),
        }
    }

    /// How it is written.
    pub(crate) fn call(&self) -> Call {
        match self {
            Search::Fixed(fixed) => Call::new("fixed").with("step", fixed.step),
            Search::Backtracking(settings) => settings.call(),
            Search::MoreThuente(settings) => settings.call(),
            Search::HagerZhang(settings) => settings.call(),
            Search::Nonmonotone(settings) => settings.call(),
        }
    }

    /// The most trials along one direction.
    pub(crate) fn trials(&self) -> u32 {
        match self {
            Search::Fixed(_) => 1,
            Search::Backtracking(settings) => settings.trials,
            Search::MoreThuente(settings) => settings.trials,
            Search::HagerZhang(settings) => settings.trials,
            Search::Nonmonotone(settings) => settings.trials,
        }
    }

    /// The fraction of the slope at the start that may be left at the end, for searches that look at it.
    pub(crate) fn curvature(&self) -> Option<f64> {
        match self {
            Search::MoreThuente(settings) => Some(settings.curvature),
            Search::HagerZhang(settings) => Some(settings.curvature),
            _ => None,
        }
    }

    /// By which part of itself the value at the start may be exceeded.
    pub(crate) fn slack(&self) -> f64 {
        if matches!(self, Search::HagerZhang(_)) { hager_zhang::SLACK } else { 0.0 }
    }

    pub(crate) fn check(&self) -> Result<(), SolveError> {
        match self {
            Search::Fixed(fixed) => within("fixed's step", fixed.step, "positive and finite", positive),
            Search::Backtracking(settings) => settings.check(),
            Search::MoreThuente(settings) => settings.check(),
            Search::HagerZhang(settings) => settings.check(),
            Search::Nonmonotone(settings) => settings.check(),
        }
    }
}

pub(crate) fn positive(number: f64) -> bool {
    number > 0.0 && number.is_finite()
}

/// An error unless the setting is in its range.
pub(crate) fn within(
    name: &'static str,
    value: f64,
    wanted: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), SolveError> {
    if holds(value) {
        return Ok(());
    }
    Err(SolveError::Option { name, wanted, found: value.to_string() })
}

impl Default for Search {
    fn default() -> Self {
        Search::MoreThuente(MoreThuente::default())
    }
}

impl From<Backtracking> for Search {
    fn from(settings: Backtracking) -> Self {
        Search::Backtracking(settings)
    }
}

impl From<MoreThuente> for Search {
    fn from(settings: MoreThuente) -> Self {
        Search::MoreThuente(settings)
    }
}

impl From<HagerZhang> for Search {
    fn from(settings: HagerZhang) -> Self {
        Search::HagerZhang(settings)
    }
}

impl From<Nonmonotone> for Search {
    fn from(settings: Nonmonotone) -> Self {
        Search::Nonmonotone(settings)
    }
}

impl From<Fixed> for Search {
    fn from(settings: Fixed) -> Self {
        Search::Fixed(settings)
    }
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call().fmt(f)
    }
}
