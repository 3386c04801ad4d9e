//! Averaged stochastic gradient descent.

use crate::hyper::{NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Gradient;
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Gradient descent with a falling rate, and beside it the average of the parameters it went through.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x
    /// x ← x − eta · (g + lambd · x)
    /// a ← a + mu · (x − a)
    /// eta ← lr / (1 + lambd · lr · t)^alpha         (at first lr; t steps made)
    /// mu ← 1 / max(1, t − t0)                       (at first 1: a ← x)
    /// ```
    ///
    /// Gradients are taken at `x`; the average `a` is the result to use: [`averaged`](crate::Rule::averaged). Within a chain it is the
    /// average of the parameters that this link alone would make.
    ///
    /// Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the rate: Bottou, "Stochastic gradient
    /// descent tricks", 2012.
    ///
    /// Conventions: PyTorch's `torch.optim.ASGD`, whose average is `state["ax"]`; a schedule's number is read one step before it is used,
    /// the first one excepted, as there.
    ///
    /// ```
    /// use thalweg_rule::{Asgd, Recipe, Rule};
    ///
    /// let mut rule = Asgd { lr: 0.5.into(), lambd: 0.0, t0: 0.0, ..Asgd::default() }.rule(1, 1)?;
    /// let (mut x, mut average) = ([0.0], [f64::NAN]);
    /// for gradient in [-2.0, -2.0, -4.0] {
    ///     rule.step(&mut x, &[gradient])?;
    /// }
    /// assert!(rule.averaged(&x, &mut average));
    /// // After 1, 2 and 4; the first two steps have weight 1.
    /// assert_eq!((x, average), ([4.0], [3.0]));
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Asgd = asgd("gradient descent with a falling rate, and the average of its parameters") {
        /// The first learning rate.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// How fast the rate falls, and the part of each parameter, times the rate, that is taken away.
        lambd: f64 = 1e-4, NOT_NEGATIVE;
        /// The power with which the rate falls.
        alpha: f64 = 0.75, NOT_NEGATIVE;
        /// Steps before the average begins.
        t0: f64 = 1e6, NOT_NEGATIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
}

impl Assemble for Asgd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let Asgd { lambd, alpha, t0, weight_decay, maximize, .. } = *self;
        let zero = Now { eta: 0.0, mu: 1.0 };
        let steps = Averaging { lr: self.lr.clone(), lambd, alpha, t0, now: zero, next: zero };
        vec![Gradient { weight_decay, maximize }.then(steps)]
    }
}

/// The rate, and the weight of the newest parameters in the average.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Now {
    eta: f64,
    mu: f64,
}

#[derive(Debug, Clone, PartialEq)]
struct Averaging {
    lr: Schedule,
    lambd: f64,
    alpha: f64,
    t0: f64,
    now: Now,
    next: Now,
}

impl Transform for Averaging {
    const SLOTS: usize = 1;
    type Coefficients<A: Arithmetic> = [A; 4];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        let lr = self.lr.at(step);
        self.now = if step == 0 { Now { eta: lr, mu: 1.0 } } else { self.next };
        let t = step as f64 + 1.0;
        self.next =
            Now { eta: lr / (1.0 + self.lambd * lr * t).powf(self.alpha), mu: 1.0 / (t - self.t0).max(1.0) };
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 4] {
        let Now { eta, mu } = self.now;
        [A::of(eta), A::of(self.lambd), A::of(mu), A::of(1.0 - mu)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([eta, lambd, mu, keep]: &[A; 4], u: A, x: A, slots: &mut [A]) -> A {
        let step = *eta * lambd.mul_add(x, u);
        slots[0] = keep.mul_add(slots[0], *mu * (x - step));
        step
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        visit("eta", &mut self.next.eta);
        visit("mu", &mut self.next.mu);
    }

    fn slot_name(_: usize) -> &'static str {
        "ax"
    }

    fn average(&self) -> Option<(usize, f64)> {
        Some((0, 1.0))
    }
}
