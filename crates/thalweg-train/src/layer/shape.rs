//! Layers that only see examples in another shape: [`Flatten`], [`Reshape`].

use super::{Form, Layer, Misfit, Pass};
use thalweg_function::{Shape, Var};

/// The numbers of each example in a single row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flatten;

impl Layer for Flatten {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        Ok(Form::of(&[input.iter().product()]))
    }

    fn apply(&self, x: Var, _: &mut Pass) -> Var {
        let shape = x.shape();
        x.reshape([shape.axes().next().unwrap_or(1), shape.axes().skip(1).product()])
    }
}

/// The numbers of each example, in the same order, as an array of this shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reshape(pub Vec<usize>);

impl Layer for Reshape {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        let (found, wanted) = (input.iter().product::<usize>(), self.0.iter().product::<usize>());
        if found != wanted || self.0.len() >= Shape::MAX_RANK {
            return Err(Misfit::shape(input, format!("{wanted} numbers in all, as {:?} has", self.0)));
        }
        Ok(Form::of(&self.0))
    }

    fn apply(&self, x: Var, _: &mut Pass) -> Var {
        let examples: Vec<_> = x.shape().axes().take(1).collect();
        x.reshape(shape_of(&examples, &self.0))
    }
}

/// The axes `outer`, then `inner`; a scalar's shape if those are too many, which the forms of layers do not let happen.
pub(crate) fn shape_of(outer: &[usize], inner: &[usize]) -> Shape {
    Shape::new(&[outer, inner].concat()).unwrap_or(Shape::SCALAR)
}
