//! [`LeastSquares`]: the end of a least-squares run, with the uncertainty of its parameters.

use thalweg_function::Program;

use super::curve::{Rows, with_slopes};
use super::factor::Factor;
use super::{Loss, student};
use crate::{SolveError, Status};

/// Columns of the Jacobian whose part beside the others is below this share of them are taken for combinations of these.
const DEPENDENT: f64 = 1e-13;

/// The parameters found, and how well they are known.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastSquares {
    /// The parameters.
    pub x: Vec<f64>,
    /// The sum of the losses of the residuals; of their squares unless another loss was asked for.
    pub value: f64,
    /// The residuals there.
    pub residuals: Vec<f64>,
    /// Their Jacobian, a row for each residual.
    pub jacobian: Vec<f64>,
    /// What was summed over the residuals.
    pub loss: Loss,
    /// Why the run ended.
    pub status: Status,
    /// The number of steps made.
    pub steps: usize,
    /// How often the residuals were asked for.
    pub evaluations: u64,
    /// How often the Jacobian was.
    pub jacobians: u64,
}

/// A curve at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The curve's value.
    pub value: f64,
    /// Its standard error, which is the parameters'; none where these have none.
    pub error: Option<f64>,
}

impl LeastSquares {
    /// The number of residuals less that of parameters; 0 where there are no more.
    pub fn degrees_of_freedom(&self) -> usize {
        self.residuals.len().saturating_sub(self.x.len())
    }

    /// s² = Σ r² / (residuals − parameters), the estimated variance of a residual; none without residuals to spare.
    pub fn residual_variance(&self) -> Option<f64> {
        let freedom = Some(self.degrees_of_freedom()).filter(|&freedom| freedom > 0)?;
        Some(self.residuals.iter().map(|r| r * r).sum::<f64>() / freedom as f64)
    }

    /// The covariance of the parameters to first order, s² (JᵀJ)⁻¹, row by row; none if the data do not determine them all.
    ///
    /// Under another loss than squares, with ψ half its derivative by the residual, n residuals and p parameters:
    /// K² Σψ²/(n − p) / mean(ψ′)² (JᵀJ)⁻¹, K = 1 + p/n · var(ψ′)/mean(ψ′)². Source: Huber, *Robust Statistics* (1981), section 7.6.
    ///
    /// ```
    /// use thalweg_function::trace;
    /// use thalweg_solve::{LeastSquaresOptions, TracedResiduals, least_squares};
    ///
    /// // A constant through three numbers: its variance is that of a number over 3.
    /// let residuals = trace(1, |c| [c[0] - 1.0, c[0] - 2.0, c[0] - 6.0])?;
    /// let fit = least_squares(&mut TracedResiduals::new(&residuals)?, &[0.0], &LeastSquaresOptions::default())?;
    /// assert!((fit.x[0] - 3.0).abs() < 1e-12);
    /// assert!((fit.covariance().unwrap()[0] - 7.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn covariance(&self) -> Option<Vec<f64>> {
        let variance = self.spread()?;
        let (norms, factor) = self.factor();
        let (mut inverse, n) = (factor.inverse()?, self.x.len());
        for (at, entry) in inverse.iter_mut().enumerate() {
            *entry *= variance / (norms[at / n] * norms[at % n]);
        }
        Some(inverse)
    }

    /// The variance of a residual as the loss sees it.
    fn spread(&self) -> Option<f64> {
        let variance = self.residual_variance()?;
        if self.loss == Loss::Squares {
            return Some(variance);
        }
        let (n, p) = (self.residuals.len() as f64, self.x.len() as f64);
        let seen: Vec<(f64, f64)> = self.residuals.iter().map(|r| self.loss.influence(*r)).collect();
        let square: f64 = seen.iter().map(|(psi, _)| psi * psi).sum::<f64>() / (n - p);
        let mean: f64 = seen.iter().map(|(_, slope)| slope).sum::<f64>() / n;
        let scatter: f64 = seen.iter().map(|(_, slope)| (slope - mean).powi(2)).sum::<f64>() / n;
        let correction = 1.0 + p / n * scatter / (mean * mean);
        Some(correction * correction * square / (mean * mean)).filter(|variance| variance.is_finite())
    }

    /// The lengths of the Jacobian's columns, and the factor of the columns of length 1.
    fn factor(&self) -> (Vec<f64>, Factor) {
        let n = self.x.len();
        let norm = |j: usize| {
            let length = self.jacobian[j..].iter().step_by(n).fold(0.0_f64, |norm, v| norm.hypot(*v));
            if length > 0.0 { length } else { 1.0 }
        };
        let norms: Vec<f64> = (0..n).map(norm).collect();
        let scaled: Vec<f64> = self.jacobian.iter().enumerate().map(|(at, v)| v / norms[at % n]).collect();
        let factor = Factor::new(&scaled, &self.residuals, n, true);
        (norms, factor)
    }

    /// The standard errors of the parameters: the roots of the covariance's diagonal.
    pub fn standard_errors(&self) -> Option<Vec<f64>> {
        let (covariance, n) = (self.covariance()?, self.x.len());
        Some((0..n).map(|i| covariance[i * n + i].sqrt()).collect())
    }

    /// The correlations of the parameters, row by row: the covariance in units of the standard errors.
    pub fn correlation(&self) -> Option<Vec<f64>> {
        let (mut covariance, n) = (self.covariance()?, self.x.len());
        let errors: Vec<f64> = (0..n).map(|i| covariance[i * n + i].sqrt()).collect();
        for (at, entry) in covariance.iter_mut().enumerate() {
            *entry /= errors[at / n] * errors[at % n];
        }
        Some(covariance)
    }

    /// How many standard errors to both sides of an estimate the truth lies within with this probability: a quantile of Student's
    /// distribution. None without degrees of freedom, or if the probability is not between 0 and 1.
    pub fn student(&self, level: f64) -> Option<f64> {
        let freedom = Some(self.degrees_of_freedom()).filter(|&freedom| freedom > 0)?;
        (level > 0.0 && level < 1.0).then(|| student::quantile(f64::midpoint(1.0, level), freedom as f64))
    }

    /// For each parameter the interval that holds the truth with this probability, by Student's distribution.
    ///
    /// ```
    /// use thalweg_function::trace;
    /// use thalweg_solve::{LeastSquaresOptions, TracedResiduals, least_squares};
    ///
    /// let residuals = trace(1, |c| [c[0] - 1.0, c[0] - 2.0, c[0] - 6.0])?;
    /// let fit = least_squares(&mut TracedResiduals::new(&residuals)?, &[0.0], &LeastSquaresOptions::default())?;
    /// // t = 4.302653 for two degrees of freedom.
    /// let half = 4.302_652_729_749_464 * (7.0_f64 / 3.0).sqrt();
    /// assert!((fit.intervals(0.95).unwrap()[0].1 - (3.0 + half)).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn intervals(&self, level: f64) -> Option<Vec<(f64, f64)>> {
        let (t, errors) = (self.student(level)?, self.standard_errors()?);
        Some(self.x.iter().zip(errors).map(|(x, error)| (x - t * error, x + t * error)).collect())
    }

    /// Parameters that the data do not determine: those that may change together, in some ratio, without a change of any residual to
    /// first order. Empty if the data determine all.
    pub fn undetermined(&self) -> Vec<usize> {
        self.factor().1.dependent(DEPENDENT)
    }

    /// A curve of these parameters and of data columns, at each row of the columns, with its standard error to first order.
    ///
    /// # Errors
    /// Columns of different lengths, or a curve with another number of inputs than there are parameters and columns.
    pub fn predict(&self, curve: &Program, columns: &[Vec<f64>]) -> Result<Vec<Prediction>, SolveError> {
        let (n, rows) = (self.x.len(), columns.first().map_or(1, Vec::len));
        if let Some(other) = columns.iter().find(|column| column.len() != rows) {
            return Err(SolveError::Data(format!("columns of {rows} and of {} numbers", other.len())));
        }
        if curve.input_count() != n + columns.len() {
            let (inputs, columns) = (curve.input_count(), columns.len());
            let message =
                format!("the curve has {inputs} inputs; {n} parameters and {columns} columns were given");
            return Err(SolveError::Data(message));
        }
        let covariance = self.covariance();
        let mut curve = Rows::new(&with_slopes(curve, n)?, n, rows)?;
        let out = curve.run(&self.x, columns)?;
        let at = |row: usize| {
            let error = covariance.as_ref().map(|covariance| {
                let slope = |i: usize| out[(i + 1) * rows + row];
                let product = |i: usize| (0..n).map(|j| covariance[i * n + j] * slope(j)).sum::<f64>();
                (0..n).map(|i| slope(i) * product(i)).sum::<f64>().max(0.0).sqrt()
            });
            Prediction { value: out[row], error }
        };
        Ok((0..rows).map(at).collect())
    }
}
