//! Layers: plain structs that say what they learn and trace what they compute.
//!
//! A [`Layer`] has a [`Form`] for the shape of the examples it is given: the shape that it makes of them, the parameters it learns,
//! the buffers it keeps. Its [`apply`](Layer::apply) computes on a whole batch of [`Var`]s, and gets its parameters by name from the
//! [`Pass`]. A layer of your own is a struct with these two methods:
//!
//! ```
//! use thalweg_function::Var;
//! use thalweg_train::initializer::Initializer;
//! use thalweg_train::layer::{Form, Layer, Misfit, Pass, Sequential};
//!
//! /// y = s·x, with a factor s for each feature.
//! #[derive(Debug, Clone)]
//! struct Scale;
//!
//! impl Layer for Scale {
//!     fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
//!         Ok(Form::of(input).learns("factor", input, Initializer::Constant(1.0)))
//!     }
//!
//!     fn apply(&self, x: Var, pass: &mut Pass) -> Var {
//!         x * pass.parameter("factor")
//!     }
//! }
//!
//! let network = thalweg_train::network::Network::new(&[3], Sequential::default().then(Scale))?;
//! assert_eq!(network.parameters().leaves()[0].name, "0.factor");
//! # Ok::<(), thalweg_train::network::NetworkError>(())
//! ```
//!
//! What never lives here: what is done with what a layer computes.

mod activation;
mod convolution;
mod dense;
mod dropout;
mod embedding;
mod norm;
mod pass;
mod pool;
mod sequential;
mod shape;
pub(crate) use shape::shape_of;

pub use activation::Activation;
pub use convolution::Conv2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use norm::{BatchNorm, LayerNorm};
pub use pass::Pass;
pub use pool::{AvgPool2d, MaxPool2d};
pub use sequential::Sequential;
pub use shape::{Flatten, Reshape};

use crate::initializer::Initializer;
use std::fmt;
use thalweg_function::Var;
use thiserror::Error;

/// A part of a network: what it learns, and what it computes.
pub trait Layer: fmt::Debug + Send + Sync {
    /// What this layer is for examples of shape `input`.
    ///
    /// # Errors
    /// The layer cannot take such examples.
    fn form(&self, input: &[usize]) -> Result<Form, Misfit>;

    /// What it computes of a batch, `[N, …input]` → `[N, …output]`.
    fn apply(&self, x: Var, pass: &mut Pass) -> Var;
}

/// What a layer is for examples of one shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Form {
    /// The shape of an example after it.
    pub output: Vec<usize>,
    /// What it learns, in order.
    pub parameters: Vec<Parameter>,
    /// What it keeps from step to step beside, in order.
    pub buffers: Vec<Buffer>,
}

impl Form {
    /// That of a layer with examples of shape `output` after it, which learns and keeps nothing.
    pub fn of(output: &[usize]) -> Self {
        Form { output: output.to_vec(), ..Form::default() }
    }

    /// With one more parameter.
    pub fn learns(mut self, name: &str, shape: &[usize], initializer: Initializer) -> Self {
        self.parameters.push(Parameter { name: name.to_owned(), shape: shape.to_vec(), initializer });
        self
    }

    /// With one more buffer, full of `value` at first.
    pub fn keeps(mut self, name: &str, shape: &[usize], value: f32) -> Self {
        self.buffers.push(Buffer { name: name.to_owned(), shape: shape.to_vec(), value });
        self
    }
}

/// An array that a layer learns.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name within the layer, such as `weight`.
    pub name: String,
    /// Its shape; of a weight, what it computes first: `[outputs, inputs]`, `[outputs, inputs, height, width]`.
    pub shape: Vec<usize>,
    /// What it is before training.
    pub initializer: Initializer,
}

/// An array that a layer keeps from step to step without learning it by gradients.
#[derive(Debug, Clone, PartialEq)]
pub struct Buffer {
    /// Its name within the layer, such as `running_mean`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What it is full of before training.
    pub value: f32,
}

/// Why a layer cannot be where it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} is {found}, must be {wanted}")]
pub struct Misfit {
    /// What does not fit, such as "the shape of an example".
    pub what: String,
    /// What was found.
    pub found: String,
    /// What would be right.
    pub wanted: String,
}

impl Misfit {
    /// That `what` is `found` where it must be `wanted`.
    pub fn new(what: impl Into<String>, found: impl fmt::Display, wanted: impl Into<String>) -> Self {
        Misfit { what: what.into(), found: found.to_string(), wanted: wanted.into() }
    }

    /// That examples of shape `found` came where such of `wanted` are needed.
    pub fn shape(found: &[usize], wanted: impl Into<String>) -> Self {
        Misfit::new("the shape of an example", format_args!("{found:?}"), wanted)
    }

    /// That a number of the layer is out of its range.
    fn number(what: &str, found: impl fmt::Display, wanted: &str) -> Self {
        Misfit::new(what, found, wanted)
    }
}
