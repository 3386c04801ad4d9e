//! 100 starts on eight wells, held on the unit circle by projection after every step.
//!
//! `cargo run -p thalweg --example wells_projected [FOLDER]`
//!
//! x ← x − 0.1 ∇f, then x ← x/‖x‖, 2000 steps.

use thalweg::landscape::RandomState;
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells")?;
    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 200))?;
    let options = Options {
        method: "sgd(lr=0.1)".parse()?,
        constraints: vec![Constraint::Sphere { radius: 1.0 }],
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

    let picture = Picture::of(&wells).titled("100 starts on the unit circle").starts(&ends);
    picture.write(folder.join("wells_projected.html"))?;
    Ok(picture.write(folder.join("wells_projected.png"))?)
}
