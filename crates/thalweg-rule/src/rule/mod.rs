//! The rules by name: hyperparameters with defaults, formula, source. Loops over memory never live here.

mod adagrad;
mod adam;
mod adam_variants;
mod chain;
mod momentum;
mod preconditioned;
mod rmsprop;
mod sgd;

pub use adagrad::{Adagrad, ScaleByRss};
pub use adam::{Adam, BiasCorrection, ScaleByAdam};
pub use adam_variants::{AMSGrad, AdamW};
pub use chain::{AddDecayedWeights, ClipByGlobalNorm, ClipByValue, Scale};
pub use momentum::{HeavyBall, Nesterov};
pub use preconditioned::Preconditioned;
pub use rmsprop::{RmsProp, ScaleByRms};
pub use sgd::Sgd;
