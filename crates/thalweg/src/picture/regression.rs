//! A curve fitted by least squares: with its band over the data, and what is left of these.

use super::PictureError;
use crate::figure::{Axis, Curve, Figure, Regression};
use crate::solve::{Fit, LeastSquares};

/// The probability with which the curve lies in the band that is drawn.
const LEVEL: f64 = 0.95;

/// Points along the curve.
const POINTS: usize = 300;

/// The data with the curve through them, in the band where the curve lies with a probability of 95 % at each place by itself (to first
/// order, by Student's distribution), and the residuals (data less curve) below. With several data columns: the data over the fitted
/// values, and the residuals over these.
///
/// ```
/// use thalweg::picture::regression_figure;
/// use thalweg::prelude::*;
/// use thalweg::solve::{CurveResiduals, Fit, LeastSquaresOptions, least_squares};
///
/// let line = Expression::parse_with("a*x + b", Some(&["a", "b", "x"]), &[])?;
/// let x: Vec<f64> = (0..50).map(|i| f64::from(i) / 50.0).collect();
/// let target: Vec<f64> = x.iter().map(|x| 3.0 * x - 1.0 + 0.1 * (70.0 * x).sin()).collect();
/// let problem = Fit { prediction: line.program(), columns: &[x], target: &target, start: &[0.0, 0.0] };
/// let fitted = least_squares(&mut CurveResiduals::new(&problem)?, problem.start, &LeastSquaresOptions::default())?;
/// let figure = regression_figure("a*x + b", "y", &problem, &fitted)?;
/// assert!(figure.to_svg(800, 700)?.contains("95 % band"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The prediction has other inputs than the problem says.
pub fn regression_figure(
    label: &str,
    target: &str,
    problem: &Fit<'_, f64>,
    fitted: &LeastSquares,
) -> Result<Figure, PictureError> {
    let at_data = fitted.predict(problem.prediction, problem.columns)?;
    // Without a column there is one prediction for all rows.
    let of_row = |row: usize| at_data.get(row).or(at_data.first()).map_or(f64::NAN, |p| p.value);
    let left = |row: usize| problem.target[row] - of_row(row);
    let rows = 0..problem.target.len();
    let [column] = problem.columns else {
        let (low, high) = extent(rows.clone().map(of_row));
        return Ok(Regression {
            x_name: "fitted value".into(),
            y_name: target.into(),
            data: rows.clone().map(|row| [of_row(row), problem.target[row]]).collect(),
            curve: Curve { label: label.into(), x: vec![low, high], y: vec![low, high] },
            residuals: rows.map(|row| [of_row(row), left(row)]).collect(),
            ..Regression::default()
        }
        .into());
    };
    let name = problem.prediction.input_names().last().unwrap_or_default();
    let (low, high) = extent(column.iter().copied());
    let axis = Axis::new(name, low, high, POINTS);
    let x: Vec<f64> = (0..axis.count).map(|i| axis.at(i)).collect();
    let curve = fitted.predict(problem.prediction, std::slice::from_ref(&x))?;
    let band = fitted
        .student(LEVEL)
        .filter(|_| fitted.covariance().is_some())
        .map(|t| [-t, t].map(|t| curve.iter().map(|p| p.value + t * p.error.unwrap_or(f64::NAN)).collect()));
    Ok(Regression {
        x_name: name.into(),
        y_name: target.into(),
        data: rows.clone().map(|row| [column[row], problem.target[row]]).collect(),
        curve: Curve { label: label.into(), x, y: curve.iter().map(|p| p.value).collect() },
        band,
        band_name: "95 % band".into(),
        residuals: rows.map(|row| [column[row], left(row)]).collect(),
        ..Regression::default()
    }
    .into())
}

/// The least and the largest of numbers, apart from each other.
fn extent(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = numbers.filter(|x| x.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    match (low, high) {
        (low, high) if low < high => (low, high),
        (low, _) if low.is_finite() => (low - 0.5, low + 0.5),
        _ => (0.0, 1.0),
    }
}
