//! Thalweg on functions and their derivatives: `function CASE N`, as many threads as the process may use.

mod problem;

use std::error::Error;

use thalweg_bench::{Measurement, refuse, time};
use thalweg_function::{Executable, Float, Program};

use problem::Problem;

/// The norm, and the sum of the positive ones, each weighted by its place: numbers that the peers must agree on.
fn digest(numbers: &[f64]) -> [f64; 2] {
    let norm = numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
    let weighted = numbers.iter().enumerate().map(|(k, x)| (1 + k % 7) as f64 * x.max(0.0)).sum();
    [norm, weighted]
}

/// Value, gradient and Hessian follow one another in the outputs; each has all components of all points.
fn check(outputs: &[f64], points: usize, unknowns: usize) -> Vec<f64> {
    let (values, derivatives) = outputs.split_at(points);
    let (gradient, hessian) = derivatives.split_at(derivatives.len().min(points * unknowns));
    let mut check = vec![values.iter().sum()];
    for derivative in [gradient, hessian] {
        if !derivative.is_empty() {
            check.extend(digest(derivative));
        }
    }
    check
}

/// Seconds of a run, the floor below which they cannot fall, and what the peers must agree on.
type Measured = (f64, Option<f64>, Vec<f64>);

fn measure<F: Float>(problem: &Problem<F>, program: &Program) -> Result<Measured, Box<dyn Error>> {
    let mut executable = Executable::<F>::new(program)?;
    let lanes = problem.points > 1;
    let length = executable.output_len() * problem.points;
    let mut outputs = vec![F::default(); length];
    let (seconds, ()) = time(|| match lanes {
        true => executable.run_lanes(problem.points, &problem.inputs, &mut outputs),
        false => executable.run(&problem.inputs, &mut outputs),
    })?;
    let outputs: Vec<f64> = outputs.into_iter().map(Float::to_f64).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let floor = (!lanes).then(|| executable.explain().floor(threads));
    Ok((seconds, floor, check(&outputs, problem.points, problem.unknowns)))
}

fn measure_all<F: Float>(problem: &Problem<F>, n: usize) {
    for (part, program) in problem.parts() {
        match program.and_then(|program| measure(problem, &program)) {
            Ok((seconds, floor, check)) => {
                let check = &check;
                Measurement { peer: "thalweg", case: part, n, steps: 1, seconds, check, floor }.print();
            }
            Err(reason) => refuse("thalweg", part, n, &reason.to_string()),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [case, n] = arguments.as_slice() else { return Err("usage: function CASE N".into()) };
    let n: usize = n.parse()?;
    match case.as_str() {
        "ackley" => measure_all(&problem::ackley(n)?, n),
        "rosenbrock" => measure_all(&problem::rosenbrock(n)?, n),
        "wells" => measure_all(&problem::wells(n)?, n),
        "logistic" => measure_all(&problem::logistic()?, n),
        "mlp" => measure_all(&problem::mlp()?, n),
        _ => return Err(format!("no case `{case}`").into()),
    }
    Ok(())
}
