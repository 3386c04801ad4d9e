//! The eigenvectors of a quadratic: its best learning rate, and the loss that each of them holds.
//!
//! `cargo run -p thalweg --example quadratic_eigen [FOLDER]`
//!
//! Prints Q, its eigenvalues 1 and 6, its eigenvectors and the learning rate 2/(1 + 6) = 0.2857142857142857.

use thalweg::prelude::*;
use thalweg::solve::analyze;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let quadratic = Landscape::parse("quadratic(eigenvalues=[1, 6])")?;
    let analysis = analyze(quadratic.program(), &[0.0, 0.0])?;
    println!("Q: {:.8?}", analysis.hessian.chunks(2).collect::<Vec<_>>());
    println!("eigenvalues: {:.8?}", analysis.eigenvalues);
    println!("eigenvectors (columns): {:.8?}", analysis.eigenvectors.chunks(2).collect::<Vec<_>>());
    println!("diverges from lr = {:.4} on", analysis.lr_max.unwrap_or(f64::NAN));
    println!("the best learning rate is {}", analysis.lr_optimal.unwrap_or(f64::NAN));

    let options = Options { method: "sgd(lr=0.1)".parse()?, steps: 49, history: true, ..Options::default() };
    let solution = minimize(&mut Traced::<f64>::new(quadratic.program())?, &[9.5, -1.0], &options)?;
    let picture = Picture::of(&quadratic).run("sgd(lr=0.1)", &solution);
    picture.write(folder.join("quadratic_eigen.html"))?;
    // The last figure of a run on a quadratic is its loss along each eigenvector.
    if let Some(components) = picture.figures()?.last() {
        components.write(folder.join("quadratic_eigen.png"))?;
    }
    Ok(())
}
