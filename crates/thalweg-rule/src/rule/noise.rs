//! Gradient descent with noise.

use crate::hyper::{NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Noise, Piece};
use crate::transform::Rate;
use crate::{Real, Schedule};

recipe! {
    /// Gradient descent with normal noise on the gradient that fades as the steps go by.
    ///
    /// ```text
    /// x ← x − lr · (g + √(eta / tᵞ) · ξ),    ξ normal of variance 1, by seed          (t counts from 1, γ = gamma)
    /// ```
    ///
    /// The noise is a function of `seed`, the step, the problem's number and the parameter: neither threads nor problems side by side
    /// nor an interruption change it.
    ///
    /// Source: Neelakantan et al., "Adding gradient noise improves learning for very deep networks", 2015.
    ///
    /// Conventions: Optax's `noisy_sgd`, with random numbers of its own.
    ///
    /// ```
    /// use thalweg_rule::{NoisySgd, Recipe, Rule};
    ///
    /// let noisy = NoisySgd { lr: 0.1.into(), eta: 1.0, seed: 7, ..NoisySgd::default() };
    /// let (mut x, mut again) = ([0.0; 1000], [0.0; 1000]);
    /// noisy.rule(1000, 1)?.step(&mut x, &[5.0; 1000])?;
    /// noisy.rule(1000, 1)?.step(&mut again, &[5.0; 1000])?;
    /// assert_eq!(x, again);
    /// let mean = x.iter().sum::<f64>() / 1000.0;
    /// assert!((mean + 0.5).abs() < 4.0 * 0.1 / 1000_f64.sqrt());
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct NoisySgd = noisy_sgd("gradient descent with fading normal noise on the gradient") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// The noise's variance at the first step.
        eta: f64 = 0.01, NOT_NEGATIVE;
        /// How fast the variance falls.
        gamma: f64 = 0.55, NOT_NEGATIVE;
        /// Which noise.
        seed: u64 = 0;
    }
}

impl Assemble for NoisySgd {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let (eta, gamma) = (self.eta, self.gamma);
        let amplitude = move |step| fading(eta, gamma, step);
        let noise = Noise { name: "noise", seed: self.seed, amplitude };
        vec![Box::new(noise), Box::new(Rate::new(self.lr.clone()))]
    }
}

recipe! {
    /// Normal noise on the update that fades as the steps go by.
    ///
    /// ```text
    /// u ← u + √(eta / tᵞ) · ξ,    ξ normal of variance 1, by seed          (t counts from 1, γ = gamma)
    /// ```
    ///
    /// Two such links with the same `seed` add the same noise.
    ///
    /// Source: Neelakantan et al., "Adding gradient noise improves learning for very deep networks", 2015.
    ///
    /// Conventions: Optax's `add_noise`, with random numbers of its own.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("add_noise(eta=4, gamma=0) | scale(0.5)")?.rule(1000, 1)?;
    /// let mut x = [0.0; 1000];
    /// rule.step(&mut x, &[0.0; 1000])?;
    /// let variance = x.iter().map(|x| x * x).sum::<f64>() / 1000.0;
    /// assert!((variance - 1.0).abs() < 4.0 * (2.0 / 1000_f64).sqrt());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct AddNoise = add_noise("fading normal noise on the update") {
        /// The variance at the first step.
        eta: f64 = 0.01, NOT_NEGATIVE;
        /// How fast the variance falls.
        gamma: f64 = 0.55, NOT_NEGATIVE;
        /// Which noise.
        seed: u64 = 0;
    }
}

impl Assemble for AddNoise {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let (eta, gamma) = (self.eta, self.gamma);
        let amplitude = move |step| fading(eta, gamma, step);
        vec![Box::new(Noise { name: "add_noise", seed: self.seed, amplitude })]
    }
}

/// `√(eta / tᵞ)`, t counting from 1.
fn fading(eta: f64, gamma: f64, step: u64) -> f64 {
    (eta / (step as f64 + 1.0).powf(gamma)).sqrt()
}

recipe! {
    /// Langevin dynamics: gradient descent with as much noise as makes parameters samples of the distribution `exp(−f / temperature)`.
    ///
    /// ```text
    /// x ← x − lr · g + √(2 · lr · temperature) · ξ,    ξ normal of variance 1, by seed
    /// ```
    ///
    /// With gradients of mini-batches, `lr` must fall to 0 for exact samples. The noise is a function of `seed`, the step, the problem's
    /// number and the parameter: neither threads nor problems side by side nor an interruption change it.
    ///
    /// Source: Welling and Teh, "Bayesian learning via stochastic gradient Langevin dynamics", 2011.
    ///
    /// Conventions: Welling and Teh's ε is `2 · lr`, and `f` is minus the logarithm of their posterior density.
    ///
    /// ```
    /// use thalweg_rule::{Recipe, Rule, Sgld};
    ///
    /// let mut rule = Sgld { lr: 0.1.into(), ..Sgld::default() }.rule(2000, 1)?;
    /// let mut x = [0.0; 2000];
    /// for _ in 0..60 {
    ///     let gradient = x;
    ///     rule.step(&mut x, &gradient)?;
    /// }
    /// // f = x² / 2 step by step: a variance of 2 lr / (1 − (1 − lr)²).
    /// let variance = x.iter().map(|x| x * x).sum::<f64>() / 2000.0;
    /// assert!((variance - 0.2 / 0.19).abs() < 4.0 * (2.0 / 2000_f64).sqrt());
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Sgld = sgld("Langevin dynamics: gradient descent with noise, for samples of exp(-f)") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// What the function is divided by in the exponent.
        temperature: f64 = 1.0, NOT_NEGATIVE;
        /// Which noise.
        seed: u64 = 0;
    }
}

impl Assemble for Sgld {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let (lr, temperature) = (self.lr.clone(), self.temperature);
        let amplitude = move |step| (2.0 * lr.at(step) * temperature).sqrt();
        let noise = Noise { name: "noise", seed: self.seed, amplitude };
        vec![Box::new(Rate::new(self.lr.clone())), Box::new(noise)]
    }
}
