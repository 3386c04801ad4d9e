//! [`CurveResiduals`]: a curve through data as residuals, row by row.

use thalweg_function::{Executable, InputAxis, Program, batch, select_outputs, value_and_gradient};

use super::Residuals;
use crate::{Fit, SolveError};

/// Prediction − target for each row of data, with the exact Jacobian; each times the root of the row's weight, if rows have weights.
///
/// ```
/// use thalweg_function::Expression;
/// use thalweg_solve::{CurveResiduals, Fit, LeastSquaresOptions, least_squares};
///
/// let curve = Expression::parse_with("a*exp(-b*x)", Some(&["a", "b", "x"]), &[])?;
/// let x: Vec<f64> = (0..20).map(|i| f64::from(i) / 10.0).collect();
/// let target: Vec<f64> = x.iter().map(|x| 3.0 * (-1.5 * x).exp()).collect();
/// let problem = Fit { prediction: curve.program(), columns: &[x], target: &target, start: &[1.0, 1.0] };
/// let fitted = least_squares(&mut CurveResiduals::new(&problem)?, problem.start, &LeastSquaresOptions::default())?;
/// assert!((fitted.x[0] - 3.0).abs() < 1e-9 && (fitted.x[1] - 1.5).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CurveResiduals<'a> {
    columns: &'a [Vec<f64>],
    target: &'a [f64],
    parameters: usize,
    /// The root of each row's weight; empty where all are 1.
    roots: Vec<f64>,
    prediction: Rows,
    slopes: Rows,
}

impl<'a> CurveResiduals<'a> {
    /// Rows that all count the same.
    ///
    /// # Errors
    /// Columns of different lengths, a prediction with another number of inputs than there are parameters and columns, no row, no
    /// parameter, a start that is not finite.
    pub fn new(problem: &Fit<'a, f64>) -> Result<Self, SolveError> {
        problem.check()?;
        let (parameters, rows) = (problem.start.len(), problem.target.len());
        Ok(CurveResiduals {
            columns: problem.columns,
            target: problem.target,
            parameters,
            roots: Vec::new(),
            prediction: Rows::new(problem.prediction, parameters, rows)?,
            slopes: Rows::new(&with_slopes(problem.prediction, parameters)?, parameters, rows)?,
        })
    }

    /// With a weight for each row: what is summed is weight · (prediction − target)². Of measurements with known deviations σ the
    /// weights are 1/σ².
    ///
    /// # Errors
    /// Another number of weights than of rows, or a weight that is not finite or not positive.
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Self, SolveError> {
        if weights.len() != self.target.len() {
            let message = format!("there are {} weights for {} rows", weights.len(), self.target.len());
            return Err(SolveError::Data(message));
        }
        if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w > 0.0)) {
            let message =
                format!("the weight of row {} is {}, must be finite and above 0", row + 1, weights[row]);
            return Err(SolveError::Data(message));
        }
        self.roots = weights.iter().map(|w| w.sqrt()).collect();
        Ok(self)
    }
}

impl Residuals for CurveResiduals<'_> {
    fn dim(&self) -> usize {
        self.parameters
    }

    fn count(&self) -> usize {
        self.target.len()
    }

    fn residuals(&mut self, x: &[f64], residuals: &mut [f64]) -> Result<(), SolveError> {
        residuals.copy_from_slice(self.prediction.run(x, self.columns)?);
        residuals.iter_mut().zip(self.target).for_each(|(r, target)| *r -= target);
        residuals.iter_mut().zip(&self.roots).for_each(|(r, root)| *r *= root);
        Ok(())
    }

    fn jacobian(&mut self, x: &[f64], jacobian: &mut [f64]) -> Result<(), SolveError> {
        let rows = self.target.len();
        let slopes = self.slopes.run(x, self.columns)?;
        for (j, column) in slopes[rows..].chunks_exact(rows).enumerate() {
            let place = jacobian[j..].iter_mut().step_by(self.parameters);
            place.zip(column).for_each(|(place, slope)| *place = *slope);
        }
        for (row, root) in jacobian.chunks_exact_mut(self.parameters).zip(&self.roots) {
            for slope in row {
                *slope *= root;
            }
        }
        Ok(())
    }
}

/// The prediction, then its derivatives by the parameters.
pub(super) fn with_slopes(prediction: &Program, parameters: usize) -> Result<Program, SolveError> {
    let chosen: Vec<usize> = (0..=parameters).collect();
    Ok(select_outputs(&value_and_gradient(prediction)?, &chosen)?)
}

/// A program of parameters and columns, for all rows at once.
#[derive(Debug)]
pub(super) struct Rows {
    program: Executable<f64>,
    inputs: Vec<f64>,
    out: Vec<f64>,
}

impl Rows {
    pub(super) fn new(program: &Program, parameters: usize, rows: usize) -> Result<Self, SolveError> {
        let mut axes = vec![InputAxis::Shared; parameters];
        axes.resize(program.input_count(), InputAxis::Batched);
        let program = Executable::new(&batch(program, rows, &axes)?)?;
        Ok(Rows { inputs: Vec::new(), out: vec![0.0; program.output_len()], program })
    }

    /// Every result for every row, one result after the other.
    pub(super) fn run(&mut self, x: &[f64], columns: &[Vec<f64>]) -> Result<&[f64], SolveError> {
        self.inputs.clear();
        self.inputs.extend_from_slice(x);
        for column in columns {
            self.inputs.extend_from_slice(column);
        }
        self.program.run(&self.inputs, &mut self.out)?;
        Ok(&self.out)
    }
}
