//! [`Near`]: the nearest point under a set and a penalty.

use thalweg_rule::Layout;

use crate::constraint::Projection;
use crate::penalty::Penalized;
use crate::scalar::{abs, narrow, wide};
use crate::{Options, Penalty, Scalar, SolveError};

/// A set and a penalty at work. The proximal point of both is that of the penalty, then the nearest one in the set; this is so for penalties
/// and sets that treat each variable by itself, and wherever there is only one of them.
pub(crate) struct Near<F> {
    projection: Projection<F>,
    penalty: Option<Penalized>,
    scratch: Vec<F>,
}

impl<F: Scalar> Near<F> {
    pub(crate) fn new(options: &Options, layout: &Layout) -> Result<Self, SolveError> {
        let dim = layout.len();
        let projection = Projection::of(options, dim)?;
        let penalty = options.penalty.map(|penalty| Penalized::new(&penalty, layout)).transpose()?;
        let together = match &options.penalty {
            None => true,
            Some(Penalty::L1 { .. }) => matches!(projection, Projection::None | Projection::Box(_)),
            Some(_) => matches!(projection, Projection::None),
        };
        if !together {
            let (first, second) = ("this penalty", "this set");
            return Err(SolveError::Conflict { first, second });
        }
        Ok(Near { projection, penalty, scratch: vec![F::default(); dim] })
    }

    /// Replaces x by the point that minimises h + ‖· − x‖²/2t over the set.
    pub(crate) fn apply(&mut self, step: f64, x: &mut [F]) {
        if let Some(penalty) = &self.penalty {
            penalty.shrink(step, x);
        }
        self.projection.apply(1, x);
    }

    /// Undoes what rounding did to a point between two points of the set.
    pub(super) fn settle(&mut self, x: &mut [F]) {
        if matches!(self.projection, Projection::Box(_)) {
            self.projection.apply(1, x);
        }
    }

    /// The penalty h.
    pub(crate) fn value(&self, x: &[F]) -> f64 {
        self.penalty.as_ref().map_or(0.0, |penalty| penalty.value(x))
    }

    /// What a descent has left: max |x − prox(x − g)|, of a sphere the tangential part.
    pub(crate) fn largest_left(&mut self, x: &[F], g: &[F]) -> f64 {
        if self.penalty.is_none() {
            return wide(self.projection.largest_left(1, 0, x, g));
        }
        let mut to = std::mem::take(&mut self.scratch);
        for ((to, &x), &g) in to.iter_mut().zip(x).zip(g) {
            *to = x - g;
        }
        self.apply(1.0, &mut to);
        let largest = to.iter().zip(x).fold(0.0_f64, |most, (&to, &x)| {
            let left = wide(abs(x - to));
            if left > most || left.is_nan() { left } else { most }
        });
        self.scratch = to;
        largest
    }

    /// `to ← prox(x − step·g)`.
    pub(super) fn from(&mut self, x: &[F], step: f64, g: &[F], to: &mut [F]) {
        for ((to, &x), &g) in to.iter_mut().zip(x).zip(g) {
            *to = narrow(wide(x) - step * wide(g));
        }
        self.apply(step, to);
    }
}
