//! COCOB.

use crate::hyper::{NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Gradient, Rate};
use crate::{Arithmetic, Chain, Real, Schedule, Transform};

recipe! {
    /// COCOB: no learning rate; every parameter bets a part of what it has won on the outcome of the next gradient.
    ///
    /// ```text
    /// g ← lr · (g + weight_decay · x)
    /// L ← max(L, |g|);   G ← G + |g|;   R ← max(R − g · (x − x₀), 0);   C ← C − g          (at first L = eps)
    /// x ← x₀ + C / (L · max(G + L, alpha · L)) · (L + R)
    /// ```
    ///
    /// Source: Orabona and Tommasi, "Training deep networks without learning rates through coin betting", 2017.
    ///
    /// Conventions: Optax's `contrib.cocob`. The start `x₀` is not kept: `x − x₀` is the last bet, which follows from the sums; a link
    /// behind this one that changes the update is not seen.
    ///
    /// ```
    /// use thalweg_rule::{Cocob, Recipe, Rule};
    ///
    /// let mut rule = Cocob::default().rule(1, 1)?;
    /// let mut x = [3.0];
    /// rule.step(&mut x, &[5.0])?;
    /// // −5 / (5 · 500) · 5
    /// assert!((x[0] - 2.99_f64).abs() < 1e-12);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Cocob = cocob("coin betting: no learning rate") {
        /// What gradients are multiplied by.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// Bounds the bets while little has been seen.
        alpha: f64 = 100.0, NOT_NEGATIVE;
        /// What the largest gradient starts from.
        eps: f64 = 1e-8, POSITIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for Cocob {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: false };
        let bet = Bet { alpha: self.alpha, eps: self.eps };
        vec![gradient.then(Chain(Rate::new(self.lr.clone()), bet))]
    }
}

#[derive(Clone)]
struct Bet {
    alpha: f64,
    eps: f64,
}

impl Transform for Bet {
    const SLOTS: usize = 4;
    type Coefficients<A: Arithmetic> = A;

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> A {
        A::of(self.alpha)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(alpha: &A, u: A, _: A, slots: &mut [A]) -> A {
        // x − x₀
        let bet = |[largest, sum, reward, outcome]: [A; 4]| {
            outcome / (largest * (*alpha * largest).max(sum + largest)) * (largest + reward)
        };
        let [largest, sum, reward, outcome] = [slots[0], slots[1], slots[2], slots[3]];
        let last = bet([largest, sum, reward, outcome]);
        let reward = A::of(0.0).max(reward - u * last);
        let now = [largest.max(u.abs()), sum + u.abs(), reward, outcome - u];
        slots.copy_from_slice(&now);
        last - bet(now)
    }

    fn slot_name(slot: usize) -> &'static str {
        ["scale", "subgradients", "reward", "cumulative_gradients"][slot]
    }

    fn slot_start(&self, slot: usize) -> f64 {
        if slot == 0 { self.eps } else { 0.0 }
    }
}
