//! Updates of a given length, and updates without a mean.

use crate::Real;
use crate::hyper::{Describe, NOT_NEGATIVE, POSITIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Centered, Group, Piece, Scaled, Scaling, Unit};

recipe! {
    /// The whole update to length 1, problem by problem.
    ///
    /// ```text
    /// u ← u / ‖u‖
    /// ```
    ///
    /// Source: normalised gradient descent; Nesterov, "Minimization methods for nonsmooth convex and quasiconvex functions", 1984.
    ///
    /// Conventions: Optax's `contrib.normalize`, but for an update of zeros, which stays zero here and becomes NaN there.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("normalize() | sgd(lr=1)")?.rule(2, 1)?;
    /// let mut x = [0.0, 0.0];
    /// rule.step(&mut x, &[6.0, -8.0])?;
    /// assert!((x[0] + 0.6_f64).abs() < 1e-15 && (x[1] - 0.8_f64).abs() < 1e-15);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Normalize = normalize("the whole update to length 1") {}
}

impl Assemble for Normalize {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(self.clone()))]
    }
}

impl Scaling for Normalize {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn unit(&self) -> Unit {
        Unit::Problem
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        if group.update == 0.0 { 0.0 } else { 1.0 / group.update.sqrt() }
    }
}

recipe! {
    /// The whole update to almost a given length, problem by problem.
    ///
    /// ```text
    /// u ← u · scale_factor / (‖u‖ + eps)
    /// ```
    ///
    /// Source: normalised gradient descent; Nesterov, "Minimization methods for nonsmooth convex and quasiconvex functions", 1984.
    ///
    /// Conventions: Optax's `normalize_by_update_norm`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("normalize_by_update_norm(scale_factor=2, eps=0)")?.rule(2, 1)?;
    /// let mut x = [0.0, 0.0];
    /// rule.step(&mut x, &[0.0, -8.0])?;
    /// assert_eq!(x, [0.0, 2.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct NormalizeByUpdateNorm = normalize_by_update_norm("the whole update to almost the length scale_factor") {
        /// The length.
        scale_factor: f64 = 1.0, POSITIVE;
        /// Added to the length before dividing.
        eps: f64 = 1e-6, NOT_NEGATIVE;
    }
}

impl Assemble for NormalizeByUpdateNorm {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(self.clone()))]
    }
}

impl Scaling for NormalizeByUpdateNorm {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn unit(&self) -> Unit {
        Unit::Problem
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        self.scale_factor / (group.update.sqrt() + self.eps)
    }
}

recipe! {
    /// The update without the mean of each row: gradient centralisation.
    ///
    /// ```text
    /// u ← u − mean(u)      (means over all axes but the first, of leaves with two axes or more)
    /// ```
    ///
    /// Source: Yong, Huang, Hua and Zhang, "Gradient centralization: a new optimization technique for deep neural networks", 2020.
    ///
    /// Conventions: Optax's `centralize`. In PyTorch's layers, whose outputs lie along the first axis, this is what the paper means.
    ///
    /// ```
    /// use thalweg_rule::{Layout, Optimizer, Rule};
    ///
    /// let layout = Layout::new([("weight", vec![2, 2]), ("bias", vec![1])]);
    /// let mut rule = Optimizer::parse("centralize()")?.rule_for(&layout)?;
    /// let mut x = [0.0; 5];
    /// rule.step(&mut x, &[1.0, 3.0, 5.0, 5.0, 7.0])?;
    /// assert_eq!(x, [1.0, -1.0, 0.0, 0.0, -7.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Centralize = centralize("the update without the mean of each row of matrices") {}
}

impl Assemble for Centralize {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Centered { name: Self::NAME, unit: Unit::Rows })]
    }
}
