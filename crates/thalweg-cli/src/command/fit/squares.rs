//! A fit of all rows at once: the parameters with their errors.

use std::time::Instant;

use thalweg::figure::Page;
use thalweg::picture::regression_figure;
use thalweg::solve::{
    Bounds, CurveResiduals, LeastSquares, LeastSquaresMethod, LeastSquaresOptions, Loss, State, Status,
    least_squares_observed,
};
use thalweg::spec::suggest;

use super::Model;
use super::report::{Outcome, csv, document, text};
use crate::arguments::FitArguments;
use crate::command::print;
use crate::failure::Failure;
use crate::interrupt::Watch;
use crate::numbers;
use crate::output::{Format, Outputs};
use crate::report::{self, short};
use crate::runner::use_threads;

pub(super) fn run(arguments: &FitArguments, model: &Model) -> Result<(), Failure> {
    model.check_rows()?;
    let options = options(arguments, model)?;
    let outputs = Outputs::of_a_run(&arguments.output.out)?;
    outputs.check_writable()?;
    use_threads(arguments.threads)?;

    let problem = model.problem();
    let mut residuals = CurveResiduals::new(&problem)?;
    if let Some(weights) = &model.weights {
        residuals = residuals.with_weights(weights)?;
    }
    let (began, watch) = (Instant::now(), Watch::new(options.steps as u64));
    let (mut look, mut way) = (watch.one(), Vec::new());
    let mut observer = |state: &State<'_, f64>| {
        if arguments.history {
            way.push((state.x.to_vec(), state.value));
        }
        look(state)
    };
    let fitted = least_squares_observed(&mut residuals, &model.start, &options, &mut observer)?;
    let seconds = began.elapsed().as_secs_f64();
    if arguments.history && way.last().is_some_and(|(x, _)| *x != fitted.x) {
        way.push((fitted.x.clone(), fitted.value));
    }
    check(model, &fitted)?;

    let outcome = Outcome { model, options: &options, fitted: &fitted, way, seconds };
    let document = document(arguments, &outcome);
    if arguments.output.json {
        report::print_json(&document)?;
    } else {
        print(&text(arguments, &outcome))?;
    }
    warn(&fitted);
    for (path, format) in outputs.files() {
        if format.is_figure() {
            let page = page(model, &fitted)?;
            page.write(path).map_err(|error| Failure::Failed(error.to_string()))?;
        } else {
            let text = if *format == Format::Json { report::to_json(&document)? } else { csv(&outcome)? };
            std::fs::write(path, text).map_err(|error| Failure::file(path, &error))?;
        }
    }
    Ok(())
}

fn options(arguments: &FitArguments, model: &Model) -> Result<LeastSquaresOptions, Failure> {
    let blank = LeastSquaresOptions::default();
    let bounds = arguments.bounds.as_deref().map(|text| bounds(text, &model.parameters)).transpose()?;
    let method = match arguments.method.as_deref() {
        Some(text) => text.parse().map_err(|error| Failure::spec("--method", text, &error))?,
        None => LeastSquaresMethod::Automatic,
    };
    let method = match (method, &bounds) {
        (LeastSquaresMethod::Automatic, None) => LeastSquaresMethod::LevenbergMarquardt,
        (LeastSquaresMethod::Automatic, Some(_)) => LeastSquaresMethod::Reflective,
        (method, _) => method,
    };
    let loss = match arguments.loss.as_deref() {
        Some(text) => text.parse().map_err(|error| Failure::spec("--loss", text, &error))?,
        None => Loss::Squares,
    };
    let value_tol = arguments.value_tol.unwrap_or(blank.value_tol);
    if !(value_tol.is_finite() && value_tol >= 0.0) {
        return Failure::wrong(format!("--value-tol must be finite and at least 0, found {value_tol}"));
    }
    let steps = arguments.steps.unwrap_or(blank.steps);
    if steps == 0 {
        return Failure::wrong("--steps must be at least 1, found 0");
    }
    Ok(LeastSquaresOptions { method, loss, bounds, steps, value_tol, ..blank })
}

/// `0..1` for all parameters, an interval for each in order, or `a=0..1` for those named.
fn bounds(text: &str, parameters: &[String]) -> Result<Bounds, Failure> {
    if !text.contains('=') {
        return numbers::bounds("--bounds", text, parameters.len());
    }
    let mut intervals = vec![(f64::NEG_INFINITY, f64::INFINITY); parameters.len()];
    for part in text.split(',') {
        let Some((name, interval)) = part.split_once('=') else {
            return Failure::wrong(format!(
                "--bounds: found `{}` among named ones, expected name=interval such as a=0..1",
                part.trim()
            ));
        };
        let name = name.trim();
        let Some(at) = parameters.iter().position(|parameter| parameter == name) else {
            let hint = suggest(name, parameters.iter().map(String::as_str))
                .map_or_else(String::new, |s| format!(" (did you mean `{s}`?)"));
            return Failure::wrong(format!(
                "--bounds: no parameter is called `{name}`{hint}; the parameters are {}",
                parameters.join(", ")
            ));
        };
        let one: Bounds = interval.parse().map_err(|error| Failure::spec("--bounds", interval, &error))?;
        intervals[at] = one.interval(0);
    }
    Ok(Bounds::each(&intervals)?)
}

/// Refuses what is no fit: a start where the model has no value, and data that leave parameters open.
fn check(model: &Model, fitted: &LeastSquares) -> Result<(), Failure> {
    let values = |of: &mut dyn Iterator<Item = usize>| -> String {
        of.map(|i| format!("{} = {}", model.parameters[i], short(fitted.x[i]))).collect::<Vec<_>>().join(", ")
    };
    let all = &mut (0..fitted.x.len());
    if fitted.status == Status::Diverged && fitted.steps == 0 {
        let (rows, n) = (fitted.residuals.len(), fitted.x.len());
        let broken = |row: usize| {
            let slopes = &fitted.jacobian[row * n..(row + 1) * n];
            if !fitted.residuals[row].is_finite() {
                return Some((row, "the expression is".to_owned()));
            }
            let by = slopes.iter().position(|slope| !slope.is_finite())?;
            Some((row, format!("its derivative by {} is", model.parameters[by])))
        };
        let (row, what) = (0..rows).find_map(broken).unwrap_or((0, "the sum of squares is".to_owned()));
        let data: Vec<String> = model
            .columns
            .iter()
            .zip(&model.data)
            .map(|(name, column)| format!("{name} = {}", short(column[row])))
            .collect();
        let at = if data.is_empty() { String::new() } else { format!(" ({})", data.join(", ")) };
        return Failure::wrong(format!(
            "{}{at}: {what} not a finite number at the start {}; choose another --start",
            model.place(row),
            values(all)
        ));
    }
    let open = fitted.undetermined();
    if fitted.status.converged() && !open.is_empty() {
        let names: Vec<&str> = open.iter().map(|&i| model.parameters[i].as_str()).collect();
        let what = match names.as_slice() {
            [one] => format!("the data do not determine {one}: whatever it is, the fit stays as good"),
            several => format!(
                "the data do not determine {}: they can change together without any change of the fit",
                several.join(", ")
            ),
        };
        let name = names.last().copied().unwrap_or_default();
        return Failure::wrong(format!(
            "{what} (the Jacobian is singular at {}); leave one out, or fix it by --let {name}=1 instead of a start",
            values(&mut open.iter().copied())
        ));
    }
    Ok(())
}

fn warn(fitted: &LeastSquares) {
    match fitted.status {
        Status::Diverged => {
            crate::warn("the fit diverged; the last finite parameters are given, choose another --start");
        }
        Status::MaxSteps => crate::warn("the fit has not converged: give more --steps or another --start"),
        _ if fitted.degrees_of_freedom() == 0 => {
            crate::warn(
                "there are as many rows as parameters: the fit passes through all of them, and nothing is left for errors",
            );
        }
        _ => {}
    }
}

fn page(model: &Model, fitted: &LeastSquares) -> Result<Page, Failure> {
    let figure = regression_figure(&model.text, &model.target_name, &model.problem(), fitted)?;
    let errors = fitted.standard_errors();
    let parameters = model.parameters.iter().enumerate().map(|(i, name)| {
        let error = errors.as_ref().map_or_else(String::new, |errors| format!(" ± {}", short(errors[i])));
        format!("{name} = {}{error}", short(fitted.x[i]))
    });
    Ok(Page {
        title: format!("{} = {}", model.target_name, model.text),
        text: format!("{}. Behind ±: one standard error.", parameters.collect::<Vec<_>>().join(", ")),
        figures: vec![figure],
        ..Page::default()
    })
}
