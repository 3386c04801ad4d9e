//! Muon as Optax has it.

use super::muon::{Iteration, Orthogonal, Preconditioning, STEEP, Scale, others, rows_conflict};
use crate::hyper::{BELOW_ONE, FROM_ONE, NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::Piece;
use crate::transform::Average;
use crate::{Adam, Real, Schedule};

recipe! {
    /// Muon with its momentum freed of bias, and AdamW for all that is no matrix.
    ///
    /// ```text
    /// m ← beta · m + (1 − beta) · g
    /// X ← m / (1 − betaᵗ),  with nesterov:  X ← beta · m / (1 − betaᵗ⁺¹) + (1 − beta) · g / (1 − betaᵗ)
    /// Y ← X / (‖X‖ + eps)
    /// ns_steps times:  Y ← (a + b · YYᵀ + c · (YYᵀ)²) · Y             ([a, b, c] = ns_coefficients)
    /// with adaptive:   Y ← ⟨X, Y⟩ · Y
    /// x ← x − lr · (√max(1, columns / rows) · Y + weight_decay · x)
    /// all else:  adamw(adam_lr, adam_beta1, adam_beta2, eps, adam_eps_root, adam_weight_decay, nesterov)
    /// ```
    ///
    /// Matrices are parts with two axes. With `consistent_rms` the factor is `consistent_rms · √max(rows, columns)`. `preconditioning`
    /// is what the matrix is divided by at the start: its Frobenius norm (as above); its largest singular value; `aol`, each row by the
    /// root of the sum over its row of `|XXᵀ|`; or `schatten`, the root of the Frobenius norm of `XXᵀ`. Needs the layout of the
    /// parameters ([`rule_for`](crate::Recipe::rule_for)) and the feature `matrices`.
    ///
    /// Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; Bernstein and Newhouse, "Old optimizer, new
    /// norm: an anthology", 2024; Boissin et al., "Turbo-Muon", 2025; Grishina et al., "Accelerating Newton-Schulz iteration for
    /// orthogonalization via Chebyshev-type polynomials", 2025.
    ///
    /// Conventions: Optax's `contrib.muon` without dimension numbers; its preset `dion` is a list of five triples.
    ///
    /// ```
    /// # #[cfg(feature = "matrices")] {
    /// use thalweg_rule::{Layout, MuonOptax, Recipe, Rule};
    ///
    /// let muon = MuonOptax { lr: 0.1.into(), ns_steps: 12, nesterov: false, ..MuonOptax::default() };
    /// let muon = MuonOptax { ns_coefficients: vec![[1.875, -1.25, 0.375]], ..muon };
    /// let mut rule = muon.rule_for(&Layout::new([("weight", vec![2, 2]), ("bias", vec![1])]))?;
    /// let mut x = [0.0_f64; 5];
    /// rule.step(&mut x, &[3.0, 0.0, 0.0, -7.0, 0.5])?;
    /// for (x, expected) in x.iter().zip([-0.1, 0.0, 0.0, 0.1, -0.1]) {
    ///     assert!((x - expected).abs() < 1e-6);
    /// }
    /// # }
    /// # Ok::<(), thalweg_rule::RuleError>(())
    /// ```
    pub struct MuonOptax = muon_optax("matrices' momentum made orthogonal, all else by AdamW, in Optax's form") {
        /// The learning rate.
        lr: Schedule = 0.001.into(), NOT_NEGATIVE;
        /// The polynomial's coefficients; a list of triples has one for each step.
        ns_coefficients: Vec<[f64; 3]> = vec![STEEP];
        /// How often the polynomial is applied.
        ns_steps: u64 = 5, FROM_ONE;
        /// How much of the mean gradient is kept.
        beta: f64 = 0.95, BELOW_ONE;
        /// Added to norms, and to AdamW's square root.
        eps: f64 = 1e-8, NOT_NEGATIVE;
        /// How fast matrices decay, beside the gradient, in units of the learning rate.
        weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// Nesterov's momentum, for AdamW too.
        nesterov: bool = true;
        /// Steps as long as the gradient is steep, by its dual norm.
        adaptive: bool = false;
        /// What the matrix is scaled by at the start.
        preconditioning: Preconditioning = Preconditioning::Frobenius;
        /// AdamW's `beta1`.
        adam_beta1: f64 = 0.9, BELOW_ONE;
        /// AdamW's `beta2`.
        adam_beta2: f64 = 0.999, BELOW_ONE;
        /// Added inside AdamW's square root.
        adam_eps_root: f64 = 0.0, NOT_NEGATIVE;
        /// AdamW's `weight_decay`.
        adam_weight_decay: f64 = 0.0, NOT_NEGATIVE;
        /// AdamW's learning rate; `lr` if left out.
        adam_lr: Option<Schedule> = None, NOT_NEGATIVE;
        /// The root mean square of an update of a square matrix, in units of the learning rate.
        consistent_rms: Option<f64> = None, POSITIVE;
    }
    conflict |rule| rows_conflict(&rule.ns_coefficients, rule.ns_steps);
}

impl Assemble for MuonOptax {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        let adam = Adam {
            beta1: self.adam_beta1.into(),
            beta2: self.adam_beta2,
            eps: self.eps,
            eps_root: self.adam_eps_root,
            nesterov: self.nesterov,
            ..Adam::default()
        };
        vec![Box::new(Orthogonal {
            name: "muon_optax",
            lr: self.lr.clone(),
            weight_decay: self.weight_decay,
            mean: Average::new(self.beta).nesterov(self.nesterov).corrected(true),
            iteration: Iteration {
                coefficients: self.ns_coefficients.clone(),
                steps: self.ns_steps as usize,
                preconditioning: self.preconditioning,
                eps: self.eps,
                eps_is_least: false,
            },
            scale: self.consistent_rms.map_or(Scale::Wide, Scale::Longest),
            adaptive: self.adaptive,
            two_axes: true,
            others: Some(others(&adam, self.adam_weight_decay, self.adam_lr.as_ref().unwrap_or(&self.lr))),
        })]
    }
}
