//! `thalweg analyze`: a point of few variables with its whole Hessian, of many with the ends of its spectrum (`many`); how fast
//! methods converge there (`rates`), and all eigenvalues as a figure (`density`).

mod density;
mod many;
mod rates;

use serde::Serialize;
use thalweg::solve::{Analysis, analyze};

use super::print;
use crate::arguments::AnalyzeArguments;
use crate::failure::Failure;
use crate::output::Outputs;
use crate::problem::Problem;
use crate::report::{self, Table, digits, labelled, point_text, short};
use many::Survey;

/// Matrices up to this size are printed.
const PRINTED: usize = 10;

/// With more variables the Hessian is not made.
const WHOLE: usize = 300;

#[derive(Serialize)]
struct GradientCheck {
    max_abs_error: f64,
    max_rel_error: f64,
}

#[derive(Serialize)]
struct Document<'a> {
    value: f64,
    gradient: &'a [f64],
    gradient_check: GradientCheck,
    hessian: Vec<&'a [f64]>,
    eigenvalues: &'a [f64],
    eigenvectors: Vec<&'a [f64]>,
    condition_number: f64,
    kind: &'static str,
    lr_max: Option<f64>,
    lr_optimal: Option<f64>,
}

pub(crate) fn run(arguments: &AnalyzeArguments) -> Result<(), Failure> {
    let problem = Problem::read(&arguments.function)?;
    let at = point(&problem, arguments.at.as_deref())?;
    let outputs = Outputs::of_a_figure(&arguments.out)?;
    outputs.check_writable()?;
    let seen = if problem.dim() > WHOLE {
        Seen::Many(Survey::of(&problem, &at, arguments)?)
    } else {
        Seen::Few(Box::new(analyze(&problem.program, &at)?))
    };
    let ends = seen.ends();
    let best = rates::best(ends.0, ends.1);
    let measured = rates::measure(&problem, &at, ends, &arguments.rate, arguments.seed)?;
    if arguments.json {
        let point = match &seen {
            Seen::Few(analysis) => Point::Few(document(analysis)),
            Seen::Many(survey) => Point::Many(survey.document()),
        };
        let (function, variables) = (problem.name.as_str(), problem.variables.as_slice());
        report::print_json(&Whole { point, function, variables, at: &at, best: &best, rates: &measured })?;
    } else {
        let mut all = match &seen {
            Seen::Few(analysis) => text(&problem, &at, analysis),
            Seen::Many(survey) => survey.text(&problem, &at),
        };
        if !best.is_empty() {
            all = format!("{all}\n{}", rates::best_text(&best));
        }
        if !measured.is_empty() {
            all = format!("{all}\n{}", rates::measured_text(&measured));
        }
        print(&all)?;
    }
    if !seen.is_finite() {
        crate::warn(&format!("the function or its gradient is not a finite number at {}", point_text(&at)));
    }
    if outputs.wants_figure() {
        let page = density::page(&problem, &density::density(&problem, &at, arguments.seed)?);
        for (path, _) in outputs.files() {
            page.write(path).map_err(|error| Failure::Failed(error.to_string()))?;
        }
    }
    Ok(())
}

/// The point that is meant: coordinates, or a landscape's start or first minimum.
fn point(problem: &Problem, text: Option<&str>) -> Result<Vec<f64>, Failure> {
    match (text.unwrap_or("start"), &problem.landscape) {
        ("start", Some(landscape)) => Ok(landscape.start().to_vec()),
        ("minimum", Some(landscape)) => match landscape.minima().first() {
            Some(minimum) => Ok(minimum.x.clone()),
            None => Failure::wrong(format!("--at: no minimum of {landscape} is known; give its coordinates")),
        },
        ("start", None) => Failure::wrong(format!(
            "--at: an expression has no start of its own; give a point of {}",
            problem.variables[..problem.dim().min(8)].join(", ")
        )),
        (text, _) => problem.point("--at", text),
    }
}

/// What is known of the point.
enum Seen {
    Few(Box<Analysis>),
    Many(Survey),
}

impl Seen {
    /// The smallest and the largest eigenvalue.
    fn ends(&self) -> (f64, f64) {
        match self {
            Seen::Few(analysis) => {
                let end = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
                (end(analysis.eigenvalues.first()), end(analysis.eigenvalues.last()))
            }
            Seen::Many(survey) => (survey.spectrum.smallest.value, survey.spectrum.largest.value),
        }
    }

    fn is_finite(&self) -> bool {
        let (value, gradient) = match self {
            Seen::Few(analysis) => (analysis.value, &analysis.gradient),
            Seen::Many(survey) => (survey.value, &survey.gradient),
        };
        value.is_finite() && gradient.iter().all(|g| g.is_finite())
    }
}

/// The result in JSON.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    point: Point<'a>,
    function: &'a str,
    variables: &'a [String],
    at: &'a [f64],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    best: &'a [rates::Best],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    rates: &'a [rates::Compared],
}

#[derive(Serialize)]
#[serde(untagged)]
enum Point<'a> {
    Few(Document<'a>),
    Many(many::Document<'a>),
}

fn document(analysis: &Analysis) -> Document<'_> {
    let dim = analysis.gradient.len();
    let check = &analysis.gradient_check;
    Document {
        value: analysis.value,
        gradient: &analysis.gradient,
        gradient_check: GradientCheck {
            max_abs_error: check.max_abs_error,
            max_rel_error: check.max_rel_error,
        },
        hessian: analysis.hessian.chunks_exact(dim).collect(),
        eigenvalues: &analysis.eigenvalues,
        eigenvectors: analysis.eigenvectors.chunks_exact(dim).collect(),
        condition_number: analysis.condition_number,
        kind: analysis.kind.as_str(),
        lr_max: analysis.lr_max,
        lr_optimal: analysis.lr_optimal,
    }
}

fn text(problem: &Problem, at: &[f64], analysis: &Analysis) -> String {
    let dim = problem.dim();
    let check = &analysis.gradient_check;
    let lr =
        |lr: Option<f64>| lr.map_or_else(|| "none: the Hessian is not positive definite".to_owned(), digits);
    let agreement = format!(
        "largest difference from finite differences {}, relative {}",
        short(check.max_abs_error),
        short(check.max_rel_error)
    );
    let mut lines = vec![
        ("value", digits(analysis.value)),
        ("gradient", point_text(&analysis.gradient)),
        ("gradient check", agreement),
        ("kind", analysis.kind.as_str().to_owned()),
        ("condition number", digits(analysis.condition_number)),
        ("stable lr below", lr(analysis.lr_max)),
        ("optimal lr", lr(analysis.lr_optimal)),
    ];
    if dim > PRINTED {
        lines.push(("eigenvalues", point_text(&analysis.eigenvalues)));
        lines.push(("matrices", format!("{dim} by {dim}, printed by --json")));
    }
    let text = format!("{} at {}\n\n{}", problem.title(), point_text(at), labelled(&lines));
    if dim > PRINTED {
        return text;
    }
    let mut hessian = Table { header: vec!["Hessian".to_owned()], rows: Vec::new() };
    hessian.header.extend(problem.variables.iter().cloned());
    for (name, row) in problem.variables.iter().zip(analysis.hessian.chunks_exact(dim)) {
        hessian.row([name.clone()].into_iter().chain(row.iter().map(|h| digits(*h))));
    }
    let mut eigen =
        Table { header: vec!["eigenvalue".to_owned(), "eigenvector".to_owned()], rows: Vec::new() };
    for (k, λ) in analysis.eigenvalues.iter().enumerate() {
        let vector: Vec<f64> = (0..dim).map(|i| analysis.eigenvectors[i * dim + k]).collect();
        eigen.row([digits(*λ), point_text(&vector)]);
    }
    format!("{text}\n{}\n{}", hessian.text(), eigen.text())
}
