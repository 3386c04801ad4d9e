//! basin's gradient descent with its constant step, the gradient written into the buffer that it keeps.

use std::convert::Infallible;

use basin::{CostFunction, Executor, FirstOrderState, Gradient, GradientDescent};

use super::{End, GD_LR, Outcome, gradient, value};

struct Rosenbrock;

impl CostFunction for Rosenbrock {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Infallible;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Infallible> {
        Ok(value(x))
    }
}

impl Gradient for Rosenbrock {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        Ok(gradient(x).to_vec())
    }

    fn cost_and_gradient_into(&self, x: &Vec<f64>, out: &mut Vec<f64>) -> Result<f64, Infallible> {
        out.copy_from_slice(&gradient(x));
        Ok(value(x))
    }
}

pub(crate) fn gradient_descent(start: [f64; 2], steps: usize) -> Outcome {
    let state = FirstOrderState::new(start.to_vec());
    let result =
        Executor::new(Rosenbrock, GradientDescent::new(GD_LR), state).max_iter(steps as u64).run()?;
    let x = result.param();
    Ok(End { x: [x[0], x[1]], best: result.best_cost() })
}
