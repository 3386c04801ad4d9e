//! The minimiser of a model within a ball, from the eigenvalues of its matrix.

use super::Within;
use crate::dense::Eigen;

/// Room for a model of `dim` variables.
#[derive(Debug, Clone)]
pub(crate) struct Exact {
    eigen: Eigen,
    /// The gradient along the eigenvectors.
    along: Vec<f64>,
    /// The step along the eigenvectors.
    components: Vec<f64>,
    /// By how much the smallest eigenvalue may be wrong: less is nothing.
    nothing: f64,
}

impl Exact {
    pub(crate) fn new(dim: usize) -> Self {
        Exact { eigen: Eigen::new(dim), along: vec![0.0; dim], components: vec![0.0; dim], nothing: 0.0 }
    }

    /// A new model: its matrix, row by row, and gradient.
    pub(crate) fn model(&mut self, matrix: &[f64], gradient: &[f64]) {
        let n = gradient.len();
        self.eigen.decompose(matrix);
        self.nothing = self.eigen.uncertainty(matrix);
        for (k, along) in self.along.iter_mut().enumerate() {
            *along = (0..n).map(|i| self.eigen.vectors[i * n + k] * gradient[i]).sum();
        }
    }

    /// The length of p(σ) = −(B + σI)⁻¹g, and the derivative of its square by σ, halved and negated.
    fn length(&self, shift: f64) -> (f64, f64) {
        let (mut square, mut slope) = (0.0, 0.0);
        for (g, λ) in self.along.iter().zip(&self.eigen.values) {
            if *g != 0.0 {
                let p = g / (λ + shift);
                square += p * p;
                slope += p * p / (λ + shift);
            }
        }
        (square.sqrt(), slope)
    }

    /// `p ← argmin gᵀp + ½pᵀBp, ‖p‖ ≤ radius`.
    pub(crate) fn step(&mut self, radius: f64, p: &mut [f64]) -> Within {
        let (smallest, nothing) = (self.eigen.values[0], self.nothing);
        let inside = smallest > nothing && self.length(0.0).0 <= radius;
        let shift = if inside { 0.0 } else { self.shift(radius) };
        let n = p.len();
        let floor = nothing.max(f64::MIN_POSITIVE);
        for ((p, g), λ) in self.components.iter_mut().zip(&self.along).zip(&self.eigen.values) {
            *p = if *g == 0.0 { 0.0 } else { -g / (λ + shift).max(floor) };
        }
        if !inside {
            self.reach(radius, shift);
        }
        let components = &self.components;
        let promised: f64 = components
            .iter()
            .zip(&self.along)
            .zip(&self.eigen.values)
            .map(|((p, g), λ)| -p * (g + 0.5 * λ * p))
            .sum();
        for (i, p) in p.iter_mut().enumerate() {
            *p = (0..n).map(|k| self.eigen.vectors[i * n + k] * components[k]).sum();
        }
        Within { promised, at_border: !inside }
    }

    /// σ ≥ −λ₁ with ‖p(σ)‖ = radius, or −λ₁ itself where p stays shorter (the hard case). Newton's method on 1/radius − 1/‖p(σ)‖,
    /// which is nearly straight, kept in an interval.
    fn shift(&self, radius: f64) -> f64 {
        let (smallest, nothing) = (self.eigen.values[0], self.nothing);
        let gradient = self.along.iter().map(|g| g * g).sum::<f64>().sqrt();
        let least = (-smallest).max(0.0);
        let (mut low, mut high) = (least, least.max(gradient / radius - smallest) + nothing);
        let mut shift = least + nothing.max(f64::EPSILON * least);
        if self.length(shift).0 <= radius {
            return shift;
        }
        for _ in 0..100 {
            let (length, slope) = self.length(shift);
            if (length - radius).abs() <= 1e-10 * radius {
                break;
            }
            if length > radius {
                low = shift;
            } else {
                high = shift;
            }
            let newton = shift + length * length / slope * (length - radius) / radius;
            shift = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            if high - low <= f64::EPSILON * high {
                break;
            }
        }
        shift
    }

    /// Makes the step as long as the radius: what is missing in the hard case goes along the first eigenvector, what rounding left is
    /// scaled.
    fn reach(&mut self, radius: f64, shift: f64) {
        let components = &mut self.components;
        let square: f64 = components.iter().map(|p| p * p).sum();
        let length = square.sqrt();
        let smallest = self.eigen.values[0];
        if length < radius * (1.0 - 1e-9) && smallest + shift <= 1e-6 * (smallest.abs() + shift) {
            let rest = (radius * radius - square + components[0].powi(2)).max(0.0).sqrt();
            components[0] = if self.along[0] > 0.0 { -rest } else { rest };
        } else if length > radius {
            for p in components.iter_mut() {
                *p *= radius / length;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solved(matrix: &[f64], gradient: &[f64], radius: f64) -> (Vec<f64>, Within) {
        let mut exact = Exact::new(gradient.len());
        exact.model(matrix, gradient);
        let mut p = vec![0.0; gradient.len()];
        let within = exact.step(radius, &mut p);
        (p, within)
    }

    #[test]
    fn a_minimiser_inside_is_newtons_step() {
        let (p, within) = solved(&[2.0, 0.0, 0.0, 4.0], &[2.0, -4.0], 5.0);
        assert!((p[0] + 1.0).abs() < 1e-15 && (p[1] - 1.0).abs() < 1e-15, "{p:?}");
        assert!(!within.at_border && (within.promised - 3.0).abs() < 1e-15);
    }

    #[test]
    fn variables_of_very_different_size_do_not_shorten_newtons_step() {
        // B = D M D with D = diag(1e5, 1e-5) and M = [[2, 1], [1, 2]]; g = −Bp.
        let (p, within) = solved(&[2e10, 1.0, 1.0, 2e-10], &[-3e5, -3e-5], 1e6);
        assert!(!within.at_border);
        assert!((p[0] - 1e-5).abs() < 1e-15 && (p[1] - 1e5).abs() < 1e-5, "{p:?}");
    }

    #[test]
    fn on_the_border_the_optimality_conditions_of_more_and_sorensen_hold() {
        // (B + σI)p = −g with ‖p‖ = Δ and B + σI positive semidefinite.
        let matrix = [1.0, 2.0, 0.0, 2.0, -3.0, 1.0, 0.0, 1.0, 0.5];
        let gradient = [1.0, -1.0, 0.3];
        for radius in [1e-6, 0.1, 1.0, 30.0, 1e6] {
            let (p, within) = solved(&matrix, &gradient, radius);
            let length = p.iter().map(|p| p * p).sum::<f64>().sqrt();
            assert!(within.at_border && (length - radius).abs() < 1e-8 * radius);
            let left: Vec<f64> = (0..3)
                .map(|i| -(0..3).map(|j| matrix[i * 3 + j] * p[j]).sum::<f64>() - gradient[i])
                .collect();
            let shift = left.iter().zip(&p).map(|(l, p)| l * p).sum::<f64>() / (radius * radius);
            assert!(shift > 3.0);
            for (left, p) in left.iter().zip(&p) {
                assert!((left - shift * p).abs() < 1e-6 * shift * radius, "radius {radius}");
            }
        }
    }

    #[test]
    fn the_hard_case_leaves_a_saddle_along_the_direction_of_negative_curvature() {
        // g has no part along the eigenvector of −2: p = (−1/3, ±√(1 − 1/9)).
        let (p, within) = solved(&[1.0, 0.0, 0.0, -2.0], &[1.0, 0.0], 1.0);
        assert!(
            (p[0] + 1.0 / 3.0).abs() < 1e-9 && (p[1].abs() - (8.0_f64 / 9.0).sqrt()).abs() < 1e-9,
            "{p:?}"
        );
        assert!(within.promised > 0.0);
        // At the saddle itself there is no gradient at all.
        let (p, _) = solved(&[1.0, 0.0, 0.0, -2.0], &[0.0, 0.0], 0.5);
        assert!((p[1].abs() - 0.5).abs() < 1e-12 && p[0] == 0.0, "{p:?}");
    }
}
