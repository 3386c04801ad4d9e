//! Results as CSV: a row for each iterate where histories were kept, otherwise a row for each run.

use csv::Writer;
use thalweg::spec::Number;

use super::Run;
use crate::failure::Failure;

/// Runs under the name of their optimiser, if several are to be told apart.
pub(crate) type Named<'a> = (Option<&'a str>, &'a [Run]);

/// Iterates if the runs have histories, otherwise ends.
pub(crate) fn runs_csv(variables: &[String], results: &[Named]) -> Result<Vec<u8>, Failure> {
    let iterates = results.iter().any(|(_, runs)| runs.iter().any(|run| run.history.is_some()));
    let mut header: Vec<String> = Vec::new();
    let mut columns = |names: &[&str]| header.extend(names.iter().map(|name| (*name).to_owned()));
    if results.iter().any(|(name, _)| name.is_some()) {
        columns(&["optimizer"]);
    }
    columns(&["run", if iterates { "step" } else { "status" }]);
    if !iterates {
        header.extend(variables.iter().map(|name| format!("start_{name}")));
    }
    header.extend(variables.iter().cloned());
    let last: &[&str] = if iterates {
        &["value", "gradient_norm"]
    } else {
        &["value", "gradient_norm", "steps", "gradients", "seconds"]
    };
    header.extend(last.iter().map(|name| (*name).to_owned()));

    let rows = results.iter().flat_map(|(name, runs)| {
        runs.iter().enumerate().flat_map(move |(index, run)| {
            let rows = if iterates { iterate_rows(run) } else { vec![end_row(run)] };
            let first = name.map(str::to_owned).into_iter().chain([index.to_string()]);
            rows.into_iter().map(move |row| first.clone().chain(row).collect())
        })
    });
    to_csv(&header, rows)
}

/// Rows under a header.
pub(crate) fn to_csv(header: &[String], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("CSV: {error}"));
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(|error| failed(&error))?;
    for row in rows {
        writer.write_record(&row).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

/// Reads back to the same bits; what is not finite is `inf`, `-inf` or `NaN`.
pub(crate) fn csv_number(number: f64) -> String {
    Number(number).to_string()
}

fn end_row(run: &Run) -> Vec<String> {
    let numbers = run.start.iter().chain(&run.x).chain([&run.value, &run.gradient_norm]);
    [run.status.to_owned()]
        .into_iter()
        .chain(numbers.map(|x| csv_number(*x)))
        .chain([run.steps.to_string(), run.evaluations.gradient.to_string(), csv_number(run.seconds)])
        .collect()
}

fn iterate_rows(run: &Run) -> Vec<Vec<String>> {
    let Some(history) = &run.history else { return Vec::new() };
    let row = |(step, x): (usize, &Vec<f64>)| {
        let numbers = x.iter().chain([&history.value[step], &history.gradient_norm[step]]);
        [step.to_string()].into_iter().chain(numbers.map(|x| csv_number(*x))).collect()
    };
    history.x.iter().enumerate().map(row).collect()
}
