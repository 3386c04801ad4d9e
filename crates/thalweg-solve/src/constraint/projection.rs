//! Projection: the nearest point of a set, and what a gradient has left within it.

use super::{Bounds, Constraint, sets};
use crate::scalar::{abs, is_finite, narrow, norm, wide};
use crate::{Options, Scalar, SolveError};

/// A convex set at work on one point in `f64`.
pub(super) trait Nearest: Send {
    /// Replaces a point by the nearest one of the set.
    fn nearest(&mut self, x: &mut [f64]);
}

/// The set that points are brought back to.
pub(crate) enum Projection<F> {
    /// All of space.
    None,
    /// An interval a variable.
    Box(Vec<(F, F)>),
    /// The points at this distance from the origin.
    Sphere(F),
    /// A convex set that is asked for one point at a time.
    Set(ByPoint),
}

/// A set, and room for a point.
pub(crate) struct ByPoint {
    set: Box<dyn Nearest>,
    point: Vec<f64>,
}

impl<F: Scalar> Projection<F> {
    /// The set of the options' bounds and constraints, for points with `dim` coordinates.
    pub(crate) fn of(options: &Options, dim: usize) -> Result<Self, SolveError> {
        Ok(match options.set()? {
            None => Projection::None,
            Some(Constraint::Box(bounds)) => Self::onto_box(&bounds, dim),
            Some(Constraint::Sphere { radius }) => Projection::Sphere(narrow(radius)),
            Some(set) => Projection::Set(ByPoint { set: sets::nearest(&set, dim)?, point: vec![0.0; dim] }),
        })
    }

    fn onto_box(bounds: &Bounds, dim: usize) -> Self {
        let ends = |j| bounds.interval(j);
        Projection::Box((0..dim).map(|j| (narrow(ends(j).0), narrow(ends(j).1))).collect())
    }

    /// Replaces each of `lanes` points by the nearest one of the set.
    #[inline]
    pub(crate) fn apply(&mut self, lanes: usize, points: &mut [F]) {
        match self {
            Projection::None => {}
            Projection::Box(intervals) => {
                for (row, &(low, high)) in points.chunks_exact_mut(lanes).zip(&*intervals) {
                    for x in row {
                        // NaN stays NaN: both comparisons are false.
                        *x = if *x < low { low } else { *x };
                        *x = if *x > high { high } else { *x };
                    }
                }
            }
            Projection::Sphere(radius) => {
                for lane in 0..lanes {
                    scale_to(*radius, lanes, lane, points);
                }
            }
            Projection::Set(set) => {
                for lane in 0..lanes {
                    set.gather(points[lane..].iter().step_by(lanes).map(|&x| wide(x)));
                    // What is not finite stays so, and is seen.
                    if set.point.iter().all(|x| x.is_finite()) {
                        set.set.nearest(&mut set.point);
                        for (x, &near) in points[lane..].iter_mut().step_by(lanes).zip(&set.point) {
                            *x = narrow(near);
                        }
                    }
                }
            }
        }
    }

    /// The part of a descent along −g that the set does not take back, largest component in absolute value: `max|x − P(x − g)|`
    /// for a convex set, the tangential part of g for a sphere.
    pub(crate) fn largest_left(&mut self, lanes: usize, lane: usize, x: &[F], g: &[F]) -> F {
        let at = |rows: &[F], j: usize| rows[j * lanes + lane];
        let dim = x.len() / lanes;
        let along = match self {
            Projection::Sphere(radius) => {
                let sum = (0..dim).fold(F::default(), |sum, j| sum + at(x, j) * at(g, j));
                sum / (*radius * *radius)
            }
            Projection::Set(set) => {
                set.gather((0..dim).map(|j| wide(at(x, j)) - wide(at(g, j))));
                if set.point.iter().all(|x| x.is_finite()) {
                    set.set.nearest(&mut set.point);
                }
                F::default()
            }
            _ => F::default(),
        };
        let mut largest = F::default();
        for j in 0..dim {
            let (x, g) = (at(x, j), at(g, j));
            let left = match self {
                Projection::None => g,
                Projection::Box(intervals) => within(x, g, intervals[j]),
                Projection::Sphere(_) => g - along * x,
                Projection::Set(set) => narrow(wide(x) - set.point[j]),
            };
            if abs(left) > largest || !is_finite(left) {
                largest = abs(left);
            }
        }
        largest
    }
}

impl ByPoint {
    fn gather(&mut self, numbers: impl Iterator<Item = f64>) {
        self.point.clear();
        self.point.extend(numbers);
    }
}

/// x − P(x − g) of one variable in its interval.
#[inline]
pub(crate) fn within<F: Scalar>(x: F, g: F, (low, high): (F, F)) -> F {
    let to = x - g;
    if to < low {
        x - low
    } else if to > high {
        x - high
    } else {
        g
    }
}

fn scale_to<F: Scalar>(radius: F, lanes: usize, lane: usize, points: &mut [F]) {
    let length = norm(points, lanes, lane);
    if length == F::default() {
        points[lane] = radius;
        return;
    }
    for x in points[lane..].iter_mut().step_by(lanes) {
        *x = *x / length * radius;
    }
}
