//! 100 starts on eight wells by Newton's method: in small steps, in full steps, and with |H| in place of H.
//!
//! `cargo run -p thalweg --example wells_newton [FOLDER]`
//!
//! 10⁻¹² is added to the Hessian's diagonal, a hundredth of the step is taken, 1000 times. Newton's method seeks any point
//! without slope: it climbs where the function bends down and runs off over the plains. The exact Hessian is used; the
//! original's belongs to wider wells, so its paths differ.

use thalweg::landscape::RandomState;
use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells")?;
    let starts = Points::from_flat(2, RandomState::seed(0).uniform(-3.0, 3.0, 200))?;
    let shown = Bounds::all(-3.0, 3.0)?;
    let runs = [
        ("small", "newton(lr=0.01, damping=1e-12)"),
        ("full", "newton(lr=1, damping=1e-12)"),
        ("absolute", "newton(lr=0.01, damping=1e-12, absolute=true)"),
    ];
    for (name, method) in runs {
        let options = Options { method: method.parse()?, steps: 1000, history: true, ..Options::default() };
        let ends = minimize_many(wells.program(), &starts, &options)?;
        let mean = ends.values().iter().sum::<f64>() / ends.len() as f64;
        let inside = (0..ends.len()).filter(|&i| ends.x(i).iter().all(|x| x.abs() <= 3.0)).count();
        let deep = ends.values().iter().filter(|value| **value < -0.1).count();
        println!("{method}: mean loss {mean:.4}, {inside} of 100 within ±3, {deep} below −0.1");
        let picture =
            Picture::of(&wells).within(&shown).titled(format!("100 starts, {method}")).starts(&ends);
        picture.write(folder.join(format!("wells_newton_{name}.html")))?;
        picture.write(folder.join(format!("wells_newton_{name}.png")))?;
    }
    Ok(())
}
