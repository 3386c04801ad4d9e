//! What least squares asks of a problem: [`Residuals`], traced or written by hand.

use thalweg_function::{Executable, Program, jacobian};

use crate::SolveError;

/// Residuals of `dim` parameters, with their Jacobian. A value that is not finite is an answer, not an error.
pub trait Residuals {
    /// The number of parameters.
    fn dim(&self) -> usize;

    /// The number of residuals.
    fn count(&self) -> usize;

    /// The residuals at x.
    ///
    /// # Errors
    /// What the implementation reports.
    fn residuals(&mut self, x: &[f64], residuals: &mut [f64]) -> Result<(), SolveError>;

    /// The Jacobian at x, a row for each residual.
    ///
    /// # Errors
    /// What the implementation reports.
    fn jacobian(&mut self, x: &[f64], jacobian: &mut [f64]) -> Result<(), SolveError>;
}

/// Residuals as a program, with the exact Jacobian.
#[derive(Debug)]
pub struct TracedResiduals {
    dim: usize,
    residuals: Executable<f64>,
    jacobian: Executable<f64>,
    /// What the Jacobian's program gives: a block for each result and argument.
    blocks: Vec<f64>,
    /// The sizes of the arguments and of the results.
    sizes: (Vec<usize>, Vec<usize>),
}

impl TracedResiduals {
    /// The residuals are all elements of all results, in order.
    ///
    /// # Errors
    /// The program cannot be differentiated or run.
    pub fn new(program: &Program) -> Result<Self, SolveError> {
        let residuals = Executable::new(program)?;
        let jacobian = Executable::new(&jacobian(program)?)?;
        let blocks = vec![0.0; jacobian.output_len()];
        let sizes = (
            program.input_shapes().map(|shape| shape.size()).collect(),
            program.output_shapes().map(|shape| shape.size()).collect(),
        );
        Ok(TracedResiduals { dim: residuals.input_len(), residuals, jacobian, blocks, sizes })
    }
}

impl Residuals for TracedResiduals {
    fn dim(&self) -> usize {
        self.dim
    }

    fn count(&self) -> usize {
        self.residuals.output_len()
    }

    fn residuals(&mut self, x: &[f64], residuals: &mut [f64]) -> Result<(), SolveError> {
        Ok(self.residuals.run(x, residuals)?)
    }

    fn jacobian(&mut self, x: &[f64], jacobian: &mut [f64]) -> Result<(), SolveError> {
        self.jacobian.run(x, &mut self.blocks)?;
        let mut rest = &self.blocks[..];
        let mut top = 0;
        for &rows in &self.sizes.1 {
            let mut left = 0;
            for &columns in &self.sizes.0 {
                for row in 0..rows {
                    let (block_row, after) = rest.split_at(columns);
                    let place = (top + row) * self.dim + left;
                    jacobian[place..place + columns].copy_from_slice(block_row);
                    rest = after;
                }
                left += columns;
            }
            top += rows;
        }
        Ok(())
    }
}

/// Residuals and Jacobian written by hand.
#[derive(Debug)]
pub struct ClosureResiduals<R, J> {
    dim: usize,
    count: usize,
    residuals: R,
    jacobian: J,
}

impl<R: FnMut(&[f64], &mut [f64]), J: FnMut(&[f64], &mut [f64])> ClosureResiduals<R, J> {
    /// `count` residuals of `dim` parameters; both closures get the point and where to write.
    pub fn new(dim: usize, count: usize, residuals: R, jacobian: J) -> Self {
        ClosureResiduals { dim, count, residuals, jacobian }
    }
}

impl<R: FnMut(&[f64], &mut [f64]), J: FnMut(&[f64], &mut [f64])> Residuals for ClosureResiduals<R, J> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn count(&self) -> usize {
        self.count
    }

    fn residuals(&mut self, x: &[f64], residuals: &mut [f64]) -> Result<(), SolveError> {
        (self.residuals)(x, residuals);
        Ok(())
    }

    fn jacobian(&mut self, x: &[f64], jacobian: &mut [f64]) -> Result<(), SolveError> {
        (self.jacobian)(x, jacobian);
        Ok(())
    }
}
