//! Decoupled weight decay of some leaves only.

use crate::Real;
use crate::pass::{Masked, Piece, Treatment};
use crate::transform::{Framed, Gradient, Rate};

/// A frame around a direction that is a piece already; `mask` has patterns of the names of the leaves that decay.
pub(super) fn decayed_where<F: Real>(
    rule: &'static str,
    frame: Framed,
    mask: &str,
    direction: Box<dyn Piece<F>>,
) -> Vec<Box<dyn Piece<F>>> {
    let Framed { lr, weight_decay, maximize, .. } = frame;
    let mut pieces: Vec<Box<dyn Piece<F>>> = Vec::new();
    if maximize {
        pieces.push(Box::new(Gradient { weight_decay: 0.0, maximize }));
    }
    pieces.extend([direction, decay_where(rule, mask, weight_decay), Box::new(Rate::new(lr))]);
    pieces
}

/// `weight_decay · x` added to the update of the leaves that `mask` has patterns of.
pub(super) fn decay_where<F: Real>(rule: &'static str, mask: &str, weight_decay: f64) -> Box<dyn Piece<F>> {
    Box::new(Masked {
        rule,
        key: "mask",
        pattern: mask.to_owned(),
        treatment: Treatment::Decay(weight_decay),
    })
}
