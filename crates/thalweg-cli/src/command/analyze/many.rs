//! The analysis of a point of many variables: no matrix, but the ends of its spectrum.

use serde::Serialize;
use thalweg::solve::{Extremes, Objective, Spectrum, Traced, extreme_eigenvalues};

use crate::arguments::AnalyzeArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::report::{digits, labelled, point_text, short};

/// What is known of a point of many variables.
pub(super) struct Survey {
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
    pub(super) spectrum: Spectrum,
}

#[derive(Serialize)]
pub(super) struct Document<'a> {
    value: f64,
    gradient: &'a [f64],
    /// The smallest and the largest eigenvalue; each lies within the error of an eigenvalue.
    extreme_eigenvalues: [f64; 2],
    errors: [f64; 2],
    converged: bool,
    products: usize,
    condition_number: Option<f64>,
    kind: &'static str,
    lr_max: Option<f64>,
    lr_optimal: Option<f64>,
}

impl Survey {
    pub(super) fn of(problem: &Problem, at: &[f64], arguments: &AnalyzeArguments) -> Result<Self, Failure> {
        let mut objective = Traced::<f64>::new(&problem.program)?;
        let mut gradient = vec![0.0; at.len()];
        let value = objective.value_and_gradient(at, &mut gradient)?;
        let blank = Extremes::default();
        let products = arguments.products.unwrap_or(blank.products);
        let options = Extremes { products, seed: arguments.seed, ..blank };
        let spectrum = extreme_eigenvalues(&mut objective, at, &options)?;
        Ok(Survey { value, gradient, spectrum })
    }

    pub(super) fn document(&self) -> Document<'_> {
        let Spectrum { smallest, largest, products, converged } = self.spectrum;
        Document {
            value: self.value,
            gradient: &self.gradient,
            extreme_eigenvalues: [smallest.value, largest.value],
            errors: [smallest.error, largest.error],
            converged,
            products,
            condition_number: self.spectrum.condition_number(),
            kind: self.spectrum.kind(&self.gradient).as_str(),
            lr_max: self.spectrum.lr_max(),
            lr_optimal: self.spectrum.lr_optimal(),
        }
    }

    pub(super) fn text(&self, problem: &Problem, at: &[f64]) -> String {
        let Spectrum { smallest, largest, products, converged } = self.spectrum;
        let lr = |lr: Option<f64>| {
            lr.map_or_else(|| "none: the Hessian is not positive definite".to_owned(), digits)
        };
        let condition = self.spectrum.condition_number();
        let norm = self.gradient.iter().fold(0.0_f64, |norm, g| norm.hypot(*g));
        let least = if converged { "" } else { ", not converged: allow more by --products" };
        let lines = [
            ("variables", at.len().to_string()),
            ("value", digits(self.value)),
            ("|gradient|", digits(norm)),
            ("kind", self.spectrum.kind(&self.gradient).as_str().to_owned()),
            ("smallest eigenvalue", format!("{} (within {})", digits(smallest.value), short(smallest.error))),
            ("largest eigenvalue", format!("{} (within {})", digits(largest.value), short(largest.error))),
            ("by", format!("{products} Hessian-vector products{least}")),
            (
                "condition number",
                condition.map_or_else(|| "unknown: eigenvalues have both signs".to_owned(), digits),
            ),
            ("stable lr below", lr(self.spectrum.lr_max())),
            ("optimal lr", lr(self.spectrum.lr_optimal())),
        ];
        format!("{} at {}\n\n{}", problem.title(), point_text(at), labelled(&lines))
    }
}
