//! Convolutions: shapes as [`product`](crate::product) wants them.

use super::threads;
use crate::execute::{Float, Precision};
use crate::kernel::isa::Isa;
use crate::primitive::{Side, Window};
use crate::product::{Convolution, Means, Sliding};
use crate::program::Shape;

/// One side of a convolution from two others of these shapes.
pub(super) fn new<F: Float>(
    window: Window,
    side: Side,
    operands: [Shape; 2],
    shape: Shape,
    precision: Precision,
) -> Convolution {
    let sliding = sliding(window, side, operands, shape);
    let means = Means { isa: Isa::detect(), half: precision.half::<F>(), threads: threads() };
    match side {
        Side::Results => Convolution::results::<F>(means, sliding),
        Side::Images => Convolution::images::<F>(means, sliding),
        Side::Kernel => Convolution::kernel::<F>(means, sliding),
    }
}

/// What slides over what.
pub(in crate::execute::array) fn sliding(
    window: Window,
    side: Side,
    operands: [Shape; 2],
    shape: Shape,
) -> Sliding {
    let (images, kernel) = match side {
        Side::Results => (operands[0], operands[1]),
        Side::Images => (shape, operands[1]),
        Side::Kernel => (operands[0], shape),
    };
    let extent = [images.axis(2), images.axis(3)];
    Sliding {
        images: images.axis(0),
        channels: images.axis(1),
        outputs: kernel.axis(0),
        extent,
        size: window.size.map(usize::from),
        stride: window.stride.map(usize::from),
        padding: window.padding.map(usize::from),
        places: window.places(extent).unwrap_or_default(),
    }
}
