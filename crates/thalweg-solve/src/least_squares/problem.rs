//! [`State`]: a point with what is known there, and the counts of evaluations.

use super::factor::transposed;
use super::{Loss, Residuals};
use crate::{Observer, SolveError};

/// The residuals of a problem, under a loss, with counts and who watches.
pub(super) struct Problem<'a> {
    pub(super) residuals: &'a mut dyn Residuals,
    pub(super) loss: Loss,
    pub(super) evaluations: u64,
    pub(super) jacobians: u64,
    pub(super) observer: &'a mut dyn Observer<f64>,
}

/// A point with its residuals, weighed for the loss, and their Jacobian.
pub(super) struct State {
    pub(super) x: Vec<f64>,
    /// The sum of the losses.
    pub(super) value: f64,
    pub(super) residuals: Vec<f64>,
    pub(super) jacobian: Vec<f64>,
    /// Jᵀf: half the gradient of the value.
    pub(super) half_gradient: Vec<f64>,
}

impl Problem<'_> {
    /// Shows a point to who watches; whether the run is to end there.
    pub(super) fn interrupted(&mut self, step: usize, state: &State) -> bool {
        let gradient_norm = 2.0 * state.half_gradient.iter().fold(0.0, |norm, g| f64::hypot(norm, *g));
        let seen = crate::State { step, x: &state.x, value: state.value, gradient_norm };
        self.observer.observe(&seen).is_break()
    }

    /// The value at x and the residuals, which are not finite where the step was too long.
    pub(super) fn value(&mut self, x: &[f64]) -> Result<(f64, Vec<f64>), SolveError> {
        self.evaluations += 1;
        let mut residuals = vec![0.0; self.residuals.count()];
        self.residuals.residuals(x, &mut residuals)?;
        Ok((self.loss.sum(&residuals), residuals))
    }

    pub(super) fn state(
        &mut self,
        x: Vec<f64>,
        value: f64,
        mut residuals: Vec<f64>,
    ) -> Result<State, SolveError> {
        self.jacobians += 1;
        let mut jacobian = vec![0.0; residuals.len() * x.len()];
        self.residuals.jacobian(&x, &mut jacobian)?;
        self.loss.reweigh(&mut residuals, &mut jacobian);
        let half_gradient = transposed(&jacobian, &residuals, x.len());
        Ok(State { x, value, residuals, jacobian, half_gradient })
    }
}

impl State {
    pub(super) fn is_finite(&self) -> bool {
        self.value.is_finite() && self.jacobian.iter().all(|j| j.is_finite())
    }

    /// The lengths of the Jacobian's columns.
    pub(super) fn column_norms(&self) -> Vec<f64> {
        let n = self.x.len();
        let norm = |j: usize| self.jacobian[j..].iter().step_by(n).fold(0.0_f64, |norm, &j| norm.hypot(j));
        (0..n).map(norm).collect()
    }

    /// The largest cosine of the angle between the residuals and a column: 0 at a minimum, whatever the scales.
    pub(super) fn cosine(&self) -> f64 {
        let norm = self.value.sqrt();
        let cosines = self.half_gradient.iter().zip(self.column_norms());
        cosines
            .filter(|(_, column)| *column > 0.0 && norm > 0.0)
            .fold(0.0, |most, (g, column)| f64::max(most, (g / column / norm).abs()))
    }
}

/// ‖D x‖.
pub(super) fn scaled_norm(d: &[f64], x: &[f64]) -> f64 {
    d.iter().zip(x).fold(0.0, |norm, (d, x)| f64::hypot(norm, d * x))
}

/// x + p.
pub(super) fn moved(x: &[f64], p: &[f64]) -> Vec<f64> {
    x.iter().zip(p).map(|(x, p)| x + p).collect()
}
