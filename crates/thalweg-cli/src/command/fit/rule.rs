//! A fit by the steps of a rule, over batches of the rows.

use serde::Serialize;
use thalweg::figure::{Figure, Page};
use thalweg::picture::fit_figures;
use thalweg::rule::{Optimizer, Real};
use thalweg::solve::{Fit, FitOptions, Fitted, Method, Scalar, SolveError, fit};

use super::Model;
use crate::arguments::FitArguments;
use crate::command::print;
use crate::failure::Failure;
use crate::output::{Format, Outputs};
use crate::report::{self, csv_number, duration, labelled, short, signed, status_in_words};
use crate::runner::{method, use_threads};

/// Beyond this many evaluations the loss over all rows is not taken at each step.
const FULL_LOSS: usize = 100_000_000;

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

/// The optimiser of a fit by batches, unless another is given.
const OPTIMIZER: &str = "adam(lr=0.1)";

/// The most steps, unless given.
const STEPS: usize = 1000;

pub(super) fn run(arguments: &FitArguments, model: &Model) -> Result<(), Failure> {
    let text = arguments.optimizer.as_deref().unwrap_or(OPTIMIZER);
    let Method::Rule(rule) = method(text)? else {
        return Failure::wrong(format!(
            "--optimizer: a fit goes by gradients of batches, {text} searches or needs second derivatives; choose a rule such as adam(lr=0.1)",
        ));
    };
    let outputs = Outputs::of_a_run(&arguments.output.out)?;
    outputs.check_writable()?;
    use_threads(arguments.threads)?;
    let steps = arguments.steps.unwrap_or(STEPS);
    let options = FitOptions {
        method: rule.clone(),
        steps,
        batch: arguments.batch,
        replacement: arguments.replace,
        seed: arguments.seed.unwrap_or(0),
        value_tol: arguments.value_tol,
        full_loss: model.target.len().saturating_mul(steps) <= FULL_LOSS,
    };
    let fitted = if arguments.f32 { model.fit::<f32>(&options) } else { model.fit::<f64>(&options) }?;

    let document = document(arguments, model, &rule, &fitted);
    if arguments.output.json {
        report::print_json(&document)?;
    } else {
        print(&self::text(arguments, model, &rule, &fitted))?;
    }
    if fitted.status == thalweg::solve::Status::Diverged {
        crate::warn(
            "the fit diverged; the last finite parameters are given, a smaller learning rate may help",
        );
    }
    for (path, format) in outputs.files() {
        if format.is_figure() {
            let page = page(model, &rule, &fitted)?;
            page.write(path).map_err(|error| Failure::Failed(error.to_string()))?;
        } else {
            let text = if *format == Format::Json {
                report::to_json(&document)?
            } else {
                csv(arguments, model, &fitted)?
            };
            std::fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
        }
    }
    Ok(())
}

impl Model {
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
        seed: arguments.seed.unwrap_or(0),
        data: arguments.data.display().to_string(),
        target: &model.target_name,
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
    format!("{} = {}\n{rule}, {batch}\n\n{}", model.target_name, model.text, labelled(&lines))
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
