//! The diagonal of a square matrix, without computing what is off it where that is possible.

use rustc_hash::FxHashMap;

use crate::primitive::{ArrayOp, Axes, Op, Span};
use crate::program::{Builder, NodeId, Shape};

/// The diagonals found so far.
type Known = FxHashMap<NodeId, NodeId>;

impl Builder {
    /// The diagonal of an n×n matrix as a vector.
    pub(super) fn diagonal_of(&mut self, x: NodeId) -> NodeId {
        self.diagonal_known(x, &mut Known::default())
    }

    fn diagonal_known(&mut self, x: NodeId, known: &mut Known) -> NodeId {
        if self.shape(x).is_scalar() {
            return x;
        }
        if let Some(&diagonal) = known.get(&x) {
            return diagonal;
        }
        let n = self.shape(x).axis(0);
        let vector = Shape::of([n]);
        let (first, second) = (self.operand(x, 0), self.operand(x, 1));
        let diagonal = match self.op(x) {
            // Σₖ A′ᵢₖ·B′ₖᵢ.
            Op::Array(ArrayOp::Product { transpose: [tx, ty] }) => {
                let rows = if tx { self.transpose(first) } else { first };
                let columns = if ty { second } else { self.transpose(second) };
                let terms = self.mul(rows, columns);
                self.sum(terms, Axes::of([1]))
            }
            Op::Array(ArrayOp::Permute(_)) => self.diagonal_known(first, known),
            Op::Broadcast(1 | 2) => first,
            op @ (Op::Add | Op::Sub | Op::Mul | Op::Div) => {
                let operands = [first, second].map(|id| self.diagonal_known(id, known));
                self.apply(op, &operands)
            }
            Op::Neg => {
                let diagonal = self.diagonal_known(first, known);
                self.neg(diagonal)
            }
            Op::Equal if self.is_index(first) && self.is_index(second) => self.constant(1.0),
            _ => {
                let flat = self.reshape(x, Shape::of([n * n]));
                self.slice(flat, Span { axis: 0, start: 0, step: n as i32 + 1 }, n)
            }
        };
        let diagonal = self.filled(diagonal, vector);
        known.insert(x, diagonal);
        diagonal
    }

    fn is_index(&self, x: NodeId) -> bool {
        matches!(self.op(x), Op::Array(ArrayOp::Iota(_)))
    }
}
