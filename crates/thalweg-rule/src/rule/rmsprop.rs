//! RMSprop.

use crate::hyper::{BELOW_ONE, Describe, NOT_NEGATIVE, Visitor};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::{Gradient, Rate, Trace};
use crate::{Arithmetic, Chain, Real, Schedule, Transform};

/// RMSprop: the gradient divided by a running root mean square of itself.
///
/// ```text
/// g ← ±g + weight_decay · x
/// s ← alpha · s + (1 − alpha) · g²
/// a ← alpha · a + (1 − alpha) · g;  s̃ ← s − a²        (centered; otherwise s̃ = s)
/// d ← g / (√(s̃ + eps_root) + eps)
/// b ← momentum · b + d;  x ← x − lr · b               (momentum = 0: x ← x − lr · d)
/// ```
///
/// Hinton, "Neural networks for machine learning", lecture 6e, 2012; centred: Graves, "Generating sequences with recurrent
/// neural networks", 2013. PyTorch's `torch.optim.RMSprop` when `eps_root` is 0 and `new_weight` is not given. Notes that write
/// `√(s + ε)` mean `rmsprop(eps=0, eps_root=ε)`. `new_weight` replaces the weight `1 − alpha` of the new square (and of the new
/// gradient in the centred form): notes that weigh it with one minus the learning rate mean `new_weight=0.99` at `lr=0.01`.
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
#[derive(Debug, Clone, PartialEq)]
pub struct RmsProp {
    /// The learning rate.
    pub lr: Schedule,
    /// How much of the mean square is kept.
    pub alpha: f64,
    /// Added to the square root.
    pub eps: f64,
    /// Added inside the square root.
    pub eps_root: f64,
    /// The factor of an L2 penalty.
    pub weight_decay: f64,
    /// How much of the last direction is kept.
    pub momentum: f64,
    /// Divides by the deviation from the mean gradient instead.
    pub centered: bool,
    /// The weight of the new square, if it is not `1 − alpha`.
    pub new_weight: Option<f64>,
    /// Climbs instead of descending.
    pub maximize: bool,
}

impl Default for RmsProp {
    fn default() -> Self {
        RmsProp {
            lr: 0.01.into(),
            alpha: 0.99,
            eps: 1e-8,
            eps_root: 0.0,
            weight_decay: 0.0,
            momentum: 0.0,
            centered: false,
            new_weight: None,
            maximize: false,
        }
    }
}

impl Describe for RmsProp {
    const NAME: &'static str = "rmsprop";
    const SUMMARY: &'static str = "the gradient divided by a running root mean square";

    fn blank() -> Self {
        Self::default()
    }

    fn visit<V: Visitor>(&mut self, v: &mut V) -> Result<(), V::Error> {
        v.schedule("lr", &mut self.lr, NOT_NEGATIVE)?;
        v.number("alpha", &mut self.alpha, BELOW_ONE)?;
        v.number("eps", &mut self.eps, NOT_NEGATIVE)?;
        v.number("eps_root", &mut self.eps_root, NOT_NEGATIVE)?;
        v.number("weight_decay", &mut self.weight_decay, NOT_NEGATIVE)?;
        v.number("momentum", &mut self.momentum, NOT_NEGATIVE)?;
        v.flag("centered", &mut self.centered)?;
        v.optional("new_weight", &mut self.new_weight, NOT_NEGATIVE)?;
        v.flag("maximize", &mut self.maximize)
    }
}

impl RmsProp {
    fn pieces_scaled<const CENTERED: bool, F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let gradient = Gradient { weight_decay: self.weight_decay, maximize: self.maximize };
        let scale = ScaleByRms::<CENTERED> {
            keep: self.alpha,
            new: self.new_weight.unwrap_or(1.0 - self.alpha),
            eps: self.eps,
            eps_root: self.eps_root,
        };
        let rate = Rate::new(self.lr.clone());
        if self.momentum == 0.0 {
            return vec![gradient.then(Chain(scale, rate))];
        }
        vec![gradient.then(Chain(scale, Chain(Trace::new(self.momentum), rate)))]
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
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleByRms<const CENTERED: bool> {
    /// How much of the averages is kept.
    pub keep: f64,
    /// The weight of what is new.
    pub new: f64,
    /// Added to the square root.
    pub eps: f64,
    /// Added inside the square root.
    pub eps_root: f64,
}

impl<const CENTERED: bool> Transform for ScaleByRms<CENTERED> {
    const SLOTS: usize = if CENTERED { 2 } else { 1 };
    type Coefficients<A: Arithmetic> = [A; 4];

    #[inline(always)]
    fn coefficients<A: Arithmetic>(&self) -> [A; 4] {
        [A::of(self.keep), A::of(self.new), A::of(self.eps), A::of(self.eps_root)]
    }

    #[inline(always)]
    fn apply<A: Arithmetic>([keep, new, eps, eps_root]: &[A; 4], u: A, _: A, slots: &mut [A]) -> A {
        let mut mean_square = keep.mul_add(slots[0], *new * (u * u));
        slots[0] = mean_square;
        if CENTERED {
            let mean = keep.mul_add(slots[1], *new * u);
            slots[1] = mean;
            mean_square = mean_square - mean * mean;
        }
        u / ((mean_square + *eps_root).sqrt() + *eps)
    }

    fn slot_name(slot: usize) -> &'static str {
        if slot == 0 { "square_avg" } else { "grad_avg" }
    }
}
