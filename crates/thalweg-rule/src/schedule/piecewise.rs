//! Factors at given steps, at once or on the way there.

use super::shape::part;
use super::{Course, Length, Shape, disorder};
use crate::hyper::{Describe, FINITE, NOT_NEGATIVE, recipe};

recipe! {
    /// Multiplied by a factor of its own at each of some steps.
    ///
    /// ```text
    /// value(t) = init · (product of the scale[i] with at[i] ≤ t)
    /// ```
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `piecewise_constant_schedule(init, {at: scale, ...})`. PyTorch's `ConstantLR(factor, total_iters)` is
    /// `piecewise(init=factor * lr, at=[total_iters], scale=[1 / factor])`. One factor for all is `multi_step`.
    ///
    /// ```
    /// use thalweg_rule::{Piecewise, Schedule};
    ///
    /// let schedule = Schedule::from(Piecewise::new(1.0, [100, 200], [0.5, 0.1]));
    /// assert_eq!([99, 100, 200].map(|step| schedule.at(step)), [1.0, 0.5, 0.05]);
    /// ```
    pub struct Piecewise = piecewise("multiplied by a factor of its own at each of some steps") requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The steps, strictly increasing, from 1.
        at: Vec<u64> = Vec::new();
        /// The factor at each.
        scale: Vec<f64> = Vec::new(), NOT_NEGATIVE;
    } {}
    conflict |s| wrong(s.init, &s.at, &s.scale);
}

impl Piecewise {
    /// The factor `scale[i]` from step `at[i]` on.
    pub fn new(init: f64, at: impl Into<Vec<u64>>, scale: impl Into<Vec<f64>>) -> Self {
        Piecewise { init, at: at.into(), scale: scale.into() }
    }
}

impl Course for Piecewise {
    fn at(&self, step: u64) -> f64 {
        scaled(self.init, &self.at, &self.scale, step).0
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        self.at.iter().flat_map(|step| [step.saturating_sub(1), *step]).collect()
    }

    fn length(&self) -> Length {
        Length::Ends(self.at.last().copied().unwrap_or(0))
    }
}

recipe! {
    /// Multiplied by a factor of its own on the way to each of some steps.
    ///
    /// ```text
    /// value(0) = init,   value(at[i]) = init · scale[0] · … · scale[i],   between them by shape, then constant
    /// ```
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `piecewise_interpolate_schedule(shape, init, {at: scale, ...})`.
    ///
    /// ```
    /// use thalweg_rule::{PiecewiseInterpolate, Schedule};
    ///
    /// let schedule = Schedule::from(PiecewiseInterpolate::new(1.0, [10, 30], [2.0, 0.5]));
    /// assert_eq!([0, 5, 10, 20, 30].map(|step| schedule.at(step)), [1.0, 1.5, 2.0, 1.5, 1.0]);
    /// ```
    pub struct PiecewiseInterpolate = piecewise_interpolate("multiplied by a factor of its own on the way to each of some steps")
    requires {
        /// The value at step 0.
        init: f64 = 0.0, FINITE;
        /// The steps, strictly increasing, from 1.
        at: Vec<u64> = Vec::new();
        /// By what the value has been multiplied on arriving at each.
        scale: Vec<f64> = Vec::new(), NOT_NEGATIVE;
    } {
        /// The shape of each way.
        shape: Shape = Shape::Linear;
    }
    conflict |s| wrong(s.init, &s.at, &s.scale);
}

impl PiecewiseInterpolate {
    /// Straight lines to the steps `at`.
    pub fn new(init: f64, at: impl Into<Vec<u64>>, scale: impl Into<Vec<f64>>) -> Self {
        PiecewiseInterpolate { init, at: at.into(), scale: scale.into(), ..Self::blank() }
    }
}

impl Course for PiecewiseInterpolate {
    fn at(&self, step: u64) -> f64 {
        let (from, passed) = scaled(self.init, &self.at, &self.scale, step);
        let (Some(end), Some(scale)) = (self.at.get(passed), self.scale.get(passed)) else { return from };
        let begin = passed.checked_sub(1).map_or(0, |last| self.at[last]);
        self.shape.between(from, from * scale, part(step.saturating_sub(begin), end.saturating_sub(begin)))
    }

    fn turns(&self, _: u64) -> Vec<u64> {
        self.at.clone()
    }

    fn length(&self) -> Length {
        Length::Ends(self.at.last().copied().unwrap_or(0))
    }
}

/// The value after the factors so far, and how many these are.
fn scaled(init: f64, at: &[u64], scale: &[f64], step: u64) -> (f64, usize) {
    let passed = at.partition_point(|step_| *step_ <= step);
    (scale.iter().take(passed).fold(init, |value, scale| value * scale), passed)
}

fn wrong(init: f64, at: &[u64], scale: &[f64]) -> Option<(&'static str, String)> {
    if let Some(problem) = disorder(at) {
        return Some(("at", problem));
    }
    if scale.len() != at.len() {
        return Some((
            "scale",
            format!("must be as many as the steps of at, {}, found {}", at.len(), scale.len()),
        ));
    }
    let mut values = scale.iter().scan(init, |value, scale| {
        *value *= scale;
        Some(*value)
    });
    let finite = values.all(f64::is_finite);
    (!finite).then(|| ("scale", "must leave the value finite at every step of at".into()))
}
