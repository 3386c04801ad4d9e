//! argmin's steepest descent. It takes its step lengths from a line search and has no fixed one; [`FixedStep`] is that.

use argmin::core::{
    CostFunction, Error, Executor, Gradient, IterState, KV, LineSearch, Problem, Solver, State,
    TerminationReason, TerminationStatus,
};
use argmin::solver::gradientdescent::SteepestDescent;
use argmin_math::ArgminScaledAdd;

use super::{End, GD_LR, Outcome, gradient, value};

struct Rosenbrock;

impl CostFunction for Rosenbrock {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        Ok(value(x))
    }
}

impl Gradient for Rosenbrock {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(gradient(x).to_vec())
    }
}

/// A line search of one fixed length.
#[derive(Clone)]
struct FixedStep {
    length: f64,
    direction: Vec<f64>,
}

impl LineSearch<Vec<f64>, f64> for FixedStep {
    fn search_direction(&mut self, direction: Vec<f64>) {
        self.direction = direction;
    }

    fn initial_step_length(&mut self, length: f64) -> Result<(), Error> {
        self.length = length;
        Ok(())
    }
}

type Place = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

impl<O: CostFunction<Param = Vec<f64>, Output = f64>> Solver<O, Place> for FixedStep {
    fn name(&self) -> &str {
        "Fixed step"
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<O>,
        mut state: Place,
    ) -> Result<(Place, Option<KV>), Error> {
        let x = state.take_param().ok_or_else(|| Error::msg("no point"))?;
        let x = x.scaled_add(&self.length, &self.direction);
        let cost = problem.cost(&x)?;
        Ok((state.param(x).cost(cost), None))
    }

    fn terminate(&mut self, state: &Place) -> TerminationStatus {
        if state.get_iter() > 0 {
            TerminationStatus::Terminated(TerminationReason::SolverConverged)
        } else {
            TerminationStatus::NotTerminated
        }
    }
}

pub(crate) fn gradient_descent(start: [f64; 2], steps: usize) -> Outcome {
    let search = FixedStep { length: GD_LR, direction: Vec::new() };
    let result = Executor::new(Rosenbrock, SteepestDescent::new(search))
        .configure(|state| state.param(start.to_vec()).max_iters(steps as u64))
        .run()?;
    let state = result.state();
    let x = state.get_param().ok_or("no point")?;
    Ok(End { x: [x[0], x[1]], best: state.get_best_cost() })
}
