//! What came of a fit of all rows, as text, JSON and CSV.

use std::fmt::Write as _;

use serde::Serialize;
use thalweg::solve::{LeastSquares, LeastSquaresOptions, Loss};

use super::Model;
use crate::arguments::FitArguments;
use crate::failure::Failure;
use crate::report::{self, Table, csv_number, digits, duration, labelled, status_in_words};

/// The probability of the intervals.
const LEVEL: f64 = 0.95;

/// A parameter nearer to a bound than this share of it counts as held there.
const NEAR: f64 = 1e-6;

/// A finished fit.
pub(super) struct Outcome<'a> {
    pub(super) model: &'a Model,
    pub(super) options: &'a LeastSquaresOptions,
    pub(super) fitted: &'a LeastSquares,
    /// The parameters and the value before the first step and after each, if they were to be kept.
    pub(super) way: Vec<(Vec<f64>, f64)>,
    pub(super) seconds: f64,
}

#[derive(Serialize)]
pub(super) struct Document<'a> {
    thalweg: &'static str,
    function: &'a str,
    variables: &'a [String],
    method: String,
    loss: String,
    data: String,
    target: &'a str,
    rows: usize,
    start: &'a [f64],
    status: &'static str,
    x: &'a [f64],
    /// One for each parameter; null where the data do not give errors, as all below.
    standard_errors: Option<Vec<f64>>,
    level: f64,
    intervals: Option<Vec<(f64, f64)>>,
    covariance: Option<Vec<Vec<f64>>>,
    correlation: Option<Vec<Vec<f64>>>,
    /// What was minimised: the sum of the losses.
    value: f64,
    sum_of_squares: f64,
    residual_deviation: Option<f64>,
    r_squared: Option<f64>,
    degrees_of_freedom: usize,
    steps: usize,
    evaluations: Evaluations,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<History<'a>>,
}

#[derive(Serialize)]
struct Evaluations {
    residuals: u64,
    jacobian: u64,
}

#[derive(Serialize)]
struct History<'a> {
    x: Vec<&'a [f64]>,
    value: Vec<f64>,
}

impl Outcome<'_> {
    /// Σ r², each row by its weight.
    fn sum_of_squares(&self) -> f64 {
        self.fitted.residuals.iter().map(|r| r * r).sum()
    }

    /// The share of the target's squared deviations from its mean that the curve explains, rows by their weights.
    fn r_squared(&self) -> Option<f64> {
        let target = &self.model.target;
        let weight = |row: usize| self.model.weights.as_ref().map_or(1.0, |weights| weights[row]);
        let whole: f64 = (0..target.len()).map(weight).sum();
        let mean = target.iter().enumerate().map(|(row, y)| weight(row) * y).sum::<f64>() / whole;
        let around: f64 = target.iter().enumerate().map(|(row, y)| weight(row) * (y - mean).powi(2)).sum();
        (around > 0.0).then(|| 1.0 - self.sum_of_squares() / around)
    }

    /// The names of the parameters that lie at a bound.
    fn held(&self) -> Vec<&str> {
        let Some(bounds) = &self.options.bounds else { return Vec::new() };
        let at = |(i, x): (usize, &f64)| {
            let (low, high) = bounds.interval(i);
            let span = if (high - low).is_finite() { high - low } else { x.abs().max(1.0) };
            (x - low).min(high - x) <= NEAR * span
        };
        let named = self.fitted.x.iter().enumerate().filter(|pair| at(*pair));
        named.map(|(i, _)| self.model.parameters[i].as_str()).collect()
    }
}

fn rows(matrix: &[f64], n: usize) -> Vec<Vec<f64>> {
    matrix.chunks_exact(n).map(<[f64]>::to_vec).collect()
}

pub(super) fn document<'a>(arguments: &'a FitArguments, outcome: &'a Outcome<'a>) -> Document<'a> {
    let Outcome { model, options, fitted, .. } = outcome;
    let n = fitted.x.len();
    Document {
        thalweg: env!("CARGO_PKG_VERSION"),
        function: &model.text,
        variables: &model.parameters,
        method: options.method.to_string(),
        loss: options.loss.to_string(),
        data: arguments.data.display().to_string(),
        target: &model.target_name,
        rows: model.target.len(),
        start: &model.start,
        status: fitted.status.as_str(),
        x: &fitted.x,
        standard_errors: fitted.standard_errors(),
        level: LEVEL,
        intervals: fitted.intervals(LEVEL),
        covariance: fitted.covariance().map(|matrix| rows(&matrix, n)),
        correlation: fitted.correlation().map(|matrix| rows(&matrix, n)),
        value: fitted.value,
        sum_of_squares: outcome.sum_of_squares(),
        residual_deviation: fitted.residual_variance().map(f64::sqrt),
        r_squared: outcome.r_squared(),
        degrees_of_freedom: fitted.degrees_of_freedom(),
        steps: fitted.steps,
        evaluations: Evaluations { residuals: fitted.evaluations, jacobian: fitted.jacobians },
        seconds: outcome.seconds,
        history: arguments.history.then(|| History {
            x: outcome.way.iter().map(|(x, _)| x.as_slice()).collect(),
            value: outcome.way.iter().map(|(_, value)| *value).collect(),
        }),
    }
}

pub(super) fn text(arguments: &FitArguments, outcome: &Outcome) -> String {
    let Outcome { model, options, fitted, .. } = outcome;
    let mut how = format!("{}, {} rows of {}", options.method, model.target.len(), arguments.data.display());
    if options.loss != Loss::Squares {
        let _ = write!(how, ", loss {}", options.loss);
    }
    if let Some(name) = &arguments.weights {
        let _ = write!(how, ", weights {name}");
    }
    if let Some(name) = &arguments.sigma {
        let _ = write!(how, ", deviations {name}");
    }

    let mut table = Table::with_header(&["parameter", "value", "standard error", "95 % from", "to"]);
    let (errors, intervals) = (fitted.standard_errors(), fitted.intervals(LEVEL));
    for (i, name) in model.parameters.iter().enumerate() {
        let error = errors.as_ref().map_or_else(|| "-".to_owned(), |errors| four(errors[i]));
        let ends = intervals
            .as_ref()
            .map_or(["-".to_owned(), "-".to_owned()], |all| [all[i].0, all[i].1].map(digits));
        table.row([name.clone(), digits(fitted.x[i]), error].into_iter().chain(ends));
    }

    let known = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), digits);
    let mut lines = vec![("status", status_in_words(fitted.status.as_str()).to_owned())];
    let held = outcome.held();
    if !held.is_empty() {
        lines.push(("at a bound", format!("{}; errors are those without bounds", held.join(", "))));
    }
    let unit = arguments.sigma.as_ref().map_or_else(String::new, |name| format!(" times {name}"));
    let deviation = fitted.residual_variance().map(f64::sqrt);
    lines.extend([
        ("residual standard deviation", format!("{}{unit}", known(deviation))),
        ("degrees of freedom", fitted.degrees_of_freedom().to_string()),
        ("R squared", known(outcome.r_squared())),
        ("sum of squares", digits(outcome.sum_of_squares())),
    ]);
    if options.loss != Loss::Squares {
        lines.push(("sum of losses", digits(fitted.value)));
    }
    lines.push((
        "steps",
        format!(
            "{} ({} evaluations, {} Jacobians) in {}",
            fitted.steps,
            fitted.evaluations,
            fitted.jacobians,
            duration(outcome.seconds)
        ),
    ));
    let mut text =
        format!("{} = {}\n{how}\n\n{}\n{}", model.target_name, model.text, table.text(), labelled(&lines));
    if let (true, Some(correlation)) = (arguments.correlation, fitted.correlation()) {
        let mut table = Table { header: vec!["correlation".to_owned()], rows: Vec::new() };
        table.header.extend(model.parameters.iter().cloned());
        for (name, row) in model.parameters.iter().zip(correlation.chunks_exact(fitted.x.len())) {
            table.row([name.clone()].into_iter().chain(row.iter().map(|c| format!("{c:.4}"))));
        }
        text.push('\n');
        text.push_str(&table.text());
    }
    text
}

/// Four significant digits.
fn four(number: f64) -> String {
    digits(format!("{number:.3e}").parse().unwrap_or(number))
}

pub(super) fn csv(outcome: &Outcome) -> Result<Vec<u8>, Failure> {
    let Outcome { model, fitted, .. } = outcome;
    if !outcome.way.is_empty() {
        let first = ["step".to_owned()];
        let header: Vec<String> =
            first.iter().chain(&model.parameters).chain(&["value".to_owned()]).cloned().collect();
        let rows = outcome.way.iter().enumerate().map(|(step, (x, value))| {
            [step.to_string()].into_iter().chain(x.iter().chain([value]).map(|x| csv_number(*x))).collect()
        });
        return report::to_csv(&header, rows);
    }
    let header = ["parameter", "value", "standard_error", "low", "high"].map(str::to_owned);
    let (errors, intervals) = (fitted.standard_errors(), fitted.intervals(LEVEL));
    let rows = model.parameters.iter().enumerate().map(|(i, name)| {
        let error = errors.as_ref().map_or(f64::NAN, |errors| errors[i]);
        let (low, high) = intervals.as_ref().map_or((f64::NAN, f64::NAN), |all| all[i]);
        let numbers = [fitted.x[i], error, low, high].map(csv_number);
        [name.clone()].into_iter().chain(numbers).collect()
    });
    report::to_csv(&header, rows)
}
