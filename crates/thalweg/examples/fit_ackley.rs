//! A quadratic fitted to samples of the Ackley function: one sample a step, 32 a step, RMSProp and Adam.
//!
//! `cargo run -p thalweg --example fit_ackley [FOLDER]`
//!
//! RMSProp and Adam are variants: new squares weighted with 1 − lr, bias corrected by 1 − β instead of 1 − βᵗ. The original's
//! sampling helper was not published; here 100 samples are uniform on the square ±5, with a seed of their own.

use thalweg::figure::{Axis, Contours, Curve, Losses, Trace};
use thalweg::landscape::RandomState;
use thalweg::picture::loss_field;
use thalweg::prelude::*;
use thalweg::solve::{Fit, FitOptions, fit};

const OPTIMIZERS: [(&str, usize, &str); 4] = [
    ("SGD", 1, "sgd(lr=1e-5)"),
    ("SGD, batches of 32", 32, "sgd(lr=1e-5)"),
    ("RMSProp", 1, "rmsprop(lr=0.01, weight_decay=0.1, alpha=0.99, momentum=0.9, new_weight=0.99)"),
    ("Adam", 1, "adam(lr=0.01, bias_correction=first)"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let mut ackley = Traced::<f64>::new(Landscape::parse("ackley")?.program())?;
    let mut random = RandomState::seed(577);
    let [x, y] = [(); 2].map(|()| random.uniform(-5.0, 5.0, 100));
    let z = x.iter().zip(&y).map(|(x, y)| ackley.value(&[*x, *y])).collect::<Result<Vec<f64>, _>>()?;
    let model = Expression::parse_with("a*x^2 + b*y^2 + e + b", Some(&["a", "b", "x", "y"]), &[])?;
    let columns = [x, y];
    let start = &[0.16394293308258057; 2];
    let problem = Fit { prediction: model.program(), columns: &columns, target: &z, start };
    let field = loss_field(&problem, Axis::new("a", 0.1, 0.5, 101), Axis::new("b", 0.1, 0.5, 101))?;
    let (mut traces, mut curves) = (Vec::new(), Vec::new());
    for (name, batch, method) in OPTIMIZERS {
        let options = FitOptions {
            method: method.parse()?,
            steps: 50,
            batch: Some(batch),
            replacement: true,
            value_tol: Some(1e-2),
            ..FitOptions::default()
        };
        let fitted = fit(&problem, &options)?;
        println!(
            "{name:18} {:2} steps: (a, b) = {:.3?}, loss = {:.3}",
            fitted.steps, fitted.parameters, fitted.loss
        );
        let points = fitted.trajectory.iter().map(|p| [p[0], p[1]]).collect();
        curves.push(Curve::over_steps(name, fitted.losses.clone()));
        traces.push(Trace { label: name.into(), points, values: fitted.losses });
    }
    let figures = vec![
        Contours { field, traces, ..Contours::default() }.into(),
        Losses { y_name: "mean squared error".into(), curves, ..Losses::default() }.into(),
    ];
    let page =
        Page {
            title: "a x² + b y² + e + b fitted to samples of Ackley".into(), figures, ..Page::default()
        };
    page.write(folder.join("fit_ackley.html"))?;
    Ok(page.write(folder.join("fit_ackley.png"))?)
}
