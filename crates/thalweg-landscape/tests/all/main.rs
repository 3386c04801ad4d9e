//! Tests of the landscapes from outside.

mod catalogue;
mod derivatives;
mod hock_schittkowski;
mod minima;
mod more;
mod nist;
mod numpy;

use thalweg_function::{Executable, Program, gradient, hessian};
use thalweg_landscape::Landscape;

/// One of every landscape, and more than two variables where they allow it.
const SPECS: [&str; 17] = [
    "sphere(dim=2)",
    "sphere(dim=5)",
    "ellipse",
    "saddle",
    "quadratic(eigenvalues=[1, 6], angle=0.19634954084936207)",
    "quadratic(eigenvalues=[1, 2, 30], angle=0)",
    "quadratic(matrix=[[2, 1, 0], [1, 3, -1], [0, -1, 4]])",
    "rosenbrock(dim=2)",
    "rosenbrock(dim=5)",
    "rosenbrock(dim=6, variant=even)",
    "beale",
    "himmelblau",
    "rastrigin(dim=2)",
    "ackley(dim=2)",
    "ackley(dim=5)",
    "wells(wells=8, dim=2, seed=0)",
    "wells(wells=20, dim=3, seed=7)",
];

fn landscape(spec: &str) -> Landscape {
    Landscape::parse(spec).unwrap_or_else(|error| panic!("{spec}: {error}"))
}

fn run(program: &Program, x: &[f64]) -> Vec<f64> {
    let mut executable = Executable::<f64>::new(program).unwrap();
    let mut result = vec![0.0; executable.output_len()];
    executable.run(x, &mut result).unwrap();
    result
}

fn value_at(landscape: &Landscape, x: &[f64]) -> f64 {
    run(landscape.program(), x)[0]
}

fn gradient_at(landscape: &Landscape, x: &[f64]) -> Vec<f64> {
    run(&gradient(landscape.program()).unwrap(), x)
}

fn hessian_at(landscape: &Landscape, x: &[f64]) -> Vec<f64> {
    run(&hessian(landscape.program()).unwrap(), x)
}

/// Every number within `tolerance`, relative to the largest expected one.
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0_f64, |max, e| max.max(e.abs()));
    let close = found.iter().zip(expected).all(|(f, e)| (f - e).abs() <= tolerance * scale);
    assert!(close, "{what}: found {found:?}, expected {expected:?}");
}

/// The gradient of the first result against central differences of fourth order.
fn check_gradient(program: &Program, x: &[f64], what: &str) {
    let found = run(&gradient(program).unwrap(), x);
    let value = run(program, x)[0];
    let scale = found.iter().fold(0.0_f64, |max, g| max.max(g.abs()));
    for (i, found) in found.into_iter().enumerate() {
        let h = if x[i] == 0.0 { 1e-6 } else { 1e-4 * x[i].abs() };
        let at = |steps: f64| {
            let mut x = x.to_vec();
            x[i] += steps * h;
            run(program, &x)[0]
        };
        let difference = (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * h);
        let tolerance = 1e-9 * scale + 1e-8 * found.abs() + 1e-14 * value.abs() / h;
        assert!((found - difference).abs() <= tolerance, "{what} at {x:?}: {found}, {difference}");
    }
}
