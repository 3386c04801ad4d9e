//! Losses: how far a network's outputs are from what is to be learnt.
//!
//! A [`Loss`] gives one number for each example; a step minimises their mean. [`L2`] adds what weights cost. A loss of your own is a
//! struct with [`Loss::of_each`] and [`Loss::wants`].
//!
//! What never lives here: how losses are minimised.

mod classes;
mod named;
mod penalty;
mod values;

pub use classes::{BinaryCrossEntropy, CrossEntropy};
pub use named::{NAMES, parse};
pub use penalty::L2;
pub use values::{Huber, MeanSquaredError};

use crate::layer::Misfit;
use std::fmt;
use thalweg_function::Var;

/// What a loss compares the outputs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// One class an example, below this.
    Class(usize),
    /// So many numbers an example.
    Values(usize),
}

impl Wants {
    /// How many numbers stand for the target of one example.
    pub fn width(self) -> usize {
        match self {
            Wants::Class(_) => 1,
            Wants::Values(width) => width,
        }
    }
}

impl fmt::Display for Wants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wants::Class(classes) => write!(f, "classes below {classes}"),
            Wants::Values(1) => write!(f, "one number an example"),
            Wants::Values(width) => write!(f, "{width} numbers an example"),
        }
    }
}

/// How far outputs are from targets.
pub trait Loss: fmt::Debug + Send + Sync {
    /// What outputs of this shape are compared with.
    ///
    /// # Errors
    /// The loss cannot take such outputs.
    fn wants(&self, output: &[usize]) -> Result<Wants, Misfit>;

    /// The loss of each example, `[N]`, of outputs `[N, …]` and of targets `[N, width]`, or `[N]` where these are classes.
    fn of_each(&self, outputs: Var, targets: Var) -> Var;

    /// How right each example is, from 0 to 1, `[N]`; none if that is no question.
    fn right(&self, outputs: Var, targets: Var) -> Option<Var> {
        let _ = (outputs, targets);
        None
    }

    /// What the outputs say in numbers that people read: probabilities, if they stand for some.
    fn predictions(&self, outputs: Var) -> Var {
        outputs
    }
}

/// All axes but the first.
fn rest(x: Var) -> Vec<i32> {
    (1..x.shape().rank() as i32).collect()
}

/// The mean over all axes but the first.
fn mean_of_each(x: Var) -> Var {
    if x.shape().rank() == 1 { x } else { x.mean(rest(x).as_slice()) }
}
