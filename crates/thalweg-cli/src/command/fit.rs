//! `thalweg fit`.

use std::path::Path;

use serde::Serialize;
use thalweg::figure::{Figure, Page};
use thalweg::function::{Expression, Program};
use thalweg::picture::fit_figures;
use thalweg::rule::{Optimizer, Real};
use thalweg::solve::{Fit, FitOptions, Fitted, Method, Scalar, SolveError, fit};
use thalweg::spec::suggest;

use super::print;
use crate::arguments::FitArguments;
use crate::failure::Failure;
use crate::numbers;
use crate::output::{Format, Outputs};
use crate::report::{self, csv_number, duration, labelled, short, signed, status_in_words};
use crate::runner::{method, use_threads};

/// Beyond this many evaluations the loss over all rows is not taken at each step.
const FULL_LOSS: usize = 100_000_000;

/// A model, its parameters and the data.
struct Model {
    text: String,
    program: Program,
    parameters: Vec<String>,
    start: Vec<f64>,
    data: Vec<Vec<f64>>,
    target: Vec<f64>,
    target_name: String,
}

#[derive(Serialize)]
struct Document<'a> {
    thalweg: &'static str,
    function: &'a str,
    variables: &'a [String],
    optimizer: String,
    seed: u64,
    data: String,
    target: &'a str,
    rows: usize,
    batch: Option<usize>,
    start: &'a [f64],
    status: &'static str,
    x: &'a [f64],
    /// The mean squared residual over all rows.
    value: f64,
    steps: usize,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<History<'a>>,
}

#[derive(Serialize)]
struct History<'a> {
    x: &'a [Vec<f64>],
    value: &'a [f64],
}

pub(crate) fn run(arguments: &FitArguments) -> Result<(), Failure> {
    let model = Model::read(arguments)?;
    let Method::Rule(rule) = method(&arguments.optimizer)? else {
        return Failure::wrong(format!(
            "--optimizer: a fit goes by gradients of batches, {} searches or needs second derivatives; choose a rule such as adam(lr=0.1)",
            arguments.optimizer
        ));
    };
    let outputs = Outputs::of_a_run(&arguments.output.out)?;
    outputs.check_writable()?;
    use_threads(arguments.threads)?;
    let options = FitOptions {
        method: rule.clone(),
        steps: arguments.steps,
        batch: arguments.batch,
        replacement: arguments.replace,
        seed: arguments.seed,
        value_tol: arguments.value_tol,
        full_loss: model.target.len().saturating_mul(arguments.steps) <= FULL_LOSS,
    };
    let fitted = if arguments.f32 { model.fit::<f32>(&options) } else { model.fit::<f64>(&options) }?;

    let document = document(arguments, &model, &rule, &fitted);
    if arguments.output.json {
        report::print_json(&document)?;
    } else {
        print(&text(arguments, &model, &rule, &fitted))?;
    }
    if fitted.status == thalweg::solve::Status::Diverged {
        crate::warn(
            "the fit diverged; the last finite parameters are given, a smaller learning rate may help",
        );
    }
    for (path, format) in outputs.files() {
        if format.is_figure() {
            let page = page(&model, &rule, &fitted)?;
            page.write(path).map_err(|error| Failure::Failed(error.to_string()))?;
        } else {
            let text = if *format == Format::Json {
                report::to_json(&document)?
            } else {
                csv(arguments, &model, &fitted)?
            };
            std::fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
        }
    }
    Ok(())
}

impl Model {
    fn read(arguments: &FitArguments) -> Result<Self, Failure> {
        let constants = numbers::constants(&arguments.constants)?;
        let constants = numbers::borrowed(&constants);
        let text = arguments.model.trim();
        let wrong = |error| Failure::expression("EXPRESSION", text, &error);
        let names = Expression::parse_with(text, None, &constants).map_err(wrong)?.variables().to_vec();
        let start = numbers::named_values("--start", &arguments.start)?;
        if let Some((unused, _)) = start.iter().find(|(name, _)| !names.contains(name)) {
            return Failure::wrong(format!(
                "--start: the parameter `{unused}` does not occur in the expression; its names are {}",
                names.join(", ")
            ));
        }
        let parameters: Vec<String> = start.iter().map(|(name, _)| name.clone()).collect();
        let columns: Vec<String> = names.into_iter().filter(|name| !parameters.contains(name)).collect();
        let order: Vec<&str> = parameters.iter().chain(&columns).map(String::as_str).collect();
        let program =
            Expression::parse_with(text, Some(&order), &constants).map_err(wrong)?.program().clone();
        let wanted: Vec<String> = columns.into_iter().chain([arguments.target.clone()]).collect();
        let mut data = read_columns(&arguments.data, &wanted)?;
        let target = data.pop().unwrap_or_default();
        let start = start.into_iter().map(|(_, value)| value).collect();
        Ok(Model {
            text: text.to_owned(),
            program,
            parameters,
            start,
            data,
            target,
            target_name: arguments.target.clone(),
        })
    }

    fn problem(&self) -> Fit<'_, f64> {
        Fit { prediction: &self.program, columns: &self.data, target: &self.target, start: &self.start }
    }

    fn fit<F: Scalar>(&self, options: &FitOptions) -> Result<Fitted<f64>, SolveError> {
        let narrow = |x: &Vec<f64>| -> Vec<F> {
            x.iter().map(|x| <F as thalweg::function::Float>::from_f64(*x)).collect()
        };
        let wide = |x: &Vec<F>| -> Vec<f64> { x.iter().map(|x| Real::to_f64(*x)).collect() };
        let columns: Vec<Vec<F>> = self.data.iter().map(narrow).collect();
        let (target, start) = (narrow(&self.target), narrow(&self.start));
        let problem = Fit { prediction: &self.program, columns: &columns, target: &target, start: &start };
        let fitted = fit(&problem, options)?;
        Ok(Fitted {
            parameters: wide(&fitted.parameters),
            loss: Real::to_f64(fitted.loss),
            trajectory: fitted.trajectory.iter().map(wide).collect(),
            losses: wide(&fitted.losses),
            status: fitted.status,
            steps: fitted.steps,
            seconds: fitted.seconds,
        })
    }
}

/// The named columns of a CSV file whose first line names its columns.
fn read_columns(path: &Path, wanted: &[String]) -> Result<Vec<Vec<f64>>, Failure> {
    let wrong = |message: String| Failure::Wrong(format!("{}: {message}", path.display()));
    let unreadable = |error: ::csv::Error| match error.kind() {
        ::csv::ErrorKind::Io(_) => Failure::file(path, &error),
        _ => wrong(error.to_string()),
    };
    let mut reader =
        ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_path(path).map_err(unreadable)?;
    let header: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
    let place = |name: &String| {
        header.iter().position(|column| column == name).ok_or_else(|| {
            let hint = suggest(name, header.iter().map(String::as_str));
            let hint = hint.map_or_else(String::new, |s| format!(" (did you mean `{s}`?)"));
            wrong(format!(
                "there is no column `{name}`{hint}; the columns are {}. A name of the expression that is no column is a \
                 parameter and needs a --start",
                header.join(", ")
            ))
        })
    };
    let places: Vec<usize> = wanted.iter().map(place).collect::<Result<_, _>>()?;
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); wanted.len()];
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, ::csv::Position::line);
        for ((column, place), name) in columns.iter_mut().zip(&places).zip(wanted) {
            let cell = record.get(*place).unwrap_or_default();
            match cell.parse::<f64>() {
                Ok(number) if number.is_finite() => column.push(number),
                _ => {
                    return Err(wrong(format!(
                        "line {line}, column {name}: found `{cell}`, expected a finite number"
                    )));
                }
            }
        }
    }
    if columns.first().is_none_or(Vec::is_empty) {
        return Err(wrong("there is no row of data below the columns' names".to_owned()));
    }
    Ok(columns)
}

fn document<'a>(
    arguments: &'a FitArguments,
    model: &'a Model,
    rule: &Optimizer,
    fitted: &'a Fitted<f64>,
) -> Document<'a> {
    Document {
        thalweg: env!("CARGO_PKG_VERSION"),
        function: &model.text,
        variables: &model.parameters,
        optimizer: rule.to_string(),
        seed: arguments.seed,
        data: arguments.data.display().to_string(),
        target: &arguments.target,
        rows: model.target.len(),
        batch: arguments.batch,
        start: &model.start,
        status: fitted.status.as_str(),
        x: &fitted.parameters,
        value: fitted.loss,
        steps: fitted.steps,
        seconds: fitted.seconds,
        history: arguments.history.then_some(History { x: &fitted.trajectory, value: &fitted.losses }),
    }
}

fn text(arguments: &FitArguments, model: &Model, rule: &Optimizer, fitted: &Fitted<f64>) -> String {
    let batch =
        arguments.batch.map_or_else(|| "all rows a step".to_owned(), |batch| format!("{batch} rows a step"));
    let mut lines = vec![("status", format!(" {}", status_in_words(fitted.status.as_str())))];
    let parameters = model.parameters.iter().zip(&fitted.parameters);
    lines.extend(parameters.map(|(name, value)| (name.as_str(), signed(*value))));
    lines.push(("mean squared error", signed(fitted.loss)));
    lines.push(("its root", signed(fitted.loss.sqrt())));
    lines.push(("rows", format!(" {}", model.target.len())));
    lines.push(("steps", format!(" {} in {}", fitted.steps, duration(fitted.seconds))));
    format!("{} = {}\n{rule}, {batch}\n\n{}", arguments.target, model.text, labelled(&lines))
}

fn csv(arguments: &FitArguments, model: &Model, fitted: &Fitted<f64>) -> Result<Vec<u8>, Failure> {
    let last = ["mean_squared_error".to_owned()];
    if !arguments.history {
        let header: Vec<String> = model.parameters.iter().chain(&last).cloned().collect();
        let row = fitted.parameters.iter().chain([&fitted.loss]).map(|x| csv_number(*x)).collect();
        return report::to_csv(&header, [row].into_iter());
    }
    let header: Vec<String> =
        ["step".to_owned()].iter().chain(&model.parameters).chain(&last).cloned().collect();
    let rows = fitted.trajectory.iter().zip(&fitted.losses).enumerate().map(|(step, (x, loss))| {
        [step.to_string()].into_iter().chain(x.iter().chain([loss]).map(|x| csv_number(*x))).collect()
    });
    report::to_csv(&header, rows)
}

fn page(model: &Model, rule: &Optimizer, fitted: &Fitted<f64>) -> Result<Page, Failure> {
    let mut figures = fit_figures(&model.text, &model.problem(), fitted)?;
    if let Some(Figure::Fit(over_data)) = figures.first_mut() {
        over_data.y_name.clone_from(&model.target_name);
    }
    let parameters =
        model.parameters.iter().zip(&fitted.parameters).map(|(name, x)| format!("{name} = {}", short(*x)));
    Ok(Page {
        title: model.text.clone(),
        text: format!("{rule}: {}.", parameters.collect::<Vec<_>>().join(", ")),
        figures,
        ..Page::default()
    })
}
