//! What stands around a direction: the gradient as PyTorch takes it before, weight decay and the learning rate behind.

use super::{AddDecayedWeights, Gradient, Rate};
use crate::pass::Piece;
use crate::{Chain, Real, Schedule, Transform};

/// The frame of a direction.
///
/// ```text
/// g ← ±g [+ weight_decay · x];  x ← x − lr · (direction(g) [+ weight_decay · x])
/// ```
///
/// Weight decay stands in the first place, an L2 penalty, or in the second one if `decoupled`.
#[derive(Debug, Clone)]
pub(crate) struct Framed {
    pub(crate) lr: Schedule,
    pub(crate) weight_decay: f64,
    pub(crate) decoupled: bool,
    pub(crate) maximize: bool,
}

impl Framed {
    /// The learning rate alone.
    pub(crate) fn with(lr: &Schedule) -> Self {
        Framed { lr: lr.clone(), weight_decay: 0.0, decoupled: false, maximize: false }
    }

    /// With decoupled weight decay.
    pub(crate) fn decayed(self, weight_decay: f64) -> Self {
        Framed { weight_decay, decoupled: true, ..self }
    }

    /// Around a direction. A plain frame costs nothing; all others are one and the same loop.
    pub(crate) fn around<F: Real>(self, direction: impl Transform) -> Vec<Box<dyn Piece<F>>> {
        let rate = Rate::new(self.lr);
        if self.weight_decay == 0.0 && !self.maximize {
            return vec![Box::new(Chain(direction, rate))];
        }
        let [penalty, decay] =
            if self.decoupled { [0.0, self.weight_decay] } else { [self.weight_decay, 0.0] };
        let gradient = Gradient { weight_decay: penalty, maximize: self.maximize };
        let decay = AddDecayedWeights { weight_decay: decay };
        vec![Box::new(Chain(Chain(gradient, direction), Chain(decay, rate)))]
    }
}
