//! Layers that make one number of the numbers under a window: [`MaxPool2d`], [`AvgPool2d`].

use super::convolution::places;
use super::{Form, Layer, Misfit, Pass};
use thalweg_function::Var;

/// The largest number under each place of a window over images `[C, H, W]`. Equal ones share the derivative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool2d {
    /// Height and width of the window.
    pub size: [usize; 2],
    /// From one place to the next, down and across.
    pub stride: [usize; 2],
}

/// The mean of the numbers under each place of a window over images `[C, H, W]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvgPool2d {
    /// Height and width of the window.
    pub size: [usize; 2],
    /// From one place to the next, down and across.
    pub stride: [usize; 2],
}

macro_rules! pool {
    ($name:ident $method:ident) => {
        impl $name {
            /// A square window whose places do not overlap.
            pub fn new(size: usize) -> Self {
                $name { size: [size; 2], stride: [size; 2] }
            }
        }

        impl Layer for $name {
            fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
                Ok(Form::of(&places(input, self.size, self.stride, [0; 2])?))
            }

            fn apply(&self, x: Var, _: &mut Pass) -> Var {
                x.$method(self.size, self.stride)
            }
        }
    };
}
pool!(MaxPool2d max_pool);
pool!(AvgPool2d avg_pool);
