//! The lowest point of a model on the way along the gradient and then to its minimiser.

use super::Within;
use crate::cholesky::Cholesky;

/// Room for a model of `dim` variables.
#[derive(Debug, Clone)]
pub(crate) struct Dogleg {
    matrix: Cholesky,
    gradient: Vec<f64>,
    /// The model's minimisers: along the gradient, and anywhere.
    cauchy: Vec<f64>,
    newton: Vec<f64>,
}

impl Dogleg {
    pub(crate) fn new(dim: usize) -> Self {
        Dogleg {
            matrix: Cholesky::new(dim),
            gradient: vec![0.0; dim],
            cauchy: vec![0.0; dim],
            newton: vec![0.0; dim],
        }
    }

    /// A new model: its matrix, row by row, made positive definite where it is not, and its gradient.
    pub(crate) fn model(&mut self, matrix: &[f64], gradient: &[f64]) {
        self.gradient.copy_from_slice(gradient);
        let finite = self.matrix.factorise(matrix);
        let square: f64 = gradient.iter().map(|g| g * g).sum();
        let factor = if finite { square / self.matrix.form(gradient) } else { 1.0 };
        for ((cauchy, newton), g) in self.cauchy.iter_mut().zip(&mut self.newton).zip(gradient) {
            *cauchy = -factor * g;
            *newton = -g;
        }
        if finite {
            self.matrix.solve(&mut self.newton);
        }
    }

    /// `p ←` the point where the path leaves the region, or its end.
    pub(crate) fn step(&self, radius: f64, p: &mut [f64]) -> Within {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (cauchy, newton) = (&self.cauchy, &self.newton);
        // Where the matrix vanishes both are beyond all numbers.
        let inside = |v: &[f64]| dot(v, v) <= radius * radius;
        let at_border = !inside(newton);
        if !at_border {
            p.copy_from_slice(newton);
        } else if !inside(cauchy) {
            let factor = -radius / dot(&self.gradient, &self.gradient).sqrt();
            p.iter_mut().zip(&self.gradient).for_each(|(p, g)| *p = factor * g);
        } else {
            for ((p, c), n) in p.iter_mut().zip(cauchy).zip(newton) {
                *p = n - c;
            }
            let t = to_border(dot(cauchy, cauchy), dot(cauchy, p), dot(p, p), radius);
            p.iter_mut().zip(cauchy).for_each(|(p, c)| *p = c + t * *p);
        }
        let promised = -dot(&self.gradient, p) - 0.5 * self.matrix.form(p);
        Within { promised, at_border }
    }
}

/// τ ≥ 0 with ‖a + τb‖ = radius, from aᵀa, aᵀb and bᵀb.
pub(super) fn to_border(aa: f64, ab: f64, bb: f64, radius: f64) -> f64 {
    let rest = (radius * radius - aa).max(0.0);
    let root = (ab * ab + bb * rest).sqrt();
    // Of the two forms the one without cancellation.
    if ab > 0.0 { rest / (ab + root) } else { (root - ab) / bb }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_goes_along_the_gradient_then_to_newtons_point() {
        // B = diag(1, 4), g = (4, 4): the Cauchy point is −(32/80)·g = (−1.6, −1.6), Newton's (−4, −1).
        let mut dogleg = Dogleg::new(2);
        dogleg.model(&[1.0, 0.0, 0.0, 4.0], &[4.0, 4.0]);
        let mut p = [0.0; 2];
        assert!(!dogleg.step(5.0, &mut p).at_border);
        assert!((p[0] + 4.0).abs() < 1e-14 && (p[1] + 1.0).abs() < 1e-14);
        assert!(dogleg.step(1.0, &mut p).at_border);
        assert!((p[0] - p[1]).abs() < 1e-15 && (p[0].hypot(p[1]) - 1.0).abs() < 1e-15);
        let within = dogleg.step(3.0, &mut p);
        assert!((p[0].hypot(p[1]) - 3.0).abs() < 1e-14);
        // On the second leg, (p − c) ∥ (n − c).
        assert!(((p[0] + 1.6) * 0.6 + (p[1] + 1.6) * 2.4).abs() < 1e-13, "{p:?}");
        let model = 4.0 * (p[0] + p[1]) + 0.5 * (p[0] * p[0] + 4.0 * p[1] * p[1]);
        assert!((within.promised + model).abs() < 1e-13);
    }
}
