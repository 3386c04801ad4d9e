//! A low point of a model within a ball, by conjugate gradients from products with its matrix.

use super::Within;
use super::dogleg::to_border;
use crate::vector::{axpy, dot, recur, scale};
use crate::{Scalar, SolveError};

/// Room for a model of `dim` variables.
#[derive(Debug, Clone)]
pub(crate) struct Conjugate<F> {
    residual: Vec<F>,
    direction: Vec<F>,
    product: Vec<F>,
    /// The preconditioned residual, where there is a preconditioner.
    conditioned: Vec<F>,
}

/// Writes M⁻¹ times its first argument to its second.
pub(crate) type Divide<'a, F> = &'a mut dyn FnMut(&[F], &mut [F]);

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
        Conjugate { residual: vector(), direction: vector(), product: vector(), conditioned: Vec::new() }
    }

    /// `p ←` the iterate of conjugate gradients on Bp = −g whose residual is below `accuracy`·‖g‖, or where the path leaves the
    /// region (on its border), or, without a border, the last one before negative curvature (the first direction, if that is the first).
    /// Also how many steps it made.
    ///
    /// With a preconditioner M, that of B, `divide` writes M⁻¹ times a vector; the region is then one in the norm √(pᵀMp). Steihaug,
    /// *The conjugate gradient method and trust regions in large scale optimization*, 1983.
    pub(crate) fn solve(
        &mut self,
        gradient: &[F],
        accuracy: f64,
        radius: f64,
        p: &mut [F],
        mut divide: Option<Divide<'_, F>>,
        mut multiply: impl FnMut(&[F], &mut [F]) -> Result<(), SolveError>,
    ) -> Result<(Within, End, usize), SolveError> {
        scale(gradient, 1.0, &mut self.residual);
        if divide.is_some() {
            self.conditioned.resize(gradient.len(), F::default());
        }
        let mut square = self.condition(&mut divide);
        let z = if divide.is_some() { &self.conditioned } else { &self.residual };
        scale(z, -1.0, &mut self.direction);
        scale(gradient, 0.0, p);
        let start = dot(gradient, gradient);
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
            let next = self.condition(&mut divide);
            let left = if divide.is_some() { dot(&self.residual, &self.residual) } else { next };
            if left <= accuracy * accuracy * start || !next.is_normal() {
                break;
            }
            let beta = next / square;
            pp += step * (2.0 * pd + step * dd);
            pd = beta * (pd + step * dd);
            dd = next + beta * beta * dd;
            square = next;
            let z = if divide.is_some() { &self.conditioned } else { &self.residual };
            recur(beta, z, &mut self.direction);
        }
        Ok((Within { promised, at_border: false }, End::Solved, most))
    }

    /// Divides the residual r by M; rᵀM⁻¹r.
    fn condition(&mut self, divide: &mut Option<Divide<'_, F>>) -> f64 {
        match divide {
            Some(divide) => {
                divide(&self.residual, &mut self.conditioned);
                dot(&self.residual, &self.conditioned)
            }
            None => dot(&self.residual, &self.residual),
        }
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
            .solve(&[-2.0, 3.0, -2.0], 1e-12, f64::INFINITY, &mut p, None, multiply(&matrix, &mut products))
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
            let (within, end, _) = conjugate
                .solve(&gradient, 1e-9, radius, &mut p, None, multiply(&matrix, &mut products))
                .unwrap();
            assert_eq!(end, End::Border);
            assert!((p[0].hypot(p[1]) - radius).abs() < 1e-12 * radius);
            let model = gradient[0] * p[0] + gradient[1] * p[1] + 0.5 * (p[0] * p[0] - p[1] * p[1]);
            assert!((within.promised + model).abs() < 1e-12 * model.abs(), "{within:?} {model}");
        }
    }

    #[test]
    fn with_a_preconditioner_the_border_is_one_in_its_norm_and_the_exact_one_takes_one_product() {
        let matrix = [4.0, 0.0, 0.0, 0.25];
        let diagonal = [4.0, 0.25];
        for (gradient, radius, ends) in [([1.0, 1.0], 0.5, End::Border), ([1.0, 1.0], 5.0, End::Solved)] {
            let (mut p, mut products) = ([0.0; 2], 0);
            let mut divide = |v: &[f64], out: &mut [f64]| {
                out.iter_mut().zip(v).zip(diagonal).for_each(|((out, v), d)| *out = v / d);
            };
            let multiply = multiply(&matrix, &mut products);
            let (within, end, _) = Conjugate::new(2)
                .solve(&gradient, 1e-9, radius, &mut p, Some(&mut divide), multiply)
                .unwrap();
            assert_eq!((end, products), (ends, 1));
            let norm = (diagonal[0] * p[0] * p[0] + diagonal[1] * p[1] * p[1]).sqrt();
            if ends == End::Border {
                assert!((norm - radius).abs() < 1e-12 * radius);
            } else {
                assert!((p[0] + 0.25).abs() < 1e-14 && (p[1] + 4.0).abs() < 1e-14);
            }
            let model = p[0] + p[1] + 0.5 * norm * norm;
            assert!((within.promised + model).abs() < 1e-12, "{within:?} {model}");
        }
    }
}
