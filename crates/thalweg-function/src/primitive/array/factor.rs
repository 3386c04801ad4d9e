//! Factorisations of symmetric matrices, and triangular systems.
//!
//! With Φ(M) the lower triangle of M and half its diagonal, L·Lᵀ = A has dL = L·Φ(L⁻¹·dA·L⁻ᵀ) (Murray,
//! arXiv:1602.07527). With A·V = V·diag(λ), dλ = diag(Vᵀ·dA·V) and dV = V·(F∘(Vᵀ·dA·V)), Fᵢⱼ = 1/(λⱼ − λᵢ) off the
//! diagonal (Giles, *An extended collection of matrix derivative results*, 2008): eigenvectors have a derivative only where all
//! eigenvalues differ.

use super::{ArrayOp, Axes, Edge};
use crate::primitive::Op;
use crate::program::{Builder, NodeId, Shape};

impl Builder {
    /// L⁻¹·y, or L⁻ᵀ·y, for lower triangular L.
    pub(crate) fn triangular_solve(&mut self, l: NodeId, y: NodeId, transposed: bool) -> NodeId {
        let shape = self.shape(y);
        self.array(ArrayOp::TriangularSolve { transposed }, &[l, y], shape)
    }

    /// The lower triangle with its diagonal times `diagonal`, zeros above.
    pub(crate) fn lower_triangle(&mut self, x: NodeId, diagonal: f64) -> NodeId {
        let (row, column) = self.row_and_column(self.shape(x));
        let below = self.apply(Op::Less, &[column, row]);
        let on = self.apply(Op::Equal, &[column, row]);
        let on = self.scale(diagonal, on);
        let zero = self.constant(0.0);
        let scaled = self.mul(on, x);
        let upper = self.select(on, scaled, zero);
        self.select(below, x, upper)
    }

    /// (x + xᵀ)/2 over the last two axes.
    pub(crate) fn symmetric_part(&mut self, x: NodeId) -> NodeId {
        let transposed = self.transpose(x);
        let sum = self.add(x, transposed);
        self.scale(0.5, sum)
    }

    /// A vector (or many) along the columns of matrices of `shape`.
    fn along_columns(&mut self, x: NodeId, shape: Shape) -> NodeId {
        self.spread(x, Axes::of([shape.rank() - 2]), shape)
    }

    /// Fᵢⱼ = 1/(λⱼ − λᵢ), 0 on the diagonal.
    fn reciprocal_gaps(&mut self, values: NodeId, shape: Shape) -> NodeId {
        let column = self.along_columns(values, shape);
        let row = self.spread(values, Axes::of([shape.rank() - 1]), shape);
        let gap = self.sub(column, row);
        let diagonal = self.eye(shape);
        let gap = self.add(gap, diagonal);
        let one = self.constant(1.0);
        let off = self.sub(one, diagonal);
        self.div(off, gap)
    }
}

pub(super) fn forward(Edge { op, x, y, i }: Edge, b: &mut Builder, t: NodeId) -> NodeId {
    match op {
        ArrayOp::Cholesky => {
            let half = b.triangular_solve(y, t, false);
            let half = b.transpose(half);
            let inner = b.triangular_solve(y, half, false);
            let inner = b.transpose(inner);
            let lower = b.lower_triangle(inner, 0.5);
            b.matmul(y, lower, [false, false])
        }
        ArrayOp::TriangularSolve { transposed } if i == 0 => {
            let lower = b.lower_triangle(t, 1.0);
            let change = b.matmul(lower, y, [transposed, false]);
            let change = b.triangular_solve(x[0], change, transposed);
            b.neg(change)
        }
        ArrayOp::TriangularSolve { transposed } => b.triangular_solve(x[0], t, transposed),
        ArrayOp::EigenVectors => {
            let values = eigenvalues(b, x[0]);
            let product = b.matmul(t, y, [false, false]);
            let rotated = b.matmul(y, product, [true, false]);
            let gaps = b.reciprocal_gaps(values, b.shape(y));
            let weighted = b.mul(gaps, rotated);
            b.matmul(y, weighted, [false, false])
        }
        _ => {
            let vectors = eigenvectors(b, x[0]);
            let product = b.matmul(t, vectors, [false, false]);
            let diagonal = b.mul(vectors, product);
            let rank = b.shape(diagonal).rank();
            b.sum(diagonal, Axes::of([rank - 2]))
        }
    }
}

pub(super) fn reverse(Edge { op, x, y, i }: Edge, b: &mut Builder, t: NodeId) -> NodeId {
    match op {
        ArrayOp::Cholesky => {
            let product = b.matmul(y, t, [true, false]);
            let lower = b.lower_triangle(product, 0.5);
            let left = b.triangular_solve(y, lower, true);
            let left = b.transpose(left);
            let both = b.triangular_solve(y, left, true);
            b.symmetric_part(both)
        }
        ArrayOp::TriangularSolve { transposed } => {
            let back = b.triangular_solve(x[0], t, !transposed);
            if i == 1 {
                return back;
            }
            let outer =
                if transposed { b.matmul(y, back, [false, true]) } else { b.matmul(back, y, [false, true]) };
            let lower = b.lower_triangle(outer, 1.0);
            b.neg(lower)
        }
        ArrayOp::EigenVectors => {
            let values = eigenvalues(b, x[0]);
            let rotated = b.matmul(y, t, [true, false]);
            let gaps = b.reciprocal_gaps(values, b.shape(y));
            let weighted = b.mul(gaps, rotated);
            let left = b.matmul(y, weighted, [false, false]);
            let both = b.matmul(left, y, [false, true]);
            b.symmetric_part(both)
        }
        _ => {
            let vectors = eigenvectors(b, x[0]);
            let shape = b.shape(vectors);
            let weights = b.along_columns(t, shape);
            let weighted = b.mul(vectors, weights);
            b.matmul(weighted, vectors, [false, true])
        }
    }
}

fn eigenvalues(b: &mut Builder, x: NodeId) -> NodeId {
    let shape = b.shape(x);
    let values = shape.without(Axes::of([shape.rank() - 1]));
    b.array(ArrayOp::EigenValues, &[x], values)
}

fn eigenvectors(b: &mut Builder, x: NodeId) -> NodeId {
    let shape = b.shape(x);
    b.array(ArrayOp::EigenVectors, &[x], shape)
}
