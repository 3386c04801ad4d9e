//! Thalweg on Gaussian wells: `wells FORM STARTS STEPS`, as many threads as the process may use.
//!
//! `FORM` is `landscape`, the function as `thalweg-landscape` writes it, or `plain`, as the formula stands in the notebook.

use std::error::Error;

use thalweg_bench::{Measurement, time};
use thalweg_function::{Program, Var, trace};
use thalweg_landscape::{Landscape, RandomState};
use thalweg_solve::{Options, Points, Solutions, minimize_many};

/// Steps that every peer makes, also those that are timed for a few only.
const EARLY: usize = 10;

fn plain() -> Result<Program, Box<dyn Error>> {
    let mut random = RandomState::seed(0);
    let depths = random.uniform(0.0, 1.0, 8);
    let centres: Vec<f64> = (0..16).map(|_| random.randn()).collect();
    let widths = random.uniform(0.0, 1.0, 8);
    let total: f64 = depths.iter().sum();
    let wells = || depths.iter().map(|depth| depth / total).zip(centres.chunks(2)).zip(&widths);
    Ok(trace(2, |x| {
        wells()
            .map(|((depth, m), width)| {
                let square = (x[0] - m[0]).pow(2.0) + (x[1] - m[1]).pow(2.0);
                -depth * (-square / width.powi(2)).exp()
            })
            .sum::<Var>()
    })?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [form, n, steps] = arguments.as_slice() else { return Err("usage: wells FORM STARTS STEPS".into()) };
    let (n, steps): (usize, usize) = (n.parse()?, steps.parse()?);
    let (peer, program) = match form.as_str() {
        "landscape" => ("thalweg", Landscape::parse("wells(wells=8, dim=2, seed=0)")?.program().clone()),
        "plain" => ("thalweg_plain", plain()?),
        _ => return Err(format!("no form `{form}`").into()),
    };

    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 2 * n))?;
    let method = "heavy_ball(lr=0.1, momentum=0.9)".parse()?;
    let mut options = Options { method, steps: EARLY, ..Options::default() };
    let early = minimize_many(&program, &starts, &options)?;
    let mean = |ends: &Solutions<f64>| ends.values().iter().sum::<f64>() / n as f64;

    options.steps = steps;
    let (seconds, ends) = time(|| minimize_many(&program, &starts, &options))?;
    Measurement { peer, case: "wells", n, steps, seconds, check: &[mean(&early), mean(&ends)], floor: None }.print();
    Ok(())
}
