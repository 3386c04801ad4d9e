//! Solvers from start to end: `solve PEER CASE N`, `PEER` one of `thalweg`, `argmin` and `basin`, on as many threads as the process may use.
//!
//! A run ends where max |∂f/∂xᵢ| ≤ 1e-8. Prints a line of JSON whose `steps` are the gradients that were taken.

mod by_argmin;
mod by_basin;
mod by_thalweg;
mod problem;
mod wells;

use std::error::Error;

use problem::Task;
use thalweg_bench::{Measurement, refuse, time};

/// Where a run ends; of the bounded problem, whose least value is not 0, before rounding.
const TOLERANCE: f64 = 1e-8;
const TOLERANCE_BOUNDED: f64 = 1e-6;

/// More steps than any peer needs.
const STEPS: usize = 10_000;

/// The end of a run: the point, and how many gradients it took.
type Outcome = Result<(Vec<f64>, usize), Box<dyn Error>>;

fn tolerance(case: &str) -> f64 {
    if case == "bounded" { TOLERANCE_BOUNDED } else { TOLERANCE }
}

fn measure(peer: &str, case: &str, n: usize) -> Result<(), Box<dyn Error>> {
    if case == "wells" {
        return wells::measure(peer, n);
    }
    let task = Task::of(case, n)?;
    let (seconds, (x, gradients)) = match peer {
        "thalweg" => {
            let mut solver = by_thalweg::Solver::new(case, &task)?;
            time(|| solver.run())?
        }
        "argmin" => time(|| by_argmin::run(case, &task))?,
        "basin" => time(|| by_basin::run(case, &task))?,
        _ => return Err(format!("no peer `{peer}`").into()),
    };
    let mut gradient = vec![0.0; x.len()];
    task.slope(&x, &mut gradient);
    let left = task.residual(&x, &gradient);
    // argmin looks at the norm.
    if left.is_nan() || left > 10.0 * tolerance(case) {
        return Err(format!("ends where max |g| is {left:.1e}").into());
    }
    Measurement { peer, case, n: 1, steps: gradients, seconds, check: &task.check(&x), floor: None }.print();
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [peer, case, n] = arguments.as_slice() else { return Err("usage: solve PEER CASE N".into()) };
    let n: usize = n.parse()?;
    if let Err(reason) = measure(peer, case, n) {
        refuse(peer, case, n, &reason.to_string());
    }
    Ok(())
}
