//! Thalweg on the traced functions; differentiating and translating them is done beforehand.

use std::error::Error;

use thalweg_solve::{Bounds, Options, Traced, minimize};

use super::problem::Task;
use super::{Outcome, STEPS, tolerance};

pub(crate) struct Solver {
    objective: Traced<f64>,
    start: Vec<f64>,
    options: Options,
}

/// From so many variables on the choice is left to Thalweg: L-BFGS, with a nearer search.
const LARGE: usize = 10_000;

/// What a case is solved with.
fn method(case: &str, n: usize) -> &'static str {
    match case {
        "bounded" => "lbfgsb(memory=10)",
        "logistic, Newton-CG" => "newton_cg",
        _ if n >= LARGE => "auto",
        _ => "lbfgs(memory=10)",
    }
}

impl Solver {
    pub(crate) fn new(case: &str, task: &Task) -> Result<Self, Box<dyn Error>> {
        let bounds = match &task.bounds {
            Some((low, high)) => {
                Some(Bounds::each(&low.iter().copied().zip(high.iter().copied()).collect::<Vec<_>>())?)
            }
            None => None,
        };
        let method = method(case, task.start.len()).parse()?;
        let options =
            Options { method, grad_tol: Some(tolerance(case)), steps: STEPS, bounds, ..Options::default() };
        let mut objective = Traced::new(&task.program()?)?;
        // Second derivatives are made ready when they are first asked for.
        minimize(&mut objective, &task.start, &Options { steps: 1, ..options.clone() })?;
        Ok(Solver { objective, start: task.start.clone(), options })
    }

    pub(crate) fn run(&mut self) -> Outcome {
        let solution = minimize(&mut self.objective, &self.start, &self.options)?;
        let asked = solution.evaluations;
        Ok((solution.x, (asked.gradient + asked.hessian_vector) as usize))
    }
}
