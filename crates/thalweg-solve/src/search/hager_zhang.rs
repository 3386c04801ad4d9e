//! [`HagerZhang`]: a search for the Wolfe conditions that works by slopes where values have drowned in rounding.

use thalweg_spec::{Call, Options, SpecError};

use super::{Next, Trial, interpolate, within};
use crate::SolveError;

/// The Wolfe conditions, or near φ(0) the approximate ones.
///
/// Far from rounding φ(α) ≤ φ(0) + `decrease`·α·φ′(0) and φ′(α) ≥ `curvature`·φ′(0). Where φ(α) is as large as φ(0) to ten digits,
/// (2·`decrease` − 1)φ′(0) ≥ φ′(α) ≥ `curvature`·φ′(0), which says the same of a parabola by its slopes alone.
///
/// Hager and Zhang, *Algorithm 851: CG_DESCENT*, ACM TOMS 32, 2006.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HagerZhang {
    /// The fraction of the decrease promised by the slope that must be kept.
    pub decrease: f64,
    /// The fraction of the slope at the start that may be left.
    pub curvature: f64,
    /// The most trials along a direction.
    pub trials: u32,
}

impl Default for HagerZhang {
    fn default() -> Self {
        HagerZhang { decrease: 0.1, curvature: 0.9, trials: 30 }
    }
}

const DECREASE: &str = "above 0 and below 1/2";
const CURVATURE: &str = "from decrease to below 1";

/// φ(0) is exceeded only by more than this part of it.
pub(super) const SLACK: f64 = 1e-10;
/// The growth of steps while none is bracketed.
const GROWTH: f64 = 5.0;
/// Two secant steps must shrink the interval by this factor, or it is halved.
const SHRINKING: f64 = 0.66;

impl HagerZhang {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, "search", &["decrease", "curvature", "trials"])?;
        let blank = HagerZhang::default();
        let decrease = options.number_where("decrease", blank.decrease, DECREASE, |d| d > 0.0 && d < 0.5)?;
        let fits = |c: f64| c >= decrease && c < 1.0;
        Ok(HagerZhang {
            decrease,
            curvature: options.number_where("curvature", blank.curvature, CURVATURE, fits)?,
            trials: options.whole("trials", 1, 1000)?.map_or(blank.trials, |n| n as u32),
        })
    }

    pub(super) fn call(&self) -> Call {
        Call::new("hager_zhang")
            .with("decrease", self.decrease)
            .with("curvature", self.curvature)
            .with("trials", f64::from(self.trials))
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        within("hager_zhang's decrease", self.decrease, DECREASE, |d| d > 0.0 && d < 0.5)?;
        let fits = |c: f64| c >= self.decrease && c < 1.0;
        within("hager_zhang's curvature", self.curvature, CURVATURE, fits)?;
        within("hager_zhang's trials", f64::from(self.trials), "at least 1", |n| n >= 1.0)
    }
}

/// What the next trial is for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Going out until the slope rises or the value is too high.
    Expand,
    /// Halving towards the start because the value is too high.
    Halve,
    /// The first and the second secant step of a round.
    First,
    Second,
    /// The middle, because secant steps shrank the interval too little.
    Middle,
}

/// The opposite slope condition holds on [a, b]: φ falls at a, whose value is low, and rises at b (or is too high there).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    settings: HagerZhang,
    start: Trial,
    limit: f64,
    phase: Phase,
    a: Trial,
    b: Trial,
    /// The width of the interval when the round began.
    width: f64,
}

impl Running {
    pub(super) fn begin(settings: &HagerZhang, start: Trial) -> Self {
        let limit = start.value + SLACK * start.value.abs();
        Running {
            settings: *settings,
            start,
            limit,
            phase: Phase::Expand,
            a: start,
            b: start,
            width: f64::INFINITY,
        }
    }

    fn accepts(&self, trial: Trial) -> bool {
        let HagerZhang { decrease, curvature, .. } = self.settings;
        let slope = self.start.slope;
        let flat_enough = trial.slope >= curvature * slope;
        let lower = trial.value <= self.start.value + decrease * trial.step * slope;
        let near = (trial.value - self.start.value).abs() <= SLACK * self.start.value.abs();
        flat_enough && (lower || near && trial.slope <= (2.0 * decrease - 1.0) * slope)
    }

    pub(super) fn tell(&mut self, trial: Trial) -> Next {
        if self.accepts(trial) {
            return Next::Accept;
        }
        let (low, rising) = (trial.value <= self.limit, trial.slope >= 0.0);
        match self.phase {
            Phase::Expand if !rising && low => {
                self.a = trial;
                return Next::Try(GROWTH * trial.step);
            }
            Phase::Expand if !rising => {
                (self.a, self.b) = (self.start, trial);
                self.phase = Phase::Halve;
                return self.inside(self.middle());
            }
            Phase::Expand => self.b = trial,
            Phase::Halve => {
                if rising {
                    self.b = trial;
                } else {
                    if low {
                        self.a = trial;
                    } else {
                        self.b = trial;
                    }
                    return self.inside(self.middle());
                }
            }
            Phase::First | Phase::Second | Phase::Middle => {
                let (a, b) = (self.a, self.b);
                if rising {
                    self.b = trial;
                } else if low {
                    self.a = trial;
                } else {
                    self.b = trial;
                    self.phase = Phase::Halve;
                    return self.inside(self.middle());
                }
                if self.phase == Phase::First {
                    let second =
                        if rising { interpolate::secant(b, trial) } else { interpolate::secant(a, trial) };
                    if second > self.a.step && second < self.b.step {
                        self.phase = Phase::Second;
                        return Next::Try(second);
                    }
                }
                if self.phase != Phase::Middle && self.b.step - self.a.step > SHRINKING * self.width {
                    self.phase = Phase::Middle;
                    return self.inside(self.middle());
                }
            }
        }
        self.round()
    }

    /// A new round of secant steps.
    fn round(&mut self) -> Next {
        self.width = self.b.step - self.a.step;
        let first = interpolate::secant(self.a, self.b);
        if first > self.a.step && first < self.b.step {
            self.phase = Phase::First;
            return Next::Try(first);
        }
        self.phase = Phase::Middle;
        self.inside(self.middle())
    }

    /// Halfway; near the start if the other end is not finite.
    fn middle(&self) -> f64 {
        let part = if self.b.value.is_finite() { 0.5 } else { 0.1 };
        self.a.step + part * (self.b.step - self.a.step)
    }

    fn inside(&self, step: f64) -> Next {
        if step > self.a.step && step < self.b.step { Next::Try(step) } else { Next::Stop }
    }

    /// After a trial that was not finite: too high a value.
    pub(super) fn too_long(&mut self, step: f64) -> Next {
        self.b = Trial { step, value: f64::INFINITY, slope: self.start.slope };
        self.phase = Phase::Halve;
        self.inside(self.middle())
    }
}
