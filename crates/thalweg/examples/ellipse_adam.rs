//! Adam, and AMSGrad beside it, on 0.1 x₁² + 2 x₂².
//!
//! `cargo run -p thalweg --example ellipse_adam [FOLDER]`
//!
//! `amsgrad` is the form of lecture notes, without bias correction; `adam(amsgrad=true)` is PyTorch's.

use thalweg::prelude::*;

const OPTIMIZERS: [&str; 3] = [
    "adam(lr=0.8, beta2=0.99, eps=1e-6)",
    "adam(lr=1, beta2=0.99, eps=1e-6)",
    "amsgrad(lr=1, beta2=0.99, eps=1e-6)",
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
    picture.write(folder.join("ellipse_adam.html"))?;
    Ok(picture.write(folder.join("ellipse_adam.png"))?)
}
