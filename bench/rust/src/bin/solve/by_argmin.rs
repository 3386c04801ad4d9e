//! argmin's L-BFGS with Moré and Thuente's search, and its Newton-CG; derivatives by hand.

use std::cell::Cell;
use std::time::{Duration, Instant};

use argmin::core::{CostFunction, Error, Executor, Gradient, Hessian, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::newton::NewtonCG;
use argmin::solver::quasinewton::LBFGS;

use super::problem::Task;
use super::{Outcome, STEPS, TOLERANCE};

/// Its Newton-CG has no tolerance of the gradient, and does not end by itself.
const MOST_SECONDS: u64 = 60;

struct Counted<'a> {
    task: &'a Task,
    gradients: &'a Cell<usize>,
    begun: Instant,
}

impl Counted<'_> {
    fn look_at_the_clock(&self) -> Result<(), Error> {
        let over = self.begun.elapsed() > Duration::from_secs(MOST_SECONDS);
        if over { Err(Error::msg(format!("stopped after {MOST_SECONDS} s"))) } else { Ok(()) }
    }
}

impl CostFunction for Counted<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        self.look_at_the_clock()?;
        Ok(self.task.slope(x, &mut vec![0.0; x.len()]))
    }
}

impl Gradient for Counted<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
        self.gradients.set(self.gradients.get() + 1);
        let mut gradient = vec![0.0; x.len()];
        self.task.slope(x, &mut gradient);
        Ok(gradient)
    }
}

impl Hessian for Counted<'_> {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;

    fn hessian(&self, x: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        self.look_at_the_clock()?;
        self.gradients.set(self.gradients.get() + 1);
        Ok(self.task.hessian(x))
    }
}

pub(crate) fn run(case: &str, task: &Task) -> Outcome {
    let gradients = Cell::new(0);
    let problem = Counted { task, gradients: &gradients, begun: Instant::now() };
    let search = MoreThuenteLineSearch::new().with_c(1e-4, 0.9)?;
    let start = task.start.clone();
    let end = match case {
        "bounded" => return Err("has no bounds".into()),
        "logistic, Newton-CG" => {
            let result = Executor::new(problem, NewtonCG::new(search))
                .configure(|state| state.param(start).max_iters(STEPS as u64))
                .timer(false)
                .run()?;
            result.state().get_best_param().cloned()
        }
        _ => {
            // It looks at the norm: as many times as large where all components are alike.
            let tolerance = TOLERANCE * (start.len() as f64).sqrt();
            let solver = LBFGS::new(search, 10).with_tolerance_grad(tolerance)?.with_tolerance_cost(0.0)?;
            let result = Executor::new(problem, solver)
                .configure(|state| state.param(start).max_iters(STEPS as u64))
                .timer(false)
                .run()?;
            result.state().get_best_param().cloned()
        }
    };
    Ok((end.ok_or("no point")?, gradients.get()))
}
