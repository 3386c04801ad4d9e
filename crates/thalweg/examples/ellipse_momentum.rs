//! Momentum at three settings, and Nesterov's beside it, on 0.1 x₁² + 2 x₂².
//!
//! `cargo run -p thalweg --example ellipse_momentum [FOLDER]`
//!
//! v ← γv + η∇f, x ← x − v; Nesterov's x ← x − γv − η∇f with the new v.

use thalweg::prelude::*;

const OPTIMIZERS: [&str; 4] = [
    "heavy_ball(lr=0.4, momentum=0.5)",
    "heavy_ball(lr=0.6, momentum=0.5)",
    "heavy_ball(lr=0.05, momentum=0.9)",
    "nesterov(lr=0.05, momentum=0.9)",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let ellipse = Landscape::parse("ellipse")?;
    let mut picture = Picture::of(&ellipse);
    for method in OPTIMIZERS {
        let options = Options { method: method.parse()?, steps: 20, history: true, ..Options::default() };
        let solution = minimize(&mut Traced::<f64>::new(ellipse.program())?, &[-5.0, -2.0], &options)?;
        println!("{method:45} epoch 20, params: {:.6?}", solution.x);
        picture = picture.run(method, &solution);
    }
    picture.write(folder.join("ellipse_momentum.html"))?;
    Ok(picture.write(folder.join("ellipse_momentum.png"))?)
}
