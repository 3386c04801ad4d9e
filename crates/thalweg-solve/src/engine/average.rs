//! Rules that have better points at the end than the last iterate: what they are, and what the function is there.

use super::{Ends, Stepper};
use crate::objective::Source;
use crate::scalar::{all_finite, is_finite, norm};
use crate::{Scalar, SolveError};

/// For each problem the point that the rule would rather have used, as it was when the problem ended.
pub(crate) struct Averages<F> {
    /// Component by component; empty while there is none.
    points: Vec<F>,
    /// Which problems have one.
    kept: Vec<bool>,
    /// What the rule said after `steps` steps, of all problems.
    now: Vec<F>,
    steps: Option<usize>,
}

impl<F> Default for Averages<F> {
    fn default() -> Self {
        Averages { points: Vec::new(), kept: Vec::new(), now: Vec::new(), steps: None }
    }
}

impl<F: Scalar> Averages<F> {
    /// Keeps the point of a problem that ends after `steps` steps at `x`, if the rule has one. `scratch` is as long as `x`.
    pub(super) fn keep(
        &mut self,
        lane: usize,
        steps: usize,
        x: &[F],
        stepper: &mut Stepper<F>,
        scratch: &mut [F],
    ) {
        if self.steps != Some(steps) {
            if !stepper.averaged(x, scratch) {
                return;
            }
            self.now.clear();
            self.now.extend_from_slice(scratch);
            self.steps = Some(steps);
        }
        if self.points.is_empty() {
            self.points.extend_from_slice(x);
            self.kept.resize(stepper.lanes(), false);
        }
        self.kept[lane] = true;
        let lanes = self.kept.len();
        for (point, &now) in self.points.iter_mut().zip(&self.now).skip(lane).step_by(lanes) {
            *point = now;
        }
    }

    /// Ends the problems there, where the function is finite.
    pub(super) fn visit<S: Source<F>>(
        &self,
        source: &mut S,
        lanes: usize,
        ends: &mut Ends<F>,
    ) -> Result<(), SolveError> {
        if self.points.is_empty() {
            return Ok(());
        }
        let dim = self.points.len() / lanes;
        let mut out = vec![F::default(); (dim + 1) * lanes];
        source.slope(&self.points, &mut out)?;
        for lane in (0..lanes).filter(|&lane| self.kept[lane]) {
            ends.evaluations[lane].value += 1;
            ends.evaluations[lane].gradient += 1;
            let own: Vec<F> = self.points.iter().copied().skip(lane).step_by(lanes).collect();
            if !(is_finite(out[lane]) && all_finite(&own)) {
                continue;
            }
            ends.value[lane] = out[lane];
            ends.gradient_norm[lane] = norm(&out[lanes..], lanes, lane);
            ends.x[lane * dim..(lane + 1) * dim].copy_from_slice(&own);
            if out[lane] < ends.best_value[lane] {
                ends.best_value[lane] = out[lane];
                ends.best_x[lane * dim..(lane + 1) * dim].copy_from_slice(&own);
            }
        }
        Ok(())
    }
}
