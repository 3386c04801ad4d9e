//! A network of three layers whose parameters are a struct, trained by gradient descent on a batch of random images.
//!
//! `cargo run --release -p thalweg --example network`
//!
//! 784-512-512-10 with ReLU and the softmax cross entropy of ten classes. The labels are those of a random linear classifier, so
//! that there is something to learn. Drawing parameters and data is a program too.

use thalweg::function::tree::{Parameters, Tree, trace_tree};
use thalweg::function::{Shape, value_and_gradient_of};
use thalweg::prelude::*;

const EXAMPLES: usize = 64;

#[derive(Tree)]
struct Dense<T> {
    weight: T,
    bias: T,
}

impl Dense<Var> {
    fn apply(&self, x: Var) -> Var {
        x.matmul(self.weight) + self.bias
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dense = |inputs, outputs| Dense { weight: Shape::from([inputs, outputs]), bias: [outputs].into() };
    let shapes = [dense(784, 512), dense(512, 512), dense(512, 10)];
    let data = [("images", [EXAMPLES, 784].into()), ("labels", [EXAMPLES].into())];
    let loss = trace_tree(&shapes, &data, |[first, second, last], data| {
        let hidden = second.apply(first.apply(data[0]).relu()).relu();
        last.apply(hidden).softmax_cross_entropy(data[1]).mean(..)
    })?;

    let mut parameters = Parameters::<f32, _>::zeros(shapes);
    let initial = trace(1, |key| {
        let array = |shape: Shape| match shape.axes().collect::<Vec<_>>()[..] {
            [inputs, _] => (2.0 / inputs as f64).sqrt() * Var::normal(key[0], shape),
            _ => Var::constant(0.0).broadcast_to(shape),
        };
        parameters.layout().entries().iter().map(|entry| array(entry.shape)).collect::<Vec<_>>()
    })?;
    Executable::<f32>::new(&initial)?.run(&[1.0], parameters.as_mut_slice())?;
    let batch = trace(1, |key| {
        let images = Var::normal(key[0], [EXAMPLES, 784]);
        [images, images.matmul(Var::normal(key[0], [784, 10])).argmax(1)]
    })?;
    let mut examples = vec![0.0; EXAMPLES * 785];
    Executable::<f32>::new(&batch)?.run(&[2.0], &mut examples)?;
    print!("{}", parameters.layout());

    let mut step = Executable::<f32>::new(&value_and_gradient_of(&loss, &[0, 1, 2, 3, 4, 5])?)?;
    let mut rule = "sgd(lr=0.1)".parse::<Optimizer>()?.rule::<f32>(parameters.as_slice().len(), 1)?;
    let mut arguments = [parameters.as_slice(), &examples].concat();
    let mut results = vec![0.0; step.output_len()];
    for k in 0..10 {
        step.run(&arguments, &mut results)?;
        println!("step {k}: loss = {:.4}", results[0]);
        rule.step(&mut arguments[..parameters.as_slice().len()], &results[1..])?;
    }
    print!("{}", step.explain());
    Ok(())
}
