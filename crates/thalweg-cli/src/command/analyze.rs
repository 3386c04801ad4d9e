//! `thalweg analyze`.

use serde::Serialize;
use thalweg::solve::{Analysis, analyze};

use super::print;
use crate::arguments::AnalyzeArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::report::{self, Table, digits, labelled, point_text, short};

/// Matrices up to this size are printed.
const PRINTED: usize = 10;

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
    function: &'a str,
    variables: &'a [String],
    at: &'a [f64],
}

pub(crate) fn run(arguments: &AnalyzeArguments) -> Result<(), Failure> {
    let problem = Problem::read(&arguments.function)?;
    let at = problem.point("--at", &arguments.at)?;
    let analysis = analyze(&problem.program, &at)?;
    if arguments.json {
        report::print_json(&document(&problem, &at, &analysis))?;
    } else {
        print(&text(&problem, &at, &analysis))?;
    }
    if !(analysis.value.is_finite() && analysis.gradient.iter().all(|g| g.is_finite())) {
        crate::warn(&format!("the function or its gradient is not a finite number at {}", point_text(&at)));
    }
    Ok(())
}

fn document<'a>(problem: &'a Problem, at: &'a [f64], analysis: &'a Analysis) -> Document<'a> {
    let dim = problem.dim();
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
        function: &problem.name,
        variables: &problem.variables,
        at,
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
