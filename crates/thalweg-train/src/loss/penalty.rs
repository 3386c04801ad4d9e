//! [`L2`]: what weights cost.

use thalweg_function::Var;

/// `factor`/2·Σw² over the weights w: all parameters of two axes or more, so neither biases nor the factors of normalisations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct L2 {
    /// The cost of a square, twice.
    pub factor: f64,
}

impl L2 {
    /// What these parameters cost.
    pub fn of(&self, parameters: &[Var]) -> Var {
        let weights = parameters.iter().filter(|parameter| parameter.shape().rank() > 1);
        let squares = weights.map(|&weight| (weight * weight).sum(..));
        0.5 * self.factor * squares.fold(Var::constant(0.0), |sum, square| sum + square)
    }
}
