//! The isotonic cone: numbers that do not fall.

use super::projection::Nearest;

/// The set {x₁ ≤ x₂ ≤ … ≤ xₙ}. The nearest point has the means of neighbours that were in the wrong order: from the left, each
/// number is a block of its own and is merged with the block before as long as that has the larger mean.
///
/// Barlow, Bartholomew, Bremner and Brunk, *Statistical Inference under Order Restrictions*, 1972 (pool adjacent violators).
pub(super) struct Isotonic {
    /// Sums and lengths of blocks.
    blocks: Vec<(f64, usize)>,
}

impl Isotonic {
    pub(super) fn new(dim: usize) -> Self {
        Isotonic { blocks: Vec::with_capacity(dim) }
    }
}

impl Nearest for Isotonic {
    fn nearest(&mut self, x: &mut [f64]) {
        self.blocks.clear();
        for &x in &*x {
            let mut block = (x, 1);
            while let Some(&(sum, length)) = self.blocks.last()
                && sum * block.1 as f64 > block.0 * length as f64
            {
                block = (sum + block.0, length + block.1);
                self.blocks.pop();
            }
            self.blocks.push(block);
        }
        let mut at = 0;
        for &(sum, length) in &self.blocks {
            x[at..at + length].fill(sum / length as f64);
            at += length;
        }
    }
}
