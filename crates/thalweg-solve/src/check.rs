//! [`gradient_check`]: an objective's gradient against finite differences.

use crate::error::check_point;
use crate::scalar::{narrow, wide};
use crate::{Objective, Scalar, SolveError};

/// How far a gradient is from central differences.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientCheck {
    /// max |gᵢ − nᵢ|, n the numeric gradient.
    pub max_abs_error: f64,
    /// max |gᵢ − nᵢ| / max(|gᵢ|, |nᵢ|). Components that differences cannot tell from 0, both below ∛ε·max(1, |f(x)|), are left out.
    pub max_rel_error: f64,
    /// The gradient as the objective gives it.
    pub gradient: Vec<f64>,
    /// The gradient by central differences.
    pub numeric: Vec<f64>,
}

/// Compares the gradient at x with central differences `(f(x + h eᵢ) − f(x − h eᵢ)) / 2h`, `h = ∛ε · max(1, |xᵢ|)` with ε the
/// machine precision of `F`: the step that balances the truncation error h² against the rounding error ε/h. Expect relative
/// errors near ε^⅔: 4·10⁻¹¹ for `f64`, 2·10⁻⁵ for `f32`, times the curvature's scale.
///
/// ```
/// use thalweg_function::trace;
/// use thalweg_solve::{Traced, gradient_check};
///
/// let f = trace(2, |x| (x[0] * x[1]).sin())?;
/// let check = gradient_check(&mut Traced::<f64>::new(&f)?, &[0.3, 1.2])?;
/// assert!(check.max_rel_error < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A point of the wrong length or not finite.
pub fn gradient_check<F: Scalar, O: Objective<F>>(
    objective: &mut O,
    x: &[F],
) -> Result<GradientCheck, SolveError> {
    let dim = objective.dim();
    check_point(|| "the point".to_owned(), x, dim)?;
    let mut gradient = vec![F::default(); dim];
    let value = wide(objective.value_and_gradient(x, &mut gradient)?);
    let gradient: Vec<f64> = gradient.into_iter().map(wide).collect();

    let epsilon: f64 = if size_of::<F>() == 4 { f32::EPSILON.into() } else { f64::EPSILON };
    let mut moved = x.to_vec();
    let mut numeric = Vec::with_capacity(dim);
    for i in 0..dim {
        let h = epsilon.cbrt() * wide(x[i]).abs().max(1.0);
        let mut at = |h: f64| -> Result<(f64, f64), SolveError> {
            moved[i] = narrow(wide(x[i]) + h);
            Ok((wide(moved[i]), wide(objective.value(&moved)?)))
        };
        let ((right, above), (left, below)) = (at(h)?, at(-h)?);
        moved[i] = x[i];
        // The distance as rounded, not 2h.
        numeric.push((above - below) / (right - left));
    }

    let mut check = GradientCheck { max_abs_error: 0.0, max_rel_error: 0.0, gradient, numeric };
    let nothing = epsilon.cbrt() * value.abs().max(1.0);
    for (&g, &n) in check.gradient.iter().zip(&check.numeric) {
        let error = (g - n).abs();
        let scale = g.abs().max(n.abs());
        check.max_abs_error = larger(check.max_abs_error, error);
        check.max_rel_error = larger(
            check.max_rel_error,
            if scale <= nothing && error.is_finite() { 0.0 } else { error / scale },
        );
    }
    Ok(check)
}

/// The larger of two numbers, NaN if one is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b > a || b.is_nan() { if a.is_nan() { a } else { b } } else { a }
}
