//! [`Minima`]: the distinct minima among the ends of many runs.

use std::collections::HashMap;

use crate::scalar::{is_finite, wide};
use crate::{Bounds, Scalar, Solution, Solutions, SolveError, Status};

/// When two ends are the same minimum: if every coordinate and the value are close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closeness {
    /// The largest difference of a coordinate, as a part of the box's side. Where the side is infinite, of the spread of the ends.
    pub x: f64,
    /// The largest difference of the values, as a part of max(1, |f|); beside it, what the slopes explain: the sum of both ‖∇f‖ times
    /// the distance, so that ends near a minimum that were not followed to the bottom are taken together.
    pub value: f64,
}

impl Default for Closeness {
    /// A hundredth of the side and a thousandth of the value: rough enough for runs that were stopped near a minimum.
    fn default() -> Self {
        Closeness { x: 1e-2, value: 1e-3 }
    }
}

/// A minimum, and the runs that ended there.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalMinimum<F> {
    /// The lowest of the ends that are this minimum.
    pub x: Vec<F>,
    /// f(x).
    pub value: F,
    /// ‖∇f(x)‖.
    pub gradient_norm: F,
    /// How the run ended that came to x.
    pub status: Status,
    /// Which run that was, from 0.
    pub run: usize,
    /// The number of runs that ended here.
    pub runs: usize,
    /// How many of them met a tolerance, rather than run out of steps or time.
    pub converged: usize,
    /// The number of runs as a part of all: where the starts were spread evenly, the part of the box from which the method
    /// comes here.
    pub share: f64,
}

/// The distinct minima among the ends of runs, the lowest first.
///
/// Ends are taken from the lowest value up. Each is the same minimum as the lowest one found before that is [close](Closeness) to it, or
/// else a new one; so a minimum is described by its lowest end, and the result does not depend on the order of the runs. Ends of
/// diverged runs and ends without a finite value are no minima.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{Bounds, Closeness, Minima, Options, Sampling, minimize_many};
///
/// let himmelblau = Expression::parse("(x^2 + y - 11)^2 + (x + y^2 - 7)^2")?;
/// let bounds = Bounds::all(-5.0, 5.0)?;
/// let starts = Sampling::Sobol.starts::<f64>(&bounds, 2, 64, 0)?;
/// let options = Options { method: "lbfgs".parse()?, ..Options::default() };
/// let ends = minimize_many(himmelblau.program(), &starts, &options)?;
/// let minima = Minima::of(&ends, &bounds, Closeness::default())?;
/// assert_eq!(minima.len(), 4);
/// assert_eq!(minima.iter().map(|minimum| minimum.runs).sum::<usize>(), 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Minima<F> {
    minima: Vec<LocalMinimum<F>>,
    of_runs: Vec<Option<usize>>,
}

/// What of a run's end matters.
struct End<'a, F> {
    x: &'a [F],
    value: F,
    gradient_norm: F,
    status: Status,
}

/// Coordinates by which candidates are looked up.
const KEYS: usize = 3;

impl<F: Scalar> Minima<F> {
    /// The minima among the ends of runs from many starts in a box.
    ///
    /// # Errors
    /// A box with another number of variables, or a closeness that is negative or no number.
    pub fn of(ends: &Solutions<F>, bounds: &Bounds, closeness: Closeness) -> Result<Self, SolveError> {
        let end = |i| End {
            x: ends.x(i),
            value: ends.values()[i],
            gradient_norm: ends.gradient_norms()[i],
            status: ends.statuses()[i],
        };
        Self::among(&(0..ends.len()).map(end).collect::<Vec<_>>(), bounds, closeness)
    }

    /// The minima among the ends of single runs.
    ///
    /// # Errors
    /// As [`Minima::of`].
    pub fn of_each(ends: &[Solution<F>], bounds: &Bounds, closeness: Closeness) -> Result<Self, SolveError> {
        fn end<F: Copy>(solution: &Solution<F>) -> End<'_, F> {
            let Solution { x, value, gradient_norm, status, .. } = solution;
            End { x, value: *value, gradient_norm: *gradient_norm, status: *status }
        }
        Self::among(&ends.iter().map(end).collect::<Vec<_>>(), bounds, closeness)
    }

    fn among(ends: &[End<'_, F>], bounds: &Bounds, closeness: Closeness) -> Result<Self, SolveError> {
        for (name, part) in
            [("the closeness of x", closeness.x), ("the closeness of values", closeness.value)]
        {
            if !(part.is_finite() && part >= 0.0) {
                let found = part.to_string();
                return Err(SolveError::Option { name, wanted: "finite and at least 0", found });
            }
        }
        let dim = ends.first().map_or(0, |end| end.x.len());
        if dim > 0 {
            bounds.check(dim)?;
        }
        let mut order: Vec<usize> = (0..ends.len())
            .filter(|&i| {
                let end = &ends[i];
                end.status != Status::Diverged && is_finite(end.value) && end.x.iter().all(|&x| is_finite(x))
            })
            .collect();
        // Equals by their places, so that the order of the runs is of no account.
        let coordinates = |i: usize| ends[i].x.iter().map(|&x| wide(x));
        order.sort_by(|&a, &b| {
            let mut places = coordinates(a).zip(coordinates(b)).map(|(a, b)| a.total_cmp(&b));
            let unlike = places.find(|order| order.is_ne());
            wide(ends[a].value).total_cmp(&wide(ends[b].value)).then(unlike.unwrap_or(a.cmp(&b)))
        });
        let near: Vec<f64> =
            (0..dim).map(|j| closeness.x * side(bounds.interval(j), ends, &order, j)).collect();
        let mut found = Minima { minima: Vec::new(), of_runs: vec![None; ends.len()] };
        let mut cells: HashMap<[i64; KEYS], Vec<usize>> = HashMap::new();
        for run in order {
            let end = &ends[run];
            let cell = cell(end.x, &near);
            let candidates = around(cell, dim).filter_map(|cell| cells.get(&cell)).flatten().copied();
            let same = candidates.filter(|&k| is_same(&found.minima[k], end, &near, closeness.value)).min();
            let at = same.unwrap_or_else(|| {
                cells.entry(cell).or_default().push(found.minima.len());
                found.minima.push(LocalMinimum {
                    x: end.x.to_vec(),
                    value: end.value,
                    gradient_norm: end.gradient_norm,
                    status: end.status,
                    run,
                    runs: 0,
                    converged: 0,
                    share: 0.0,
                });
                found.minima.len() - 1
            });
            let minimum = &mut found.minima[at];
            minimum.runs += 1;
            minimum.converged += usize::from(end.status.converged());
            found.of_runs[run] = Some(at);
        }
        for minimum in &mut found.minima {
            minimum.share = minimum.runs as f64 / ends.len() as f64;
        }
        Ok(found)
    }

    /// The number of distinct minima.
    pub fn len(&self) -> usize {
        self.minima.len()
    }

    /// Whether no run came to an end at a number.
    pub fn is_empty(&self) -> bool {
        self.minima.is_empty()
    }

    /// The minima, the lowest first.
    pub fn iter(&self) -> std::slice::Iter<'_, LocalMinimum<F>> {
        self.minima.iter()
    }

    /// The lowest minimum.
    pub fn lowest(&self) -> Option<&LocalMinimum<F>> {
        self.minima.first()
    }

    /// Which of the minima, counted from the lowest, a run ended at: what a map of basins of attraction is coloured by.
    pub fn of_run(&self, run: usize) -> Option<usize> {
        self.of_runs.get(run).copied().flatten()
    }
}

impl<'a, F> IntoIterator for &'a Minima<F> {
    type Item = &'a LocalMinimum<F>;
    type IntoIter = std::slice::Iter<'a, LocalMinimum<F>>;

    fn into_iter(self) -> Self::IntoIter {
        self.minima.iter()
    }
}

/// The side of the box, or how far the ends are apart where it has none.
fn side<F: Scalar>((low, high): (f64, f64), ends: &[End<'_, F>], finite: &[usize], j: usize) -> f64 {
    if (high - low).is_finite() {
        return high - low;
    }
    let coordinates = finite.iter().map(|&i| wide(ends[i].x[j]));
    let (low, high) = coordinates.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    (high - low).max(1e-9 * high.abs().max(low.abs()))
}

/// The cell of a point in a lattice as wide as what is close; minima close to it are in this cell or next to it.
fn cell<F: Scalar>(x: &[F], near: &[f64]) -> [i64; KEYS] {
    let mut cell = [0; KEYS];
    for ((cell, &x), &near) in cell.iter_mut().zip(x).zip(near) {
        // Twice as wide, so that rounding of the quotient is of no account.
        *cell = if near > 0.0 { (wide(x) / (2.0 * near)).floor() as i64 } else { wide(x).to_bits() as i64 };
    }
    cell
}

fn around(cell: [i64; KEYS], dim: usize) -> impl Iterator<Item = [i64; KEYS]> {
    let keys = dim.min(KEYS);
    (0..3_usize.pow(keys as u32)).map(move |k| {
        let mut next = cell;
        for (j, next) in next.iter_mut().enumerate().take(keys) {
            *next = next.saturating_add((k / 3_usize.pow(j as u32) % 3) as i64 - 1);
        }
        next
    })
}

fn is_same<F: Scalar>(minimum: &LocalMinimum<F>, end: &End<'_, F>, near: &[f64], value: f64) -> bool {
    let apart = |(&a, &b): (&F, &F)| (wide(a) - wide(b)).abs();
    if !minimum.x.iter().zip(end.x).map(apart).zip(near).all(|(apart, near)| apart <= *near) {
        return false;
    }
    let (lower, higher) = (wide(minimum.value), wide(end.value));
    let distance = minimum.x.iter().zip(end.x).map(|pair| apart(pair).powi(2)).sum::<f64>().sqrt();
    let by_slopes = (wide(minimum.gradient_norm) + wide(end.gradient_norm)) * distance;
    higher - lower <= value * lower.abs().max(higher.abs()).max(1.0) + by_slopes
}
