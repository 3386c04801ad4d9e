//! Steps of the same size for every parameter: the sign of the gradient, or of its average.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Framed;
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Descent along the sign of the gradient: steepest descent in the maximum norm.
    ///
    /// ```text
    /// x ← x − lr · sign(g)          (sign(0) = 0)
    /// ```
    ///
    /// Source: Bernstein, Wang, Azizzadenesheli and Anandkumar, "signSGD: compressed optimisation for non-convex problems", 2018.
    ///
    /// Conventions: Optax's `sign_sgd`, which has no default learning rate.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rule, SignSgd};
    ///
    /// let mut rule = SignSgd { lr: 0.5.into() }.rule(3, 1)?;
    /// let mut x = [1.0, 1.0, 1.0];
    /// rule.step(&mut x, &[3.0, -0.01, 0.0])?;
    /// assert_eq!(x, [0.5, 1.5, 1.0]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct SignSgd = sign_sgd("steps of one size along the sign of the gradient") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
    }
}

impl Assemble for SignSgd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        Framed::with(&self.lr).around(Sign)
    }
}

recipe! {
    /// Descent along the sign of the gradient's running average.
    ///
    /// ```text
    /// m ← beta · m + (1 − beta) · g
    /// x ← x − lr · (sign(m) + weight_decay · x)          (sign(0) = 0)
    /// ```
    ///
    /// Source: Bernstein, Wang, Azizzadenesheli and Anandkumar, "signSGD: compressed optimisation for non-convex problems", 2018,
    /// algorithm 2, with the weight decay of its experiments.
    ///
    /// Conventions: Optax's `signum` when `weight_decay` is 0; it has no default learning rate.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rule, Signum};
    ///
    /// let mut rule = Signum { lr: 0.5.into(), ..Signum::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[9.0])?;
    /// // The average is still positive: 0.9 · 0.9 − 0.1 · 1.
    /// rule.step(&mut x, &[-1.0])?;
    /// assert_eq!(x, [0.0]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Signum = signum("steps of one size along the sign of the mean gradient") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        beta: f64 = 0.9, BELOW_ONE;
        /// The part of each parameter, times the learning rate, that is taken away.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for Signum {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let frame = Framed { weight_decay: self.weight_decay, decoupled: true, ..Framed::with(&self.lr) };
        frame.around(SignOfMean { beta: self.beta })
    }
}

/// `u ← sign(u)`: 1 or −1; zero and NaN as they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sign;

impl Transform for Sign {
    type Coefficients<A: Arithmetic> = ();

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) {}

    #[inline(always)]
    fn apply<A: Arithmetic>((): &(), u: A, _: A, _: &mut [A]) -> A {
        u.sign()
    }
}

/// `m ← beta · m + (1 − beta) · u; u ← sign(m)`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignOfMean {
    /// How much of the mean is kept.
    pub beta: f64,
}

impl Transform for SignOfMean {
    const SLOTS: usize = 1;
    type Coefficients<A: Arithmetic> = [A; 2];

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 2] {
        [A::of(self.beta), A::of(1.0 - self.beta)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([beta, new]: &[A; 2], u: A, _: A, slots: &mut [A]) -> A {
        slots[0] = beta.mul_add(slots[0], *new * u);
        slots[0].sign()
    }

    fn slot_name(_: usize) -> &'static str {
        "exp_avg"
    }
}
