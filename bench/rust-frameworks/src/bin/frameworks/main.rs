//! The optimisers of other Rust frameworks on flat `f32` parameters: `frameworks PEER N OPTIMIZER...`, `PEER` being `burn` or `candle`, and
//! `OPTIMIZER` Thalweg's text.

mod by_burn;
mod by_candle;

use std::error::Error;

use thalweg_bench::flat::steps;
use thalweg_bench::{Measurement, refuse};

/// Seconds of a timed run, and what the peers must agree on.
type Measured = (f64, Vec<f64>);

const LR: f64 = 0.01;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [peer, n, optimizers @ ..] = arguments.as_slice() else {
        return Err("usage: frameworks burn|candle N OPTIMIZER...".into());
    };
    let n: usize = n.parse()?;
    for text in optimizers {
        let measured = match peer.as_str() {
            "burn" => by_burn::measure(text, n)?,
            "candle" => by_candle::measure(text, n)?,
            _ => return Err(format!("no framework `{peer}`").into()),
        };
        match measured {
            Some((seconds, check)) => {
                let (check, steps) = (&check, steps(n));
                Measurement { peer, case: text, n, steps, seconds, check, floor: None }.print();
            }
            None => refuse(peer, text, n, "–"),
        }
    }
    Ok(())
}
