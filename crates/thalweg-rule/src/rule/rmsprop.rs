//! RMSprop.

use crate::hyper::{BELOW_ONE, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Gradient, Rate, Trace};
use crate::{Arithmetic, Chain, Real, Schedule, Transform};

recipe! {
    /// RMSprop: the gradient divided by a running root mean square of itself.
    ///
    /// ```text
    /// g ← ±g + weight_decay · x
    /// s ← alpha · s + (1 − alpha) · g²                    (at first s = initial_scale)
    /// a ← alpha · a + (1 − alpha) · g;  s̃ ← s − a²        (centered; otherwise s̃ = s)
    /// d ← g / (√(s̃ + eps_root) + eps)
    /// b ← momentum · b + d;  x ← x − lr · b               (momentum = 0: x ← x − lr · d)
    /// nesterov: x ← x − lr · (d + momentum · b)
    /// bias_correction: s / (1 − alphaᵗ) and a / (1 − alphaᵗ) in the third line (t counts from 1)
    /// ```
    ///
    /// Source: Hinton, "Neural networks for machine learning", lecture 6e, 2012; centred: Graves, "Generating sequences with recurrent
    /// neural networks", 2013.
    ///
    /// Conventions: PyTorch's `torch.optim.RMSprop` when the options that it has not are not given. Optax's `rmsprop(lr)` is
    /// `rmsprop(alpha=0.9, eps=0, eps_root=1e-8)`, with `eps_in_sqrt=False` `rmsprop(alpha=0.9, eps=1e-8)`; its momentum holds the learning
    /// rate, which differs when a schedule changes it. Notes that write `√(s + ε)` mean `rmsprop(eps=0, eps_root=ε)`. `new_weight` replaces
    /// the weight `1 − alpha` of what is new, and `bias_correction` divides by the sum of the weights then: notes that weigh new squares
    /// with one minus the learning rate mean `new_weight=0.99` at `lr=0.01`.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, RmsProp, Rule};
    ///
    /// let mut rule = RmsProp { lr: 0.1.into(), alpha: 0.75, ..RmsProp::default() }.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[3.0])?;
    /// assert!((x[0] - 0.8_f64).abs() < 1e-8);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct RmsProp = rmsprop("the gradient divided by a running root mean square") {
        /// The learning rate.
        lr: Schedule = 0.01.into(), NOT_NEGATIVE;
        /// How much of the mean square is kept.
        alpha: f64 = 0.99, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// The factor of an L2 penalty.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// How much of the last direction is kept.
        momentum: f64 = 0.0, NOT_NEGATIVE;
        /// Divides by the deviation from the mean gradient instead.
        centered: bool = false;
        /// The weight of the new square, if it is not `1 − alpha`.
        new_weight: Option<f64> = None, NOT_NEGATIVE;
        /// What the mean square starts from.
        initial_scale: f64 = 0.0, NOT_NEGATIVE;
        /// Nesterov's momentum; needs `momentum` above 0.
        nesterov: bool = false;
        /// Frees the averages of their bias towards zero.
        bias_correction: bool = false;
        /// Climbs instead of descending.
        maximize: bool = false;
    }
    conflict |rule| {
        let wrong = rule.nesterov && rule.momentum <= 0.0;
        wrong.then(|| ("nesterov", "needs a momentum above 0".to_owned()))
    };
}

impl RmsProp {
    fn pieces_scaled<const CENTERED: bool, F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: self.maximize };
        let scale = ScaleByRms::<CENTERED>::new(self.alpha)
            .weighing(self.new_weight.unwrap_or(1.0 - self.alpha))
            .stabilised(self.eps, self.eps_root)
            .starting(self.initial_scale)
            .corrected(self.bias_correction);
        let rate = Rate::new(self.lr.clone());
        if self.momentum == 0.0 {
            return vec![gradient.then(Chain(scale, rate))];
        }
        vec![gradient.then(Chain(scale, Chain(Trace::new(self.momentum).nesterov(self.nesterov), rate)))]
    }
}

impl Assemble for RmsProp {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        if self.centered { self.pieces_scaled::<true, F>() } else { self.pieces_scaled::<false, F>() }
    }
}

/// Division by a running root mean square, or by a running standard deviation if `CENTERED`.
///
/// ```text
/// s ← keep · s + new · u²;   a ← keep · a + new · u
/// u ← u / (√(s [− a²] + eps_root) + eps)
/// ```
///
/// With `bias_correction`, averages are divided by the sum of their weights, `1 − keepᵗ` if `new = 1 − keep`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleByRms<const CENTERED: bool> {
    keep: f64,
    new: f64,
    eps: f64,
    eps_root: f64,
    start: f64,
    bias_correction: bool,
    /// The sum of the weights of all that is in the averages; 1 without correction.
    weights: f64,
}

impl<const CENTERED: bool> ScaleByRms<CENTERED> {
    /// Averages of which `keep` is kept.
    pub fn new(keep: f64) -> Self {
        let (new, weights) = (1.0 - keep, 1.0);
        ScaleByRms { keep, new, eps: 0.0, eps_root: 0.0, start: 0.0, bias_correction: false, weights }
    }

    /// With another weight of what is new.
    pub fn weighing(self, new: f64) -> Self {
        ScaleByRms { new, ..self }
    }

    /// With numbers added to the square root and inside it.
    pub fn stabilised(self, eps: f64, eps_root: f64) -> Self {
        ScaleByRms { eps, eps_root, ..self }
    }

    /// With another mean square before the first step.
    pub fn starting(self, start: f64) -> Self {
        ScaleByRms { start, ..self }
    }

    /// With averages freed of their bias.
    pub fn corrected(self, bias_correction: bool) -> Self {
        ScaleByRms { bias_correction, ..self }
    }
}

impl<const CENTERED: bool> Transform for ScaleByRms<CENTERED> {
    const SLOTS: usize = if CENTERED { 2 } else { 1 };
    type Coefficients<A: Arithmetic> = [A; 5];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        if self.bias_correction {
            self.weights = if step > 0 { self.keep * self.weights } else { 0.0 } + self.new;
        }
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 5] {
        let Self { keep, new, eps, eps_root, weights, .. } = *self;
        [A::of(keep), A::of(new), A::of(1.0 / weights), A::of(eps), A::of(eps_root)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 5], u: A, _: A, slots: &mut [A]) -> A {
        let [keep, new, correct, eps, eps_root] = *c;
        let square = keep.mul_add(slots[0], new * (u * u));
        slots[0] = square;
        if !CENTERED {
            return u / (correct.mul_add(square, eps_root).sqrt() + eps);
        }
        let mean = keep.mul_add(slots[1], new * u);
        slots[1] = mean;
        let mean = correct * mean;
        u / ((correct.mul_add(square, -(mean * mean)) + eps_root).sqrt() + eps)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        if self.bias_correction {
            visit("weights", &mut self.weights);
        }
    }

    fn slot_name(slot: usize) -> &'static str {
        if slot == 0 { "square_avg" } else { "grad_avg" }
    }
    fn slot_start(&self, slot: usize) -> f64 {
        [self.start, 0.0][slot]
    }
}
