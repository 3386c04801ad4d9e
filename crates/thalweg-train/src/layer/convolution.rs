//! [`Conv2d`]: the same weights at every place of an image.

use super::{Form, Layer, Misfit, Pass};
use crate::initializer::Initializer;
use thalweg_function::Var;

/// Images `[C, H, W]`, surrounded by zeros, under a window that takes each of its places: `[channels, H′, W′]` with
/// H′ = ⌊(H + 2·padding − kernel)/stride⌋ + 1. The weight has the shape `[channels, C, kernel height, kernel width]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv2d {
    /// How many channels it makes.
    pub channels: usize,
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// From one place to the next, down and across.
    pub stride: [usize; 2],
    /// How many zeros stand on each side, above and below, left and right.
    pub padding: [usize; 2],
    /// Whether each channel has a bias, which starts at 0.
    pub bias: bool,
    /// What the weight is before training.
    pub weight: Initializer,
}

impl Conv2d {
    /// A square window that moves by 1, without zeros around; with a bias, and weights by [`Initializer::LECUN_NORMAL`].
    pub fn new(channels: usize, kernel: usize) -> Self {
        Conv2d {
            channels,
            kernel: [kernel; 2],
            stride: [1; 2],
            padding: [0; 2],
            bias: true,
            weight: Initializer::LECUN_NORMAL,
        }
    }
}

impl Layer for Conv2d {
    fn form(&self, input: &[usize]) -> Result<Form, Misfit> {
        if self.channels == 0 {
            return Err(Misfit::number("the number of channels", 0, "at least 1"));
        }
        let [channels, places @ ..] = places(input, self.kernel, self.stride, self.padding)?;
        let [height, width] = self.kernel;
        let weight = [self.channels, channels, height, width];
        let form = Form::of(&[self.channels, places[0], places[1]]).learns("weight", &weight, self.weight);
        Ok(if self.bias { form.learns("bias", &[self.channels], Initializer::Constant(0.0)) } else { form })
    }

    fn apply(&self, x: Var, pass: &mut Pass) -> Var {
        let y = x.conv2d(pass.parameter("weight"), self.stride, self.padding);
        if self.bias { y + pass.parameter("bias").reshape([self.channels, 1, 1]) } else { y }
    }
}

/// The channels of an image, and how many places a window has over it, down and across.
pub(super) fn places(
    input: &[usize],
    size: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
) -> Result<[usize; 3], Misfit> {
    let &[channels, height, width] = input else {
        return Err(Misfit::shape(input, "[channels, height, width]"));
    };
    let mut places = [channels, 0, 0];
    for (k, length) in [height, width].into_iter().enumerate() {
        for (what, number, least) in
            [("a window's size", size[k], 1), ("a stride", stride[k], 1), ("a padding", padding[k], 0)]
        {
            if !(least..=255).contains(&number) {
                return Err(Misfit::number(
                    what,
                    number,
                    if least == 1 { "from 1 to 255" } else { "at most 255" },
                ));
            }
        }
        let Some(room) = (length + 2 * padding[k]).checked_sub(size[k]) else {
            let wanted = format!("at least {size:?} high and wide, the window less its padding");
            return Err(Misfit::shape(input, wanted));
        };
        places[k + 1] = room / stride[k] + 1;
    }
    Ok(places)
}
