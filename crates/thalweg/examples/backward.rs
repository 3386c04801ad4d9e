//! Tensors with `backward`, and a training loop written by hand: zero the gradients, forward, backward, step.
//!
//! `cargo run -p thalweg --example backward [FOLDER]`
//!
//! f = 0.1 x₁² + 2 x₂² from (−5, −2). Any rule fits into the loop; `minimize` makes the same steps.

use thalweg::function::Tensor;
use thalweg::prelude::*;

fn f(x1: &Tensor, x2: &Tensor) -> Tensor {
    0.1 * x1.pow(2.0) + 2.0 * x2.pow(2.0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let params = [-5.0, -2.0].map(|value| Tensor::new(value).requires_grad(true));
    let gradients = || params.each_ref().map(Tensor::grad);
    println!("before: {:?}", gradients());
    f(&params[0], &params[1]).backward()?;
    println!("after one backward: {:?}", gradients());

    let mut rule = "sgd(lr=0.4)".parse::<Optimizer>()?.rule::<f64>(2, 1)?;
    for _ in 0..20 {
        params.iter().for_each(Tensor::zero_grad);
        f(&params[0], &params[1]).backward()?;
        let mut x = params.each_ref().map(Tensor::value);
        rule.step(&mut x, &gradients().map(Option::unwrap_or_default))?;
        params.iter().zip(x).for_each(|(param, value)| param.set_value(value));
    }
    println!("epoch 20, params: {:?}", params.each_ref().map(Tensor::value));

    let ellipse = Landscape::parse("ellipse")?;
    let options = Options { method: "sgd(lr=0.4)".parse()?, steps: 20, history: true, ..Options::default() };
    let solution = minimize(&mut Traced::<f64>::new(ellipse.program())?, ellipse.start(), &options)?;
    println!("minimize, params: {:?}", solution.x);
    let picture = Picture::of(&ellipse).run("sgd(lr=0.4)", &solution);
    picture.write(folder.join("backward.html"))?;
    Ok(picture.write(folder.join("backward.png"))?)
}
