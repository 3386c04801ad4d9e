//! [`Intersection`]: several sets at once, by Dykstra's method.

use thalweg_spec::{Argument, Call, Options, Value};

use super::projection::Nearest;
use super::{Constraint, KIND};
use crate::SolveError;

/// `intersection(box(0, 1), hyperplane([1, 1], 1))`: the points that are in every one of several convex sets.
///
/// The nearest one is found by projecting onto the sets in turn, each time without what the set took away the last time:
///
/// ```text
/// y ← P(x + p),   p ← x + p − y,   x ← y
/// ```
///
/// A point counts as found when a sweep over the sets changes no correction p by more than `tol` times the largest coordinate (or times 1,
/// where all are smaller). It is then in the last set exactly, in the others to about that tolerance. Sets that have no point in common are
/// not noticed: the point after `sweeps` sweeps is somewhere between them.
///
/// Boyle and Dykstra, *A method for finding projections onto the intersection of convex sets in Hilbert spaces*, 1986; the criterion:
/// Birgin and Raydan, *Robust stopping criteria for Dykstra's algorithm*, SIAM J. Sci. Comput. 26, 2005.
#[derive(Debug, Clone, PartialEq)]
pub struct Intersection {
    /// The sets.
    pub sets: Vec<Constraint>,
    /// How much the corrections may change in the last sweep.
    pub tol: f64,
    /// The most sweeps for a projection.
    pub sweeps: usize,
}

impl Intersection {
    /// Of these sets, to 10⁻¹² in at most 10 000 sweeps.
    pub fn of(sets: Vec<Constraint>) -> Self {
        Intersection { sets, tol: 1e-12, sweeps: 10_000 }
    }

    pub(super) fn read(call: &Call) -> Result<Self, SolveError> {
        let (sets, named): (Vec<_>, Vec<_>) =
            call.arguments.iter().cloned().partition(|argument| argument.key.is_none());
        let rest = Call { arguments: named, ..call.clone() };
        let options = Options::of(&rest, KIND, &["tol", "sweeps"])?;
        let blank = Intersection::of(Vec::new());
        let tol = options.number_where("tol", blank.tol, "positive and finite", crate::search::positive)?;
        let sweeps = options.whole("sweeps", 1, 1_000_000_000)?.map_or(blank.sweeps, |n| n as usize);
        let read = |argument: &Argument| match &argument.value {
            Value::Call(inner) => match super::sets::read(inner)? {
                Some(set) => Ok(set),
                None => Err(super::sets::unknown(&inner.name)),
            },
            other => Err(options.error("a set", format!("is missing where {other} was found")).into()),
        };
        let sets: Vec<Constraint> = sets.iter().map(read).collect::<Result<_, SolveError>>()?;
        let intersection = Intersection { sets, tol, sweeps };
        match intersection.problem() {
            None => Ok(intersection),
            Some(problem) => Err(options.error("sets", problem).into()),
        }
    }

    pub(super) fn call(&self) -> Call {
        let mut call = Call::new("intersection");
        for set in &self.sets {
            call.arguments.push(Argument { key: None, value: super::sets::call(set).into(), column: 1 });
        }
        call.with("tol", self.tol).with("sweeps", self.sweeps as f64)
    }

    fn problem(&self) -> Option<String> {
        if self.sets.is_empty() {
            return Some("are missing, as in intersection(nonnegative, halfspace([1, 1], 3))".to_owned());
        }
        let odd = self.sets.iter().find(|set| !set.is_convex())?;
        Some(format!("must be convex, {} is not", odd.name()))
    }

    pub(super) fn check(&self, dim: usize) -> Result<(), SolveError> {
        if let Some(found) = self.problem() {
            return Err(SolveError::Option { name: "intersection", wanted: "of convex sets", found });
        }
        super::positive("intersection's tol", self.tol)?;
        self.sets.iter().try_for_each(|set| super::sets::check(set, dim))
    }
}

/// Sets at work, with their corrections one after the other.
pub(super) struct Work {
    sets: Vec<Box<dyn Nearest>>,
    corrections: Vec<f64>,
    before: Vec<f64>,
    tol: f64,
    sweeps: usize,
}

impl Work {
    pub(super) fn new(intersection: &Intersection, dim: usize) -> Result<Self, SolveError> {
        let sets = intersection.sets.iter().map(|set| super::sets::nearest(set, dim));
        let sets = sets.collect::<Result<Vec<_>, _>>()?;
        let corrections = vec![0.0; sets.len() * dim];
        let Intersection { tol, sweeps, .. } = *intersection;
        Ok(Work { sets, corrections, before: vec![0.0; dim], tol, sweeps })
    }
}

impl Nearest for Work {
    fn nearest(&mut self, x: &mut [f64]) {
        self.corrections.fill(0.0);
        for _ in 0..self.sweeps {
            let (mut change, mut size) = (0.0_f64, 1.0_f64);
            for (set, correction) in self.sets.iter_mut().zip(self.corrections.chunks_exact_mut(x.len())) {
                for ((x, p), before) in x.iter_mut().zip(&*correction).zip(&mut self.before) {
                    *before = *x + p;
                    *x = *before;
                }
                set.nearest(x);
                for ((x, p), before) in x.iter().zip(correction).zip(&self.before) {
                    let taken = before - x;
                    change = change.max((taken - *p).abs());
                    size = size.max(x.abs());
                    *p = taken;
                }
            }
            // One set needs one sweep.
            if change <= self.tol * size || self.sets.len() == 1 {
                return;
            }
        }
    }
}
