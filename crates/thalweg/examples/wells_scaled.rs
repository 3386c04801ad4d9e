//! 100 starts on eight wells by gradient descent with the learning rate divided by the curvature.
//!
//! `cargo run -p thalweg --example wells_scaled [FOLDER]`
//!
//! The rate 0.1 is divided by |λmax|, by |λmax| + |λmin|, or by the condition number, of each start's own exact Hessian; 2000
//! steps. (The original divides every start by the two eigenvalues of the last start.)

use thalweg::landscape::RandomState;
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells")?;
    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 200))?;
    for by in ["max", "sum", "condition"] {
        let method = format!("curvature_scaled(lr=0.1, by={by})");
        let options = Options { method: method.parse()?, steps: 2000, history: true, ..Options::default() };
        let ends = minimize_many(wells.program(), &starts, &options)?;
        let mean = ends.values().iter().sum::<f64>() / ends.len() as f64;
        let deep = ends.values().iter().filter(|value| **value < -0.1).count();
        println!("{method}: mean loss {mean:.4}, {deep} below −0.1");
        let picture = Picture::of(&wells).titled(format!("100 starts, {method}")).starts(&ends);
        picture.write(folder.join(format!("wells_scaled_{by}.html")))?;
        picture.write(folder.join(format!("wells_scaled_{by}.png")))?;
    }
    Ok(())
}
