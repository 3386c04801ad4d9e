//! A function of 100 variables written once, minimised with first and second derivatives that nobody wrote.
//!
//! `cargo run -p thalweg --example derivatives_for_free`
//!
//! Rosenbrock's valley as a chain: Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)². Its gradient is compared with the formula that one would have
//! had to write by hand, its Hessian with differences of that.

use thalweg::prelude::*;
use thalweg::solve::gradient_check;

const DIM: usize = 100;

/// The gradient by hand: what is no longer needed.
fn by_hand(x: &[f64]) -> Vec<f64> {
    let mut gradient = vec![0.0; x.len()];
    for i in 0..x.len() - 1 {
        gradient[i] += -400.0 * x[i] * (x[i + 1] - x[i] * x[i]) - 2.0 * (1.0 - x[i]);
        gradient[i + 1] += 200.0 * (x[i + 1] - x[i] * x[i]);
    }
    gradient
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let valley = trace([Shape::from([DIM])], |x| {
        let (here, next) = (x[0].slice(0, 0..DIM - 1), x[0].slice(0, 1..DIM));
        (100.0 * (next - here * here).pow(2.0) + (1.0 - here).pow(2.0)).sum(..)
    })?;
    let mut objective = Traced::<f64>::new(&valley)?;
    let start: Vec<f64> = (0..DIM).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect();

    let mut gradient = vec![0.0; DIM];
    objective.value_and_gradient(&start, &mut gradient)?;
    let largest =
        gradient.iter().zip(by_hand(&start)).fold(0.0, |most, (a, b)| f64::max(most, (a - b).abs()));
    println!("largest difference from the gradient by hand: {largest:.1e}");
    assert!(largest < 1e-11);
    assert!(gradient_check(&mut objective, &start)?.max_rel_error < 1e-6);

    // The Hessian's first column from differences of the gradient by hand.
    let mut hessian = vec![0.0; DIM * DIM];
    objective.hessian(&start, &mut hessian)?;
    let (mut left, mut right) = (start.clone(), start.clone());
    (left[0], right[0]) = (left[0] - 1e-5, right[0] + 1e-5);
    let (left, right) = (by_hand(&left), by_hand(&right));
    for row in 0..DIM {
        assert!((hessian[row * DIM] - (right[row] - left[row]) / 2e-5).abs() < 1e-4);
    }

    for method in ["lbfgs", "newton_cg", "trust_newton"] {
        let options = Options { method: method.parse()?, grad_tol: Some(1e-8), ..Options::default() };
        let solution = minimize(&mut objective, &start, &options)?;
        println!(
            "{method:13} {}: f = {:.1e} after {} gradients, {} Hessians, {} Hessian-vector products",
            solution.status,
            solution.value,
            solution.evaluations.gradient,
            solution.evaluations.hessian,
            solution.evaluations.hessian_vector
        );
        assert_eq!(solution.status, Status::ConvergedGradient);
    }
    Ok(())
}
