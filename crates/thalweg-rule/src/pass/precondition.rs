//! Multiplying the update by a matrix: of a diagonal one block by block, of a full one before the pass.

use super::isa::Isa;
use super::stage::{Piece, Reach, Stage, Whole};
use super::state::SlotRange;
use super::{Problem, Shape};
use crate::{Real, RuleError};

/// `u ← diag(d) · u`
#[derive(Debug, Clone)]
pub(crate) struct Diagonal(pub(crate) Vec<f64>);

/// `u ← P · u`, by rows.
#[derive(Debug, Clone)]
pub(crate) struct Dense(pub(crate) Vec<Vec<f64>>);

fn wrong_size(what: &str, found: usize, dim: usize) -> RuleError {
    RuleError::Hyperparameter {
        rule: "preconditioned".to_owned(),
        name: what.to_owned(),
        problem: format!("has size {found}, but the problem has {dim} parameters"),
    }
}

struct SizedDiagonal<F> {
    diagonal: Vec<F>,
    lanes: usize,
    isa: Isa,
}

impl<F: Real> Piece<F> for Diagonal {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let shape = problem.shape;
        if self.0.len() != shape.dim {
            return Err(wrong_size("diagonal", self.0.len(), shape.dim));
        }
        let diagonal = self.0.iter().map(|&d| F::of(d)).collect();
        Ok(Box::new(SizedDiagonal { diagonal, lanes: shape.lanes, isa: Isa::detect() }))
    }
}

impl<F: Real> Stage<F> for SizedDiagonal<F> {
    fn name(&self) -> &'static str {
        "diagonal"
    }

    fn apply(&self, at: usize, update: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        let mut rest = update;
        let mut at = at;
        while !rest.is_empty() {
            let count = rest.len().min(self.lanes - at % self.lanes);
            let (row, after) = rest.split_at_mut(count);
            self.isa.scale(row, self.diagonal[at / self.lanes]);
            (rest, at) = (after, at + count);
        }
    }
}

struct SizedDense<F> {
    /// By columns, so that one problem's product runs along them.
    columns: Vec<F>,
    product: Vec<F>,
    shape: Shape,
    isa: Isa,
}

impl<F: Real> Piece<F> for Dense {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        let shape = problem.shape;
        let dim = shape.dim;
        if self.0.len() != dim {
            return Err(wrong_size("matrix", self.0.len(), dim));
        }
        let columns = (0..dim).flat_map(|c| self.0.iter().map(move |row| F::of(row[c]))).collect();
        Ok(Box::new(SizedDense {
            columns,
            product: vec![F::default(); shape.size],
            shape,
            isa: Isa::detect(),
        }))
    }
}

impl<F: Real> Stage<F> for SizedDense<F> {
    fn name(&self) -> &'static str {
        "matrix"
    }

    fn reach(&self) -> Reach {
        Reach::Measured
    }

    fn measure(&mut self, update: &[F], _: Whole<'_, F>) {
        let Shape { dim, lanes, size } = self.shape;
        self.product.fill(F::default());
        if size == 0 {
            return;
        }
        for (column, row) in self.columns.chunks_exact(dim).zip(update.chunks_exact(lanes)) {
            if let [u] = *row {
                self.isa.add_multiple(&mut self.product, u, column);
                continue;
            }
            for (&p, product) in column.iter().zip(self.product.chunks_exact_mut(lanes)) {
                self.isa.add_multiple(product, p, row);
            }
        }
    }

    fn apply(&self, at: usize, update: &mut [F], _: &[F], _: SlotRange<'_, F>) {
        update.copy_from_slice(&self.product[at..at + update.len()]);
    }
}
