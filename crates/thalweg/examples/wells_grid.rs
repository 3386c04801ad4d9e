//! Exhaustive search: the lowest of 100 × 100 points, and what such a grid costs in more dimensions.
//!
//! `cargo run -p thalweg --example wells_grid [FOLDER]`
//!
//! 100ⁿ points: at 10 µs each 0.1 s for two variables, 10 s for three, 1.2 days for five, 32 years for seven. Beside that what
//! the same points would take here.

use thalweg::figure::{Axis, Map, Mark, MarkKind};
use thalweg::picture::field;
use thalweg::prelude::*;
use thalweg::solve::{GRID_LIMIT, grid_cost, grid_search};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let square = Bounds::all(-3.0, 3.0)?;
    println!("variables   points    s at 10 µs   s here");
    for dim in [2, 3, 5, 7] {
        let wells = Landscape::parse(&format!("wells(dim={dim})"))?;
        let cost = grid_cost::<f64>(wells.program(), &square, 100)?;
        let points = cost.points as f64;
        println!("{dim:9}   {points:6.0e}   {:10.1e}   {:6.1e}", 1e-5 * points, cost.seconds);
    }
    let wells = Landscape::parse("wells")?;
    let best = grid_search::<f64>(wells.program(), &square, 100, GRID_LIMIT)?;
    println!("lowest of {} points: f({:.4?}) = {:.6}", best.evaluations, best.x, best.value);

    let axis = |name| Axis::new(name, -3.0, 3.0, 100);
    let figure = Figure::from(Map {
        title: "The lowest of 10 000 points".into(),
        field: field(wells.program(), axis("x1"), axis("x2"))?,
        marks: vec![Mark::new(MarkKind::Minimum, [best.x[0], best.x[1]])],
        ..Map::default()
    });
    figure.write(folder.join("wells_grid.html"))?;
    Ok(figure.write(folder.join("wells_grid.png"))?)
}
