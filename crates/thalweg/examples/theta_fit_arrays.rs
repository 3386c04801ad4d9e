//! θx fitted to samples of 4x³ + 3: the mean squared error as a function of arrays, its gradient by θ alone.
//!
//! `cargo run -p thalweg --example theta_fit_arrays`
//!
//! The samples are arguments of the program, not constants in it: other samples need no new program. The start is
//! `jax.random.uniform(PRNGKey(577))` of JAX 0.10, and the steps are those of the example `fit_line`.

use thalweg::function::{Shape, value_and_gradient_of};
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let x: Vec<f64> = (0..100).map(|k| f64::from(k) / 10.0).collect();
    let y: Vec<f64> = x.iter().map(|x| 4.0 * x.powi(3) + 3.0).collect();

    let samples = Shape::from([x.len()]);
    let inputs = [("theta", Shape::SCALAR), ("x", samples), ("y", samples)];
    let error = trace(&inputs, |v| (v[2] - v[0] * v[1]).pow(2.0).mean(..))?;
    let mut slope = Executable::<f64>::new(&value_and_gradient_of(&error, &[0])?)?;

    // All arguments one behind the other, in the order of `inputs`.
    let mut arguments = [&[0.16394293308258057], &x[..], &y].concat();
    let mut results = [0.0; 2];
    for step in 0..20 {
        slope.run(&arguments, &mut results)?;
        let [loss, by_theta] = results;
        println!("iteration {step:2}: theta = {:.3}, loss = {loss:.3}", arguments[0]);
        arguments[0] -= 0.01 * by_theta;
    }
    println!("theta = {:.3}", arguments[0]);
    print!("{}", slope.explain());
    Ok(())
}
