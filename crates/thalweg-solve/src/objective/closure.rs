//! [`Closure`]: an objective written by hand.

use super::Objective;
use crate::{Scalar, SolveError};

/// Value and gradient as Rust closures, for functions that cannot be traced (a simulation, a table).
///
/// Methods that need second derivatives refuse it with [`SolveError::Missing`].
///
/// ```
/// use thalweg_solve::{Closure, Options, minimize};
///
/// let mut bowl = Closure::new(
///     2,
///     |x: &[f64]| x[0] * x[0] + x[1] * x[1],
///     |x: &[f64], gradient: &mut [f64]| {
///         gradient[0] = 2.0 * x[0];
///         gradient[1] = 2.0 * x[1];
///     },
/// );
/// let options = Options { method: "sgd(lr=0.1)".parse()?, steps: 100, ..Options::default() };
/// let solution = minimize(&mut bowl, &[1.0, -2.0], &options)?;
/// assert!(solution.value < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Closure<V, G> {
    dim: usize,
    value: V,
    gradient: G,
}

impl<V, G> Closure<V, G> {
    /// An objective of `dim` variables; `gradient` writes into its second argument.
    pub fn new(dim: usize, value: V, gradient: G) -> Self {
        Closure { dim, value, gradient }
    }
}

impl<F: Scalar, V: FnMut(&[F]) -> F, G: FnMut(&[F], &mut [F])> Objective<F> for Closure<V, G> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn value(&mut self, x: &[F]) -> Result<F, SolveError> {
        Ok((self.value)(x))
    }

    fn value_and_gradient(&mut self, x: &[F], gradient: &mut [F]) -> Result<F, SolveError> {
        (self.gradient)(x, gradient);
        Ok((self.value)(x))
    }
}
