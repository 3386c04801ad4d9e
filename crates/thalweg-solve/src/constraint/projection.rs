//! Projection: the nearest point of a box or a sphere, and what a gradient has left along them.

use super::Bounds;
use crate::Scalar;
use crate::scalar::{abs, narrow, norm};

/// The set that points are brought back to.
#[derive(Debug, Clone)]
pub(crate) enum Projection<F> {
    /// All of space.
    None,
    /// An interval a variable.
    Box(Vec<(F, F)>),
    /// The points at this distance from the origin.
    Sphere(F),
}

impl<F: Scalar> Projection<F> {
    pub(crate) fn onto_box(bounds: &Bounds, dim: usize) -> Self {
        let ends = |j| bounds.interval(j);
        Projection::Box((0..dim).map(|j| (narrow(ends(j).0), narrow(ends(j).1))).collect())
    }

    /// Replaces each of `lanes` points by the nearest one of the set.
    #[inline]
    pub(crate) fn apply(&self, lanes: usize, points: &mut [F]) {
        match self {
            Projection::None => {}
            Projection::Box(intervals) => {
                for (row, &(low, high)) in points.chunks_exact_mut(lanes).zip(intervals) {
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
        }
    }

    /// The part of a descent along −g that the set does not take back, largest component in absolute value: `max|x − P(x − g)|`
    /// for a box, the tangential part of g for a sphere.
    pub(crate) fn largest_left(&self, lanes: usize, lane: usize, x: &[F], g: &[F]) -> F {
        let at = |rows: &[F], j: usize| rows[j * lanes + lane];
        let dim = x.len() / lanes;
        let along = match self {
            Projection::Sphere(radius) => {
                let sum = (0..dim).fold(F::default(), |sum, j| sum + at(x, j) * at(g, j));
                sum / (*radius * *radius)
            }
            _ => F::default(),
        };
        let mut largest = F::default();
        for j in 0..dim {
            let (x, g) = (at(x, j), at(g, j));
            let left = match self {
                Projection::None => g,
                Projection::Box(intervals) => {
                    let (low, high) = intervals[j];
                    let blocked = (x <= low && g > F::default()) || (x >= high && g < F::default());
                    if blocked { F::default() } else { g }
                }
                Projection::Sphere(_) => g - along * x,
            };
            if abs(left) > largest {
                largest = abs(left);
            }
        }
        largest
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
