//! The line θx fitted to 4x³ + 3 by gradient descent, with a slider over the iterations.
//!
//! `cargo run -p thalweg --example fit_line [FOLDER]`
//!
//! The start is `jax.random.uniform(PRNGKey(577))` of JAX 0.10. A line cannot follow a cubic: the best θ is 238.04.

use thalweg::picture::fit_figures;
use thalweg::prelude::*;
use thalweg::solve::{Fit, FitOptions, fit};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let x: Vec<f64> = (0..100).map(|k| f64::from(k) / 10.0).collect();
    let y: Vec<f64> = x.iter().map(|x| 4.0 * x.powi(3) + 3.0).collect();
    let line = Expression::parse_with("theta*x", Some(&["theta", "x"]), &[])?;
    let start = &[0.16394293308258057];
    let problem = Fit { prediction: line.program(), columns: &[x], target: &y, start };
    let method = "sgd(lr=0.01)".parse()?;
    let options = FitOptions { method, steps: 20, value_tol: Some(1e-6), ..FitOptions::default() };
    let fitted = fit(&problem, &options)?;
    for (step, (theta, loss)) in fitted.trajectory.iter().zip(&fitted.losses).enumerate() {
        println!("iteration {step:4}: prediction = {:.3} x, loss = {loss:.3}", theta[0]);
    }
    println!("{} after {} steps", fitted.status, fitted.steps);

    let figures = fit_figures("θx", &problem, &fitted)?;
    let page = Page { title: "A line fitted to 4x³ + 3".into(), figures, ..Page::default() };
    page.write(folder.join("fit_line.html"))?;
    Ok(page.write(folder.join("fit_line.png"))?)
}
