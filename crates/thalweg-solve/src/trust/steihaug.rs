//! A low point of a model within a ball, by conjugate gradients from products with its matrix.

use super::Within;
use super::dogleg::to_border;
use crate::vector::{axpy, dot, norm, recur, scale};
use crate::{Scalar, SolveError};

/// Room for a model of `dim` variables.
#[derive(Debug, Clone)]
pub(crate) struct Conjugate<F> {
    residual: Vec<F>,
    direction: Vec<F>,
    product: Vec<F>,
    /// The preconditioned residual, where there is a preconditioner.
    conditioned: Vec<F>,
    /// √(pᵀMp) of the last solution within a border.
    pub(crate) length: f64,
}

/// How far the path may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Limit {
    /// To the border of a region with this radius.
    Border(f64),
    /// Anywhere, but no further than this, or ten times what it has come, along a direction of negative curvature.
    Reach(f64),
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
        Conjugate {
            residual: vector(),
            direction: vector(),
            product: vector(),
            conditioned: Vec::new(),
            length: 0.0,
        }
    }

    /// `p ←` the iterate of conjugate gradients on Bp = −g whose residual is below `accuracy`·‖g‖, or where the path leaves the
    /// region (on its border). Without a border it ends at the first direction of negative curvature, with a step along it as long as if the
    /// curvature were of the other sign.
    ///
    /// With a preconditioner M, that of B, `divide` writes M⁻¹ times a vector; the region is then one in the norm √(pᵀMp). Steihaug,
    /// *The conjugate gradient method and trust regions in large scale optimization*, 1983; Conn, Gould and Toint, *Trust-Region
    /// Methods*, 2000, algorithm 7.5.1.
    pub(crate) fn solve(
        &mut self,
        gradient: &[F],
        accuracy: f64,
        limit: Limit,
        p: &mut [F],
        mut divide: Option<Divide<'_, F>>,
        mut multiply: impl FnMut(&[F], &mut [F]) -> Result<(), SolveError>,
    ) -> Result<(Within, End), SolveError> {
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
        let radius = if let Limit::Border(radius) = limit { radius } else { f64::INFINITY };
        let most = (2 * gradient.len()).max(20);
        for _ in 0..most {
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
                self.length = radius;
                return Ok((Within { promised, at_border: true }, End::Border));
            }
            if !usable {
                let length = norm(&self.direction);
                let longest =
                    if let Limit::Reach(reach) = limit { reach.max(10.0 * norm(p)) / length } else { 1.0 };
                let by = square / curvature.abs();
                axpy(if by < longest { by } else { longest }, &self.direction, p);
                return Ok((Within { promised, at_border: false }, End::NegativeCurvature));
            }
            axpy(step, &self.direction, p);
            axpy(step, &self.product, &mut self.residual);
            promised += 0.5 * step * square;
            pp += step * (2.0 * pd + step * dd);
            let next = self.condition(&mut divide);
            let left = if divide.is_some() { dot(&self.residual, &self.residual) } else { next };
            if left <= accuracy * accuracy * start || !next.is_normal() {
                break;
            }
            let beta = next / square;
            pd = beta * (pd + step * dd);
            dd = next + beta * beta * dd;
            square = next;
            let z = if divide.is_some() { &self.conditioned } else { &self.residual };
            recur(beta, z, &mut self.direction);
        }
        self.length = pp.sqrt();
        Ok((Within { promised, at_border: false }, End::Solved))
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
    use crate::trust::exact::Exact;

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
            .solve(
                &[-2.0, 3.0, -2.0],
                1e-12,
                Limit::Reach(1.0),
                &mut p,
                None,
                multiply(&matrix, &mut products),
            )
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
            let (within, end) = conjugate
                .solve(&gradient, 1e-9, Limit::Border(radius), &mut p, None, multiply(&matrix, &mut products))
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
            let (within, end) = Conjugate::new(2)
                .solve(&gradient, 1e-9, Limit::Border(radius), &mut p, Some(&mut divide), multiply)
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

    /// M = CᵀC, and two models hᵀq + ½qᵀAq in q = Cp: one convex, one that bends down.
    const C: [f64; 9] = [300.0, 20.0, -1.0, 0.0, 2.0, 0.5, 0.0, 0.0, 0.01];
    const H: [f64; 3] = [1.0, -0.7, 0.2];
    const CONVEX: [f64; 9] = [3.0, 1.0, 0.4, 1.0, 2.0, -0.3, 0.4, -0.3, 0.5];
    const BENT: [f64; 9] = [3.0, 1.0, 0.4, 1.0, -0.5, 0.7, 0.4, 0.7, 0.2];

    /// `out ← M⁻¹v`, by Cᵀ and then by C.
    fn divide(v: &[f64], out: &mut [f64]) {
        for i in 0..3 {
            out[i] = (v[i] - (0..i).map(|k| C[k * 3 + i] * out[k]).sum::<f64>()) / C[i * 4];
        }
        for i in (0..3).rev() {
            out[i] = (out[i] - (i + 1..3).map(|k| C[i * 3 + k] * out[k]).sum::<f64>()) / C[i * 4];
        }
    }

    #[test]
    fn a_preconditioned_path_is_the_plain_one_in_other_variables_and_gains_half_of_what_can_be_gained() {
        for inner in [CONVEX, BENT] {
            // B = CᵀAC and g = Cᵀh.
            let matrix: [f64; 9] = std::array::from_fn(|at| {
                (0..9).map(|k| C[k / 3 * 3 + at / 3] * inner[k] * C[k % 3 * 3 + at % 3]).sum()
            });
            let gradient: [f64; 3] = std::array::from_fn(|i| (0..3).map(|k| C[k * 3 + i] * H[k]).sum());
            for radius in [0.01, 0.2, 0.4, 1.0, 100.0] {
                let (mut p, mut q, mut products, mut plain) = ([0.0; 3], [0.0; 3], 0, 0);
                let (mut conjugate, border) = (Conjugate::new(3), Limit::Border(radius));
                let (within, end) = conjugate
                    .solve(
                        &gradient,
                        1e-13,
                        border,
                        &mut p,
                        Some(&mut divide),
                        multiply(&matrix, &mut products),
                    )
                    .unwrap();
                let (_, plain_end) = Conjugate::new(3)
                    .solve(&H, 1e-13, border, &mut q, None, multiply(&inner, &mut plain))
                    .unwrap();
                assert_eq!(end, plain_end, "{radius}");
                let length = q.iter().map(|q| q * q).sum::<f64>().sqrt();
                for (i, q) in q.iter().enumerate() {
                    let own = (0..3).map(|j| C[i * 3 + j] * p[j]).sum::<f64>();
                    assert!((own - q).abs() < 1e-9 * length, "{radius}: {own} {q}");
                }
                assert!((conjugate.length - length).abs() < 1e-9 * length, "{radius}");
                // At least half where the model is convex: Yuan, On the truncated conjugate gradient method, 2000.
                let mut exact = Exact::new(3);
                exact.model(&inner, &H);
                let best = exact.step(radius, &mut q).promised;
                let least = if inner == CONVEX { 0.5 * best } else { 0.0 };
                assert!(
                    within.promised <= best * (1.0 + 1e-9) && within.promised >= least,
                    "{radius}: {best}"
                );
            }
        }
    }

    #[test]
    fn negative_curvature_is_gone_along_as_far_as_positive_would_be_but_not_too_far() {
        // Along −g = (−1, −1)·g₀ the curvature is −1/2 of |g|²: a step of 1/(1/2) of it.
        let matrix = [1.0, 0.0, 0.0, -2.0];
        for (reach, length) in [(100.0, 2.0), (1.0, 1.0 / 2.0_f64.sqrt())] {
            let (mut p, mut products) = ([0.0; 2], 0);
            let (_, end) = Conjugate::new(2)
                .solve(&[1.0, 1.0], 1e-9, Limit::Reach(reach), &mut p, None, multiply(&matrix, &mut products))
                .unwrap();
            assert_eq!((end, products), (End::NegativeCurvature, 1));
            assert!(p.iter().all(|p| (p + length).abs() < 1e-14), "{p:?}");
        }
        // (1, 1/10): first a step of positive curvature, then one along a direction of negative curvature, which is kept as a way down.
        let (mut p, mut products) = ([0.0; 2], 0);
        let gradient = [1.0, 0.1];
        Conjugate::new(2)
            .solve(&gradient, 1e-9, Limit::Reach(100.0), &mut p, None, multiply(&matrix, &mut products))
            .unwrap();
        assert!(
            products == 2 && p[0] < -0.5 && p[1] < -0.01 && gradient[0] * p[0] + gradient[1] * p[1] < 0.0,
            "{p:?}"
        );
    }
}
