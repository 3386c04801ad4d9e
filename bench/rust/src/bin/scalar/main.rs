//! One start on Rosenbrock's function: `scalar PEER RULE STEPS`, with the peers `thalweg`, `by_hand`, `argmin`, `basin` and the
//! rules `gd` and `adam`.

mod by_argmin;
mod by_basin;
mod by_hand;
mod by_thalweg;

use std::error::Error;
use std::hint::black_box;

use thalweg_bench::{Measurement, time};

/// Steps after which the peers' points are compared.
const EARLY: usize = 2000;
const START: [f64; 2] = [-1.2, 1.0];
const GD_LR: f64 = 0.001;
const ADAM_LR: f64 = 0.01;
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPS: f64 = 1e-8;

/// Where a run ended, and the lowest value on its way.
struct End {
    x: [f64; 2],
    best: f64,
}

type Outcome = Result<End, Box<dyn Error>>;

fn value(x: &[f64]) -> f64 {
    let (valley, along) = (x[1] - x[0] * x[0], 1.0 - x[0]);
    100.0 * valley * valley + along * along
}

fn gradient(x: &[f64]) -> [f64; 2] {
    let (valley, along) = (x[1] - x[0] * x[0], 1.0 - x[0]);
    [-400.0 * x[0] * valley - 2.0 * along, 200.0 * valley]
}

fn run(peer: &str, rule: &str, steps: usize) -> Result<impl FnMut() -> Outcome, Box<dyn Error>> {
    let mut thalweg = by_thalweg::Run::new(rule, steps)?;
    let case = (peer.to_owned(), rule.to_owned());
    Ok(move || match (case.0.as_str(), case.1.as_str()) {
        ("thalweg", _) => thalweg.run(black_box(START)),
        ("by_hand", "gd") => Ok(by_hand::gradient_descent(black_box(START), steps)),
        ("by_hand", "adam") => Ok(by_hand::adam(black_box(START), steps)),
        ("argmin", "gd") => by_argmin::gradient_descent(black_box(START), steps),
        ("basin", "gd") => by_basin::gradient_descent(black_box(START), steps),
        (peer, rule) => Err(format!("{peer} has no {rule}").into()),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [peer, rule, steps] = arguments.as_slice() else {
        return Err("usage: scalar PEER RULE STEPS".into());
    };
    let steps: usize = steps.parse()?;
    let early = run(peer, rule, EARLY)?()?;
    let (seconds, end) = time(run(peer, rule, steps)?)?;
    if end.best.is_nan() || end.best > value(&START) {
        return Err(format!("{peer}: the lowest value is {}, above the first", end.best).into());
    }
    // Adam circles the minimum for ever, where the last bit decides on the next circle: ends agree to 1e-3 only.
    let check = if rule == "gd" { [early.x, end.x].concat() } else { early.x.to_vec() };
    Measurement { peer, case: rule, n: 1, steps, seconds, check: &check, floor: None }.print();
    Ok(())
}
