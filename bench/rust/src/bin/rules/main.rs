//! Thalweg's optimisers on flat `f32` parameters: `rules N MOVED=OPTIMIZER...`, each beside a loop that moves as many numbers in place;
//! `rules bandwidth N`, `x ← a · x`; as many threads as the process may use.

mod bandwidth;

use std::error::Error;

use thalweg_bench::flat::{FACTORS, check, gradient, start, steps};
use thalweg_bench::{Measurement, refuse, time};
use thalweg_rule::Optimizer;

fn measure(text: &str, n: usize, gradient: &[f32]) -> Result<(f64, Vec<f64>), Box<dyn Error>> {
    let mut rule = text.parse::<Optimizer>()?.rule::<f32>(n, 1)?;
    let mut x = start(n);
    for factor in FACTORS {
        let scaled: Vec<f32> = gradient.iter().map(|g| factor * g).collect();
        rule.step(&mut x, &scaled)?;
    }
    let early = check(&x);
    let (seconds, ()) = time(|| (0..steps(n)).try_for_each(|_| rule.step(&mut x, gradient)))?;
    Ok((seconds, early))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [what, n] = arguments.as_slice()
        && what == "bandwidth"
    {
        bandwidth::measure(n.parse()?);
        return Ok(());
    }
    let Some((n, optimizers)) = arguments.split_first() else {
        return Err("usage: rules N MOVED=OPTIMIZER... | rules bandwidth N".into());
    };
    let n: usize = n.parse()?;
    let gradient = gradient(n);
    for argument in optimizers {
        let (moved, text) = argument.split_once('=').ok_or("no MOVED=OPTIMIZER")?;
        let moved = moved.parse()?;
        match measure(text, n, &gradient) {
            Ok((seconds, check)) => {
                // Right after the rule, for the machine's speed changes with time.
                let floor = bandwidth::floor(n, moved);
                let (check, steps) = (&check, steps(n));
                Measurement { peer: "thalweg", case: text, n, steps, seconds, check, floor }.print();
            }
            Err(reason) => refuse("thalweg", text, n, &reason.to_string()),
        }
    }
    Ok(())
}
