//! Exhaustive search: every point of a grid, its cost told beforehand.

use thalweg_function::{Executable, Program};

use crate::clock::Clock;
use crate::scalar::{narrow, wide};
use crate::{Bounds, Scalar, SolveError};

/// Points evaluated at a time.
const BLOCK: usize = 4096;

/// A search is refused above this many points unless a higher limit is given.
pub const GRID_LIMIT: u64 = 100_000_000;

/// What a grid search costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridCost {
    /// The number of points: points per axis to the power of the number of variables.
    pub points: u128,
    /// The time it will take, estimated from a timed sample.
    pub seconds: f64,
}

/// The lowest point of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridBest<F> {
    /// The point with the lowest value; of equals, the first in the order in which the last variable runs fastest.
    pub x: Vec<F>,
    /// Its value; NaN if the function is NaN everywhere.
    pub value: F,
    /// The number of points evaluated.
    pub evaluations: u64,
    /// Wall time.
    pub seconds: f64,
}

/// What it would cost to evaluate the function on a grid.
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::{Bounds, grid_cost};
///
/// let f = trace(7, |x| x.iter().map(|x| x.pow(2.0)).sum::<thalweg_function::Var>())?;
/// let cost = grid_cost::<f64>(&f, &Bounds::all(-3.0, 3.0)?, 100)?;
/// assert_eq!(cost.points, 100_000_000_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A function with arrays or several results; a box with another number of variables or an infinite side; fewer than two points
/// per axis.
pub fn grid_cost<F: Scalar>(
    program: &Program,
    bounds: &Bounds,
    points_per_axis: usize,
) -> Result<GridCost, SolveError> {
    Grid::<F>::new(program, bounds, points_per_axis)?.cost()
}

/// Evaluates the function on a grid of `points_per_axis` points along each axis, ends included, and returns the lowest.
///
/// Runs through blocks of points, so memory stays small, on all cores. Refuses grids of more than `limit` points
/// ([`GRID_LIMIT`] is a sensible one) and says how long they would take.
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::{Bounds, GRID_LIMIT, grid_search};
///
/// let f = trace(2, |x| (x[0] - 0.5).pow(2.0) + x[1].pow(2.0))?;
/// let best = grid_search::<f64>(&f, &Bounds::all(-1.0, 1.0)?, 101, GRID_LIMIT)?;
/// assert_eq!((best.x, best.evaluations), (vec![0.5, 0.0], 10_201));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`grid_cost`]; [`SolveError::Grid`] above the limit.
pub fn grid_search<F: Scalar>(
    program: &Program,
    bounds: &Bounds,
    points_per_axis: usize,
    limit: u64,
) -> Result<GridBest<F>, SolveError> {
    let grid = Grid::<F>::new(program, bounds, points_per_axis)?;
    let count = match u64::try_from(grid.points) {
        Ok(count) if count <= limit => count,
        _ => {
            let GridCost { points, seconds } = grid.cost()?;
            return Err(SolveError::Grid { points, seconds, limit });
        }
    };
    let clock = Clock::start();
    let best = grid.lowest(count.div_ceil(BLOCK as u64), count)?;
    let (value, index) = best.unwrap_or((narrow(f64::NAN), 0));
    let x = (0..grid.axes.len()).map(|j| grid.coordinate(index, j)).collect();
    Ok(GridBest { x, value, evaluations: count, seconds: clock.seconds() })
}

struct Grid<F> {
    executable: Executable<F>,
    /// For each axis its points.
    axes: Vec<Vec<F>>,
    points: u128,
}

type Lowest<F> = Option<(F, u64)>;

impl<F: Scalar> Grid<F> {
    fn new(program: &Program, bounds: &Bounds, points_per_axis: usize) -> Result<Self, SolveError> {
        let dim = program.input_count();
        if dim == 0 || points_per_axis < 2 {
            let (name, wanted) = ("points per axis", "at least 2, of a function of at least 1 variable");
            return Err(SolveError::Option { name, wanted, found: points_per_axis.to_string() });
        }
        bounds.check_finite(dim)?;
        let executable = Executable::new(program)?;
        if executable.input_len() != dim || executable.output_len() != 1 {
            let found = format!("{} numbers to {}", executable.input_len(), executable.output_len());
            return Err(SolveError::Option {
                name: "the function",
                wanted: "a scalar function of scalars",
                found,
            });
        }
        let axis = |j| {
            let (low, high) = bounds.interval(j);
            let last = (points_per_axis - 1) as f64;
            let at = |k: usize| {
                if k + 1 == points_per_axis { high } else { low + (high - low) * (k as f64 / last) }
            };
            (0..points_per_axis).map(|k| narrow(at(k))).collect()
        };
        let power = u32::try_from(dim).unwrap_or(u32::MAX);
        let points = (points_per_axis as u128).saturating_pow(power);
        Ok(Grid { executable, axes: (0..dim).map(axis).collect(), points })
    }

    fn cost(&self) -> Result<GridCost, SolveError> {
        let sample = self.points.min(16 * BLOCK as u128) as u64;
        // The first run prepares memory; the second is timed.
        self.lowest(1, sample.min(BLOCK as u64))?;
        let clock = Clock::start();
        self.lowest(sample.div_ceil(BLOCK as u64), sample)?;
        Ok(GridCost { points: self.points, seconds: clock.seconds() * (self.points as f64 / sample as f64) })
    }

    /// Coordinate `j` of a point; the last axis runs fastest.
    fn coordinate(&self, index: u64, j: usize) -> F {
        let n = self.axes[j].len() as u64;
        let slower = (self.axes.len() - 1 - j) as u32;
        let k = n.checked_pow(slower).map_or(0, |stride| index / stride % n);
        self.axes[j][k as usize]
    }

    #[cfg(feature = "threads")]
    fn lowest(&self, blocks: u64, count: u64) -> Result<Lowest<F>, SolveError> {
        use rayon::prelude::*;
        let room = || Room::new(self);
        (0..blocks)
            .into_par_iter()
            .map_init(room, |room, block| room.lowest(self, block, count))
            .try_reduce(|| None, |a, b| Ok(lower(a, b)))
    }

    #[cfg(not(feature = "threads"))]
    fn lowest(&self, blocks: u64, count: u64) -> Result<Lowest<F>, SolveError> {
        let mut room = Room::new(self);
        (0..blocks).try_fold(None, |best, block| Ok(lower(best, room.lowest(self, block, count)?)))
    }
}

/// What one thread works in.
struct Room<F> {
    executable: Executable<F>,
    inputs: Vec<F>,
    values: Vec<F>,
}

impl<F: Scalar> Room<F> {
    fn new(grid: &Grid<F>) -> Self {
        Room { executable: grid.executable.clone(), inputs: Vec::new(), values: Vec::new() }
    }

    fn lowest(&mut self, grid: &Grid<F>, block: u64, count: u64) -> Result<Lowest<F>, SolveError> {
        let first = block * BLOCK as u64;
        let lanes = (count - first).min(BLOCK as u64) as usize;
        self.inputs.clear();
        for j in 0..grid.axes.len() {
            self.inputs.extend((0..lanes as u64).map(|i| grid.coordinate(first + i, j)));
        }
        self.values.resize(lanes, F::default());
        self.executable.run_lanes(lanes, &self.inputs, &mut self.values)?;
        let points = self.values.iter().zip(first..).map(|(&value, index)| Some((value, index)));
        Ok(points.filter(|point| point.is_some_and(|(value, _)| !wide(value).is_nan())).fold(None, lower))
    }
}

/// The lower of two points; of equals, the earlier.
fn lower<F: Scalar>(a: Lowest<F>, b: Lowest<F>) -> Lowest<F> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// A time span as people say it.
pub(crate) fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str); 5] =
        [(31_557_600.0, "years"), (86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds")];
    match UNITS.iter().find(|(unit, _)| seconds >= 2.0 * unit) {
        Some((unit, name)) if seconds / unit >= 1e6 => format!("{:.1e} {name}", seconds / unit),
        Some((unit, name)) => format!("{:.0} {name}", seconds / unit),
        None => format!("{seconds:.1} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_said_in_the_largest_fitting_unit() {
        assert_eq!(duration(0.5), "0.5 seconds");
        assert_eq!(duration(119.0), "119 seconds");
        assert_eq!(duration(7200.0), "2 hours");
        assert_eq!(duration(1e9), "32 years");
        assert_eq!(duration(1e19), "3.2e11 years");
    }
}
