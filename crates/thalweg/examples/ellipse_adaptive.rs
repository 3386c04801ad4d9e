//! Adagrad, whose rates only fall, and RMSProp, which forgets, on 0.1 x₁² + 2 x₂².
//!
//! `cargo run -p thalweg --example ellipse_adaptive [FOLDER]`
//!
//! Both with √(s + ε), ε = 10⁻⁶: `eps_root`. (PyTorch's `eps` is added to the root instead.)

use thalweg::prelude::*;

const OPTIMIZERS: [&str; 3] = [
    "adagrad(lr=0.4, eps=0, eps_root=1e-6)",
    "adagrad(lr=2, eps=0, eps_root=1e-6)",
    "rmsprop(lr=0.4, alpha=0.9, eps=0, eps_root=1e-6)",
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
    picture.write(folder.join("ellipse_adaptive.html"))?;
    Ok(picture.write(folder.join("ellipse_adaptive.png"))?)
}
