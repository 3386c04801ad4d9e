//! 100 starts on eight wells with momentum, with a slider over 2000 steps.
//!
//! `cargo run -p thalweg --example wells_momentum [FOLDER]`
//!
//! v ← 0.9 v − 0.1 ∇f, x ← x + v, from the starts of `wells_descent`. On the plains between the wells momentum helps, but where
//! there is no slope nothing moves.

use thalweg::landscape::RandomState;
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells")?;
    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 200))?;
    let options = Options {
        method: "heavy_ball(lr=0.1, momentum=0.9)".parse()?,
        steps: 2000,
        history: true,
        ..Options::default()
    };
    let ends = minimize_many(wells.program(), &starts, &options)?;
    let mean = ends.values().iter().sum::<f64>() / ends.len() as f64;
    let lowest = ends.values().iter().copied().fold(f64::INFINITY, f64::min);
    println!("{} starts: mean loss {mean:.6}, lowest {lowest:.6}", ends.len());
    let still = ends.gradient_norms().iter().filter(|norm| **norm < 1e-6).count();
    println!("{still} of them end where the gradient is below 1e-6");

    let picture = Picture::of(&wells).titled("100 starts, momentum 0.9 at lr = 0.1").starts(&ends);
    picture.write(folder.join("wells_momentum.html"))?;
    Ok(picture.write(folder.join("wells_momentum.png"))?)
}
