//! What a function looks like around a point, to second order: [`analyze`] with the whole Hessian, for few variables;
//! [`extreme_eigenvalues`] and [`spectral_density`] by its products, for many; and how fast methods converge there ([`predicted_rate`]).

mod rate;
mod spectrum;

use std::fmt;

use thalweg_function::Program;

pub use rate::{Rate, Tuned, measured_order, measured_rate, predicted_rate, tuned_methods};
pub use spectrum::{Extremes, Quadrature, SpectralDensity, Spectrum, extreme_eigenvalues, spectral_density};

use crate::dense::{self, Eigen};
use crate::error::check_point;
use crate::method::condition_number;
use crate::{GradientCheck, Objective, SolveError, Traced, gradient_check};

/// What kind of point it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All eigenvalues of the Hessian are positive.
    Minimum,
    /// All are negative.
    Maximum,
    /// Some are positive, some negative.
    Saddle,
    /// One or more are zero, to working precision, and the others of one sign.
    Degenerate,
    /// The gradient is not zero.
    NotCritical,
}

impl Kind {
    /// The name in files: `minimum`, `maximum`, `saddle`, `degenerate`, `not critical`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Minimum => "minimum",
            Kind::Maximum => "maximum",
            Kind::Saddle => "saddle",
            Kind::Degenerate => "degenerate",
            Kind::NotCritical => "not critical",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A function around a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// f(x).
    pub value: f64,
    /// ∇f(x).
    pub gradient: Vec<f64>,
    /// The gradient against finite differences.
    pub gradient_check: GradientCheck,
    /// ∇²f(x), row by row.
    pub hessian: Vec<f64>,
    /// The eigenvalues of the Hessian, ascending.
    pub eigenvalues: Vec<f64>,
    /// The eigenvectors as the columns of a matrix R, row by row: component i of eigenvector k is element `i · dim + k`. Of
    /// length 1; the component of largest absolute value (the first of equals) is positive.
    pub eigenvectors: Vec<f64>,
    /// max|λ| / min|λ|; ∞ for a singular Hessian.
    pub condition_number: f64,
    /// What kind of point it is.
    pub kind: Kind,
    /// 2/λmax: gradient descent with a learning rate below it converges on the quadratic that fits here. `None` where the
    /// Hessian is not positive definite.
    pub lr_max: Option<f64>,
    /// 2/(λmax + λmin): the learning rate that converges fastest there. `None` as above.
    pub lr_optimal: Option<f64>,
}

/// A gradient component counts as zero up to this, times the largest entry of the Hessian if that is above 1.
const CRITICAL: f64 = 1e-6;

/// An eigenvalue counts as zero up to this times the largest.
const SINGULAR: f64 = 1e-10;

/// Value, gradient, Hessian, eigenvalues and what follows from them, at x.
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::{Kind, analyze};
///
/// let bowl = trace(2, |x| 0.5 * (x[0].pow(2.0) + 6.0 * x[1].pow(2.0)))?;
/// let analysis = analyze(&bowl, &[0.0, 0.0])?;
/// assert_eq!(analysis.kind, Kind::Minimum);
/// assert_eq!(analysis.lr_optimal, Some(0.2857142857142857));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A point of the wrong length or not finite.
pub fn analyze(program: &Program, x: &[f64]) -> Result<Analysis, SolveError> {
    let mut objective = Traced::<f64>::new(program)?;
    let dim = objective.dim();
    check_point(|| "the point".to_owned(), x, dim)?;
    let mut gradient = vec![0.0; dim];
    let value = objective.value_and_gradient(x, &mut gradient)?;
    let gradient_check = gradient_check(&mut objective, x)?;
    let mut hessian = vec![0.0; dense::square(dim, 1)?];
    objective.hessian(x, &mut hessian)?;

    let mut eigen = Eigen::new(dim);
    eigen.decompose(&hessian);
    eigen.fix_signs();
    let Eigen { values: eigenvalues, vectors: eigenvectors, .. } = eigen;
    let positive = sign_of(&eigenvalues) == Some(Kind::Minimum);
    let (smallest, largest) =
        (eigenvalues.first().copied().unwrap_or(0.0), eigenvalues.last().copied().unwrap_or(0.0));
    Ok(Analysis {
        value,
        kind: kind(&gradient, &hessian, &eigenvalues),
        gradient,
        gradient_check,
        hessian,
        condition_number: condition_number(&eigenvalues),
        lr_max: positive.then(|| 2.0 / largest),
        lr_optimal: positive.then(|| 2.0 / (largest + smallest)),
        eigenvalues,
        eigenvectors,
    })
}

fn kind(gradient: &[f64], hessian: &[f64], eigenvalues: &[f64]) -> Kind {
    let scale = hessian.iter().fold(1.0_f64, |m, h| m.max(h.abs()));
    if !gradient.iter().all(|g| g.abs() <= CRITICAL * scale) {
        return Kind::NotCritical;
    }
    sign_of(eigenvalues).unwrap_or(Kind::Degenerate)
}

/// Minimum, maximum or saddle by the signs of the eigenvalues; `None` where zeros leave it open.
fn sign_of(eigenvalues: &[f64]) -> Option<Kind> {
    let zero = SINGULAR * eigenvalues.iter().fold(0.0_f64, |m, λ| m.max(λ.abs()));
    let positive = eigenvalues.iter().filter(|λ| **λ > zero).count();
    let negative = eigenvalues.iter().filter(|λ| **λ < -zero).count();
    match (positive, negative) {
        (1.., 1..) => Some(Kind::Saddle),
        (p, 0) if p == eigenvalues.len() && p > 0 => Some(Kind::Minimum),
        (0, n) if n == eigenvalues.len() && n > 0 => Some(Kind::Maximum),
        _ => None,
    }
}

/// How much of the quadratic ½ xᵀQx each eigenvector of Q holds at each point: `½ λₖ yₖ²` with `y = Rᵀx`, eigenvectors as the
/// columns of R as in [`Analysis`]. One row of `dim` numbers a point; each row sums to ½ xᵀQx.
///
/// ```
/// let losses = thalweg_solve::eigen_losses(&[1.0, 6.0], &[1.0, 0.0, 0.0, 1.0], [&[2.0, 1.0][..]])?;
/// assert_eq!(losses, [2.0, 3.0]);
/// # Ok::<(), thalweg_solve::SolveError>(())
/// ```
///
/// # Errors
/// Eigenvectors or a point of the wrong length.
pub fn eigen_losses<'a>(
    eigenvalues: &[f64],
    eigenvectors: &[f64],
    points: impl IntoIterator<Item = &'a [f64]>,
) -> Result<Vec<f64>, SolveError> {
    let n = eigenvalues.len();
    if eigenvectors.len() != n * n {
        let (what, found, expected) = ("eigenvectors".to_owned(), eigenvectors.len(), n * n);
        return Err(SolveError::Dimension { what, found, expected });
    }
    let mut losses = Vec::new();
    for (step, x) in points.into_iter().enumerate() {
        if x.len() != n {
            let what = format!("point {}", step + 1);
            return Err(SolveError::Dimension { what, found: x.len(), expected: n });
        }
        for (k, λ) in eigenvalues.iter().enumerate() {
            let y: f64 = (0..n).map(|i| eigenvectors[i * n + k] * x[i]).sum();
            losses.push(0.5 * λ * y * y);
        }
    }
    Ok(losses)
}
