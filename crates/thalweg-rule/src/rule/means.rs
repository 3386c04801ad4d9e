//! Links that keep a sum or a mean of the updates.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Gathered, Trace};
use crate::{Arithmetic, Real, Transform};

recipe! {
    /// Momentum: a decaying sum of the updates.
    ///
    /// ```text
    /// b ← u + decay · b
    /// u ← b,   with nesterov:   u ← u + decay · b
    /// ```
    ///
    /// Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Sutskever, Martens, Dahl and Hinton,
    /// "On the importance of initialization and momentum in deep learning", 2013.
    ///
    /// Conventions: Optax's `trace`; `sgd` with momentum is `trace(momentum) | scale(lr)`, `heavy_ball` is
    /// `scale(lr) | trace(momentum)`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("trace(0.5)")?.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[4.0])?;
    /// rule.step(&mut x, &[1.0])?;
    /// assert_eq!(x, [-7.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct TraceUpdates = trace("a decaying sum of the updates") {
        /// How much of the sum is kept.
        decay: f64 = 0.9, NOT_NEGATIVE;
        /// Adds the newest update once more, as if the momentum had been followed first.
        nesterov: bool = false;
    }
}

impl Assemble for TraceUpdates {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Trace::new(self.decay).nesterov(self.nesterov))]
    }
}

recipe! {
    /// The running mean of the updates.
    ///
    /// ```text
    /// e ← decay · e + (1 − decay) · u
    /// u ← e,   with debias:   u ← e / (1 − decayᵗ)                  (t counts from 1)
    /// ```
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `ema`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("ema(0.5)")?.rule(1, 1)?;
    /// let mut x = [0.0_f64];
    /// rule.step(&mut x, &[3.0])?;
    /// rule.step(&mut x, &[6.0])?;
    /// // −3 − (3 + 2 · 6) / 3
    /// assert!((x[0] + 8.0).abs() < 1e-15);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Ema = ema("the running mean of the updates") requires {
        /// How much of the mean is kept.
        decay: f64 = 0.0, BELOW_ONE;
    } {
        /// Frees the mean of its start from zero.
        debias: bool = true;
    }
}

impl Assemble for Ema {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Mean { ema: self.clone(), mean: Gathered::new(self.decay) })]
    }
}

#[derive(Clone)]
struct Mean {
    ema: Ema,
    mean: Gathered,
}

impl Transform for Mean {
    const SLOTS: usize = 1;
    type Coefficients<A: Arithmetic> = [A; 3];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.mean.begin(step);
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 3] {
        let correct = if self.ema.debias { self.mean.correction() } else { 1.0 };
        [self.ema.decay, 1.0 - self.ema.decay, correct].map(A::of)
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([decay, new, correct]: &[A; 3], u: A, _: A, slots: &mut [A]) -> A {
        slots[0] = decay.mul_add(slots[0], *new * u);
        *correct * slots[0]
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        self.mean.show("correction", visit);
    }

    fn slot_name(_: usize) -> &'static str {
        "ema"
    }
}

recipe! {
    /// The sum of several updates as one: of every `steps` updates the last one is passed on with those before it, for the others
    /// zeros.
    ///
    /// ```text
    /// a ← a + u,   from a = 0 at the beginning of every steps steps
    /// u ← a at the last of them,   0 at the others
    /// ```
    ///
    /// Links behind it count all steps, and see the zeros; [`Accumulate`](crate::Accumulate) holds them until there is something to do.
    ///
    /// Source: common practice.
    ///
    /// Conventions: Optax's `apply_every(steps)`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("apply_every(2)")?.rule(1, 1)?;
    /// let mut x = [0.0];
    /// rule.step(&mut x, &[1.0])?;
    /// assert_eq!(x, [0.0]);
    /// rule.step(&mut x, &[3.0])?;
    /// assert_eq!(x, [-4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ApplyEvery = apply_every("the sum of several updates as one, and zeros before it") requires {
        /// Updates to a sum.
        steps: u64 = 1;
    } {}
}

impl Assemble for ApplyEvery {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Gathers { steps: self.steps, at: 0 })]
    }
}

#[derive(Clone)]
struct Gathers {
    steps: u64,
    /// How many updates are in the sum before the step.
    at: u64,
}

impl Transform for Gathers {
    const SLOTS: usize = 1;
    /// Whether the sum goes on, and whether it is passed on.
    type Coefficients<A: Arithmetic> = [A; 2];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        self.at = step % self.steps;
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 2] {
        [self.at > 0, self.at + 1 == self.steps].map(|holds| A::of(f64::from(holds)))
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([goes_on, ends]: &[A; 2], u: A, _: A, slots: &mut [A]) -> A {
        let zero = A::of(0.0);
        slots[0] = u + goes_on.if_positive(slots[0], zero);
        ends.if_positive(slots[0], zero)
    }

    fn slot_name(_: usize) -> &'static str {
        "sum"
    }
}
