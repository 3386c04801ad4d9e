//! Eight Gaussian wells as one function of arrays, summed up by `einsum`: loss, gradient and Hessian at 100 points at once.
//!
//! `cargo run -p thalweg --example wells_einsum`
//!
//! The wells are those that NumPy draws after `np.random.seed(0)`. One point's program is batched: derivatives by hand, with
//! an axis for the points kept through every formula, are not needed.

use thalweg::function::{InputAxis, batch, einsum, value_gradient_hessian};
use thalweg::landscape::RandomState;
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut random = RandomState::seed(0);
    let depths = random.uniform(0.0, 1.0, 8);
    let total: f64 = depths.iter().sum();
    let depths: Vec<f64> = depths.iter().map(|depth| depth / total).collect();
    let centres: Vec<f64> = (0..16).map(|_| random.randn()).collect();
    let widths = random.uniform(0.0, 1.0, 8);

    let wells = trace([[2].into()], |x| {
        let widths = Var::array([8, 1], &widths);
        let distance = (x[0] - Var::array([8, 2], &centres)) / widths;
        let well = -(-(distance * distance).sum(1)).exp();
        einsum("i,i->", &[well, Var::array([8], &depths)])
    })?;
    let points = 100;
    let many = batch(&value_gradient_hessian(&wells)?, points, &[InputAxis::Batched])?;
    let mut executable = Executable::<f64>::new(&many)?;

    // One row for each point; then all losses, all gradients, all Hessians.
    let x = RandomState::seed(0).uniform(-3.0, 3.0, 2 * points);
    let mut results = vec![0.0; executable.output_len()];
    executable.run(&x, &mut results)?;
    let (losses, rest) = results.split_at(points);
    let (gradients, hessians) = rest.split_at(2 * points);
    let lowest = (0..points).min_by(|&i, &j| losses[i].total_cmp(&losses[j])).unwrap_or(0);
    println!("lowest of {points}: {:.6} at {:.4?}", losses[lowest], &x[2 * lowest..][..2]);
    println!("gradient {:.6?}", &gradients[2 * lowest..][..2]);
    println!("Hessian {:.6?}", &hessians[4 * lowest..][..4]);
    print!("{}", executable.explain());
    Ok(())
}
