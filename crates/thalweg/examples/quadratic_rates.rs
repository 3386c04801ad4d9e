//! Gradient descent on a quadratic at five learning rates: well, slowly, swinging, diverging, nearly best.
//!
//! `cargo run -p thalweg --example quadratic_rates [FOLDER]`
//!
//! ½ xᵀQx with eigenvalues 1 and 6, turned by π/16, so that its gradient is Qx; 50 points from (9.5, −1). The original draws
//! xᵀQx beside steps along Qx: its contours are the same, its losses twice these.

use thalweg::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let quadratic = Landscape::parse("quadratic(eigenvalues=[1, 6])")?;
    let mut figures = Vec::new();
    for lr in [0.1, 0.02, 0.325, 0.34, 0.28] {
        let method = format!("sgd(lr={lr})");
        let options = Options { method: method.parse()?, steps: 49, history: true, ..Options::default() };
        let solution = minimize(&mut Traced::<f64>::new(quadratic.program())?, &[9.5, -1.0], &options)?;
        println!("{method:14} {}: x = {:.3?}, f = {:.3e}", solution.status, solution.x, solution.value);
        let mut stills = Picture::of(&quadratic).run(&method, &solution).stills()?;
        figures.push(stills.swap_remove(0));
    }
    let page = Page { title: "One quadratic, five learning rates".into(), figures, ..Page::default() };
    page.write(folder.join("quadratic_rates.html"))?;
    Ok(page.write(folder.join("quadratic_rates.png"))?)
}
