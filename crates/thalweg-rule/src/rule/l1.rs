//! Links for an L1 penalty: its subgradient, and the proximal step that makes parameters exactly zero.

use crate::hyper::{NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// The subgradient of `strength · ‖x‖₁`. Parameters come near zero and cross it back and forth; [`ProximalL1`] lets them stay there.
    ///
    /// ```text
    /// u ← u + strength · sign(x)
    /// ```
    ///
    /// Source: Shor, "Minimization methods for non-differentiable functions", 1985.
    ///
    /// Conventions: the sign of 0 is 0, as PyTorch and JAX differentiate `|x|`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("l1(0.5) | sgd(lr=1)")?.rule(2, 1)?;
    /// let mut x = [2.0, -3.0];
    /// rule.step(&mut x, &[1.0, 1.0])?;
    /// assert_eq!(x, [0.5, -3.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct L1 = l1("the subgradient of strength times the sum of absolute values") requires {
        /// The factor of the penalty.
        strength: f64 = 0.0, NOT_NEGATIVE;
    } {
    }
}

impl Assemble for L1 {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(self.clone())]
    }
}

impl Transform for L1 {
    type Coefficients<A: Arithmetic> = A;

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(self.strength)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(strength: &A, u: A, x: A, _: &mut [A]) -> A {
        strength.mul_add(x.sign(), u)
    }
}

recipe! {
    /// After the step of the chain before it, every parameter is drawn towards zero by `lr · strength`, and stays at zero if that is
    /// farther than it is away: the proximal step of `strength · ‖x‖₁`.
    ///
    /// ```text
    /// u ← x − soft(x − u, lr · strength),      soft(y, t) = sign(y) · max(|y| − t, 0)
    /// ```
    ///
    /// It is meant as the last link of a chain, with the `lr` of the rule before it: `sgd(lr=0.1) | proximal_l1(0.5, lr=0.1)` is ISTA
    /// for `f(x) + 0.5 · ‖x‖₁`. Behind a rule with rates of its own for every parameter it finds sparse parameters too, but of another
    /// balance between `f` and the penalty.
    ///
    /// Source: Daubechies, Defrise and De Mol, "An iterative thresholding algorithm for linear inverse problems with a sparsity
    /// constraint", 2004; Beck and Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear inverse problems", 2009.
    ///
    /// Conventions: with `lr` left at 1, `strength` is the threshold itself.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("sgd(lr=0.5) | proximal_l1(1, lr=0.5)")?.rule(2, 1)?;
    /// let mut x = [2.0, 0.25];
    /// rule.step(&mut x, &[1.0, 0.0])?;
    /// assert_eq!(x, [1.0, 0.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ProximalL1 = proximal_l1("parameters drawn to zero by lr times strength after the step") requires {
        /// The factor of the penalty.
        strength: f64 = 0.0, NOT_NEGATIVE;
    } {
        /// The learning rate of the rule before.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
    }
}

impl Assemble for ProximalL1 {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Shrink { proximal: self.clone(), threshold: 0.0 })]
    }
}

#[derive(Clone)]
struct Shrink {
    proximal: ProximalL1,
    threshold: f64,
}

impl Transform for Shrink {
    type Coefficients<A: Arithmetic> = A;

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.threshold = self.proximal.lr.at(step) * self.proximal.strength;
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(self.threshold)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(threshold: &A, u: A, x: A, _: &mut [A]) -> A {
        let y = x - u;
        // What is within the threshold loses exactly itself, so the parameter is exactly 0 afterwards.
        x - (y - (-*threshold).max(threshold.min(y)))
    }
}
