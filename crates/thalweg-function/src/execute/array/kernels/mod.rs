//! The operations on whole arrays that are more than a loop over elements: [`Kernel`].
//!
//! Operands and results lie row by row. Leading axes are independent problems, which the threads share; the bits of a
//! result do not depend on how many threads there are.

mod axis;
mod cholesky;
mod convolution;
mod eigen;
mod indexing;
mod pool;
mod repeated;
mod rotations;
mod split;
mod sum_pool;
#[cfg(test)]
mod tests;
mod triangular;
mod tridiagonal;
mod uniform;
mod update;
mod window;

pub(super) use convolution::sliding;

use std::sync::Arc;

use crate::error::FunctionError;
use crate::execute::{Float, Precision};
use crate::primitive::ArrayOp;

use crate::product::Convolution;
use crate::program::{Program, Shape};
use repeated::Repeated;

/// Below this many operations in all, one thread is faster than several.
const THREADING_PAYS: usize = 100_000;

/// How many threads there are to share work.
#[cfg(feature = "threads")]
pub(super) fn threads() -> usize {
    rayon::current_num_threads()
}

#[cfg(not(feature = "threads"))]
pub(super) fn threads() -> usize {
    1
}

/// An operation on operands of certain shapes, with what it works in: running it allocates nothing.
#[derive(Debug)]
pub(super) struct Kernel<F> {
    op: ArrayOp,
    shapes: [Shape; 3],
    shape: Shape,
    workspace: Workspace<F>,
}

/// What a kernel needs beside its operands.
#[derive(Debug)]
enum Workspace<F> {
    Nothing,
    Table(Arc<[f64]>),
    /// Numbers for each thread.
    Numbers(Vec<Vec<f64>>),
    /// Elements for each thread.
    Elements(Vec<Vec<F>>),
    /// Elements and where they come from, for each thread.
    Pairs(Vec<Vec<(F, u32)>>),
    Convolution(Box<Convolution>),
    Loop(Box<Repeated<F>>),
}

/// The side of the square matrices in the last two axes, and how many there are.
fn matrices(shape: Shape) -> (usize, usize) {
    let rank = shape.rank();
    (shape.axis(rank - 1), shape.axes().take(rank - 2).product())
}

impl<F: Float> Kernel<F> {
    /// Whether the operation is one of those here.
    #[cfg(test)]
    pub(super) fn exists(op: ArrayOp) -> bool {
        match op {
            ArrayOp::Reshape
            | ArrayOp::Permute(_)
            | ArrayOp::Slice(_)
            | ArrayOp::Pad(_)
            | ArrayOp::Concat(_)
            | ArrayOp::Sum(_)
            | ArrayOp::Largest(_)
            | ArrayOp::Smallest(_)
            | ArrayOp::Product { .. }
            | ArrayOp::StopGradient => false,
            ArrayOp::Table(_)
            | ArrayOp::Iota(_)
            | ArrayOp::ArgMax(_)
            | ArrayOp::CumSum { .. }
            | ArrayOp::ArgSort(_)
            | ArrayOp::Take(_)
            | ArrayOp::ScatterAdd(_)
            | ArrayOp::TakeAlong(_)
            | ArrayOp::ScatterAlong(_)
            | ArrayOp::Cholesky
            | ArrayOp::TriangularSolve { .. }
            | ArrayOp::EigenValues
            | ArrayOp::EigenVectors
            | ArrayOp::Uniform(_)
            | ArrayOp::Patches(_)
            | ArrayOp::Unpatch(_)
            | ArrayOp::Convolve(..)
            | ArrayOp::MaxPool(_)
            | ArrayOp::PoolGather(_)
            | ArrayOp::PoolSpread(_)
            | ArrayOp::SumPool(_)
            | ArrayOp::SumSpread(_)
            | ArrayOp::Scan(_) => true,
        }
    }

    /// The kernel of an operation of `program` (one of those here) for operands of `shapes` and a result of
    /// `shape`.
    pub(super) fn new(
        op: ArrayOp,
        program: &Program,
        shapes: [Shape; 3],
        shape: Shape,
        precision: Precision,
    ) -> Result<Self, FunctionError> {
        let x = shapes[0];
        let workspace = match op {
            ArrayOp::Table(k) => Workspace::Table(Arc::clone(&program.tables[k as usize])),
            ArrayOp::ArgSort(axis) => {
                let length = x.axis(usize::from(axis));
                Workspace::Pairs(vec![vec![(F::default(), 0); length]; threads()])
            }
            ArrayOp::Cholesky => {
                let (n, problems) = matrices(x);
                Workspace::Elements(vec![
                    vec![F::default(); cholesky::workspace_len(n)];
                    threads().min(problems)
                ])
            }
            ArrayOp::EigenValues | ArrayOp::EigenVectors => {
                let (n, problems) = matrices(x);
                Workspace::Numbers(vec![vec![0.0; eigen::workspace_len(n)]; threads().min(problems)])
            }
            ArrayOp::Convolve(window, side) => {
                let convolution = convolution::new::<F>(window, side, [x, shapes[1]], shape, precision);
                Workspace::Convolution(Box::new(convolution))
            }
            ArrayOp::Scan(k) => {
                Workspace::Loop(Box::new(Repeated::new(&program.loops[k as usize], precision)?))
            }
            _ => Workspace::Nothing,
        };
        Ok(Kernel { op, shapes, shape, workspace })
    }

    /// Bytes of memory that it works in beside operands and result, of those that need much.
    pub(super) fn bytes(&self) -> usize {
        match &self.workspace {
            Workspace::Convolution(convolution) => convolution.bytes(),
            _ => 0,
        }
    }

    /// Computes `y` from the operands with at most so many threads.
    ///
    /// # Errors
    /// An index or a key is none; what a loop's body reports.
    pub(super) fn run(&mut self, x: [&[F]; 3], y: &mut [F], threads: usize) -> Result<(), FunctionError> {
        let Kernel { op, shapes, shape, workspace } = self;
        let (from, to) = (shapes[0], *shape);
        match (*op, workspace) {
            (ArrayOp::Table(_), Workspace::Table(table)) => {
                for (y, &x) in y.iter_mut().zip(table.iter()) {
                    *y = F::from_f64(x);
                }
            }
            (ArrayOp::Iota(axis), _) => axis::iota(to, usize::from(axis), y),
            (ArrayOp::ArgMax(axis), _) => axis::argmax(x[0], from, usize::from(axis), y, threads),
            (ArrayOp::CumSum { axis, backwards }, _) => {
                axis::cumsum(x[0], from, usize::from(axis), backwards, y, threads);
            }
            (ArrayOp::ArgSort(axis), Workspace::Pairs(pairs)) => {
                axis::argsort(x[0], from, usize::from(axis), y, pairs, threads);
            }
            (ArrayOp::Take(axis), _) => indexing::take(x, from, usize::from(axis), y, threads)?,
            (ArrayOp::ScatterAdd(axis), _) => indexing::scatter_add(x, to, usize::from(axis), y, threads)?,
            (ArrayOp::TakeAlong(axis), _) => {
                indexing::take_along(x, from, to, usize::from(axis), y, threads)?;
            }
            (ArrayOp::ScatterAlong(axis), _) => {
                indexing::scatter_along(x, from, to, usize::from(axis), y, threads)?;
            }
            (ArrayOp::Cholesky, Workspace::Elements(elements)) => {
                cholesky::cholesky(x[0], to.axis(to.rank() - 1), y, elements, threads);
            }
            (ArrayOp::TriangularSolve { transposed }, _) => {
                let columns = to.axis(to.rank() - 1);
                triangular::solve(x, to.axis(to.rank() - 2), columns, transposed, y, threads);
            }
            (ArrayOp::EigenValues, Workspace::Numbers(numbers)) => {
                eigen::values(x[0], from.axis(from.rank() - 1), y, numbers, threads);
            }
            (ArrayOp::EigenVectors, Workspace::Numbers(numbers)) => {
                eigen::vectors(x[0], from.axis(from.rank() - 1), y, numbers, threads);
            }
            (ArrayOp::Uniform(stream), _) => uniform::fill(x[0], stream, y, threads)?,
            (ArrayOp::Patches(window), _) => window::patches(window, x[0], from, y, threads),
            (ArrayOp::Unpatch(window), _) => window::unpatch(window, x[0], to, y, threads),
            (ArrayOp::Convolve(..), Workspace::Convolution(convolution)) => {
                convolution.run([x[0], x[1]], y, threads);
            }
            (ArrayOp::MaxPool(window), _) => pool::max_pool(window, x[0], from, y, threads),
            (ArrayOp::PoolGather(window), _) => pool::gather(window, [x[0], x[1]], from, y, threads),
            (ArrayOp::PoolSpread(window), _) => pool::spread(window, [x[0], x[1]], to, y, threads),
            (ArrayOp::SumPool(window), _) => sum_pool::sum(window, x[0], from, y, threads),
            (ArrayOp::SumSpread(window), _) => sum_pool::spread(window, x[0], to, y, threads),
            (ArrayOp::Scan(_), Workspace::Loop(repeated)) => repeated.run(x, y)?,
            _ => {}
        }
        Ok(())
    }
}
