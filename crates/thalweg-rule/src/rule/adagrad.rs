//! Adagrad.

use crate::hyper::{NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Gradient, Rate};
use crate::{Arithmetic, Chain, Real, Schedule, Transform};

recipe! {
    /// Adagrad: each parameter's rate falls with the sum of its squared gradients.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x
    /// s ← s + g²                                       (at first s = initial_accumulator_value)
    /// x ← x − lr / (1 + t · lr_decay) · g / (√(s + eps_root) + eps)          (t counts from 0)
    /// ```
    ///
    /// With `include_current=false` the division is by the sum *before* the present gradient enters it, which wants an `eps_root`
    /// that is not tiny: the first step is `lr · g / √eps_root`.
    ///
    /// Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    ///
    /// Conventions: PyTorch's `torch.optim.Adagrad` when `eps_root` is 0 and `include_current` is true. Optax's `adagrad(lr)` is
    /// `adagrad(initial_accumulator_value=0.1, eps=0, eps_root=1e-7)`. Notes that write `√(s + ε)` mean `adagrad(eps=0, eps_root=ε)`.
    ///
    /// ```
    /// use thalweg_rule::{Adagrad, Recipe, Rule};
    ///
    /// let mut rule = Adagrad { lr: 0.4.into(), ..Adagrad::default() }.rule(2, 1)?;
    /// let mut x = [-5.0, -2.0];
    /// rule.step(&mut x, &[-1.0, -8.0])?;
    /// assert!((x[0] + 4.6_f64).abs() < 1e-9 && (x[1] + 1.6_f64).abs() < 1e-9);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Adagrad = adagrad("rates that fall with the sum of squared gradients") {
        /// The learning rate.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// Lets the learning rate fall as `1 / (1 + t · lr_decay)`.
        lr_decay: f64 = 0.0, NOT_NEGATIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// What the sum of squares starts from.
        initial_accumulator_value: f64 = 0.0, NOT_NEGATIVE;
        /// Added to the square root.
        eps: f64 = 1e-10, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// Whether the sum that is divided by has the present gradient in it.
        include_current: bool = true;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

impl Assemble for Adagrad {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: self.maximize };
        let scale = ScaleByRss {
            start: self.initial_accumulator_value,
            eps: self.eps,
            eps_root: self.eps_root,
            include_current: self.include_current,
        };
        vec![gradient.then(Chain(scale, Rate::decaying(self.lr.clone(), self.lr_decay)))]
    }
}

/// `s ← s + u²; u ← u / (√(s + eps_root) + eps)`: division by the root of the sum of squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleByRss {
    /// What the sum starts from.
    pub start: f64,
    /// Added to the square root.
    pub eps: f64,
    /// Added inside the square root.
    pub eps_root: f64,
    /// Whether the sum that is divided by has the present update in it.
    pub include_current: bool,
}

impl Transform for ScaleByRss {
    const SLOTS: usize = 1;
    type Coefficients<A: Arithmetic> = [A; 3];

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 3] {
        let include = if self.include_current { 1.0 } else { 0.0 };
        [A::of(include), A::of(self.eps), A::of(self.eps_root)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([current, eps, eps_root]: &[A; 3], u: A, _: A, slots: &mut [A]) -> A {
        let sum = slots[0];
        let square = u * u;
        slots[0] = sum + square;
        u / ((current.mul_add(square, sum) + *eps_root).sqrt() + *eps)
    }

    fn slot_name(_: usize) -> &'static str {
        "sum"
    }

    fn slot_start(&self, _: usize) -> f64 {
        self.start
    }
}
