//! What preconditioners save on badly scaled landscapes, all they ask of the function counted.

use thalweg_function::{Program, Var, trace};
use thalweg_landscape::Landscape;
use thalweg_solve::{Method, Options, Traced, minimize};

/// Every descent that takes a preconditioner, with room for its options.
const DESCENTS: [&str; 6] =
    ["steepest(", "barzilai_borwein(", "cg(", "lbfgs(", "newton_cg(", "trust_newton(subproblem=steihaug, "];

/// Gradients, products and columns of Hessians until the gradient is a part of 10⁻⁶ of what it was; none where that is not reached.
fn evaluations(program: &Program, start: &[f64], method: &str) -> Option<u64> {
    let method: Method = method.parse().unwrap();
    let options = Options { method, grad_rtol: Some(1e-6), steps: 3000, ..Options::default() };
    let solution = minimize(&mut Traced::<f64>::new(program).unwrap(), start, &options).unwrap();
    let counts = solution.evaluations;
    let columns = start.len() as u64 * counts.hessian;
    solution.status.converged().then_some(counts.gradient + counts.hessian_vector + columns)
}

/// Without a preconditioner, all its steps made, each descent needs more than with this one.
fn saves(program: &Program, start: &[f64], preconditioner: &str) {
    for descent in DESCENTS {
        let with = |preconditioner: &str| {
            evaluations(program, start, &format!("{descent}preconditioner={preconditioner})"))
        };
        let (plain, conditioned) = (with("none").unwrap_or(u64::MAX), with(preconditioner));
        assert!(
            conditioned.is_some_and(|conditioned| conditioned < plain),
            "{descent}{preconditioner}): {conditioned:?}, without {plain}"
        );
    }
}

#[test]
fn the_diagonal_saves_evaluations_on_a_diagonal_bowl_of_condition_a_million() {
    let dim = 30;
    let eigenvalues: Vec<String> =
        (0..dim).map(|i| format!("{:e}", 10.0_f64.powf(6.0 * f64::from(i) / f64::from(dim - 1)))).collect();
    let bowl = Landscape::parse(&format!("quadratic(eigenvalues=[{}])", eigenvalues.join(", "))).unwrap();
    // One sign tells all of a diagonal matrix.
    for preconditioner in ["diagonal(every=1000)", "hutchinson(samples=1, every=1000)", "full(every=1000)"] {
        saves(bowl.program(), bowl.start(), preconditioner);
    }
}

#[test]
fn the_right_matrix_saves_evaluations_in_badly_scaled_valleys_of_rosenbrock() {
    // The even form of Moré, Garbow and Hillstrom's problem 21 in units from 1/1000 to 1000.
    let dim = 6;
    let unit = |i: usize| 10.0_f64.powf(-3.0 + 6.0 * i as f64 / (dim - 1) as f64);
    let program = trace(dim, |y| {
        let x: Vec<_> = (0..dim).map(|i| y[i] / unit(i)).collect();
        x.chunks_exact(2).map(|x| 100.0 * (x[1] - x[0] * x[0]).pow(2.0) + (1.0 - x[0]).pow(2.0)).sum::<Var>()
    })
    .unwrap();
    let start: Vec<f64> = (0..dim).map(|i| unit(i) * if i % 2 == 0 { -1.2 } else { 1.0 }).collect();
    saves(&program, &start, "full(every=1)");
}
