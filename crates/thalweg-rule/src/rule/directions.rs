//! Links that divide the update by a root of its squares, and optimistic Adam, which is made of one.

use crate::hyper::{BELOW_ONE, FINITE, NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::rule::optimistic::Change;
use crate::transform::{Framed, ScaleByAdam, ScaleByRms, ScaleByRss};
use crate::{Adam, Chain, Real, Schedule};

recipe! {
    /// The direction of [`Adam`]: `adam` is `scale_by_adam() | scale(lr)`, `adamw` is
    /// `scale_by_adam() | add_decayed_weights(weight_decay) | scale(lr)`.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · u;   m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · u²;  v̂ = v / (1 − beta2ᵗ)
    /// u ← m̂ / (√(v̂ + eps_root) + eps)
    /// nesterov: m̂ = beta1 · m / (1 − beta1ᵗ⁺¹) + (1 − beta1) · u / (1 − beta1ᵗ)
    /// ```
    ///
    /// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; nesterov: Dozat, "Incorporating Nesterov momentum into
    /// Adam", 2016.
    ///
    /// Conventions: Optax's `scale_by_adam`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_adam() | scale(0.1)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[200.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct AdamDirection = scale_by_adam("the mean update divided by a root mean square, bias corrected") {
        /// How much of the mean update is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// Steps from the mean as it will be one step on.
        nesterov: bool = false;
    }
}

impl AdamDirection {
    fn transform(&self) -> ScaleByAdam<false> {
        let AdamDirection { beta1, beta2, eps, eps_root, nesterov } = *self;
        ScaleByAdam::new(&Adam { beta1: beta1.into(), beta2, eps, eps_root, nesterov, ..Adam::default() })
    }
}

impl Assemble for AdamDirection {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(self.transform())]
    }
}

recipe! {
    /// The update divided by a running root mean square of itself: `rmsprop` is `scale_by_rms(eps_in_sqrt=false) | scale(lr)`.
    ///
    /// ```text
    /// s ← decay · s + (1 − decay) · u²                               (at first s = initial_scale)
    /// u ← u / √(s + eps),   without eps_in_sqrt:   u ← u / (√s + eps)
    /// bias_correction: s / (1 − decayᵗ) in the second line           (t counts from 1)
    /// ```
    ///
    /// Source: Hinton, "Neural networks for machine learning", lecture 6e, 2012.
    ///
    /// Conventions: Optax's `scale_by_rms`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_rms(decay=0.75) | scale(0.1)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[3.0])?;
    /// assert!((x[0] - 0.8_f64).abs() < 1e-8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct RmsDirection = scale_by_rms("the update divided by a running root mean square") {
        /// How much of the mean square is kept.
        decay: f64 = 0.9, BELOW_ONE;
        /// Added to the mean square or its root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// What the mean square starts from.
        initial_scale: f64 = 0.0, NOT_NEGATIVE;
        /// Adds `eps` inside the square root.
        eps_in_sqrt: bool = true;
        /// Frees the mean square of its bias towards zero.
        bias_correction: bool = false;
    }
}

impl Assemble for RmsDirection {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let RmsDirection { decay, eps, initial_scale, eps_in_sqrt, bias_correction } = *self;
        let deviation = StddevDirection { decay, eps, initial_scale, eps_in_sqrt, bias_correction };
        vec![Box::new(deviation.transform::<false>())]
    }
}

recipe! {
    /// The update divided by its running standard deviation: `rmsprop(centered=true)` is
    /// `scale_by_stddev(eps_in_sqrt=false) | scale(lr)`.
    ///
    /// ```text
    /// s ← decay · s + (1 − decay) · u²                               (at first s = initial_scale)
    /// a ← decay · a + (1 − decay) · u
    /// u ← u / √(s − a² + eps),   without eps_in_sqrt:   u ← u / (√(s − a²) + eps)
    /// bias_correction: s / (1 − decayᵗ) and a / (1 − decayᵗ) in the third line        (t counts from 1)
    /// ```
    ///
    /// Source: Graves, "Generating sequences with recurrent neural networks", 2013.
    ///
    /// Conventions: Optax's `scale_by_stddev`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_stddev(decay=0.5) | scale(0.1)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[3.0])?;
    /// // 9 / 2 − (3 / 2)² = (3 / 2)²
    /// assert!((x[0] - 0.8_f64).abs() < 1e-8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct StddevDirection = scale_by_stddev("the update divided by its running standard deviation") {
        /// How much of the averages is kept.
        decay: f64 = 0.9, BELOW_ONE;
        /// Added to the variance or its root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// What the mean square starts from.
        initial_scale: f64 = 0.0, NOT_NEGATIVE;
        /// Adds `eps` inside the square root.
        eps_in_sqrt: bool = true;
        /// Frees the averages of their bias towards zero.
        bias_correction: bool = false;
    }
}

impl StddevDirection {
    fn transform<const CENTERED: bool>(&self) -> ScaleByRms<CENTERED> {
        let [eps, eps_root] = if self.eps_in_sqrt { [0.0, self.eps] } else { [self.eps, 0.0] };
        ScaleByRms::new(self.decay)
            .stabilised(eps, eps_root)
            .starting(self.initial_scale)
            .corrected(self.bias_correction)
    }
}

impl Assemble for StddevDirection {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(self.transform::<true>())]
    }
}

recipe! {
    /// The update divided by the root of the sum of its squares: `adagrad(eps=0, eps_root=eps)` is `scale_by_rss() | scale(lr)`.
    ///
    /// ```text
    /// s ← s + u²                      (at first s = initial_accumulator_value)
    /// u ← u / √(s + eps)
    /// ```
    ///
    /// Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    ///
    /// Conventions: Optax's `scale_by_rss`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_rss(initial_accumulator_value=7) | scale(0.5)")?.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[3.0])?;
    /// assert!((x[0] - 0.625_f64).abs() < 1e-8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct RssDirection = scale_by_rss("the update divided by the root of the sum of its squares") {
        /// What the sum starts from.
        initial_accumulator_value: f64 = 0.1, NOT_NEGATIVE;
        /// Added inside the square root.
        eps: f64 = 1e-7, POSITIVE;
    }
}

impl Assemble for RssDirection {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let (start, eps_root) = (self.initial_accumulator_value, self.eps);
        vec![Box::new(ScaleByRss { start, eps: 0.0, eps_root, include_current: true })]
    }
}

recipe! {
    /// Adam that expects its direction to change again as it just has: for games, such as the training of adversarial networks.
    ///
    /// ```text
    /// m ← beta1 · m + (1 − beta1) · g                                    (t counts from 1)
    /// v ← beta2 · v + (1 − beta2) · g²;   v̂ = v / (1 − beta2ᵗ)
    /// m̂ = beta1 · m / (1 − beta1ᵗ⁺¹) + (1 − beta1) · g / (1 − beta1ᵗ),   without nesterov m̂ = m / (1 − beta1ᵗ)
    /// d = m̂ / (√(v̂ + eps_root) + eps)
    /// x ← x − lr · (alpha · d + beta · (d − d′))             (d′: the direction before; at first d)
    /// ```
    ///
    /// Source: Daskalakis, Ilyas, Syrgkanis and Zeng, "Training GANs with optimism", 2018.
    ///
    /// Conventions: Optax's `optimistic_adam_v2`; its older `optimistic_adam(lr, optimism)` is `beta = optimism / lr`.
    ///
    /// ```
    /// use thalweg_rule::{OptimisticAdam, Recipe, Rule};
    ///
    /// let adam = OptimisticAdam { lr: 0.1.into(), nesterov: false, ..OptimisticAdam::default() };
    /// let mut rule = adam.rule(1, 1)?;
    /// let mut x = [1.0];
    /// rule.step(&mut x, &[200.0])?;
    /// assert!((x[0] - 0.9_f64).abs() < 1e-9);
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct OptimisticAdam = optimistic_adam("Adam's direction with its latest change once more") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// The weight of the direction.
        alpha: f64 = 1.0, FINITE;
        /// The weight of its change.
        beta: f64 = 1.0, FINITE;
        /// How much of the mean gradient is kept.
        beta1: f64 = 0.9, BELOW_ONE;
        /// How much of the mean square is kept.
        beta2: f64 = 0.999, BELOW_ONE;
        /// Added to the square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// Added inside the square root.
        eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// Steps from the mean gradient as it will be one step on.
        nesterov: bool = true;
    }
}

impl Assemble for OptimisticAdam {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let OptimisticAdam { beta1, beta2, eps, eps_root, nesterov, .. } = *self;
        let adam = AdamDirection { beta1, beta2, eps, eps_root, nesterov }.transform();
        Framed::with(&self.lr).around(Chain(adam, Change::new(self.alpha, self.beta)))
    }
}
