//! What a rule is told at a step: the gradient, and for some rules the value or a Hessian-vector product.

/// What is known of the function at [`Rule::evaluation_point`](crate::Rule::evaluation_point).
///
/// Most rules need the gradient alone: `Evaluation::of(&gradient)`. What else one needs, [`Rule::needs`](crate::Rule::needs) says.
///
/// ```
/// use thalweg_rule::{Evaluation, Optimizer, Rule};
///
/// let mut rule = Optimizer::parse("polyak_sgd(max_lr=10)")?.rule::<f64>(1, 1)?;
/// let mut x = [3.0];
/// // f(x) = x², of which Polyak's step goes half the way.
/// rule.advance(&mut x, &Evaluation::of(&[6.0]).with_values(&[9.0]))?;
/// assert_eq!(x, [1.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Evaluation<'a, F> {
    /// The gradient, as long as the parameters.
    pub gradient: &'a [F],
    /// The function's value, one for every problem.
    pub values: Option<&'a [F]>,
    /// The Hessian times the direction that [`Rule::probe`](crate::Rule::probe) has given, as long as the parameters.
    pub hessian_vector: Option<&'a [F]>,
}

impl<'a, F> Evaluation<'a, F> {
    /// The gradient alone.
    #[inline(always)]
    pub fn of(gradient: &'a [F]) -> Self {
        Evaluation { gradient, values: None, hessian_vector: None }
    }

    /// With the values, one for every problem.
    #[must_use]
    pub fn with_values(self, values: &'a [F]) -> Self {
        Evaluation { values: Some(values), ..self }
    }

    /// With the Hessian times the rule's probe.
    #[must_use]
    pub fn with_hessian_vector(self, product: &'a [F]) -> Self {
        Evaluation { hessian_vector: Some(product), ..self }
    }
}

/// What a rule needs beside gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The function's value at every step.
    pub values: bool,
    /// Hessian-vector products at those steps for which it gives a probe.
    pub hessian_vector: bool,
}

impl Needs {
    /// What either needs.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Needs {
            values: self.values || other.values,
            hessian_vector: self.hessian_vector || other.hessian_vector,
        }
    }
}
