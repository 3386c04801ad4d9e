//! Schedule-free learning: a running average of the iterates in place of a falling learning rate.

use crate::hyper::{BELOW_ONE, FROM_ONE, NOT_NEGATIVE, UP_TO_ONE, recipe};
use crate::optimizer::{Assemble, Part};
use crate::pass::{Piece, Problem};
use crate::{Arithmetic, Real, Schedule, Transform};

recipe! {
    /// Schedule-free gradient descent: the parameters are an average of iterates that descend.
    ///
    /// ```text
    /// y = beta1 · x + (1 − beta1) · z,   where the gradient is taken        (at first z is x)
    /// z ← z − γₖ · (g + weight_decay · y)                    γₖ = lr · min(k / warmup_steps, 1)     (k counts from 0)
    /// x ← (1 − c) · x + c · z        c = w / (sum of all w so far),   w = max(γ₁ … γₖ₊₁) ^ weight_lr_power
    /// ```
    ///
    /// The parameters are x, the model to be used; [`evaluation_point`](crate::Rule::evaluation_point) is y. What is remembered is
    /// x − z.
    ///
    /// Source: Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky, "The road less scheduled", 2024.
    ///
    /// Conventions: Optax's `contrib.schedule_free_sgd`, whose parameters are y, and x what `schedule_free_eval_params` gives. The warm-up
    /// too is Optax's: the first step has a learning rate of 0. Nothing can follow it in a chain but averages.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rule, ScheduleFreeSgd};
    ///
    /// let mut rule = ScheduleFreeSgd { lr: 0.5.into(), beta1: 0.75, ..ScheduleFreeSgd::default() }.rule(1, 1)?;
    /// let (mut x, mut y) = ([0.0], [0.0]);
    /// rule.step(&mut x, &[-4.0])?;
    /// rule.step(&mut x, &[-8.0])?;
    /// // z has gone to 2 and to 6; x to 2 and half the way from there.
    /// assert_eq!(x, [4.0]);
    /// assert!(rule.evaluation_point(&x, &mut y));
    /// assert_eq!(y, [4.5]);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct ScheduleFreeSgd = schedule_free_sgd("gradient descent whose parameters are an average of its iterates") {
        /// The learning rate, without decay.
        lr: Schedule = 1.0.into(), NOT_NEGATIVE;
        /// Steps over which the learning rate rises from 0.
        warmup_steps: Option<f64> = None, FROM_ONE;
        /// How near to x the gradient is taken.
        beta1: f64 = 0.9, UP_TO_ONE;
        /// The factor of an L2 penalty at y.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// How much more iterates of a higher learning rate weigh.
        weight_lr_power: f64 = 2.0, NOT_NEGATIVE;
    }
}

recipe! {
    /// Schedule-free AdamW: the parameters are an average of iterates that go along Adam's direction without momentum.
    ///
    /// ```text
    /// y = beta1 · x + (1 − beta1) · z,   where the gradient is taken        (at first z is x)
    /// v ← beta2 · v + (1 − beta2) · g²;   v̂ = v / (1 − beta2ᵗ)              (t counts from 1)
    /// z ← z − γₖ · (g / (√v̂ + eps) + weight_decay · y)
    /// x ← (1 − c) · x + c · z        γ from lr and c from weight_lr_power as in schedule_free_sgd
    /// ```
    ///
    /// Source: Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky, "The road less scheduled", 2024.
    ///
    /// Conventions: Optax's `contrib.schedule_free_adamw`; see [`ScheduleFreeSgd`].
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rule, ScheduleFreeAdamW};
    ///
    /// let mut rule = ScheduleFreeAdamW { lr: 0.5.into(), ..ScheduleFreeAdamW::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[300.0])?;
    /// assert!((x[0] - 0.5_f64).abs() < 1e-9);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct ScheduleFreeAdamW = schedule_free_adamw("AdamW without momentum whose parameters are an average of its iterates") {
        /// The learning rate, without decay.
        lr: Schedule = 0.0025.into(), NOT_NEGATIVE;
        /// Steps over which the learning rate rises from 0.
        warmup_steps: Option<f64> = None, FROM_ONE;
        /// How near to x the gradient is taken.
        beta1: f64 = 0.9, UP_TO_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Decoupled weight decay, of y, times the learning rate.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// How much more iterates of a higher learning rate weigh.
        weight_lr_power: f64 = 2.0, NOT_NEGATIVE;
    }
}

impl Assemble for ScheduleFreeSgd {
    fn part<F: Real>(&self) -> Part<F> {
        let ScheduleFreeSgd { lr, warmup_steps, beta1, weight_decay, weight_lr_power } = self.clone();
        let adam = ScheduleFreeAdamW {
            lr,
            warmup_steps,
            beta1,
            weight_decay,
            weight_lr_power,
            ..ScheduleFreeAdamW::default()
        };
        alone(Averaged::<false>::new(adam))
    }
}

impl Assemble for ScheduleFreeAdamW {
    fn part<F: Real>(&self) -> Part<F> {
        alone(Averaged::<true>::new(self.clone()))
    }
}

/// A transform whose update must reach the parameters as it is.
fn alone<F: Real>(transform: impl Transform) -> Part<F> {
    Part::Rule(Box::new(|problem: &Problem| Piece::rule(Box::new(transform), problem)))
}

/// Adam's direction if `ADAM`, else the gradient, for an average of iterates. With d = x − z, so that y = x − (1 − beta1) · d, a step is
/// w ← d + γ · direction;  x ← x − c · w;  d ← (1 − c) · w.
#[derive(Debug, Clone)]
struct Averaged<const ADAM: bool> {
    rule: ScheduleFreeAdamW,
    rate: f64,
    /// The largest learning rate so far.
    largest: f64,
    /// The sum of the iterates' weights, and the part that the newest has in it.
    weights: f64,
    part: f64,
    /// `1 − beta2ᵗ`.
    correction: f64,
}

impl<const ADAM: bool> Averaged<ADAM> {
    fn new(rule: ScheduleFreeAdamW) -> Self {
        Averaged { rule, rate: 0.0, largest: 0.0, weights: 0.0, part: 0.0, correction: 1.0 }
    }

    fn rate_at(&self, step: u64) -> f64 {
        let warm = self.rule.warmup_steps.map_or(1.0, |steps| (step as f64 / steps).min(1.0));
        self.rule.lr.at(step) * warm
    }
}

impl<const ADAM: bool> Transform for Averaged<ADAM> {
    const SLOTS: usize = if ADAM { 2 } else { 1 };
    type Coefficients<A: Arithmetic> = [A; 9];

    fn begin(&mut self, step: u64) {
        if step == 0 {
            *self = Self::new(self.rule.clone());
        }
        self.rate = self.rate_at(step);
        self.largest = self.largest.max(self.rate_at(step + 1));
        let weight = self.largest.powf(self.rule.weight_lr_power);
        self.weights += weight;
        self.part = if self.weights > 0.0 { weight / self.weights } else { 0.0 };
        let beta2 = self.rule.beta2;
        self.correction = if step == 0 { 1.0 - beta2 } else { beta2 * self.correction + (1.0 - beta2) };
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 9] {
        let ScheduleFreeAdamW { beta1, beta2, eps, weight_decay, .. } = self.rule;
        [
            A::of(self.rate),
            A::of(self.part),
            A::of(1.0 - self.part),
            A::of(1.0 - beta1),
            A::of(weight_decay),
            A::of(beta2),
            A::of(1.0 - beta2),
            A::of(1.0 / self.correction),
            A::of(eps),
        ]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 9], g: A, x: A, slots: &mut [A]) -> A {
        let [rate, part, rest, ahead, decay, beta2, new2, correct, eps] = *c;
        let d = slots[0];
        let y = x - ahead * d;
        let direction = if ADAM {
            slots[1] = beta2.mul_add(slots[1], new2 * (g * g));
            g / ((correct * slots[1]).sqrt() + eps)
        } else {
            g
        };
        let w = rate.mul_add(decay.mul_add(y, direction), d);
        slots[0] = rest * w;
        part * w
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        visit("largest_rate", &mut self.largest);
        visit("weights", &mut self.weights);
        visit("correction2", &mut self.correction);
    }

    fn slot_name(slot: usize) -> &'static str {
        ["x_minus_z", "exp_avg_sq"][slot]
    }

    fn look_ahead(&self) -> Option<(usize, f64)> {
        Some((0, 1.0 - self.rule.beta1))
    }
}
