//! [`Best`]: the lowest value of each problem, and where it was.

use crate::Scalar;
use crate::checkpoint::Keeper;
use crate::scalar::copy;

pub(super) struct Best<F> {
    pub(super) value: Vec<F>,
    pub(super) x: Vec<F>,
    /// How far the only problem was outside of functions there; `None` before that is known.
    violation: Option<f64>,
    /// Whether the best point of the only problem is where it is now, and not copied yet.
    is_here: bool,
}

impl<F: Scalar> Best<F> {
    pub(super) fn new(value: &[F], x: &[F]) -> Self {
        Best { value: value.to_vec(), x: x.to_vec(), violation: None, is_here: false }
    }

    pub(super) fn memory(&mut self, keeper: &mut Keeper<F>) {
        keeper.vector("best_value", &mut self.value);
        keeper.vector("best_x", &mut self.x);
        keeper.flag("best_is_here", &mut self.is_here);
        keeper.maybe("best_violation", &mut self.violation);
    }

    /// Takes what is lower. Problems that have ended were recorded before.
    #[inline]
    pub(super) fn update(&mut self, x: &[F], values: &[F]) {
        let lanes = values.len();
        if lanes == 1 {
            if values[0] < self.value[0] {
                self.value[0] = values[0];
                copy(&mut self.x, x);
            }
            return;
        }
        for (best, x) in self.x.chunks_exact_mut(lanes).zip(x.chunks_exact(lanes)) {
            for (((best, &x), &value), &lowest) in best.iter_mut().zip(x).zip(values).zip(&self.value) {
                *best = if value < lowest { x } else { *best };
            }
        }
        for (lowest, &value) in self.value.iter_mut().zip(values) {
            *lowest = if value < *lowest { value } else { *lowest };
        }
    }

    /// Takes the lowest of values that were met one after the other by the only problem, at points that can be looked up.
    pub(super) fn update_from<'a>(&mut self, values: impl Iterator<Item = F>, x: impl Fn(usize) -> &'a [F])
    where
        F: 'a,
    {
        let mut lowest = None;
        for (step, value) in values.enumerate() {
            if value < self.value[0] {
                self.value[0] = value;
                lowest = Some(step);
            }
        }
        if let Some(step) = lowest {
            copy(&mut self.x, x(step));
        }
    }

    /// Takes note of a step of the only problem from a point to one of this value. Of points outside of functions that are held the one
    /// that is least outside is best.
    pub(super) fn note(&mut self, from: &[F], value: F, violation: f64) {
        let before = self.violation.unwrap_or(if violation > 0.0 { f64::INFINITY } else { violation });
        let lower = violation < before || (violation == before && value < self.value[0]);
        if lower || self.violation.is_none() {
            self.violation = Some(violation);
        }
        if lower {
            self.value[0] = value;
        } else if self.is_here {
            self.x.copy_from_slice(from);
        }
        self.is_here = lower;
    }

    /// Copies the best point of the only problem, if that is where it is now.
    pub(super) fn settle(&mut self, x: &[F]) {
        if self.is_here {
            self.x.copy_from_slice(x);
            self.is_here = false;
        }
    }
}
