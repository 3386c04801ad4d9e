//! Training steps of other Rust frameworks, gathering, forward, backward, Adam: `train-frameworks PEER`, `PEER` being `burn` or `candle`.

mod by_burn;
mod by_candle;

use std::error::Error;

use thalweg_bench::Measurement;
use thalweg_bench::training::STEPS;

/// Seconds of a timed run of [`STEPS`] steps, and the losses of the first.
type Measured = (f64, Vec<f64>);

fn main() -> Result<(), Box<dyn Error>> {
    let peer = std::env::args().nth(1).unwrap_or_default();
    let (seconds, check) = match peer.as_str() {
        "burn" => by_burn::measure()?,
        "candle" => by_candle::measure()?,
        _ => return Err("usage: train-frameworks burn|candle".into()),
    };
    let check = &check;
    Measurement { peer: &peer, case: "mlp", n: 1, steps: STEPS, seconds, check, floor: None }.print();
    Ok(())
}
