//! `thalweg compare`.

use std::path::PathBuf;

use thalweg::picture::{Path, Picture};
use thalweg::solve::{Method, analyze};

use super::{on_a_page, picture, print};
use crate::arguments::CompareArguments;
use crate::failure::Failure;
use crate::interrupt::interrupted;
use crate::output::{Format, Outputs};
use crate::problem::Problem;
use crate::report::{self, Document, Documents, Run, Table, digits, duration, short};
use crate::runner::{Plan, method};

/// Where the figure goes unless `--out` says otherwise.
const FIGURE: &str = "compare.html";

/// Beyond this many variables second derivatives cost more than a usual set should.
const MOST_FOR_NEWTON: usize = 50;

struct Row {
    label: String,
    method: Method,
    runs: Vec<Run>,
    seconds: f64,
}

pub(crate) fn run(arguments: &CompareArguments) -> Result<(), Failure> {
    let problem = Problem::read(&arguments.function)?;
    let given: Vec<(String, Method)> = arguments
        .optimizer
        .iter()
        .map(|text| Ok((text.clone(), method(text)?)))
        .collect::<Result<_, Failure>>()?;
    let mut plan = Plan::read(&problem, &arguments.start, &arguments.run)?;
    let compared = if given.is_empty() { usual_set(&problem, &plan)? } else { given };

    let asked = Outputs::of_a_run(&arguments.output.out)?;
    asked.check_writable()?;
    let by_default = arguments.output.out.is_empty() && !arguments.no_figure && !arguments.output.json;
    let outputs = if by_default { default_figure()? } else { asked };
    plan.figure = outputs.wants_figure();

    let (mut results, mut paths) = (Vec::new(), Vec::new());
    for (label, method) in compared {
        let done = plan.run(&problem, &method, &label)?;
        report::warn_of_divergence(&done.ends, &format!("{label}: "));
        paths.extend(done.paths.into_iter().next());
        results.push(Row { label, method, runs: done.ends, seconds: done.seconds });
        if interrupted() {
            break;
        }
    }

    let documents = Documents {
        function: &problem.name,
        results: results
            .iter()
            .map(|result| Document::new(&problem, result.method.to_string(), plan.options.seed, &result.runs))
            .collect(),
    };
    let table = table(&results);
    if arguments.output.json {
        report::print_json(&documents)?;
    } else {
        print(&format!("{}\n{}\n\n{}", problem.title(), head(&plan), table.text()))?;
    }
    let shown = plan.figure.then(|| drawn(&problem, &plan, paths, table));
    let named: Vec<_> =
        results.iter().map(|result| (Some(result.label.as_str()), result.runs.as_slice())).collect();
    outputs.write(
        |format| match format {
            Format::Json => report::to_json(&documents),
            _ => report::runs_csv(&problem.variables, &named),
        },
        shown.as_ref(),
    )?;
    if by_default && plan.figure {
        crate::note(&format!("figure: {FIGURE}"));
    }
    Ok(())
}

/// The figure nobody asked for: where it cannot be written, it is left out.
fn default_figure() -> Result<Outputs, Failure> {
    let outputs = Outputs::of_a_figure(&[PathBuf::from(FIGURE)])?;
    match outputs.check_writable() {
        Ok(()) => Ok(outputs),
        Err(Failure::Failed(reason)) => {
            crate::warn(&format!("no figure: {reason}; --out FILE.html writes it elsewhere"));
            Ok(Outputs::default())
        }
        Err(other) => Err(other),
    }
}

fn head(plan: &Plan) -> String {
    let from = match plan.starts.as_slice() {
        [start] => format!("from {}", report::point_text(start)),
        starts => format!("from {} starts", starts.len()),
    };
    format!("{from}, at most {} steps", plan.options.steps)
}

/// A row for each optimiser; of many starts the lowest and the median value.
fn table(results: &[Row]) -> Table {
    let many = results.iter().any(|result| result.runs.len() > 1);
    let header: &[&str] = if many {
        &["optimizer", "lowest", "median", "diverged", "gradients", "time"]
    } else {
        &["optimizer", "value", "|gradient|", "steps", "gradients", "time", "status"]
    };
    let mut table = Table::with_header(header);
    for result in results {
        let gradients: u64 = result.runs.iter().map(|run| run.evaluations.gradient).sum();
        let (label, gradients, time) =
            (result.label.clone(), gradients.to_string(), duration(result.seconds));
        match result.runs.as_slice() {
            [run] if !many => table.row([
                label,
                digits(run.value),
                short(run.gradient_norm),
                run.steps.to_string(),
                gradients,
                time,
                run.status.to_owned(),
            ]),
            runs => {
                let mut values: Vec<f64> = runs.iter().map(|run| run.value).collect();
                values.sort_by(f64::total_cmp);
                let diverged = runs.iter().filter(|run| run.status == "diverged").count();
                table.row([
                    label,
                    digits(values[0]),
                    digits(values[values.len() / 2]),
                    diverged.to_string(),
                    gradients,
                    time,
                ]);
            }
        }
    }
    table
}

fn drawn(problem: &Problem, plan: &Plan, paths: Vec<Path>, table: Table) -> Picture {
    let first = if plan.starts.len() > 1 { "; the figures show the first of them" } else { "" };
    let text = format!("{}{first}.", head(plan));
    let picture = picture(problem, plan).text(text).table(on_a_page(table));
    paths.into_iter().fold(picture, Picture::path)
}

/// The optimisers that people reach for, with learning rates that suit the function: for gradient descent and its
/// accelerated forms the inverse of the largest curvature at the start, for the adaptive ones, whose steps have the size of
/// the learning rate, a fiftieth of the box. Under functions those that hold them.
fn usual_set(problem: &Problem, plan: &Plan) -> Result<Vec<(String, Method)>, Failure> {
    if plan.holds_functions() {
        let held = ["sqp", "interior_point", "augmented_lagrangian"];
        return held.into_iter().map(|text| method(text).map(|method| (text.to_owned(), method))).collect();
    }
    let start = &plan.starts[0];
    let small = problem.dim() <= MOST_FOR_NEWTON;
    let curvature = if small {
        let eigenvalues = analyze(&problem.program, start)?.eigenvalues;
        eigenvalues.iter().fold(0.0_f64, |largest, λ| largest.max(λ.abs()))
    } else {
        f64::NAN
    };
    let plain = if curvature.is_normal() { one_digit(1.0 / curvature) } else { 0.001 };
    let width = plan.shown.as_ref().map_or(5.0, |shown| {
        (0..problem.dim())
            .map(|j| shown.interval(j))
            .fold(0.0_f64, |width, (low, high)| width.max(high - low))
    });
    let adaptive = one_digit(width / 50.0);
    let slow = one_digit(width / 500.0);
    let mut set = vec![
        format!("sgd(lr={plain})"),
        format!("sgd(lr={plain}, momentum=0.9)"),
        format!("sgd(lr={plain}, momentum=0.9, nesterov=true)"),
        format!("adagrad(lr={})", one_digit(width / 10.0)),
        format!("rmsprop(lr={slow})"),
        format!("adam(lr={adaptive})"),
        format!("adam(lr={adaptive}, amsgrad=true)"),
    ];
    if small {
        set.push("newton(absolute=true)".to_owned());
    }
    set.into_iter().map(|text| method(&text).map(|method| (text, method))).collect()
}

/// Rounded down to one significant digit.
fn one_digit(number: f64) -> f64 {
    let exponent = number.log10().floor();
    let digit = (number / 10f64.powf(exponent)).floor().max(1.0);
    // By way of text, so that 3e-4 is not 0.00030000000000000003.
    format!("{digit}e{exponent}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learning_rates_are_rounded_down_to_one_digit() {
        for (number, rounded) in [(1.0 / 1506.0, 6e-4), (0.0819, 0.08), (1.0, 1.0), (123.0, 100.0)] {
            assert_eq!(one_digit(number), rounded);
        }
    }
}
