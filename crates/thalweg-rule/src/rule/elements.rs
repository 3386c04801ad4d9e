//! Links that look at an element's sign or at whether it is a number.

use crate::hyper::recipe;
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Sign;
use crate::{Arithmetic, Real, Transform};

recipe! {
    /// The sign of every element: 1, −1, or 0 for zero. NaN stays NaN.
    ///
    /// ```text
    /// u ← sign(u)
    /// ```
    ///
    /// Source: Bernstein, Wang, Azizzadenesheli and Anandkumar, "signSGD: compressed optimisation for non-convex problems", 2018.
    ///
    /// Conventions: Optax's `scale_by_sign`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("sign() | scale(0.5)")?.rule(3, 1)?;
    /// let mut x = [1.0, 1.0, 1.0];
    /// rule.step(&mut x, &[1e-9, 0.0, -1e9])?;
    /// assert_eq!(x, [0.5, 1.0, 1.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleBySign = sign("the sign of every element of the update") {}
}

impl Assemble for ScaleBySign {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Sign)]
    }
}

recipe! {
    /// Zero in place of every element that is not a number; infinities stay.
    ///
    /// ```text
    /// u ← 0 where u is NaN
    /// ```
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `zero_nans`, which also keeps whether there was one.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("zero_nans() | sgd(lr=1)")?.rule(2, 1)?;
    /// let mut x = [1.0, 1.0];
    /// rule.step(&mut x, &[f64::NAN, 0.25])?;
    /// assert_eq!(x, [1.0, 0.75]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ZeroNans = zero_nans("0 for every element of the update that is not a number") {}
}

impl Assemble for ZeroNans {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(self.clone())]
    }
}

impl Transform for ZeroNans {
    type Coefficients<A: Arithmetic> = ();

    fn coefficients<A: Arithmetic>(&self) {}

    #[inline(always)]
    fn apply<A: Arithmetic>((): &(), u: A, _: A, _: &mut [A]) -> A {
        u.if_positive(u, (-u).if_positive(u, A::of(0.0)))
    }
}
