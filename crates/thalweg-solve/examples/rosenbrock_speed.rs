//! How long L-BFGS takes on Rosenbrock's function: in two variables, and extended to a million.
//!
//! `cargo run --release --example rosenbrock_speed -p thalweg-solve [method] [variables]`

use std::time::Instant;

use thalweg_function::{Shape, trace};
use thalweg_solve::{Options, Traced, minimize};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let method = arguments.next().unwrap_or_else(|| "lbfgs".to_owned());
    let n: usize = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let options =
        Options { method: method.parse()?, grad_tol: Some(1e-8), steps: 10_000, ..Options::default() };

    let small = trace(2, |x| (1.0 - x[0]).pow(2.0) + 100.0 * (x[1] - x[0] * x[0]).pow(2.0))?;
    let mut objective = Traced::<f64>::new(&small)?;
    let mut least = f64::INFINITY;
    let mut solution = minimize(&mut objective, &[-1.2, 1.0], &options)?;
    for _ in 0..200 {
        let start = Instant::now();
        for _ in 0..50 {
            solution = minimize(&mut objective, &[-1.2, 1.0], &options)?;
        }
        least = least.min(start.elapsed().as_secs_f64() / 50.0);
    }
    println!("2 variables: {:.2} µs, {} steps, {:?}", least * 1e6, solution.steps, solution.evaluations);

    let large = trace([Shape::from([n])], |x| {
        let pairs = x[0].reshape(Shape::from([n / 2, 2]));
        let (a, b) = (pairs.slice(1, 0..1), pairs.slice(1, 1..2));
        ((1.0 - a) * (1.0 - a) + 100.0 * (b - a * a) * (b - a * a)).sum(..)
    })?;
    let mut objective = Traced::<f64>::new(&large)?;
    let standard: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect();
    // Each pair elsewhere: multiples of the golden ratio within half a unit of the standard start.
    let varied: Vec<f64> = standard
        .iter()
        .enumerate()
        .map(|(i, x)| x + (i as f64 * 0.618_033_988_749_895).fract() - 0.5)
        .collect();
    for (name, start) in [("standard", standard), ("varied", varied)] {
        let mut least = f64::INFINITY;
        for _ in 0..3 {
            let began = Instant::now();
            solution = minimize(&mut objective, &start, &options)?;
            least = least.min(began.elapsed().as_secs_f64());
        }
        println!(
            "{n} variables, {name} start: {least:.3} s, {} steps, {} evaluations, {}",
            solution.steps, solution.evaluations.gradient, solution.status
        );
    }
    Ok(())
}
