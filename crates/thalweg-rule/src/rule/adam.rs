//! Adam.

use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, Visitor};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{AddDecayedWeights, Gradient, Rate};
use crate::{Arithmetic, Chain, Real, Schedule, Transform};

/// Adam: momentum divided by a running root mean square, both freed of their bias towards zero.
///
/// ```text
/// g ← ±g + weight_decay · x
/// m ← beta1 · m + (1 − beta1) · g;   m̂ = m / (1 − beta1ᵗ)          (t counts from 1)
/// v ← beta2 · v + (1 − beta2) · g²;  v̂ = v / (1 − beta2ᵗ)
/// x ← x − lr · m̂ / (√(v̂ + eps_root) + eps)
/// ```
///
/// With `amsgrad`, `v̂` is made from the largest `v` so far. Kingma and Ba, "Adam: a method for stochastic optimization", 2015;
/// Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018. PyTorch's `torch.optim.Adam` when `eps_root` is 0 and
/// `bias_correction` is `full`; `eps_root` is Optax's. Notes that divide by `1 − beta` at every step mean
/// `bias_correction=first`.
///
/// ```
/// use thalweg_rule::{Adam, Recipe, Rule};
///
/// let mut rule = Adam { lr: 0.1.into(), ..Adam::default() }.rule(2, 1)?;
/// let mut x = [1.0, 1.0];
/// rule.step(&mut x, &[200.0, -0.03])?;
/// assert!((x[0] - 0.9_f64).abs() < 1e-6 && (x[1] - 1.1_f64).abs() < 1e-6);
/// # Ok::<(), thalweg_rule::RuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    /// The learning rate.
    pub lr: Schedule,
    /// How much of the mean gradient is kept.
    pub beta1: f64,
    /// How much of the mean square is kept.
    pub beta2: f64,
    /// Added to the square root.
    pub eps: f64,
    /// Added inside the square root.
    pub eps_root: f64,
    /// The factor of an L2 penalty.
    pub weight_decay: f64,
    /// Divides by the largest mean square so far.
    pub amsgrad: bool,
    /// How the averages are freed of their bias.
    pub bias_correction: BiasCorrection,
    /// Climbs instead of descending.
    pub maximize: bool,
}

/// How Adam's averages, which start at zero, are corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BiasCorrection {
    /// Division by `1 − betaᵗ`: the average is unbiased at every step.
    #[default]
    Full,
    /// Division by `1 − beta`, right at the first step only: steps tend to `√(1 − beta2) / (1 − beta1)` times full size.
    First,
    /// None: the first step is `(1 − beta1) / √(1 − beta2)` times full size.
    None,
}

impl BiasCorrection {
    const NAMES: &'static [&'static str] = &["full", "first", "none"];
    const ALL: [Self; 3] = [Self::Full, Self::First, Self::None];

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        let mut name = Self::NAMES[*self as usize];
        v.choice("bias_correction", &mut name, Self::NAMES)?;
        if let Some(chosen) = Self::NAMES.iter().position(|known| *known == name) {
            *self = Self::ALL[chosen];
        }
        Ok(())
    }
}

impl Default for Adam {
    fn default() -> Self {
        Adam {
            lr: 0.001.into(),
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            eps_root: 0.0,
            weight_decay: 0.0,
            amsgrad: false,
            bias_correction: BiasCorrection::Full,
            maximize: false,
        }
    }
}

impl Describe for Adam {
    const NAME: &'static str = "adam";
    const SUMMARY: &'static str = "momentum divided by a running root mean square, bias corrected";

    fn blank() -> Self {
        Self::default()
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("lr", &mut self.lr, NOT_NEGATIVE)?;
        v.number("beta1", &mut self.beta1, BELOW_ONE)?;
        v.number("beta2", &mut self.beta2, BELOW_ONE)?;
        v.number("eps", &mut self.eps, NOT_NEGATIVE)?;
        v.number("eps_root", &mut self.eps_root, NOT_NEGATIVE)?;
        v.number("weight_decay", &mut self.weight_decay, NOT_NEGATIVE)?;
        v.flag("amsgrad", &mut self.amsgrad)?;
        self.bias_correction.visit(v)?;
        v.flag("maximize", &mut self.maximize)
    }
}

impl Adam {
    /// The pieces, with decoupled weight decay too.
    pub(super) fn decayed<F: Real>(&self, decoupled: f64) -> Vec<Box<dyn Piece<F>>> {
        if self.amsgrad { self.assemble::<true, F>(decoupled) } else { self.assemble::<false, F>(decoupled) }
    }

    fn assemble<const AMSGRAD: bool, F: Real>(&self, decoupled: f64) -> Vec<Box<dyn Piece<F>>> {
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: self.maximize };
        let scale = ScaleByAdam::<AMSGRAD>::new(self);
        let rate = Rate::new(self.lr.clone());
        if decoupled == 0.0 {
            return vec![gradient.then(Chain(scale, rate))];
        }
        let decay = AddDecayedWeights { weight_decay: decoupled };
        vec![Box::new(Chain(Chain(gradient, scale), Chain(decay, rate)))]
    }
}

impl Assemble for Adam {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        self.decayed(0.0)
    }
}

/// Adam's direction: `u ← m̂ / (√(v̂ + eps_root) + eps)`, the largest `v` so far in place of `v` if `AMSGRAD`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleByAdam<const AMSGRAD: bool> {
    betas: [f64; 2],
    eps: f64,
    eps_root: f64,
    bias_correction: BiasCorrection,
    /// `1 − betaᵗ`, kept up by `c ← beta · c + (1 − beta)`.
    corrections: [f64; 2],
}

impl<const AMSGRAD: bool> ScaleByAdam<AMSGRAD> {
    /// With the hyperparameters of `adam` that concern the direction.
    pub fn new(adam: &Adam) -> Self {
        let Adam { beta1, beta2, eps, eps_root, bias_correction, .. } = *adam;
        ScaleByAdam { betas: [beta1, beta2], eps, eps_root, bias_correction, corrections: [1.0; 2] }
    }
}

impl<const AMSGRAD: bool> Transform for ScaleByAdam<AMSGRAD> {
    const SLOTS: usize = if AMSGRAD { 3 } else { 2 };
    type Coefficients<A: Arithmetic> = [A; 8];

    #[inline(always)]
    fn begin(&mut self, step: u64) {
        for (correction, beta) in self.corrections.iter_mut().zip(self.betas) {
            *correction = match self.bias_correction {
                BiasCorrection::None => 1.0,
                BiasCorrection::Full if step > 0 => beta * *correction + (1.0 - beta),
                BiasCorrection::Full | BiasCorrection::First => 1.0 - beta,
            };
        }
    }

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 8] {
        let [beta1, beta2] = self.betas;
        let [first, second] = self.corrections;
        [
            A::of(beta1),
            A::of(1.0 - beta1),
            A::of(beta2),
            A::of(1.0 - beta2),
            A::of(1.0 / first),
            A::of(1.0 / second),
            A::of(self.eps),
            A::of(self.eps_root),
        ]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>(c: &[A; 8], u: A, _: A, slots: &mut [A]) -> A {
        let [beta1, new1, beta2, new2, correct1, correct2, eps, eps_root] = *c;
        let m = beta1.mul_add(slots[0], new1 * u);
        let v = beta2.mul_add(slots[1], new2 * (u * u));
        [slots[0], slots[1]] = [m, v];
        let v = if AMSGRAD {
            slots[2] = slots[2].max(v);
            slots[2]
        } else {
            v
        };
        (correct1 * m) / (v.mul_add(correct2, eps_root).sqrt() + eps)
    }

    fn slot_name(slot: usize) -> &'static str {
        ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"][slot]
    }
}
