//! The largest eigenvalue of the Hessian over eight wells, by its signed logarithm.
//!
//! `cargo run -p thalweg --example wells_curvature [FOLDER]`
//!
//! The Hessian here is exact. The original's belongs to exp(−x²/2w²) while its loss is exp(−x²/w²), so its map differs.

use thalweg::figure::{Axis, Field, Map, Mark, MarkKind, Scale};
use thalweg::prelude::*;
use thalweg::solve::{GRID_LIMIT, grid_search};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells")?;
    let mut second = Executable::<f64>::new(&hessian(wells.program())?)?;
    let mut h = [0.0; 4];
    let mut largest = |x: f64, y: f64| match second.run(&[x, y], &mut h) {
        // The eigenvalues of [[a, b], [b, d]] are (a + d)/2 ± √(((a − d)/2)² + b²).
        Ok(()) => f64::midpoint(h[0], h[3]) + ((h[0] - h[3]) / 2.0).hypot(h[1]),
        Err(_) => f64::NAN,
    };
    let axis = |name| Axis::new(name, -3.0, 3.0, 100);
    let field = Field::sample(axis("x1"), axis("x2"), &mut largest).named("largest eigenvalue");
    let best = grid_search::<f64>(wells.program(), &Bounds::all(-3.0, 3.0)?, 100, GRID_LIMIT)?;
    let (low, high) = field.values.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    println!(
        "largest eigenvalue: from {low:.3} to {high:.3}; {:.3} in the deepest well",
        largest(best.x[0], best.x[1])
    );

    let figure = Figure::from(Map {
        title: "The largest eigenvalue of the Hessian".into(),
        field,
        marks: vec![Mark {
            label: "deepest well".into(),
            ..Mark::new(MarkKind::Minimum, [best.x[0], best.x[1]])
        }],
        colours: Scale::SignedLog,
    });
    figure.write(folder.join("wells_curvature.html"))?;
    Ok(figure.write(folder.join("wells_curvature.png"))?)
}
