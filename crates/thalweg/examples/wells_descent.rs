//! 100 starts on eight wells by gradient descent, with a slider over 2000 steps.
//!
//! `cargo run -p thalweg --example wells_descent [FOLDER]`
//!
//! The starts are `6 * np.random.random(size=(100, 2)) - 3` after `np.random.seed(0)`; the learning rate is 4.3, too large for
//! the narrow wells: runs that enter them leap about to the last step.

use thalweg::landscape::RandomState;
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells")?;
    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 200))?;
    let options =
        Options { method: "sgd(lr=4.3)".parse()?, steps: 2000, history: true, ..Options::default() };
    let ends = minimize_many(wells.program(), &starts, &options)?;
    let mean = ends.values().iter().sum::<f64>() / ends.len() as f64;
    let lowest = ends.values().iter().copied().fold(f64::INFINITY, f64::min);
    println!("{} starts: mean loss {mean:.6}, lowest {lowest:.6}", ends.len());
    let still = ends.gradient_norms().iter().filter(|norm| **norm < 1e-6).count();
    println!("{still} of them end where the gradient is below 1e-6");

    let picture = Picture::of(&wells).titled("100 starts, gradient descent at lr = 4.3").starts(&ends);
    picture.write(folder.join("wells_descent.html"))?;
    Ok(picture.write(folder.join("wells_descent.png"))?)
}
