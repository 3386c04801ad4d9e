//! The density of the Hessian's eigenvalues as a figure.

use thalweg::figure::{Axis, Curve, OneDimension, Page};
use thalweg::solve::{Quadrature, SpectralDensity, Traced, spectral_density};

use crate::failure::Failure;
use crate::problem::Problem;

/// Points of the curve.
const POINTS: usize = 600;

/// The width of a node, as a share of the spectrum.
const WIDTH: f64 = 1.0 / 80.0;

pub(super) fn density(problem: &Problem, at: &[f64], seed: u64) -> Result<SpectralDensity, Failure> {
    let mut objective = Traced::<f64>::new(&problem.program)?;
    Ok(spectral_density(&mut objective, at, &Quadrature { seed, ..Quadrature::default() })?)
}

pub(super) fn page(problem: &Problem, density: &SpectralDensity) -> Page {
    let (low, high) = match (density.nodes.first(), density.nodes.last()) {
        (Some((low, _)), Some((high, _))) if low < high => (*low, *high),
        (Some((one, _)), _) => (one - 0.5, one + 0.5),
        _ => (0.0, 1.0),
    };
    let (margin, sigma) = (0.05 * (high - low), WIDTH * (high - low));
    let axis = Axis::new("eigenvalue", low - margin, high + margin, POINTS);
    let x: Vec<f64> = (0..axis.count).map(|i| axis.at(i)).collect();
    let y = density.at(&x, sigma);
    Page {
        title: format!("Eigenvalues of the Hessian of {}", problem.title()),
        text: format!(
            "The density of {} eigenvalues by stochastic Lanczos quadrature, each node as a normal distribution of deviation {sigma:.3}.",
            density.dim
        ),
        figures: vec![
            OneDimension {
                x_name: "eigenvalue".into(),
                value: Curve { label: "density".into(), x, y },
                ..OneDimension::default()
            }
            .into(),
        ],
        ..Page::default()
    }
}
