//! The mini-batch loop: batches in, a trained network and what happened out.
//!
//! - [`Task`] is what is to be learnt: a network, a loss, data. [`Options`] say how: the optimiser, batches, how long, how often what.
//! - [`train`] does it. A [`Run`] is the same as a state machine: one step at a time, to be watched, interrupted and resumed.
//! - A [`Series`] of runs shares what is compiled. [`compare`] trains with several optimisers from the same parameters on the same batches;
//!   [`find_lr`] tries learning rates.
//!
//! ```
//! use thalweg_train::{data::Dataset, loss::CrossEntropy, network::Model};
//! use thalweg_train::run::{Length, Options, Task, train};
//!
//! let (train_part, validation) = Dataset::digits().split(0.2, 0)?;
//! let network = "mlp(16)".parse::<Model>()?.network(train_part.shape(), 10)?;
//! let task = Task::new(network, CrossEntropy::default(), train_part).with_validation(validation);
//! let options = Options { length: Length::Steps(60), ..Options::new("adam(lr=0.01)".parse()?) };
//! let trained = train(&task, &options)?;
//! assert!(trained.history.last_validation().and_then(|record| record.validation_accuracy) > Some(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same task, options and seed give the same bits, whatever the number of threads, and however often the run was interrupted,
//! killed and resumed.
//!
//! What never lives here: what a step computes (`learn`), what a rule does with it (`thalweg-rule`), how it is drawn.

mod batch;
mod compare;
mod curvature;
mod engine;
mod error;
mod find_lr;
mod keeping;
mod machine;
mod observer;
mod options;
mod recall;
mod saving;
mod series;
mod status;
mod summary;
mod task;
mod trained;

pub use compare::compare;
pub(crate) use curvature::Curvature;
pub use error::TrainError;
pub use find_lr::{LrCurve, LrPoint, LrTest, find_lr};
pub use machine::{Run, train};
pub use observer::{Observer, State};
pub use options::{Checkpoints, Length, Options};
pub use saving::Resumed;
pub use series::Series;
pub use status::{NonFinite, Place, Status};
pub use summary::{Spread, Summary, summarize};
pub use task::Task;
pub use trained::Trained;
