//! Thalweg: the function traced, its derivatives derived.

use std::error::Error;

use thalweg_function::trace;
use thalweg_solve::{Options, Traced, minimize};

use super::{ADAM_LR, End, GD_LR, Outcome};

/// The function, ready to run.
pub(crate) struct Run {
    function: Traced<f64>,
    options: Options,
}

impl Run {
    pub(crate) fn new(rule: &str, steps: usize) -> Result<Self, Box<dyn Error>> {
        let rosenbrock = trace(2, |x| 100.0 * (x[1] - x[0].pow(2.0)).pow(2.0) + (1.0 - x[0]).pow(2.0))?;
        let method = match rule {
            "gd" => format!("sgd(lr={GD_LR})"),
            "adam" => format!("adam(lr={ADAM_LR})"),
            _ => return Err(format!("no rule `{rule}`").into()),
        };
        let options = Options { method: method.parse()?, steps, ..Options::default() };
        Ok(Run { function: Traced::new(&rosenbrock)?, options })
    }

    pub(crate) fn run(&mut self, start: [f64; 2]) -> Outcome {
        let solution = minimize(&mut self.function, &start, &self.options)?;
        Ok(End { x: [solution.x[0], solution.x[1]], best: solution.best_value })
    }
}
