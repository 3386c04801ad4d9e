//! [`Activation`]: a function of every number by itself.

use super::{Form, Layer, Misfit, Pass};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
use thalweg_function::{Var, select};

/// A function of every number by itself. Formulas and defaults are PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x for x > 0, else `slope`·x.
    LeakyRelu {
        /// 0.01 is usual.
        slope: f64,
    },
    /// x for x > 0, else `alpha`·(eˣ − 1).
    Elu {
        /// 1 is usual.
        alpha: f64,
    },
    /// x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, which is within 5e-4 of x·Φ(x) (Hendrycks and Gimpel 2016); PyTorch's
    /// `gelu(approximate="tanh")`, JAX's default.
    Gelu,
    /// x·sigmoid(x), also called swish.
    Silu,
    /// x·tanh(softplus(x)).
    Mish,
    /// The hyperbolic tangent.
    Tanh,
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// log(1 + eˣ).
    Softplus,
    /// x/(1 + |x|).
    Softsign,
    /// x itself.
    Identity,
}

impl Activation {
    /// All of them, with their usual numbers.
    pub const ALL: [Activation; 11] = [
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.01 },
        Activation::Elu { alpha: 1.0 },
        Activation::Gelu,
        Activation::Silu,
        Activation::Mish,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
        Activation::Softsign,
        Activation::Identity,
    ];

    /// What it is called in model strings.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::LeakyRelu { .. } => "leaky_relu",
            Activation::Elu { .. } => "elu",
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
            Activation::Mish => "mish",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
            Activation::Softplus => "softplus",
            Activation::Softsign => "softsign",
            Activation::Identity => "identity",
        }
    }

    /// Its value for each number of `x`.
    pub fn of(self, x: Var) -> Var {
        match self {
            Activation::Relu => x.relu(),
            Activation::LeakyRelu { slope } => select(Var::constant(0.0).less(x), x, slope * x),
            Activation::Elu { alpha } => {
                // The exponent is kept from overflowing where its value is not used.
                let positive = Var::constant(0.0).less(x);
                select(positive, x, alpha * select(positive, 0.0, x).expm1())
            }
            Activation::Gelu => {
                let inner = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (x + 0.044715 * (x * x * x));
                0.5 * x * (1.0 + inner.tanh())
            }
            Activation::Silu => x * x.sigmoid(),
            Activation::Mish => x * x.softplus().tanh(),
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Softplus => x.softplus(),
            Activation::Softsign => x / (1.0 + x.abs()),
            Activation::Identity => x,
        }
    }
}

impl Layer for Activation {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        Ok(Form::of(input))
    }

    fn apply(&self, x: Var, _: &mut Pass) -> Var {
        self.of(x)
    }
}
