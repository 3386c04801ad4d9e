//! 100 starts on eight wells, drawn to the unit circle by a Lagrange multiplier.
//!
//! `cargo run -p thalweg --example wells_multiplier [FOLDER]`
//!
//! λ ← λ + 0.1 (‖x‖² − 1), x ← x − 0.1 (∇f + λx), λ = 0.5 at first, 2000 steps. The circle is written (x1²+x2²−1)/2, so that
//! its gradient is x, with twice the rate for λ. At fixed rates this rule need not settle: where the loss bends down across the
//! circle, as at its upper end, the runs swing through it to the last step.

use thalweg::landscape::RandomState;
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells")?;
    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 200))?;
    let options = Options {
        method: "sgd(lr=0.1)".parse()?,
        constraints: vec![Constraint::parse(
            "multiplier(\"(x1^2 + x2^2 - 1)/2\", init=0.5, lr=0.2)",
            &wells.variables(),
        )?],
        steps: 2000,
        history: true,
        ..Options::default()
    };
    let ends = minimize_many(wells.program(), &starts, &options)?;
    let mean = ends.values().iter().sum::<f64>() / ends.len() as f64;
    let lowest = ends.values().iter().copied().fold(f64::INFINITY, f64::min);
    println!("{} starts: mean loss {mean:.6}, lowest {lowest:.6}", ends.len());
    let farthest = (0..100).map(|i| (ends.x(i)[0].hypot(ends.x(i)[1]) - 1.0).abs()).fold(0.0, f64::max);
    println!("farthest from the circle: {farthest:.1e}");

    let picture = Picture::of(&wells).titled("100 starts and a multiplier").starts(&ends);
    picture.write(folder.join("wells_multiplier.html"))?;
    Ok(picture.write(folder.join("wells_multiplier.png"))?)
}
