//! [`Task`]: what is to be learnt.

use crate::{data::Dataset, loss::Loss, network::Network};
use std::sync::Arc;

/// A network, how far from right it is, and the examples to learn from. Cheap to copy.
#[derive(Debug, Clone)]
pub struct Task {
    /// What is trained.
    pub network: Arc<Network>,
    /// What is minimised, as a mean over the examples.
    pub loss: Arc<dyn Loss>,
    /// The examples to learn from.
    pub train: Arc<Dataset>,
    /// Examples that the network never learns from, to see how well it does.
    pub validation: Option<Arc<Dataset>>,
}

impl Task {
    /// Without validation.
    pub fn new(network: Network, loss: impl Loss + 'static, train: Dataset) -> Self {
        Self { network: Arc::new(network), loss: Arc::new(loss), train: Arc::new(train), validation: None }
    }

    /// With examples for validation.
    pub fn with_validation(self, validation: Dataset) -> Self {
        Self { validation: Some(Arc::new(validation)), ..self }
    }
}
