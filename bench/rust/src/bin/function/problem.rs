//! The functions, traced, and the arguments at which they are measured.

use std::error::Error;
use std::f64::consts::{E, TAU};

use thalweg_function::{
    Float, Program, Shape, Var, keep, trace, value_and_gradient_of, value_gradient_hessian,
};
use thalweg_landscape::{Landscape, RandomState};

/// Rows and columns of the logistic regression.
const ROWS: usize = 1000;
const COLUMNS: usize = 100;

/// The network's layers, and how many pictures it sees at once.
const WIDTHS: [usize; 4] = [784, 512, 512, 10];
const BATCH: usize = 256;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A function and where it is evaluated.
pub(crate) struct Problem<F> {
    function: Program,
    /// The arguments that are differentiated, the first ones.
    differentiated: usize,
    with_hessian: bool,
    /// How many points: lanes of a function of scalars, 1 of a function of arrays.
    pub(crate) points: usize,
    /// How many numbers a point's gradient has.
    pub(crate) unknowns: usize,
    pub(crate) inputs: Vec<F>,
}

impl<F: Float> Problem<F> {
    /// What is measured: the value, then value and gradient, then value, gradient and Hessian.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Outcome<Program>)> {
        let inputs = Vec::from_iter(0..self.differentiated);
        let gradient = value_and_gradient_of(&self.function, &inputs).map_err(Into::into);
        let mut parts = vec![("value", Ok(self.function.clone())), ("gradient", gradient)];
        if self.with_hessian {
            parts.push(("Hessian", value_gradient_hessian(&self.function).map_err(Into::into)));
        }
        parts
    }
}

fn vector(function: Program, inputs: Vec<f64>) -> Problem<f64> {
    let unknowns = inputs.len();
    Problem { function, differentiated: 1, with_hessian: false, points: 1, unknowns, inputs }
}

/// `n` coordinates in ±2.
pub(crate) fn point(n: usize) -> Vec<f64> {
    RandomState::seed(0).uniform(-2.0, 2.0, n)
}

/// Ackley's function of `n` variables.
pub(crate) fn ackley(n: usize) -> Outcome<Problem<f64>> {
    let function = trace([Shape::from([n])], |x| {
        let (root, waves) = ((x[0] * x[0]).mean(..).sqrt(), (TAU * x[0]).cos().mean(..));
        20.0 + E - 20.0 * (-0.2 * root).exp() - waves.exp()
    })?;
    Ok(vector(function, point(n)))
}

/// Rosenbrock's function, extended to `n` variables in pairs.
pub(crate) fn rosenbrock(n: usize) -> Outcome<Problem<f64>> {
    let function = trace([Shape::from([n])], |x| {
        let (odd, even) = (x[0].slice_by(0, .., 2), x[0].slice_by(0, 1.., 2));
        (100.0 * (even - odd.pow(2.0)).pow(2.0) + (1.0 - odd).pow(2.0)).sum(..)
    })?;
    Ok(vector(function, point(n)))
}

/// Eight Gaussian wells in the plane, at `n` points.
pub(crate) fn wells(n: usize) -> Outcome<Problem<f64>> {
    let function = Landscape::parse("wells(wells=8, dim=2, seed=0)")?.program().clone();
    let pairs = RandomState::seed(0).uniform(-3.0, 3.0, 2 * n);
    let component = |k| pairs.chunks(2).map(move |pair| pair[k]);
    let inputs = component(0).chain(component(1)).collect();
    Ok(Problem { function, differentiated: 2, with_hessian: true, points: n, unknowns: 2, inputs })
}

/// The negative log-likelihood of a logistic regression: Σ log(1 + eᶻ) − y·z with z = X·w.
pub(crate) fn logistic() -> Outcome<Problem<f64>> {
    let mut random = RandomState::seed(0);
    let data: Vec<f64> = (0..ROWS * COLUMNS).map(|_| random.randn()).collect();
    let classes: Vec<f64> =
        random.uniform(0.0, 1.0, ROWS).into_iter().map(|u| f64::from(u8::from(u < 0.5))).collect();
    let inputs: Vec<f64> = (0..COLUMNS).map(|_| 0.1 * random.randn()).collect();
    let function = trace([Shape::from([COLUMNS])], |w| {
        let scores = Var::array([ROWS, COLUMNS], &data).matmul(w[0]);
        (scores.softplus() - Var::array([ROWS], &classes) * scores).sum(..)
    })?;
    Ok(Problem { with_hessian: true, ..vector(function, inputs) })
}

/// The mean cross-entropy of a network of three layers.
pub(crate) fn mlp() -> Outcome<Problem<f32>> {
    let mut random = RandomState::seed(0);
    let (mut shapes, mut inputs): (Vec<Shape>, Vec<f32>) = Default::default();
    for layer in WIDTHS.windows(2) {
        let &[rows, columns] = layer else { continue };
        let scale = (2.0 / rows as f64).sqrt();
        inputs.extend((0..rows * columns).map(|_| (random.randn() * scale) as f32));
        inputs.extend((0..columns).map(|_| (0.1 * random.randn()) as f32));
        shapes.extend([Shape::from([rows, columns]), Shape::from([columns])]);
    }
    let (differentiated, unknowns) = (shapes.len(), inputs.len());
    let [pixels, .., digits] = WIDTHS;
    shapes.extend([Shape::from([BATCH, pixels]), Shape::from([BATCH, digits])]);
    inputs.extend(random.uniform(0.0, 1.0, BATCH * pixels).into_iter().map(|u| u as f32));
    for u in random.uniform(0.0, 1.0, BATCH) {
        let digit = (digits as f64 * u) as usize;
        inputs.extend((0..digits).map(|k| f32::from(u8::from(k == digit))));
    }
    let function = trace(shapes, |x| {
        let [w1, b1, w2, b2, w3, b3, pictures, hot] = x else { return Var::constant(f64::NAN) };
        let hidden = (pictures.matmul(*w1) + *b1).relu();
        let hidden = (hidden.matmul(*w2) + *b2).relu();
        let scores = hidden.matmul(*w3) + *b3;
        let top = scores.max_over(keep(-1)).stop_gradient();
        let normalizers = (scores - top).exp().sum(keep(-1)).log() + top;
        -((scores - normalizers) * *hot).sum(-1).mean(..)
    })?;
    Ok(Problem { function, differentiated, with_hessian: false, points: 1, unknowns, inputs })
}
