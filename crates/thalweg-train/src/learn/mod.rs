//! What a training run computes, over and over: the loss of a batch with its gradient ([`Learner`]), and the loss, the accuracy and the
//! predictions of a whole data set ([`Evaluator`]).
//!
//! Both are made for a batch of fixed size, are given parameters by whoever owns them, and allocate nothing after their first run.
//!
//! ```
//! use thalweg_rule::Optimizer;
//! use thalweg_train::data::Dataset;
//! use thalweg_train::learn::{Evaluator, Learner};
//! use thalweg_train::loss::CrossEntropy;
//! use thalweg_train::network::Model;
//!
//! let (train, validation) = Dataset::digits().split(0.2, 0)?;
//! let network = "mlp(32)".parse::<Model>()?.network(train.shape(), 10)?;
//! let mut learner = Learner::new(&network, &CrossEntropy::default(), 64)?;
//! let mut evaluator = Evaluator::new(&network, &CrossEntropy::default(), 128)?;
//! let mut parameters = network.initialize(0);
//! let mut rule = "adam(lr=0.01)".parse::<Optimizer>()?.rule::<f32>(parameters.len(), 1)?;
//! for step in 0..50 {
//!     let indices: Vec<usize> = (0..64).map(|k| (step * 64 + k) % train.len()).collect();
//!     learner.gather(&train, &indices)?;
//!     learner.loss_and_gradient(&parameters, &[])?;
//!     rule.step(&mut parameters, learner.gradient())?;
//! }
//! assert!(evaluator.evaluate(&parameters, &[], &validation)?.accuracy > Some(0.85));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What never lives here: the loop over steps.

mod evaluator;
mod feed;
mod learner;

pub use evaluator::{Evaluator, Metrics, Predictions};
pub use learner::Learner;
