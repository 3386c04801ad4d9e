//! Clipping layer by layer and unit by unit.

use super::chain::shortening;
use crate::Real;
use crate::hyper::{Describe, NOT_NEGATIVE, POSITIVE, choices, recipe};
use crate::optimizer::Assemble;
use crate::pass::{Group, Piece, Scaled, Scaling, Unit};

recipe! {
    /// Each layer's update to at most a Euclidean length.
    ///
    /// ```text
    /// u ← u · min(1, max_norm / (‖u‖ + eps))      (norms by leaf)
    /// ```
    ///
    /// Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013, by layers.
    ///
    /// Conventions: PyTorch's `clip_grad_norm_` called for each parameter by itself.
    ///
    /// ```
    /// use thalweg_rule::{Layout, Optimizer, Rule};
    ///
    /// let layout = Layout::new([("weight", vec![2]), ("bias", vec![1])]);
    /// let mut rule = Optimizer::parse("clip_by_norm(2.5, eps=0)")?.rule_for(&layout)?;
    /// let mut x = [0.0; 3];
    /// rule.step(&mut x, &[3.0, 4.0, 1.0])?;
    /// assert_eq!(x, [-1.5, -2.0, -1.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ClipByNorm = clip_by_norm("each layer's update to at most the length max_norm") requires {
        /// The greatest length that passes.
        max_norm: f64 = 1.0, POSITIVE;
    } {
        /// Added to the length before dividing.
        eps: f64 = 1e-6, NOT_NEGATIVE;
    }
}

impl Assemble for ClipByNorm {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(self.clone()))]
    }
}

impl Scaling for ClipByNorm {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn unit(&self) -> Unit {
        Unit::Leaf
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        shortening(self.max_norm / (group.update.sqrt() + self.eps))
    }
}

recipe! {
    /// Each layer's update to at most a root mean square.
    ///
    /// ```text
    /// u ← u / max(1, rms(u) / threshold)      (root mean squares by leaf)
    /// ```
    ///
    /// Source: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018, section 6.
    ///
    /// Conventions: Optax's `clip_by_block_rms`.
    ///
    /// ```
    /// use thalweg_rule::{Optimizer, Rule};
    ///
    /// let mut rule = Optimizer::parse("clip_by_block_rms(0.5)")?.rule(2, 1)?;
    /// let mut x = [0.0, 0.0];
    /// rule.step(&mut x, &[1.0, -1.0])?;
    /// assert_eq!(x, [-0.5, 0.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct ClipByBlockRms = clip_by_block_rms("each layer's update to at most the root mean square threshold") requires {
        /// The greatest root mean square that passes.
        threshold: f64 = 1.0, POSITIVE;
    } {}
}

impl Assemble for ClipByBlockRms {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(self.clone()))]
    }
}

impl Scaling for ClipByBlockRms {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn unit(&self) -> Unit {
        Unit::Leaf
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        shortening(self.threshold / (group.update / group.size as f64).sqrt())
    }
}

recipe! {
    /// Each unit's update to at most a part of the unit's length: adaptive gradient clipping.
    ///
    /// ```text
    /// u ← u · min(1, clipping · max(‖x‖, eps) / ‖u‖)      (norms by unit: all that one output of a layer depends on)
    /// ```
    ///
    /// Source: Brock, De, Smith and Simonyan, "High-performance large-scale image recognition without normalization", 2021.
    ///
    /// Conventions: Optax's `adaptive_grad_clip` with `output_axis=last`: an output is an element of the last axis, of all axes but
    /// the first where there are three (heads); vectors are one unit. Leaves of more axes than five, which Optax refuses, are treated
    /// as those of four. PyTorch's layers have outputs along the first axis, `output_axis=first`.
    ///
    /// ```
    /// use thalweg_rule::{Layout, Optimizer, Rule};
    ///
    /// let layout = Layout::new([("weight", vec![2, 2])]);
    /// let mut rule = Optimizer::parse("adaptive_clip(0.5)")?.rule_for(&layout)?;
    /// let mut x = [3.0, 6.0, 4.0, 8.0];
    /// rule.step(&mut x, &[0.0, 30.0, 2.0, 40.0])?;
    /// // The first column's update is shorter than half the column, the second one's is not.
    /// assert_eq!(x, [3.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct AdaptiveClip = adaptive_clip("each unit's update to at most a part of the unit's length") requires {
        /// The greatest ratio of an update's length to the parameters'.
        clipping: f64 = 0.01, POSITIVE;
    } {
        /// The least length that parameters are taken to have.
        eps: f64 = 0.001, NOT_NEGATIVE;
        /// Along which axis outputs lie.
        output_axis: OutputAxis = OutputAxis::Last;
    }
}

choices! {
    /// Where a layer's weights have its outputs.
    pub enum OutputAxis {
        /// As in Flax and Keras: inputs × outputs.
        Last = "last",
        /// As in PyTorch: outputs × inputs.
        First = "first",
    }
}

impl Assemble for AdaptiveClip {
    fn pieces<F: Real>(&self) -> Vec<Box<dyn Piece<F>>> {
        vec![Box::new(Scaled(self.clone()))]
    }
}

impl Scaling for AdaptiveClip {
    const PARAMETERS: bool = true;

    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn unit(&self) -> Unit {
        match self.output_axis {
            OutputAxis::Last => Unit::LastAxis,
            OutputAxis::First => Unit::FirstAxis,
        }
    }

    fn factor(&self, group: Group, _: &mut f64) -> f64 {
        shortening(self.clipping * group.parameters.sqrt().max(self.eps) / group.update.sqrt())
    }
}
