//! A low point of a model within a ball, by conjugate gradients from products with its matrix.

use super::Within;
use super::dogleg::to_border;
use crate::vector::{axpy, dot, scale};
use crate::{Scalar, SolveError};

/// Room for a model of `dim` variables.
#[derive(Debug, Clone)]
pub(crate) struct Conjugate<F> {
    residual: Vec<F>,
    direction: Vec<F>,
    product: Vec<F>,
}

/// How an iteration without a radius ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The residual is small enough, or all iterations were made.
    Solved,
    /// The border of the region was met.
    Border,
    /// A direction of negative curvature was met before the border.
    NegativeCurvature,
}

impl<F: Scalar> Conjugate<F> {
    pub(crate) fn new(dim: usize) -> Self {
        let vector = || vec![F::default(); dim];
        Conjugate { residual: vector(), direction: vector(), product: vector() }
    }

    /// `p ←` the iterate of conjugate gradients on Bp = −g whose residual is below `accuracy`·‖g‖, or where the path leaves the
    /// region (on its border), or, without a border, the last one before negative curvature (along −g, if that is the first). Also
    /// how many steps it made.
    pub(crate) fn solve(
        &mut self,
        gradient: &[F],
        accuracy: f64,
        radius: f64,
        p: &mut [F],
        mut multiply: impl FnMut(&[F], &mut [F]) -> Result<(), SolveError>,
    ) -> Result<(Within, End, usize), SolveError> {
        scale(gradient, -1.0, &mut self.direction);
        scale(gradient, 1.0, &mut self.residual);
        scale(gradient, 0.0, p);
        let (mut square, start) = (dot(gradient, gradient), dot(gradient, gradient));
        // ‖p‖², pᵀd and the model's fall are known by recurrence.
        let (mut pp, mut pd, mut dd, mut promised) = (0.0, 0.0, square, 0.0);
        let most = (2 * gradient.len()).max(20);
        for iteration in 0..most {
            multiply(&self.direction, &mut self.product)?;
            let curvature = dot(&self.direction, &self.product);
            let usable = curvature > 0.0 && curvature.is_finite();
            let step = square / curvature;
            let leaves = !usable || pp + step * (2.0 * pd + step * dd) >= radius * radius;
            if leaves && radius.is_finite() {
                let t = to_border(pp, pd, dd, radius);
                axpy(t, &self.direction, p);
                let bend = if curvature.is_finite() { curvature } else { 0.0 };
                promised += t * square - 0.5 * t * t * bend;
                return Ok((Within { promised, at_border: true }, End::Border, iteration));
            }
            if !usable {
                if iteration == 0 {
                    axpy(1.0, &self.direction, p);
                }
                return Ok((Within { promised, at_border: false }, End::NegativeCurvature, iteration));
            }
            axpy(step, &self.direction, p);
            axpy(step, &self.product, &mut self.residual);
            promised += 0.5 * step * square;
            let next = dot(&self.residual, &self.residual);
            if next <= accuracy * accuracy * start || !next.is_normal() {
                break;
            }
            let beta = next / square;
            pp += step * (2.0 * pd + step * dd);
            pd = beta * (pd + step * dd);
            dd = next + beta * beta * dd;
            square = next;
            crate::vector::recur(beta, &self.residual, &mut self.direction);
        }
        Ok((Within { promised, at_border: false }, End::Solved, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multiply<'a>(
        matrix: &'a [f64],
        products: &'a mut usize,
    ) -> impl FnMut(&[f64], &mut [f64]) -> Result<(), SolveError> + 'a {
        move |v, out| {
            *products += 1;
            let n = v.len();
            for (i, out) in out.iter_mut().enumerate() {
                *out = (0..n).map(|j| matrix[i * n + j] * v[j]).sum();
            }
            Ok(())
        }
    }

    #[test]
    fn a_system_of_n_distinct_eigenvalues_takes_n_products() {
        let matrix = [4.0, 1.0, 0.0, 1.0, 3.0, 1.0, 0.0, 1.0, 2.0];
        let (mut p, mut products) = ([0.0; 3], 0);
        let mut conjugate = Conjugate::new(3);
        // B(1, −2, 2) = (2, −3, 2).
        let solved = conjugate
            .solve(&[-2.0, 3.0, -2.0], 1e-12, f64::INFINITY, &mut p, multiply(&matrix, &mut products))
            .unwrap();
        assert_eq!((solved.1, products), (End::Solved, 3));
        assert!(p.iter().zip([1.0, -2.0, 2.0]).all(|(p, x)| (p - x).abs() < 1e-12), "{p:?}");
        assert!((solved.0.promised - 6.0).abs() < 1e-12);
    }

    #[test]
    fn the_path_ends_on_the_border_and_knows_what_it_promises() {
        let matrix = [1.0, 0.0, 0.0, -1.0];
        for (gradient, radius) in [([1.0, 0.1], 0.5), ([0.1, 1.0], 2.0), ([1.0, 0.1], 20.0)] {
            let (mut p, mut products) = ([0.0; 2], 0);
            let mut conjugate = Conjugate::new(2);
            let (within, end, _) =
                conjugate.solve(&gradient, 1e-9, radius, &mut p, multiply(&matrix, &mut products)).unwrap();
            assert_eq!(end, End::Border);
            assert!((p[0].hypot(p[1]) - radius).abs() < 1e-12 * radius);
            let model = gradient[0] * p[0] + gradient[1] * p[1] + 0.5 * (p[0] * p[0] - p[1] * p[1]);
            assert!((within.promised + model).abs() < 1e-12 * model.abs(), "{within:?} {model}");
        }
    }
}
