//! [`Loss`]: how much a residual counts.

/// What is summed over the residuals r: s² ρ((r/s)²), with the scale s at which a residual begins to count as an outlier.
///
/// Source: Triggs, McLauchlan, Hartley and Fitzgibbon, *Bundle Adjustment — A Modern Synthesis* (2000), section 4.3 and appendix.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Loss {
    /// ρ(z) = z: squares.
    #[default]
    Squares,
    /// ρ(z) = z up to 1, then 2√z − 1: squares inside the scale, lines outside.
    Huber(f64),
    /// ρ(z) = 2 (√(1 + z) − 1): smooth from squares to lines.
    SoftL1(f64),
    /// ρ(z) = log(1 + z): outliers hardly count.
    Cauchy(f64),
}

/// An outlier bends the model by at least this share of ρ', or rounding errors of its residual would rule the steps.
const LEAST_CURVATURE: f64 = 1e-2;

impl Loss {
    pub(super) fn scale(self) -> f64 {
        match self {
            Loss::Squares => 1.0,
            Loss::Huber(scale) | Loss::SoftL1(scale) | Loss::Cauchy(scale) => scale,
        }
    }

    /// ρ and its first two derivatives.
    fn rho(self, z: f64) -> [f64; 3] {
        match self {
            Loss::Squares => [z, 1.0, 0.0],
            Loss::Huber(_) if z <= 1.0 => [z, 1.0, 0.0],
            Loss::Huber(_) => [2.0 * z.sqrt() - 1.0, 1.0 / z.sqrt(), -0.5 / (z * z.sqrt())],
            Loss::SoftL1(_) => {
                let root = (1.0 + z).sqrt();
                // 2 (root − 1), without cancellation at 0.
                [2.0 * z / (root + 1.0), 1.0 / root, -0.5 / (root * root * root)]
            }
            Loss::Cauchy(_) => [z.ln_1p(), 1.0 / (1.0 + z), -1.0 / ((1.0 + z) * (1.0 + z))],
        }
    }

    /// Half the derivative of a residual's loss by it, ψ = rρ', and the derivative of that.
    pub(super) fn influence(self, residual: f64) -> (f64, f64) {
        let z = (residual / self.scale()) * (residual / self.scale());
        let [_, slope, bend] = self.rho(z);
        (residual * slope, slope + 2.0 * bend * z)
    }

    /// What the residuals sum up to.
    pub(super) fn sum(self, residuals: &[f64]) -> f64 {
        let scale = self.scale();
        residuals.iter().map(|r| scale * scale * self.rho((r / scale) * (r / scale))[0]).sum()
    }

    /// Makes of residuals and Jacobian those of a problem of squares with the same gradient and the Gauss–Newton Hessian
    /// of this loss: each row times √(ρ' + 2ρ''z), where that is not too little, and the residual so that the gradient stays.
    pub(super) fn reweigh(self, residuals: &mut [f64], jacobian: &mut [f64]) {
        if self == Loss::Squares || residuals.is_empty() {
            return;
        }
        let (scale, n) = (self.scale(), jacobian.len() / residuals.len());
        for (r, row) in residuals.iter_mut().zip(jacobian.chunks_exact_mut(n)) {
            let z = (*r / scale) * (*r / scale);
            let [_, slope, bend] = self.rho(z);
            let weight = (slope + 2.0 * bend * z).max(LEAST_CURVATURE * slope).sqrt();
            *r *= slope / weight;
            for j in row {
                *j *= weight;
            }
        }
    }
}
