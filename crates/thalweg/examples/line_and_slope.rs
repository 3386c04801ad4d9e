//! A line, its derivative, and the derivative of a mean squared error by hand and by the engine.
//!
//! `cargo run -p thalweg --example line_and_slope [FOLDER]`
//!
//! With y = 4x at 0, 0.1, … 9.9 and the model θx, the error's derivative at θ = 2 is −131.34 both ways.

use thalweg::figure::{Axis, OneDimension};
use thalweg::picture::{curve, derivative};
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let line = Expression::parse("4*x")?;
    let axis = Axis::new("x", 0.0, 9.9, 100);
    let f = curve(line.program(), "f = 4x", &axis)?;

    let data: Vec<(f64, f64)> = f.x.iter().copied().zip(f.y.iter().copied()).collect();
    let count = data.len() as f64;
    let error =
        trace(1, |theta| data.iter().map(|(x, y)| (*y - theta[0] * *x).pow(2.0)).sum::<Var>() / count)?;
    let mut slope = [0.0];
    Executable::<f64>::new(&gradient(&error)?)?.run(&[2.0], &mut slope)?;
    let by_hand = -2.0 / count * data.iter().map(|(x, y)| (y - 2.0 * x) * x).sum::<f64>();
    println!("d MSE / dθ at θ = 2, by hand:  {by_hand:.3}");
    println!("d MSE / dθ at θ = 2, automatic: {:.3}", slope[0]);

    let figure = Figure::from(OneDimension {
        title: "A line and its derivative".into(),
        derivative: Some(derivative(line.program(), "f′", &axis)?),
        value: f,
        ..OneDimension::default()
    });
    figure.write(folder.join("line_and_slope.html"))?;
    figure.write(folder.join("line_and_slope.png"))?;
    Ok(())
}
