//! The simplex: shares of a whole.

use super::projection::Nearest;

/// The set {x ≥ 0, Σxᵢ = sum}. The nearest point is max(xᵢ − τ, 0) with the τ that gives the right sum.
pub(super) struct Simplex {
    sum: f64,
    scratch: Vec<f64>,
    waiting: Vec<f64>,
}

impl Simplex {
    pub(super) fn new(sum: f64, dim: usize) -> Self {
        Simplex { sum, scratch: Vec::with_capacity(dim), waiting: Vec::with_capacity(dim) }
    }
}

impl Nearest for Simplex {
    fn nearest(&mut self, x: &mut [f64]) {
        let tau = threshold(x.iter().copied(), self.sum, &mut self.scratch, &mut self.waiting);
        for x in x {
            *x = (*x - tau).max(0.0);
        }
    }
}

/// The τ with Σ max(yᵢ − τ, 0) = sum, in a few passes and without sorting. The two buffers are room for as many numbers.
///
/// Condat, *Fast projection onto the simplex and the ℓ₁ ball*, Mathematical Programming 158, 2016.
pub(super) fn threshold(
    numbers: impl Iterator<Item = f64>,
    sum: f64,
    kept: &mut Vec<f64>,
    waiting: &mut Vec<f64>,
) -> f64 {
    kept.clear();
    waiting.clear();
    let mut tau = f64::NEG_INFINITY;
    for y in numbers {
        if kept.is_empty() {
            kept.push(y);
            tau = y - sum;
        } else if y > tau {
            tau += (y - tau) / (kept.len() + 1) as f64;
            if tau > y - sum {
                kept.push(y);
            } else {
                waiting.append(kept);
                kept.push(y);
                tau = y - sum;
            }
        }
    }
    for &y in &*waiting {
        if y > tau {
            kept.push(y);
            tau += (y - tau) / kept.len() as f64;
        }
    }
    loop {
        let before = kept.len();
        let mut left = before as f64;
        kept.retain(|&y| {
            let above = y > tau;
            if !above && left > 1.0 {
                left -= 1.0;
                tau += (tau - y) / left;
            }
            above
        });
        if kept.is_empty() {
            return tau;
        }
        // What the updates have lost by rounding.
        tau = (kept.iter().sum::<f64>() - sum) / kept.len() as f64;
        if kept.len() == before {
            return tau;
        }
    }
}
