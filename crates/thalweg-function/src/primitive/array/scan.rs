//! Loops of fixed length.

use std::sync::Arc;

use super::ArrayOp;
use crate::program::{Builder, NodeId, Program, Shape};

/// The body of a loop: a program `(carry, shared, row) → (carry, record)` of vectors, run once for each row.
///
/// The node's operands are the first carry, what every step sees, and the rows (steps × row length); its result is one vector:
/// the last carry, then the records of all steps, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Loop {
    pub(crate) body: Arc<Program>,
    pub(crate) steps: usize,
}

impl Loop {
    pub(crate) fn carry(&self) -> usize {
        self.body.input_shapes().next().map_or(0, |shape| shape.size())
    }

    pub(crate) fn record(&self) -> usize {
        self.body.output_shapes().nth(1).map_or(0, |shape| shape.size())
    }
}

impl Builder {
    /// Runs the loop: the last carry, then all records, as one vector.
    pub(crate) fn scan(&mut self, body: Loop, carry: NodeId, shared: NodeId, rows: NodeId) -> NodeId {
        let length = body.carry() + body.steps * body.record();
        let number = self.add_loop(body);
        self.array(ArrayOp::Scan(number), &[carry, shared, rows], Shape::of([length]))
    }
}
