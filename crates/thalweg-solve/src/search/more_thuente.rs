//! [`MoreThuente`]: a search for the strong Wolfe conditions.

use thalweg_spec::{Call, Options, SpecError};

use super::{Next, Trial, interpolate, within};
use crate::SolveError;

/// The strong Wolfe conditions: φ(α) ≤ φ(0) + `decrease`·α·φ′(0) and |φ′(α)| ≤ `curvature`·|φ′(0)|.
///
/// An interval that holds such a step is widened until it does and then narrowed, by cubic, quadratic and secant interpolation, each
/// with its safeguard. Without a step to be found (rounding, a function without a lower bound) the best one seen is taken.
///
/// Moré and Thuente, *Line search algorithms with guaranteed sufficient decrease*, ACM TOMS 20, 1994.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoreThuente {
    /// The fraction of the decrease promised by the slope that must be kept.
    pub decrease: f64,
    /// The fraction of the slope at the start that may be left.
    pub curvature: f64,
    /// The most trials along a direction.
    pub trials: u32,
}

impl Default for MoreThuente {
    fn default() -> Self {
        MoreThuente { decrease: 1e-4, curvature: 0.9, trials: 30 }
    }
}

const FRACTION: &str = "above 0 and below 1";

fn is_fraction(number: f64) -> bool {
    number > 0.0 && number < 1.0
}

impl MoreThuente {
    pub(super) fn read(call: &Call) -> Result<Self, SpecError> {
        let options = Options::of(call, "search", &["decrease", "curvature", "trials"])?;
        let blank = MoreThuente::default();
        Ok(MoreThuente {
            decrease: options.number_where("decrease", blank.decrease, FRACTION, is_fraction)?,
            curvature: options.number_where("curvature", blank.curvature, FRACTION, is_fraction)?,
            trials: options.whole("trials", 1, 1000)?.map_or(blank.trials, |n| n as u32),
        })
    }

    pub(super) fn call(&self) -> Call {
        Call::new("more_thuente")
            .with("decrease", self.decrease)
            .with("curvature", self.curvature)
            .with("trials", f64::from(self.trials))
    }

    pub(super) fn check(&self) -> Result<(), SolveError> {
        within("more_thuente's decrease", self.decrease, FRACTION, is_fraction)?;
        within("more_thuente's curvature", self.curvature, FRACTION, is_fraction)?;
        within("more_thuente's trials", f64::from(self.trials), "at least 1", |n| n >= 1.0)
    }
}

/// A step may grow by at most this factor of the last interval while nothing is bracketed.
const GROWTH: f64 = 4.0;

/// Steps beyond this multiple of the first are not tried.
const LONGEST: f64 = 1e20;

/// The interval must shrink by this factor in two trials, or it is halved.
const SHRINKING: f64 = 0.66;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    start: Trial,
    decrease: f64,
    curvature: f64,
    /// The best step so far, and the other end of the interval.
    best: Trial,
    other: Trial,
    bracketed: bool,
    /// Whether a lower value than the line of sufficient decrease has not been seen with a rising slope.
    first_stage: bool,
    low: f64,
    high: f64,
    longest: f64,
    width: f64,
    width_before: f64,
}

impl Running {
    pub(super) fn begin(settings: &MoreThuente, start: Trial, first: f64) -> Self {
        Running {
            start,
            decrease: settings.decrease,
            curvature: settings.curvature,
            best: start,
            other: start,
            bracketed: false,
            first_stage: true,
            low: 0.0,
            high: first + GROWTH * first,
            longest: LONGEST * first,
            width: LONGEST * first,
            width_before: 2.0 * LONGEST * first,
        }
    }

    pub(super) fn limit(&mut self, longest: f64) {
        self.longest = self.longest.min(longest);
    }

    pub(super) fn tell(&mut self, trial: Trial) -> Next {
        let promised = self.decrease * self.start.slope;
        let enough = self.start.value + trial.step * promised;
        if trial.value <= enough && trial.slope.abs() <= self.curvature * -self.start.slope {
            return Next::Accept;
        }
        let stuck = self.bracketed && (trial.step <= self.low || trial.step >= self.high);
        if stuck {
            return Next::Stop;
        }
        if trial.step >= self.longest && trial.value <= enough && trial.slope <= promised {
            // Downhill as far as steps go.
            return Next::Accept;
        }
        if self.first_stage && trial.value <= enough && trial.slope >= 0.0 {
            self.first_stage = false;
        }
        // Until then ψ(α) = φ(α) − φ(0) − decrease·φ′(0)·α takes the place of φ wherever that is too high.
        let step = if self.first_stage && trial.value <= self.best.value && trial.value > enough {
            let psi = |t: Trial| Trial { value: t.value - t.step * promised, slope: t.slope - promised, ..t };
            let phi = |t: Trial| Trial { value: t.value + t.step * promised, slope: t.slope + promised, ..t };
            (self.best, self.other) = (psi(self.best), psi(self.other));
            let step = self.narrow(psi(trial));
            (self.best, self.other) = (phi(self.best), phi(self.other));
            step
        } else {
            self.narrow(trial)
        };
        self.bounded(step, trial.step)
    }

    /// Keeps the next step inside the interval that is known, or short of what is not.
    fn bounded(&mut self, step: f64, last: f64) -> Next {
        let mut step = step;
        if self.bracketed {
            let width = (self.other.step - self.best.step).abs();
            if width >= SHRINKING * self.width_before {
                step = self.best.step + 0.5 * (self.other.step - self.best.step);
            }
            (self.width_before, self.width) = (self.width, width);
            self.low = self.best.step.min(self.other.step);
            self.high = self.best.step.max(self.other.step);
        } else {
            self.low = step + 1.1 * (step - self.best.step);
            self.high = step + GROWTH * (step - self.best.step);
        }
        step = step.clamp(0.0, self.longest);
        let used_up = self.bracketed && (step <= self.low || step >= self.high);
        if used_up || step == last || !step.is_finite() { Next::Stop } else { Next::Try(step) }
    }

    /// After a trial that was not finite: nothing beyond it is tried again.
    pub(super) fn too_long(&mut self, step: f64) -> Next {
        let reach = step - self.best.step;
        self.longest = self.best.step + 0.5 * reach;
        let next = self.best.step + 0.1 * reach;
        if !self.bracketed {
            (self.low, self.high) = (self.best.step, self.longest);
        }
        if next > self.best.step { Next::Try(next) } else { Next::Stop }
    }

    /// The next step from the interval and a trial inside it, and the smaller interval. Section 4 of the paper, case by case.
    fn narrow(&mut self, trial: Trial) -> f64 {
        let (best, t) = (self.best, trial);
        let opposite = t.slope * best.slope.signum() < 0.0;
        let cubic = interpolate::cubic(best, t);
        let next;
        if t.value > best.value {
            // A higher value: the minimum is between. The cubic step if it is nearer to the best one, else halfway to the parabola's.
            let quadratic = interpolate::quadratic(best, t);
            next = if (cubic - best.step).abs() < (quadratic - best.step).abs() {
                cubic
            } else {
                cubic + (quadratic - cubic) / 2.0
            };
            self.bracketed = true;
        } else if opposite {
            // A lower value with a rising slope: the minimum is between. The farther of cubic and secant steps.
            let secant = interpolate::secant(best, t);
            next = if (cubic - t.step).abs() > (secant - t.step).abs() { cubic } else { secant };
            self.bracketed = true;
        } else if t.slope.abs() < best.slope.abs() {
            next = self.flattening(best, t);
        } else if self.bracketed {
            // A lower value, as steep as before: the cubic through the other end.
            next = interpolate::cubic(self.other, t);
        } else {
            next = if t.step > best.step { self.high } else { self.low };
        }
        if t.value > best.value {
            self.other = t;
        } else {
            if opposite {
                self.other = best;
            }
            self.best = t;
        }
        next
    }

    /// The step where the value is lower and the slope of the same sign but less: the cubic may have its minimum on the wrong side.
    fn flattening(&self, best: Trial, t: Trial) -> f64 {
        let width = t.step - best.step;
        let theta = 3.0 * (best.value - t.value) / width + best.slope + t.slope;
        let scale = theta.abs().max(best.slope.abs()).max(t.slope.abs());
        let root = ((theta / scale).powi(2) - best.slope / scale * (t.slope / scale)).max(0.0).sqrt() * scale;
        let gamma = if t.step > best.step { -root } else { root };
        let p = gamma - t.slope + theta;
        let q = gamma + (best.slope - t.slope) + gamma;
        let r = p / q;
        let cubic = if r < 0.0 && gamma != 0.0 {
            t.step + r * (best.step - t.step)
        } else if t.step > best.step {
            self.high
        } else {
            self.low
        };
        let secant = interpolate::secant(best, t);
        let cubic_is_nearer = (cubic - t.step).abs() < (secant - t.step).abs();
        if self.bracketed {
            // The nearer one, at most two thirds of the way to the other end.
            let step = if cubic_is_nearer { cubic } else { secant };
            let limit = t.step + 0.66 * (self.other.step - t.step);
            if t.step > best.step { step.min(limit) } else { step.max(limit) }
        } else {
            let step = if cubic_is_nearer { secant } else { cubic };
            step.clamp(self.low.min(self.high), self.high.max(self.low))
        }
    }
}
