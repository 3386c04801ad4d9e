//! A minimum at the edge of a box: by any optimiser with projection, and by least squares that keep bounds.
//!
//! `cargo run -p thalweg --example within_bounds`
//!
//! Rosenbrock's valley with x at most 0.8: the lowest point allowed is (0.8, 0.64), its value (1 − 0.8)² = 0.04.

use thalweg::prelude::*;
use thalweg::solve::{LeastSquaresOptions, TracedResiduals, least_squares};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bounds = Bounds::each(&[(-2.0, 0.8), (-2.0, 2.0)])?;
    let inside = |x: &[f64]| {
        x.iter().enumerate().all(|(i, x)| bounds.interval(i).0 <= *x && *x <= bounds.interval(i).1)
    };
    let is_lowest = |x: &[f64], near: f64| (x[0] - 0.8).abs() < near && (x[1] - 0.64).abs() < near;

    let valley = Landscape::parse("rosenbrock")?;
    let mut objective = Traced::<f64>::new(valley.program())?;
    for method in ["sgd(lr=0.001, momentum=0.9)", "adam(lr=cosine(init=0.05, steps=5000))"] {
        let options = Options {
            method: method.parse()?,
            bounds: Some(bounds.clone()),
            steps: 5000,
            history: true,
            ..Options::default()
        };
        let solution = minimize(&mut objective, &[-1.2, 1.0], &options)?;
        let history = solution.history.as_ref().ok_or("a history was asked for")?;
        println!("{method:40} x = {:.6?}, f = {:.6}", solution.x, solution.value);
        assert!(history.points().all(inside), "no iterate leaves the box");
        assert!(is_lowest(&solution.x, 1e-3) && (solution.value - 0.04).abs() < 1e-4);
    }

    // The same function as the squares of two residuals.
    let residuals = trace(2, |x| [1.0 - x[0], 10.0 * (x[1] - x[0].pow(2.0))])?;
    let options = LeastSquaresOptions { bounds: Some(bounds.clone()), ..LeastSquaresOptions::default() };
    let solution = least_squares(&mut TracedResiduals::new(&residuals)?, &[-1.2, 0.7], &options)?;
    println!("{:40} x = {:.6?}, f = {:.6}", "least squares", solution.x, solution.value);
    assert!(solution.status.converged() && inside(&solution.x) && is_lowest(&solution.x, 1e-6));
    Ok(())
}
