//! Batches of matrix products: one large product instead of many small ones where possible.

use super::arrays::{Batch, Value};
use crate::program::{NodeId, Shape};

/// From how many rows a member's product is worth its own pass, rather than copies that merge all members' rows.
const ROWS_WORTH_A_PRODUCT: usize = 8;

impl Batch {
    /// Products over the last two axes, of which one factor or both have the batch axis.
    pub(super) fn product(
        &mut self,
        [tx, ty]: [bool; 2],
        [x, y]: [Value; 2],
        [xs, ys]: [Shape; 2],
    ) -> NodeId {
        let merged = match (x.batched, y.batched) {
            (true, false) => self.merged(x.id, tx, y.id, ty),
            // (A·B)ᵀ = Bᵀ·Aᵀ.
            (false, true) => self.merged(y.id, !ty, x.id, !tx).map(|id| self.builder.transpose(id)),
            _ => None,
        };
        merged.unwrap_or_else(|| {
            let (x, y) = (self.spread(x, xs), self.spread(y, ys));
            self.builder.matmul(x, y, [tx, ty])
        })
    }

    /// A′ᵢ·B′ for all members i as one product: the rows of all A′ᵢ below each other. `None` where that would cost copies
    /// of large matrices.
    fn merged(&mut self, x: NodeId, tx: bool, y: NodeId, ty: bool) -> Option<NodeId> {
        let shape = self.builder.shape(x);
        let rank = shape.rank();
        let outer = rank - 3;
        let (r, c) = (shape.axis(rank - 2), shape.axis(rank - 1));
        let (rows, inner) = if tx { (c, r) } else { (r, c) };
        let in_place = outer == 0 && (!tx || r == 1 || c == 1);
        if !in_place && rows >= ROWS_WORTH_A_PRODUCT {
            return None;
        }
        let matrix = if tx { [rank - 1, rank - 2] } else { [rank - 2, rank - 1] };
        let order: Vec<_> = (1..=outer).chain([0]).chain(matrix).collect();
        let outer_axes = || shape.axes().skip(1).take(outer);

        let builder = &mut self.builder;
        let moved = builder.permute(x, &order);
        let merged = builder.reshape(moved, Shape::of(outer_axes().chain([self.size * rows, inner])));
        let product = builder.matmul(merged, y, [false, ty]);
        let columns = builder.shape(product).axis(rank - 2);
        let split = builder.reshape(product, Shape::of(outer_axes().chain([self.size, rows, columns])));
        let back: Vec<_> = [outer].into_iter().chain(0..outer).chain([rank - 2, rank - 1]).collect();
        Some(builder.permute(split, &back))
    }

    /// Systems with one triangular matrix for all members: their right sides are columns of one system.
    pub(super) fn shared_solve(&mut self, transposed: bool, l: NodeId, y: NodeId) -> NodeId {
        let builder = &mut self.builder;
        let shape = builder.shape(y);
        let (rows, columns) = (shape.axis(1), shape.axis(2));
        let beside = builder.permute(y, &[1, 0, 2]);
        let merged = builder.reshape(beside, Shape::of([rows, self.size * columns]));
        let solved = builder.triangular_solve(l, merged, transposed);
        let split = builder.reshape(solved, Shape::of([rows, self.size, columns]));
        builder.permute(split, &[1, 0, 2])
    }
}
