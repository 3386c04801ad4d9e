//! [`Backtracking`]: shorter steps until the value is low enough.

use thalweg_spec::{Call, Options, SpecError};

use super::{Next, Trial, interpolate, within};
use crate::SolveError;

/// Steps are shortened until φ(α) ≤ φ(0) + `decrease`·α·φ′(0) (Armijo).
///
/// The next step is the minimiser of the cubic with the values and slopes at both ends, but no less than a tenth and no more than
/// half of the last one.
///
/// Armijo, *Minimization of functions having Lipschitz continuous first partial derivatives*, 1966; Nocedal and Wright,
/// *Numerical Optimization*, 2nd ed., section 3.5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backtracking {
    /// The fraction of the decrease promised by the slope that must be kept.
    pub decrease: f64,
    /// The most trials along a direction.
    pub trials: u32,
}

impl Default for Backtracking {
    fn default() -> Self {
        Backtracking { decrease: 1e-4, trials: 30 }
    }
}

pub(super) const DECREASE: &str = "above 0 and below 1/2";

pub(super) fn is_decrease(number: f64) -> bool {
    number > 0.0 && number < 0.5
}

impl Backtracking {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, "search", &["decrease", "trials"])?;
        let blank = Backtracking::default();
        Ok(Backtracking {
            decrease: options.number_where("decrease", blank.decrease, DECREASE, is_decrease)?,
            trials: options.whole("trials", 1, 1000)?.map_or(blank.trials, |n| n as u32),
        })
    }

    pub(super) fn call(&self) -> Call {
        Call::new("backtracking").with("decrease", self.decrease).with("trials", f64::from(self.trials))
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        within("backtracking's decrease", self.decrease, DECREASE, is_decrease)?;
        within("backtracking's trials", f64::from(self.trials), "at least 1", |n| n >= 1.0)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    start: Trial,
    reference: f64,
    decrease: f64,
}

impl Running {
    pub(super) fn begin(decrease: f64, start: Trial, reference: f64) -> Self {
        Running { start, reference, decrease }
    }

    pub(super) fn tell(&mut self, trial: Trial) -> Next {
        if trial.value <= self.reference + self.decrease * trial.step * self.start.slope {
            return Next::Accept;
        }
        Next::Try(shorter(self.start, trial))
    }
}

/// The minimiser between the two, safeguarded.
pub(super) fn shorter(start: Trial, trial: Trial) -> f64 {
    let step = interpolate::cubic(start, trial);
    if step.is_finite() { step.clamp(0.1 * trial.step, 0.5 * trial.step) } else { 0.5 * trial.step }
}
