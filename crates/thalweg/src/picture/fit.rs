//! Fits of curves to data: the curve as it changes, and the loss over two parameters.

use super::{Path, PictureError, frame};
use crate::figure::{self, Axis, Contours, Field, Figure, Losses};
use crate::function::Executable;
use crate::solve::{Fit, Fitted};

/// At most this many states of the curve are drawn.
const STATES: usize = 60;

/// At most about this many predictions are made for the picture of a loss.
const PREDICTIONS: usize = 20_000_000;

/// What there is to see of a fit: the data with the curve as it changes, if there is one data column; the loss over the steps;
/// and the loss over the parameters with the way through them, if these are two.
///
/// ```
/// use thalweg::picture::fit_figures;
/// use thalweg::prelude::*;
/// use thalweg::solve::{Fit, FitOptions, fit};
///
/// let line = Expression::parse_with("a*x + b", Some(&["a", "b", "x"]), &[])?;
/// let x: Vec<f64> = (0..50).map(|i| f64::from(i) / 50.0).collect();
/// let target: Vec<f64> = x.iter().map(|x| 3.0 * x - 1.0).collect();
/// let problem = Fit { prediction: line.program(), columns: &[x], target: &target, start: &[0.0, 0.0] };
/// let fitted = fit(&problem, &FitOptions { method: "sgd(lr=0.5)".parse()?, ..FitOptions::default() })?;
/// let page = Page { figures: fit_figures("a*x + b", &problem, &fitted)?, ..Page::default() };
/// assert_eq!(page.figures.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The prediction has other inputs than the problem says.
pub fn fit_figures(
    label: &str,
    problem: &Fit<'_, f64>,
    fitted: &Fitted<f64>,
) -> Result<Vec<Figure>, PictureError> {
    let mut figures = Vec::new();
    if let [column] = problem.columns {
        figures.push(curve_over_data(label, column, problem, fitted)?.into());
    }
    let path = Path {
        label: label.into(),
        dim: problem.start.len(),
        points: fitted.trajectory.concat(),
        values: fitted.losses.clone(),
    };
    let y_name = "mean squared error";
    figures.push(Losses { y_name: y_name.into(), curves: vec![path.losses()], ..Losses::default() }.into());
    if path.dim == 2 {
        let names: Vec<&str> = problem.prediction.input_names().collect();
        let count =
            (PREDICTIONS as f64 / problem.target.len().max(1) as f64).sqrt().clamp(21.0, 121.0) as usize;
        let axis = |k: usize| {
            let (low, high) = frame::interval(None, path.worth_showing().map(|point| point[k]));
            Axis::new(names[k], low, high, count)
        };
        let field = loss_field(problem, axis(0), axis(1))?.named(y_name);
        let traces = vec![path.on(&super::Plane::of_two_variables())];
        let title = "loss over the parameters".into();
        figures.push(Contours { title, field, traces, ..Contours::default() }.into());
    }
    Ok(figures)
}

/// The mean of (prediction − target)² for each pair of values of two parameters.
///
/// # Errors
/// The prediction has other inputs than two parameters and the problem's columns.
pub fn loss_field(problem: &Fit<'_, f64>, x: Axis, y: Axis) -> Result<Field, PictureError> {
    let mut model = Model::new(problem)?;
    let mut values = Vec::with_capacity(x.count * y.count);
    for j in 0..y.count {
        for i in 0..x.count {
            let predictions = model.predict(&[x.at(i), y.at(j)], problem.columns)?;
            let squares = predictions.iter().zip(problem.target).map(|(p, t)| (p - t).powi(2));
            values.push(squares.sum::<f64>() / problem.target.len() as f64);
        }
    }
    Ok(Field { name: "mean squared error".into(), x, y, values })
}

fn curve_over_data(
    label: &str,
    column: &[f64],
    problem: &Fit<'_, f64>,
    fitted: &Fitted<f64>,
) -> Result<figure::Fit, PictureError> {
    let mut model = Model::new(problem)?;
    let finite = column.iter().filter(|x| x.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
    let name = problem.prediction.input_names().last().unwrap_or_default();
    let axis = Axis::new(name, low, if high > low { high } else { low + 1.0 }, 300);
    let x: Vec<f64> = (0..axis.count).map(|i| axis.at(i)).collect();
    let last = fitted.trajectory.len().saturating_sub(1);
    let count = STATES.min(last + 1);
    let mut iterations: Vec<usize> = (0..count).map(|k| k * last / (count - 1).max(1)).collect();
    iterations.dedup();
    let states = iterations.iter().map(|&k| model.predict(&fitted.trajectory[k], std::slice::from_ref(&x)));
    let y = states.collect::<Result<_, _>>()?;
    Ok(figure::Fit {
        x_name: name.into(),
        data: column.iter().zip(problem.target).map(|(x, y)| [*x, *y]).collect(),
        fits: vec![figure::Fitted { label: label.into(), x, iterations, y }],
        ..figure::Fit::default()
    })
}

/// The prediction, ready to run over many examples.
struct Model {
    executable: Executable<f64>,
    inputs: Vec<f64>,
}

impl Model {
    fn new(problem: &Fit<'_, f64>) -> Result<Self, PictureError> {
        Ok(Model { executable: Executable::new(problem.prediction)?, inputs: Vec::new() })
    }

    fn predict(&mut self, parameters: &[f64], columns: &[Vec<f64>]) -> Result<Vec<f64>, PictureError> {
        let lanes = columns.first().map_or(1, Vec::len);
        self.inputs.clear();
        self.inputs.extend(parameters.iter().flat_map(|p| std::iter::repeat_n(*p, lanes)));
        for column in columns {
            self.inputs.extend_from_slice(column);
        }
        let mut predictions = vec![0.0; lanes];
        self.executable.run_lanes(lanes, &self.inputs, &mut predictions)?;
        Ok(predictions)
    }
}
