//! 100 starts on eight wells, with noise in every gradient (Langevin dynamics).
//!
//! `cargo run -p thalweg --example wells_noise [FOLDER]`
//!
//! Normal noise of standard deviation 0.2 on each component, learning rate 0.1, 2000 steps. The noise has this library's own
//! seeded generator, so single paths differ from a run with NumPy's.

use thalweg::landscape::RandomState;
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells")?;
    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 200))?;
    let options = Options {
        method: "sgd(lr=0.1)".parse()?,
        noise: 0.2,
        steps: 2000,
        history: true,
        ..Options::default()
    };
    let ends = minimize_many(wells.program(), &starts, &options)?;
    let mean = ends.values().iter().sum::<f64>() / ends.len() as f64;
    let lowest = ends.values().iter().copied().fold(f64::INFINITY, f64::min);
    println!("{} starts: mean loss {mean:.6}, lowest {lowest:.6}", ends.len());

    let picture = Picture::of(&wells).titled("100 starts, noisy gradients at lr = 0.1").starts(&ends);
    picture.write(folder.join("wells_noise.html"))?;
    Ok(picture.write(folder.join("wells_noise.png"))?)
}
