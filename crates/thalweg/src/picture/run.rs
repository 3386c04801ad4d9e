//! [`Path`]: the iterates of one run, in `f64` and in the order of time.

use crate::figure::{Curve, Trace};
use crate::picture::Plane;
use crate::solve::{History, Scalar, Solution};

/// The iterates of a run, the start first.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Whose run it is.
    pub label: String,
    /// The number of coordinates of a point.
    pub dim: usize,
    /// The points, one after the other.
    pub points: Vec<f64>,
    /// The function's value at each of them.
    pub values: Vec<f64>,
}

impl Path {
    /// The path of a solution; empty if it has no history.
    ///
    /// ```
    /// use thalweg::{picture::Path, prelude::*};
    ///
    /// let bowl = trace(1, |x| x[0].pow(2.0))?;
    /// let options = Options { method: "sgd(lr=0.25)".parse()?, steps: 2, history: true, ..Options::default() };
    /// let solution = minimize(&mut Traced::new(&bowl)?, &[1.0], &options)?;
    /// assert_eq!(Path::of("sgd", &solution).points, [1.0, 0.5, 0.25]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of<F: Scalar>(label: impl Into<String>, solution: &Solution<F>) -> Self {
        match &solution.history {
            Some(history) => Self::of_history(label, history),
            None => {
                Path { label: label.into(), dim: solution.x.len(), points: Vec::new(), values: Vec::new() }
            }
        }
    }

    /// The path of a history.
    pub fn of_history<F: Scalar>(label: impl Into<String>, history: &History<F>) -> Self {
        let wide = |numbers: &[F]| numbers.iter().map(|&v| crate::rule::Real::to_f64(v)).collect();
        Path { label: label.into(), dim: history.dim, points: wide(&history.x), values: wide(&history.value) }
    }

    /// The loss over the steps.
    pub fn losses(&self) -> Curve {
        Curve::over_steps(self.label.clone(), self.values.clone())
    }

    /// The run as seen on a plane.
    pub fn on(&self, plane: &Plane) -> Trace {
        let points = self.points.chunks_exact(self.dim.max(1)).map(|point| plane.project(point)).collect();
        Trace { label: self.label.clone(), points, values: self.values.clone() }
    }

    /// The run of a function of one variable: values over iterates.
    pub(super) fn over_x(&self) -> Curve {
        Curve { label: self.label.clone(), x: self.points.clone(), y: self.values.clone() }
    }

    /// The points worth making room for: the start, and what lies no higher than it. Of a run that runs away only its
    /// beginning.
    pub(super) fn worth_showing(&self) -> impl Iterator<Item = &[f64]> {
        let size = |point: &[f64]| point.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let points = || self.points.chunks_exact(self.dim.max(1));
        let first = self.values.first().copied().unwrap_or(f64::NAN);
        let scale = points().next().map_or(0.0, |start| 1.0 + size(start));
        let runs_away = !points().all(|point| size(point) <= 1e4 * scale);
        let reach = if runs_away { 3.0 * scale } else { f64::INFINITY };
        let steps = points().zip(&self.values).enumerate();
        steps
            .filter(move |(step, (point, value))| *step == 0 || (**value <= first && size(point) <= reach))
            .map(|(_, (point, _))| point)
    }
}
