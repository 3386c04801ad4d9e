//! `thalweg plot` of a schedule: its values over the steps.

use serde::Serialize;
use thalweg::figure::{Curve, OneDimension, Page};
use thalweg::function::Expression;
use thalweg::rule::{Schedule, schedule_names};
use thalweg::spec::{parse_call, suggest};

use super::write_plot;
use crate::arguments::PlotArguments;
use crate::failure::Failure;
use crate::output::{Format, Outputs};
use crate::problem::{near, shortened};
use crate::report::{csv_number, to_csv, to_json};

/// Up to so many steps each is drawn.
const EACH: u64 = 20_000;
/// The longest title that an image has room for.
const TITLE: usize = 72;

#[derive(Serialize)]
struct Document {
    thalweg: &'static str,
    schedule: String,
    /// From this step on the value stays as it is.
    end: Option<u64>,
    step: Vec<u64>,
    value: Vec<f64>,
}

pub(crate) fn run(arguments: &PlotArguments, text: &str) -> Result<(), Failure> {
    let schedule: Schedule = text.parse().map_err(|error| Failure::spec("schedule", text, &error))?;
    let function = &arguments.function;
    for (flag, given) in [
        ("--vars", function.vars.is_some()),
        ("--let", !function.constants.is_empty()),
        ("--box", arguments.sampling_box.is_some()),
    ] {
        if given {
            return Failure::wrong(format!(
                "{flag} is for functions; a schedule has its own options and --steps"
            ));
        }
    }
    let last = arguments.steps.map_or_else(|| worth_showing(&schedule), |steps| steps as u64);
    let step = shown(&schedule, last);
    let value = step.iter().map(|step| schedule.at(*step)).collect();
    let document = Document {
        thalweg: env!("CARGO_PKG_VERSION"),
        schedule: schedule.to_string(),
        end: schedule.end(),
        step,
        value,
    };
    write_plot(&arguments.out, Outputs::of_a_run, |outputs| {
        for (path, format) in outputs.files() {
            let written = match format {
                Format::Json => std::fs::write(path, to_json(&document)?),
                Format::Csv => std::fs::write(path, csv(&document)?),
                _ => {
                    page(text, &document).write(path).map_err(|error| Failure::Failed(error.to_string()))?;
                    Ok(())
                }
            };
            written.map_err(|error| Failure::file(path, &error))?;
        }
        Ok(())
    })
}

/// Whether the text is a schedule, right or misspelt, rather than a function.
pub(crate) fn means_schedule(text: &str, variables: &[&str]) -> bool {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = text[name.len()..].trim_start();
    let names: Vec<&str> = schedule_names().iter().map(|named| named.name).collect();
    if variables.contains(&name.as_str()) || !(rest.is_empty() || rest.starts_with('(')) {
        return false;
    }
    if names.contains(&name.as_str()) {
        // Otherwise a part of an expression, such as `step(x) + 1`.
        return parse_call(text).is_ok() || rest.contains(['=', '[']);
    }
    let of_the_grammar = Expression::parse_with("0", Some(&[name.as_str()]), &[]).is_err();
    let misspelt = !of_the_grammar && suggest(&name, names.iter().copied()).is_some();
    misspelt && parse_call(text).is_ok_and(|call| !call.arguments.is_empty()) && !near(&name)
}

/// The last step to show: a little after the end, or just before another round.
fn worth_showing(schedule: &Schedule) -> u64 {
    let span = schedule.span();
    if schedule.end().is_some() {
        span.saturating_add((span / 10).max(1))
    } else {
        span.saturating_sub(1).max(1)
    }
}

/// Each step, or of very many evenly some and where the schedule turns.
fn shown(schedule: &Schedule, last: u64) -> Vec<u64> {
    if last <= EACH {
        return (0..=last).collect();
    }
    let evenly = (0..=EACH).map(|k| (u128::from(last) * u128::from(k) / u128::from(EACH)) as u64);
    let mut steps: Vec<u64> = evenly.chain(schedule.turning_points(last)).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn page(text: &str, document: &Document) -> Page {
    let x = document.step.iter().map(|step| *step as f64).collect();
    let value = Curve { label: "value".into(), x, y: document.value.clone() };
    Page {
        title: shortened(text, TITLE),
        text: document.schedule.clone(),
        figures: vec![OneDimension { x_name: "step".into(), value, ..OneDimension::default() }.into()],
        ..Page::default()
    }
}

fn csv(document: &Document) -> Result<Vec<u8>, Failure> {
    let rows = document.step.iter().zip(&document.value);
    to_csv(
        &["step", "value"].map(str::to_owned),
        rows.map(|(step, value)| vec![step.to_string(), csv_number(*value)]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_right_or_misspelt_are_told_from_functions() {
        for text in [
            "cosine(init=0.1, steps=100)",
            "cosine",
            "cosin(0.1, 100)",
            "warmup(5, linear(1, 10))",
            "wsd(max=",
        ] {
            assert!(means_schedule(text, &[]), "{text}");
        }
        for text in [
            "cos(x)",
            "exp(-x)",
            "sqrt(x)",
            "x",
            "rosenbrock",
            "ackley(dim=2)",
            "linear*2",
            "step(x) + 1",
            "foo(x)",
            "x^2",
        ] {
            assert!(!means_schedule(text, &[]), "{text}");
        }
        assert!(!means_schedule("step", &["step"]));
        for named in schedule_names() {
            assert!(means_schedule(&named.signature, &[]), "{}", named.signature);
        }
    }

    #[test]
    fn of_very_many_steps_the_turning_points_are_kept() {
        let schedule: Schedule = "warmup(123457, linear(1, 1000000))".parse().expect("a schedule");
        let steps = shown(&schedule, 2_000_000);
        assert!(steps.len() < 20_010 && steps.contains(&123_457) && steps.contains(&1_123_457));
        assert_eq!((steps[0], steps[steps.len() - 1]), (0, 2_000_000));
    }
}
