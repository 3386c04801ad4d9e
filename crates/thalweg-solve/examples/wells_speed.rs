//! How long one step of one start takes: momentum on eight Gaussian wells in two dimensions.
//!
//! `cargo run --release -p thalweg-solve --example wells_speed`

use std::time::Instant;

use thalweg_function::{Program, Var, trace};
use thalweg_solve::{Bounds, Options, Points, Traced, minimize, minimize_many, random_starts};

/// −Σ cₚ exp(−‖x − μₚ‖²/wₚ²): weight, centre and width of each well.
const WELLS: [[f64; 4]; 8] = [
    [0.13, 0.41, 0.14, 0.21],
    [0.18, 0.45, 0.76, 0.61],
    [0.15, 0.33, 1.49, 0.12],
    [0.13, -0.21, 0.31, 0.67],
    [0.11, -0.85, -2.55, 0.36],
    [0.16, 0.65, 0.86, 0.44],
    [0.11, -0.74, 2.27, 0.70],
    [0.03, -1.45, 0.05, 0.06],
];

fn wells() -> Result<Program, Box<dyn std::error::Error>> {
    Ok(trace(2, |x| {
        let well =
            |[c, a, b, w]: [f64; 4]| -c * (-((x[0] - a).pow(2.0) + (x[1] - b).pow(2.0)) / (w * w)).exp();
        WELLS.into_iter().map(well).sum::<Var>()
    })?)
}

fn rosenbrock() -> Result<Program, Box<dyn std::error::Error>> {
    Ok(trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0))?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = wells()?;
    let bounds = Bounds::all(-3.0, 3.0)?;
    let options = Options { method: "sgd(lr=0.1, momentum=0.9)".parse()?, ..Options::default() };
    for count in [100, 10_000, 100_000] {
        let starts = random_starts::<f64>(&bounds, 2, count, 0)?;
        report("f64", &program, &starts, &options)?;
        report(
            "f64, best tracked",
            &program,
            &starts,
            &Options { track_best: Some(true), ..options.clone() },
        )?;
        report("f64, grad_tol", &program, &starts, &Options { grad_tol: Some(0.0), ..options.clone() })?;
        let starts = random_starts::<f32>(&bounds, 2, count, 0)?;
        report("f32", &program, &starts, &options)?;
    }

    let options = Options { method: "adam(lr=0.01)".parse()?, steps: 100_000, ..Options::default() };
    let mut objective = Traced::<f64>::new(&rosenbrock()?)?;
    let seconds = (0..5)
        .map(|_| minimize(&mut objective, &[-1.2, 1.0], &options).map(|solution| solution.seconds))
        .collect::<Result<Vec<_>, _>>()?;
    let least = seconds.into_iter().fold(f64::INFINITY, f64::min);
    println!("one start, Rosenbrock, Adam: {:.1} ns a step", least * 1e9 / 100_000.0);
    Ok(())
}

fn report<F: thalweg_solve::Scalar>(
    name: &str,
    program: &Program,
    starts: &Points<F>,
    options: &Options,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut least = f64::INFINITY;
    for _ in 0..if starts.len() > 50_000 { 2 } else { 5 } {
        let clock = Instant::now();
        minimize_many(program, starts, options)?;
        least = least.min(clock.elapsed().as_secs_f64());
    }
    let each = least * 1e9 / (starts.len() * options.steps) as f64;
    println!("{:>8} starts, {name}: {each:.2} ns a start and step, {:.3} s in all", starts.len(), least);
    Ok(())
}
