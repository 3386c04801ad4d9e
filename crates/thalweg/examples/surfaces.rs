//! Three surfaces: a saddle with its saddle point, the bowl 0.1 x₁² + 2 x₂², and Ackley's function.
//!
//! `cargo run -p thalweg --example surfaces [FOLDER]`

use thalweg::figure::{Axis, Mark, MarkKind, Surface};
use thalweg::picture::field;
use thalweg::prelude::*;
use thalweg::solve::analyze;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let shown = [
        ("saddle", 2.0, MarkKind::Saddle),
        ("ellipse", 10.0, MarkKind::Minimum),
        ("ackley", 5.0, MarkKind::Minimum),
    ];
    let mut figures = Vec::new();
    for (name, reach, kind) in shown {
        let landscape = Landscape::parse(name)?;
        let analysis = analyze(landscape.program(), &[0.0, 0.0])?;
        println!("{landscape} at 0: {}, eigenvalues {:?}", analysis.kind, analysis.eigenvalues);
        let axis = |name| Axis::new(name, -reach, reach, 101);
        let surface = Surface {
            title: landscape.to_string(),
            field: field(landscape.program(), axis("x1"), axis("x2"))?,
            marks: vec![Mark::new(kind, [0.0, 0.0])],
            ..Surface::default()
        };
        figures.push(surface.into());
    }
    let page = Page { title: "Three surfaces".into(), figures, ..Page::default() };
    page.write(folder.join("surfaces.html"))?;
    Ok(page.write(folder.join("surfaces.png"))?)
}
