//! Preconditioning: a rate for each coordinate, then the matrix that reaches the minimum in one step.
//!
//! `cargo run -p thalweg --example quadratic_preconditioned [FOLDER]`
//!
//! The matrix is R diag(1/λ) Rᵀ, made from the eigenvectors R and eigenvalues λ of the Hessian.

use thalweg::prelude::*;
use thalweg::rule::Preconditioned;
use thalweg::solve::analyze;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let quadratic = Landscape::parse("quadratic(eigenvalues=[1, 6])")?;
    let analysis = analyze(quadratic.program(), &[0.0, 0.0])?;
    let (r, λ) = (&analysis.eigenvectors, &analysis.eigenvalues);
    let inverse = |i: usize, j: usize| (0..2).map(|k| r[2 * i + k] * r[2 * j + k] / λ[k]).sum::<f64>();
    let rows: Vec<Vec<f64>> = (0..2).map(|i| (0..2).map(|j| inverse(i, j)).collect()).collect();

    let mut picture = Picture::of(&quadratic);
    let runs = [
        ("lr = 0.2 · diag(2, 1)", Preconditioned::diagonal(0.2, [2.0, 1.0])),
        ("the inverse Hessian", Preconditioned::matrix(1.0, rows)),
    ];
    for (label, preconditioned) in runs {
        let method = Optimizer::from(preconditioned).into();
        let options =
            Options { method, steps: 49, grad_tol: Some(1e-12), history: true, ..Options::default() };
        let solution = minimize(&mut Traced::<f64>::new(quadratic.program())?, &[9.5, -1.0], &options)?;
        println!("{label}: f = {:.3e} after {} steps", solution.value, solution.steps);
        picture = picture.run(label, &solution);
    }
    picture.write(folder.join("quadratic_preconditioned.html"))?;
    Ok(picture.write(folder.join("quadratic_preconditioned.png"))?)
}
