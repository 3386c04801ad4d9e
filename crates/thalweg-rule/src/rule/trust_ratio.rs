//! Updates in proportion to the layers that they change.

use crate::Real;
use crate::hyper::{Describe, NOT_NEGATIVE, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Group, Piece, Scaled, Scaling, Unit};

recipe! {
    /// Each layer's update as long as a part of the layer, however long it was.
    ///
    /// ```text
    /// u ← u · trust_coefficient · max(‖x‖, min_norm) / (max(‖u‖, min_norm) + eps)      (norms by leaf)
    /// ```
    ///
    /// Where a norm, the greater of it and `min_norm`, is zero, the update stays as it is.
    ///
    /// Source: You, Gitman and Ginsburg, "Large batch training of convolutional networks", 2017.
    ///
    /// Conventions: Optax's `scale_by_trust_ratio`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_trust_ratio() | scale(0.1)")?.rule(2, 1)?;
    /// let mut x = [3.0, 4.0];
    /// rule.step(&mut x, &[0.0, 7.0])?;
    /// assert_eq!(x, [3.0, 3.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByTrustRatio = scale_by_trust_ratio("each layer's update as long as the layer") {
        /// The least length that parameters and updates are taken to have.
        min_norm: f64 = 0.0, NOT_NEGATIVE;
        /// The part of the parameters' length.
        trust_coefficient: f64 = 1.0, NOT_NEGATIVE;
        /// Added to the update's length.
        eps: f64 = 0.0, NOT_NEGATIVE;
    }
}

impl Assemble for ScaleByTrustRatio {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(self.clone()))]
    }
}

impl Scaling for ScaleByTrustRatio {
    const PARAMETERS: bool = true;

    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn unit(&self) -> Unit {
        Unit::Leaf
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        let norm = |squares: f64| {
            let norm = squares.sqrt();
            if norm < self.min_norm { self.min_norm } else { norm }
        };
        let (parameters, update) = (norm(group.parameters), norm(group.update));
        if parameters == 0.0 || update == 0.0 {
            return 1.0;
        }
        self.trust_coefficient * parameters / (update + self.eps)
    }
}

/// `u ← u · max(size(x), min_scale)`, by the norm of each layer's parameters or their root mean square.
struct ByParameters {
    name: &'static str,
    mean: bool,
    min_scale: f64,
}

impl Scaling for ByParameters {
    const UPDATE: bool = false;
    const PARAMETERS: bool = true;

    fn name(&self) -> &'static str {
        self.name
    }

    fn unit(&self) -> Unit {
        Unit::Leaf
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        let count = if self.mean { group.size as f64 } else { 1.0 };
        let scale = (group.parameters / count).sqrt();
        if scale < self.min_scale { self.min_scale } else { scale }
    }
}

recipe! {
    /// Each layer's update times the length of the layer's parameters.
    ///
    /// ```text
    /// u ← u · max(‖x‖, min_scale)      (norms by leaf)
    /// ```
    ///
    /// Source: Optax, whose `scale_by_param_block_norm` it is.
    ///
    /// Conventions: Optax's.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_param_block_norm() | scale(0.1)")?.rule(2, 1)?;
    /// let mut x = [3.0, 4.0];
    /// rule.step(&mut x, &[2.0, 0.0])?;
    /// assert_eq!(x, [2.0, 4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByParamBlockNorm = scale_by_param_block_norm("each layer's update times the length of the layer") {
        /// The least factor.
        min_scale: f64 = 0.001, NOT_NEGATIVE;
    }
}

impl Assemble for ScaleByParamBlockNorm {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(ByParameters { name: Self::NAME, mean: false, min_scale: self.min_scale }))]
    }
}

recipe! {
    /// Each layer's update times the root mean square of the layer's parameters.
    ///
    /// ```text
    /// u ← u · max(rms(x), min_scale)      (root mean squares by leaf)
    /// ```
    ///
    /// Source: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018, section 8.
    ///
    /// Conventions: Optax's `scale_by_param_block_rms`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("scale_by_param_block_rms() | scale(0.5)")?.rule(2, 1)?;
    /// let mut x = [4.0, 4.0];
    /// rule.step(&mut x, &[1.0, 0.0])?;
    /// assert_eq!(x, [2.0, 4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ScaleByParamBlockRms = scale_by_param_block_rms("each layer's update times the layer's root mean square") {
        /// The least factor.
        min_scale: f64 = 0.001, NOT_NEGATIVE;
    }
}

impl Assemble for ScaleByParamBlockRms {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(ByParameters { name: Self::NAME, mean: true, min_scale: self.min_scale }))]
    }
}
