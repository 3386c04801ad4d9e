//! Muon: momentum made orthogonal.

use crate::hyper::{BELOW_ONE, FROM_ONE, NOT_NEGATIVE, POSITIVE, choices, recipe};
use crate::matrices;
use crate::optimizer::Assemble;
use crate::pass::{Piece, Problem, Stage};
use crate::transform::{AddDecayedWeights, Average, Rate, ScaleByAdam};
use crate::{Adam, Chain, Real, RuleError, Schedule};

recipe! {
    /// Muon: every matrix's momentum with all its singular values brought near 1, so that the step is as long in every direction.
    ///
    /// ```text
    /// m ← momentum · m + (1 − momentum) · g
    /// X ← m,  with nesterov:  X ← momentum · m + (1 − momentum) · g
    /// X ← X / max(‖X‖, eps)
    /// ns_steps times:  X ← (a + b · XXᵀ + c · (XXᵀ)²) · X             ([a, b, c] = ns_coefficients)
    /// x ← x − lr · weight_decay · x − lr · s · X
    ///     s = √max(1, rows / columns)       original
    ///         0.2 · √max(rows, columns)     match_rms_adamw
    ///         √(rows / columns)             spectral_unclamped
    /// what is no matrix:  adamw(adam_lr, adam_beta1, adam_beta2, adam_eps, weight_decay=adam_weight_decay)
    /// ```
    ///
    /// Parts with more than two axes are taken as the matrix of the first axis by all others. Those with fewer are no matrices: with
    /// `adam_lr` they go by AdamW, without it they are refused. `ns_coefficients` may also be a list of triples, one for each step.
    /// Needs the layout of the parameters ([`rule_for`](crate::Recipe::rule_for)) and the feature `matrices`.
    ///
    /// Source: Jordan, Jin, Boza, You, Cesista, Newhouse and Bernstein, "Muon: an optimizer for hidden layers in neural networks", 2024;
    /// Liu et al., "Muon is scalable for LLM training", 2025.
    ///
    /// Conventions: PyTorch's `torch.optim.Muon`, but computed in the parameters' own precision, where PyTorch rounds to bfloat16.
    /// PyTorch refuses all but two axes. Optax's is [`MuonOptax`](crate::MuonOptax).
    ///
    /// ```
    /// # #[cfg(feature = "matrices")] {
    /// use thalweg_rule::{Layout, Muon, Recipe, Rule};
    ///
    /// let muon = Muon { lr: 0.1.into(), weight_decay: 0.0, ns_steps: 10, ..Muon::default() };
    /// let muon = Muon { ns_coefficients: vec![[1.875, -1.25, 0.375]], ..muon };
    /// let mut rule = muon.rule_for(&Layout::new([("weight", vec![2, 2])]))?;
    /// let mut x = [0.0_f64; 4];
    /// rule.step(&mut x, &[3.0, 0.0, 0.0, -7.0])?;
    /// assert!((x[0] + 0.1).abs() < 1e-6 && (x[3] - 0.1).abs() < 1e-6);
    /// # }
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct Muon = muon("matrices' momentum made orthogonal, in PyTorch's form") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// How fast the parameters decay, beside the gradient, in units of the learning rate.
        weight_decay: f64 = 0.1, NOT_NEGATIVE;
        /// How much of the mean gradient is kept.
        momentum: f64 = 0.95, BELOW_ONE;
        /// Nesterov's momentum.
        nesterov: bool = true;
        /// The polynomial's coefficients.
        ns_coefficients: Vec<[f64; 3]> = vec![STEEP];
        /// The least norm to divide by.
        eps: f64 = 1e-7, POSITIVE;
        /// How often the polynomial is applied.
        ns_steps: u64 = 5, FROM_ONE;
        /// What the learning rate is multiplied by, for a matrix's shape.
        adjust_lr: AdjustLr = AdjustLr::Original;
        /// The learning rate of AdamW for what is no matrix.
        adam_lr: Option<Schedule> = None, NOT_NEGATIVE;
        /// AdamW's `beta1`.
        adam_beta1: f64 = 0.9, BELOW_ONE;
        /// AdamW's `beta2`.
        adam_beta2: f64 = 0.999, BELOW_ONE;
        /// AdamW's `eps`.
        adam_eps: f64 = 1e-8, NOT_NEGATIVE;
        /// AdamW's `weight_decay`.
        adam_weight_decay: f64 = 0.01, NOT_NEGATIVE;
    }
    conflict |rule| rows_conflict(&rule.ns_coefficients, rule.ns_steps);
}

choices! {
    /// What Muon's learning rate is multiplied by, for a matrix's shape.
    pub enum AdjustLr {
        /// `√max(1, rows / columns)`
        Original = "original",
        /// `0.2 · √max(rows, columns)`: steps as long as AdamW's.
        MatchRmsAdamw = "match_rms_adamw",
        /// `√(rows / columns)`
        SpectralUnclamped = "spectral_unclamped",
    }
}

choices! {
    /// How a matrix is scaled before Newton and Schulz's iteration, so that no singular value is above 1.
    pub enum Preconditioning {
        /// By its Frobenius norm.
        Frobenius = "frobenius",
        /// By its largest singular value, which takes a decomposition.
        Spectral = "spectral",
        /// Row by row, by the sums over the rows of `|XXᵀ|`.
        Aol = "aol",
        /// By its Schatten 4-norm, the fourth root of the sum of the singular values' fourth powers.
        Schatten = "schatten",
    }
}

#[cfg(feature = "matrices")]
impl Preconditioning {
    /// Whether it is made from `XXᵀ`.
    pub(crate) fn needs_gram(self) -> bool {
        self != Preconditioning::Frobenius
    }
}

/// A polynomial steep at 0, which brings small singular values up fast and lets large ones end between 0.7 and 1.2.
pub(super) const STEEP: [f64; 3] = [3.4445, -4.775, 2.0315];

pub(super) fn rows_conflict(rows: &[[f64; 3]], steps: u64) -> Option<(&'static str, String)> {
    let wrong = rows.len() > 1 && rows.len() as u64 != steps;
    wrong.then(|| {
        let problem = format!("must be one triple, or {steps} for as many ns_steps, found {}", rows.len());
        ("ns_coefficients", problem)
    })
}

/// Newton and Schulz's iteration.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "matrices"), expect(dead_code, reason = "for those who have matrices"))]
pub(crate) struct Iteration {
    /// For every step its own, or one for all.
    pub(crate) coefficients: Vec<[f64; 3]>,
    pub(crate) steps: usize,
    pub(crate) preconditioning: Preconditioning,
    pub(crate) eps: f64,
    /// Whether a norm is taken to be at least `eps`; otherwise `eps` is added to it.
    pub(crate) eps_is_least: bool,
}

/// AdamW for what is no matrix.
pub(crate) type Others = Chain<ScaleByAdam<false>, Chain<AddDecayedWeights, Rate>>;

pub(super) fn others(adam: &Adam, weight_decay: f64, lr: &Schedule) -> Others {
    Chain(ScaleByAdam::new(adam), Chain(AddDecayedWeights { weight_decay }, Rate::new(lr.clone())))
}

/// All kinds of Muon.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "matrices"), expect(dead_code, reason = "for those who have matrices"))]
pub(crate) struct Orthogonal {
    pub(crate) name: &'static str,
    pub(crate) lr: Schedule,
    pub(crate) weight_decay: f64,
    pub(crate) mean: Average,
    pub(crate) iteration: Iteration,
    /// What the learning rate is multiplied by, for numbers of rows and columns.
    pub(crate) scale: Scale,
    /// Whether the step is as long as the gradient is steep.
    pub(crate) adaptive: bool,
    /// Whether three axes make no matrix.
    pub(crate) two_axes: bool,
    pub(crate) others: Option<Others>,
}

/// What the learning rate is multiplied by, for a matrix's shape.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "matrices"), expect(dead_code, reason = "for those who have matrices"))]
pub(crate) enum Scale {
    Tall(AdjustLr),
    /// `√max(1, columns / rows)`
    Wide,
    /// `factor · √max(rows, columns)`
    Longest(f64),
}

#[cfg(feature = "matrices")]
impl Scale {
    pub(crate) fn of(self, rows: usize, columns: usize) -> f64 {
        let (rows, columns) = (rows as f64, columns as f64);
        match self {
            Scale::Tall(AdjustLr::Original) => (rows / columns).max(1.0).sqrt(),
            Scale::Tall(AdjustLr::MatchRmsAdamw) => 0.2 * rows.max(columns).sqrt(),
            Scale::Tall(AdjustLr::SpectralUnclamped) => (rows / columns).sqrt(),
            Scale::Wide => (columns / rows).max(1.0).sqrt(),
            Scale::Longest(factor) => factor * rows.max(columns).sqrt(),
        }
    }
}

impl Assemble for Muon {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let (beta1, beta2, eps) = (self.adam_beta1, self.adam_beta2, self.adam_eps);
        let adam = Adam { beta1: beta1.into(), beta2, eps, ..Adam::default() };
        vec![Box::new(Orthogonal {
            name: "muon",
            lr: self.lr.clone(),
            weight_decay: self.weight_decay,
            mean: Average::new(self.momentum).nesterov(self.nesterov),
            iteration: Iteration {
                coefficients: self.ns_coefficients.clone(),
                steps: self.ns_steps as usize,
                preconditioning: Preconditioning::Frobenius,
                eps: self.eps,
                eps_is_least: true,
            },
            scale: Scale::Tall(self.adjust_lr),
            adaptive: false,
            two_axes: false,
            others: self.adam_lr.as_ref().map(|lr| others(&adam, self.adam_weight_decay, lr)),
        })]
    }
}

impl<F: Real> Piece<F> for Orthogonal {
    fn stage(self: Box<Self>, problem: &Problem) -> Result<Box<dyn Stage<F>>, RuleError> {
        matrices::muon(*self, problem)
    }
}
