//! [`Points`]: many points of one dimension, and drawing them at random.

use crate::error::check_point;
use crate::random::{Purpose, unit, words};
use crate::scalar::narrow;
use crate::{Bounds, Scalar, SolveError};

/// Points of one dimension, one after the other in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Points<F> {
    dim: usize,
    flat: Vec<F>,
}

impl<F: Scalar> Points<F> {
    /// Points from their coordinates, one point after the other.
    ///
    /// ```
    /// let points = thalweg_solve::Points::from_flat(2, vec![-1.2, 1.0, 0.0, 0.0])?;
    /// assert_eq!((points.len(), points.point(1)), (2, &[0.0, 0.0][..]));
    /// # Ok::<(), thalweg_solve::SolveError>(())
    /// ```
    ///
    /// # Errors
    /// `dim` is 0, or the number of coordinates is not a multiple of it.
    pub fn from_flat(dim: usize, flat: Vec<F>) -> Result<Self, SolveError> {
        if dim == 0 || !flat.len().is_multiple_of(dim) {
            let found = format!("{} coordinates for points of {dim}", flat.len());
            return Err(SolveError::Option {
                name: "points",
                wanted: "whole points of at least 1 coordinate",
                found,
            });
        }
        Ok(Points { dim, flat })
    }

    /// Points from rows.
    ///
    /// # Errors
    /// No row at all, or rows of different lengths.
    pub fn from_rows<R: AsRef<[F]>>(rows: &[R]) -> Result<Self, SolveError> {
        let dim = rows.first().map_or(0, |row| row.as_ref().len());
        for (i, row) in rows.iter().enumerate() {
            let found = row.as_ref().len();
            if found != dim {
                return Err(SolveError::Dimension { what: format!("start {}", i + 1), found, expected: dim });
            }
        }
        Self::from_flat(dim, rows.iter().flat_map(|row| row.as_ref().iter().copied()).collect())
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        self.flat.len() / self.dim
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.flat.is_empty()
    }

    /// The number of coordinates of a point.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// A point, counted from 0.
    pub fn point(&self, i: usize) -> &[F] {
        &self.flat[i * self.dim..(i + 1) * self.dim]
    }

    /// All coordinates, one point after the other.
    pub fn as_flat(&self) -> &[F] {
        &self.flat
    }

    /// All points in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[F]> {
        self.flat.chunks_exact(self.dim)
    }

    pub(crate) fn check(&self, dim: usize) -> Result<(), SolveError> {
        if self.is_empty() {
            let found = "none".to_owned();
            return Err(SolveError::Option { name: "the number of starts", wanted: "at least 1", found });
        }
        self.iter()
            .enumerate()
            .try_for_each(|(i, start)| check_point(|| format!("start {}", i + 1), start, dim))
    }
}

/// `count` points, uniform in a box of `dim` variables.
///
/// Point i depends on the seed and on i only, so more points are the same points and more. The generator is Philox4x32-10 with
/// the seed as its key; coordinates 2b and 2b + 1 of point i come from one block of it, each from 53 bits.
///
/// ```
/// use thalweg_solve::{Bounds, random_starts};
///
/// let starts = random_starts::<f64>(&Bounds::all(-3.0, 3.0)?, 2, 100, 0)?;
/// assert_eq!(starts.len(), 100);
/// assert_eq!(starts.point(7), random_starts::<f64>(&Bounds::all(-3.0, 3.0)?, 2, 8, 0)?.point(7));
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
///
/// # Errors
/// The box has another number of variables, or an infinite side; `count` or `dim` is 0.
pub fn random_starts<F: Scalar>(
    bounds: &Bounds,
    dim: usize,
    count: usize,
    seed: u64,
) -> Result<Points<F>, SolveError> {
    bounds.check_finite(dim)?;
    if count == 0 {
        let found = "0".to_owned();
        return Err(SolveError::Option { name: "the number of starts", wanted: "at least 1", found });
    }
    let mut flat = Vec::with_capacity(dim * count);
    for i in 0..count {
        for j in (0..dim).step_by(2) {
            let pair = words(seed, Purpose::Starts, i as u64, 0, (j / 2) as u32);
            for (j, word) in (j..dim).zip(pair) {
                let (low, high) = bounds.interval(j);
                flat.push(narrow((low + (high - low) * unit(word)).min(high)));
            }
        }
    }
    Points::from_flat(dim, flat)
}
