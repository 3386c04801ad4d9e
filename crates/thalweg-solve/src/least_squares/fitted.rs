//! [`LeastSquares`]: the end of a least-squares run, with the uncertainty of its parameters.

use super::factor::Factor;
use crate::Status;

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
    /// Why the run ended.
    pub status: Status,
    /// The number of steps made.
    pub steps: usize,
    /// How often the residuals were asked for.
    pub evaluations: u64,
    /// How often the Jacobian was.
    pub jacobians: u64,
}

impl LeastSquares {
    /// s² = Σ r² / (residuals − parameters), the estimated variance of a residual; none without residuals to spare.
    pub fn residual_variance(&self) -> Option<f64> {
        let freedom = self.residuals.len().checked_sub(self.x.len()).filter(|&freedom| freedom > 0)?;
        Some(self.residuals.iter().map(|r| r * r).sum::<f64>() / freedom as f64)
    }

    /// The covariance of the parameters to first order, s² (JᵀJ)⁻¹, row by row; none if the data do not determine them all.
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
        let variance = self.residual_variance()?;
        let inverse = Factor::new(&self.jacobian, &self.residuals, self.x.len(), true).inverse()?;
        Some(inverse.into_iter().map(|entry| variance * entry).collect())
    }

    /// The standard errors of the parameters: the roots of the covariance's diagonal.
    pub fn standard_errors(&self) -> Option<Vec<f64>> {
        let (covariance, n) = (self.covariance()?, self.x.len());
        Some((0..n).map(|i| covariance[i * n + i].sqrt()).collect())
    }
}
