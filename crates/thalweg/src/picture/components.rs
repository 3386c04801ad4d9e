//! The loss of a quadratic, split along its eigenvectors.

use super::{Path, PictureError};
use crate::figure::{Components, Curve, Figure};
use crate::function::Program;
use crate::solve::{Analysis, analyze, eigen_losses};

/// Beyond this many variables the parts are too many to read.
const MOST: usize = 8;

/// The losses of each eigen-component along the path; `None` if the function is not a quadratic with a minimum.
///
/// # Errors
/// The function cannot be differentiated.
pub(super) fn components(program: &Program, path: &Path) -> Result<Option<Figure>, PictureError> {
    let dim = program.input_count();
    let Some(start) = path.points.get(..dim).filter(|_| dim <= MOST) else { return Ok(None) };
    let here = analyze(program, start)?;
    let elsewhere: Vec<f64> = start.iter().zip(1..).map(|(x, k)| x + 0.7 + 0.1 * f64::from(k)).collect();
    let size = here.hessian.iter().fold(0.0_f64, |m, h| m.max(h.abs()));
    let there = analyze(program, &elsewhere)?.hessian;
    let constant = here.hessian.iter().zip(&there).all(|(a, b)| (a - b).abs() <= 1e-9 * size);
    if !(constant && here.lr_max.is_some()) {
        return Ok(None);
    }
    let minimum = newton(start, &here);
    let from_minimum: Vec<f64> =
        path.points.chunks_exact(dim).flat_map(|x| x.iter().zip(&minimum).map(|(x, m)| x - m)).collect();
    let losses = eigen_losses(&here.eigenvalues, &here.eigenvectors, from_minimum.chunks_exact(dim))?;
    let curve = |k: usize| losses.iter().skip(k).step_by(dim).copied().collect();
    let curves = here
        .eigenvalues
        .iter()
        .enumerate()
        .map(|(k, λ)| Curve::over_steps(format!("λ = {}", short(*λ)), curve(k)));
    Ok(Some(Figure::from(Components {
        title: "loss along each eigenvector".into(),
        y_name: "f − min f".into(),
        curves: curves.collect(),
        total: Some(Curve::over_steps(
            "sum",
            losses.chunks_exact(dim).map(|parts| parts.iter().sum()).collect(),
        )),
        ..Components::default()
    })))
}

/// The minimum of the quadratic that fits at a point: one step of Newton's method.
fn newton(x: &[f64], here: &Analysis) -> Vec<f64> {
    let dim = x.len();
    let mut minimum = x.to_vec();
    for (k, λ) in here.eigenvalues.iter().enumerate() {
        let vector = || (0..dim).map(|i| here.eigenvectors[i * dim + k]);
        let along: f64 = vector().zip(&here.gradient).map(|(v, g)| v * g).sum();
        minimum.iter_mut().zip(vector()).for_each(|(m, v)| *m -= along / λ * v);
    }
    minimum
}

/// Four significant digits.
fn short(number: f64) -> String {
    let digits = (3 - number.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
