//! [`Handwritten`]: an objective whose derivatives somebody wrote.

use super::{Derivatives, Objective};
use crate::{Scalar, SolveError};

type Slope<'a, F> = Box<dyn FnMut(&[F], &mut [F]) -> F + 'a>;
type Value<'a, F> = Box<dyn FnMut(&[F]) -> F + 'a>;
type Matrix<'a, F> = Box<dyn FnMut(&[F], &mut [F]) + 'a>;
type Product<'a, F> = Box<dyn FnMut(&[F], &[F], &mut [F]) + 'a>;

/// Value and gradient in one closure, the value alone where that costs less, and second derivatives where they are known.
///
/// ```
/// use thalweg_solve::{Handwritten, Options, Status, minimize};
///
/// // (1 − x)² + 100 (y − x²)²
/// let mut rosenbrock = Handwritten::new(2, |x: &[f64], gradient: &mut [f64]| {
///     let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
///     gradient[0] = -2.0 * a - 400.0 * x[0] * b;
///     gradient[1] = 200.0 * b;
///     a * a + 100.0 * b * b
/// })
/// .with_hessian(|x, hessian| {
///     hessian[0] = 2.0 - 400.0 * (x[1] - 3.0 * x[0] * x[0]);
///     (hessian[1], hessian[2]) = (-400.0 * x[0], -400.0 * x[0]);
///     hessian[3] = 200.0;
/// });
/// let options = Options { method: "trust_newton".parse()?, grad_tol: Some(1e-8), ..Options::default() };
/// let solution = minimize(&mut rosenbrock, &[-1.2, 1.0], &options)?;
/// assert_eq!(solution.status, Status::ConvergedGradient);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Handwritten<'a, F> {
    dim: usize,
    slope: Slope<'a, F>,
    value: Option<Value<'a, F>>,
    hessian: Option<Matrix<'a, F>>,
    product: Option<Product<'a, F>>,
    gradient: Vec<F>,
}

impl<'a, F: Scalar> Handwritten<'a, F> {
    /// A function of `dim` variables: the closure returns f(x) and writes ∇f(x) to its second argument.
    pub fn new(dim: usize, value_and_gradient: impl FnMut(&[F], &mut [F]) -> F + 'a) -> Self {
        Handwritten {
            dim,
            slope: Box::new(value_and_gradient),
            value: None,
            hessian: None,
            product: None,
            gradient: vec![F::default(); dim],
        }
    }

    /// With the value alone, which trials that may be refused then ask for first.
    #[must_use]
    pub fn with_value(mut self, value: impl FnMut(&[F]) -> F + 'a) -> Self {
        self.value = Some(Box::new(value));
        self
    }

    /// With the Hessian, `dim²` numbers row by row.
    #[must_use]
    pub fn with_hessian(mut self, hessian: impl FnMut(&[F], &mut [F]) + 'a) -> Self {
        self.hessian = Some(Box::new(hessian));
        self
    }

    /// With Hessian-vector products: the closure gets x, v and where to write ∇²f(x)·v.
    #[must_use]
    pub fn with_hessian_vector(mut self, product: impl FnMut(&[F], &[F], &mut [F]) + 'a) -> Self {
        self.product = Some(Box::new(product));
        self
    }
}

impl<F: Scalar> Objective<F> for Handwritten<'_, F> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn value(&mut self, x: &[F]) -> Result<F, SolveError> {
        Ok(match &mut self.value {
            Some(value) => value(x),
            None => (self.slope)(x, &mut self.gradient),
        })
    }

    fn has_value_alone(&self) -> bool {
        self.value.is_some()
    }

    fn value_and_gradient(&mut self, x: &[F], gradient: &mut [F]) -> Result<F, SolveError> {
        Ok((self.slope)(x, gradient))
    }

    fn derivatives(&self) -> Derivatives {
        Derivatives { hessian: self.hessian.is_some(), hessian_vector: self.product.is_some() }
    }

    fn hessian(&mut self, x: &[F], hessian: &mut [F]) -> Result<(), SolveError> {
        let write = self.hessian.as_mut();
        let write = write.ok_or(SolveError::Missing { needs: "this", what: "the Hessian" })?;
        write(x, hessian);
        Ok(())
    }

    fn hessian_vector(&mut self, x: &[F], v: &[F], product: &mut [F]) -> Result<(), SolveError> {
        let write = self.product.as_mut();
        let write = write.ok_or(SolveError::Missing { needs: "this", what: "Hessian-vector products" })?;
        write(x, v, product);
        Ok(())
    }
}
