//! [`Sampling`]: how starts are spread over a box.

use std::fmt;
use std::str::FromStr;

use thalweg_spec::{SpecError, unknown_name};

use super::draw;
use super::sobol::{DIMENSIONS, Sobol};
use crate::random::{Purpose, below, unit, words};
use crate::scalar::narrow;
use crate::{Bounds, Points, Scalar, SolveError, random_starts};

/// How starts are spread over a box. Written `uniform`, `sobol`, `latin_hypercube`.
///
/// ```
/// use thalweg_solve::{Bounds, Sampling};
///
/// let starts = "sobol".parse::<Sampling>()?.starts::<f64>(&Bounds::all(-3.0, 3.0)?, 2, 64, 0)?;
/// // Of 64 points, one in each of the 8 × 8 squares.
/// let square = |x: &[f64]| [(x[0] + 3.0) / 0.75, (x[1] + 3.0) / 0.75].map(|v| v as usize);
/// let squares: std::collections::HashSet<_> = starts.iter().map(square).collect();
/// assert_eq!(squares.len(), 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// Every point by itself, as [`random_starts`] draws them: gaps and clusters as chance makes them.
    #[default]
    Uniform,
    /// Sobol's sequence with Joe and Kuo's direction numbers, all points moved by one random vector (a digital shift, which keeps
    /// how evenly they lie): powers of two fill the box most evenly. At most 256 variables. More points are the same points and more.
    Sobol,
    /// A Latin hypercube: with n points, every variable has one in each of n equal intervals (McKay, Beckman and Conover, *A comparison
    /// of three methods for selecting values of input variables*, 1979). Another number of points is other points.
    LatinHypercube,
}

impl Sampling {
    /// All of them.
    pub const ALL: [Sampling; 3] = [Sampling::Uniform, Sampling::Sobol, Sampling::LatinHypercube];

    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Sampling::Uniform => "uniform",
            Sampling::Sobol => "sobol",
            Sampling::LatinHypercube => "latin_hypercube",
        }
    }

    /// `count` points in a box of `dim` variables. They depend on nothing but the arguments.
    ///
    /// # Errors
    /// The box has another number of variables, or an infinite side; `count` or `dim` is 0; more variables than Sobol's
    /// sequence has dimensions.
    pub fn starts<F: Scalar>(
        self,
        bounds: &Bounds,
        dim: usize,
        count: usize,
        seed: u64,
    ) -> Result<Points<F>, SolveError> {
        if self == Sampling::Uniform {
            return random_starts(bounds, dim, count, seed);
        }
        bounds.check_finite(dim)?;
        let most = if self == Sampling::LatinHypercube { 1 << 30 } else { usize::MAX };
        if count == 0 || count > most {
            let wanted = if count == 0 { "at least 1" } else { "at most 2^30 in a Latin hypercube" };
            let found = count.to_string();
            return Err(SolveError::Option { name: "the number of starts", wanted, found });
        }
        let fractions = match self {
            Sampling::Sobol => shifted_sobol(dim, count, seed)?,
            _ => latin_hypercube(dim, count, seed),
        };
        let place = |(at, fraction): (usize, f64)| {
            let (low, high) = bounds.interval(at % dim);
            narrow((low + (high - low) * fraction).min(high))
        };
        Points::from_flat(dim, fractions.into_iter().enumerate().map(place).collect())
    }
}

/// Points in the unit cube, one after the other.
fn shifted_sobol(dim: usize, count: usize, seed: u64) -> Result<Vec<f64>, SolveError> {
    if dim > DIMENSIONS {
        let wanted = "at most 256 for Sobol's sequence; spread the starts by a Latin hypercube";
        let found = dim.to_string();
        return Err(SolveError::Option { name: "the number of variables", wanted, found });
    }
    let sobol = Sobol::new(dim);
    let shift: Vec<u64> =
        (0..dim).map(|j| words(seed, Purpose::Starts, j as u64, draw::SHIFT, 0)[0]).collect();
    let point = |i| shift.iter().enumerate().map(move |(j, shift)| (i, j, shift));
    Ok((0..count as u64).flat_map(point).map(|(i, j, shift)| unit(sobol.coordinate(i, j) ^ shift)).collect())
}

/// Points in the unit cube, one after the other.
fn latin_hypercube(dim: usize, count: usize, seed: u64) -> Vec<f64> {
    let mut fractions = vec![0.0; dim * count];
    let mut order: Vec<usize> = Vec::new();
    for j in 0..dim {
        order.clear();
        order.extend(0..count);
        for k in (1..count).rev() {
            let word = words(seed, Purpose::Starts, j as u64, draw::ORDER, k as u32)[0];
            order.swap(k, below(word, k + 1));
        }
        for (i, &stratum) in order.iter().enumerate() {
            let place = unit(words(seed, Purpose::Starts, i as u64, draw::PLACE, j as u32)[0]);
            fractions[i * dim + j] = ((stratum as f64 + place) / count as f64).min(1.0 - f64::EPSILON / 2.0);
        }
    }
    fractions
}

impl FromStr for Sampling {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let name = text.trim();
        let known = Self::ALL.map(Sampling::name);
        let found = Self::ALL.into_iter().find(|sampling| sampling.name() == name);
        found.ok_or_else(|| unknown_name("sampling", name, &known))
    }
}

impl fmt::Display for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
