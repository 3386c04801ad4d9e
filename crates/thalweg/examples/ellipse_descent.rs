//! Gradient descent on 0.1 x₁² + 2 x₂²: swinging at the learning rate 0.4, diverging at 0.6.
//!
//! `cargo run -p thalweg --example ellipse_descent [FOLDER]`
//!
//! It converges below 2/4 = 0.5, the curvature along x₂ being 4.

use thalweg::prelude::*;

const OPTIMIZERS: [&str; 2] = ["sgd(lr=0.4)", "sgd(lr=0.6)"];

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
    picture.write(folder.join("ellipse_descent.html"))?;
    Ok(picture.write(folder.join("ellipse_descent.png"))?)
}
