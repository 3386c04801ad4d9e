//! The direction of Adam and its relatives: two running averages of the gradient, weighed.

use crate::{Adam, Arithmetic, BiasCorrection, Schedule, Transform};

/// Adam's direction and those of its relatives, which differ in how the averages are weighed.
///
/// ```text
/// m ← beta1 · m + (1 − beta1) · u
/// v ← beta2 · v + (1 − beta2) · u²        (AMSGRAD: then the largest v so far)
/// u ← (a · m + b · u) / (√(c · v + eps_root) + eps)
/// ```
///
/// For Adam `a = 1 / (1 − beta1ᵗ)`, `b = 0` and `c = 1 / (1 − beta2ᵗ)`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleByAdam<const AMSGRAD: bool> {
    beta1: Schedule,
    /// At the step at hand.
    betas: [f64; 2],
    eps: f64,
    eps_root: f64,
    weights: Weights,
    /// `1 − betaᵗ`, kept up by `c ← beta · c + (1 − beta)` where beta stays the same.
    corrections: [f64; 2],
    /// NAdam's product of all momenta so far.
    product: f64,
    now: Now,
}

/// How the averages are weighed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Weights {
    Adam {
        correction: [BiasCorrection; 2],
        nesterov: bool,
        /// Takes the largest of the corrected squares, instead of correcting the largest.
        correct_first: bool,
    },
    NAdam {
        momentum_decay: f64,
    },
    RAdam {
        threshold: f64,
        nesterov: bool,
        eps_before_correction: bool,
    },
}

/// The weights at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Now {
    mean: f64,
    new: f64,
    /// Of the square, before and after the largest is taken.
    square: [f64; 2],
    eps: f64,
    eps_root: f64,
}

impl<const AMSGRAD: bool> ScaleByAdam<AMSGRAD> {
    /// With the hyperparameters of `adam` that concern the direction.
    pub fn new(adam: &Adam) -> Self {
        let Adam { beta2, eps, eps_root, bias_correction, nesterov, .. } = *adam;
        let weights = Weights::Adam { correction: [bias_correction; 2], nesterov, correct_first: false };
        let beta1 = adam.beta1.clone();
        ScaleByAdam { beta1, ..Self::weighing([adam.beta1.at(0), beta2], [eps, eps_root], weights) }
    }

    /// With `eps` and `eps_root`.
    pub(crate) fn weighing(betas: [f64; 2], [eps, eps_root]: [f64; 2], weights: Weights) -> Self {
        let now = Now { mean: 1.0, new: 0.0, square: [1.0; 2], eps, eps_root };
        let beta1 = betas[0].into();
        ScaleByAdam { beta1, betas, eps, eps_root, weights, corrections: [1.0; 2], product: 1.0, now }
    }

    /// Of the mean and of the newest update: Nesterov's takes the mean as it will be one step on.
    fn numerator(&self, correction: BiasCorrection, nesterov: bool) -> [f64; 2] {
        let (beta, first) = (self.betas[0], self.corrections[0]);
        if !nesterov {
            return [1.0 / first, 0.0];
        }
        let next = match correction {
            BiasCorrection::Full => beta * first + (1.0 - beta),
            BiasCorrection::First | BiasCorrection::None => first,
        };
        [beta / next, (1.0 - beta) / first]
    }

    fn nadam(&mut self, t: f64, momentum_decay: f64) -> Now {
        let momentum = |t: f64| self.betas[0] * (1.0 - 0.5 * 0.96_f64.powf(t * momentum_decay));
        let (now, next) = (momentum(t), momentum(t + 1.0));
        self.product *= now;
        let [mean, new] = [next / (1.0 - self.product * next), (1.0 - now) / (1.0 - self.product)];
        let square = [1.0, 1.0 / self.corrections[1]];
        Now { mean, new, square, eps: self.eps, eps_root: self.eps_root }
    }

    fn radam(&self, t: f64, threshold: f64, nesterov: bool, eps_before_correction: bool) -> Now {
        let (beta, second) = (self.betas[1], self.corrections[1]);
        let longest = 2.0 / (1.0 - beta) - 1.0;
        let power = beta.powf(t);
        let length = longest - 2.0 * t * power / (1.0 - power);
        let [mean, new] = self.numerator(BiasCorrection::Full, nesterov);
        let rectified = if eps_before_correction { length > threshold } else { length >= threshold };
        if !rectified {
            // A denominator of one.
            return Now { mean, new, square: [1.0, 0.0], eps: 0.0, eps_root: 1.0 };
        }
        let ratio = (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length);
        let (factor, correct) =
            if eps_before_correction { ((ratio * second).sqrt(), 1.0) } else { (ratio.sqrt(), 1.0 / second) };
        let (mean, new, square) = (factor * mean, factor * new, [1.0, correct]);
        Now { mean, new, square, eps: self.eps, eps_root: self.eps_root }
    }
}

impl<const AMSGRAD: bool> Transform for ScaleByAdam<AMSGRAD> {
    const SLOTS: usize = if AMSGRAD { 3 } else { 2 };
    type Coefficients<A: Arithmetic> = [A; 10];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        if step == 0 {
            self.product = 1.0;
        }
        let kinds = match self.weights {
            Weights::Adam { correction, .. } => correction,
            Weights::NAdam { .. } | Weights::RAdam { .. } => [BiasCorrection::Full; 2],
        };
        self.betas[0] = self.beta1.at(step);
        let t = step as f64 + 1.0;
        for ((correction, beta), kind) in self.corrections.iter_mut().zip(self.betas).zip(kinds) {
            *correction = match kind {
                BiasCorrection::None => 1.0,
                BiasCorrection::Full if step > 0 => beta * *correction + (1.0 - beta),
                BiasCorrection::Full | BiasCorrection::First => 1.0 - beta,
            };
        }
        if !matches!(self.beta1, Schedule::Constant(_)) && kinds[0] == BiasCorrection::Full {
            // As if the beta at hand had been that of all steps.
            self.corrections[0] = 1.0 - self.betas[0].powf(t);
        }
        self.now = match self.weights {
            Weights::Adam { correction: [correction, _], nesterov, correct_first } => {
                let [mean, new] = self.numerator(correction, nesterov);
                let correct = 1.0 / self.corrections[1];
                let square = if correct_first { [correct, 1.0] } else { [1.0, correct] };
                Now { mean, new, square, eps: self.eps, eps_root: self.eps_root }
            }
            Weights::NAdam { momentum_decay } => self.nadam(t, momentum_decay),
            Weights::RAdam { threshold, nesterov, eps_before_correction } => {
                self.radam(t, threshold, nesterov, eps_before_correction)
            }
        };
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 10] {
        let [beta1, beta2] = self.betas;
        let Now { mean, new, square: [before, after], eps, eps_root } = self.now;
        [
            A::of(beta1),
            A::of(1.0 - beta1),
            A::of(beta2),
            A::of(1.0 - beta2),
            A::of(mean),
            A::of(new),
            A::of(before),
            A::of(after),
            A::of(eps),
            A::of(eps_root),
        ]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 10], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, mean, new, before, after, eps, eps_root] = *c;
        let m = beta1.mul_add(slots[0], new1 * u);
        let v = beta2.mul_add(slots[1], new2 * (u * u));
        [slots[0], slots[1]] = [m, v];
        let v = if AMSGRAD {
            slots[2] = slots[2].max(before * v);
            slots[2]
        } else {
            v
        };
        mean.mul_add(m, new * u) / (v.mul_add(after, eps_root).sqrt() + eps)
    }

    fn numbers(&mut self, visit: &mut dyn FnMut(&str, &mut f64)) {
        let [first, second] = &mut self.corrections;
        visit("correction1", first);
        visit("correction2", second);
        if matches!(self.weights, Weights::NAdam { .. }) {
            visit("mu_product", &mut self.product);
        }
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"][slot]
    }
}
