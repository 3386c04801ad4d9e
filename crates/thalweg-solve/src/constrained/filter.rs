//! [`Filter`]: which pairs of violation and value are no progress any more.

use crate::Scalar;
use crate::checkpoint::Keeper;

/// Pairs (θ, φ) that dominate what is to be refused, and when a trial is progress beside the point before it.
///
/// Wächter and Biegler 2006, section 2.3; their constants.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pairs: Vec<(f64, f64)>,
    most: f64,
    least: f64,
}

/// What the filter says of a trial.
pub(super) struct Judged {
    pub(super) accepted: bool,
    /// Whether it was taken because the value fell.
    pub(super) by_value: bool,
}

const MARGIN_VIOLATION: f64 = 1e-5;
const MARGIN_VALUE: f64 = 1e-8;
const DELTA: f64 = 1.0;
const POWER_VIOLATION: f64 = 1.1;
const POWER_SLOPE: f64 = 2.3;
const ARMIJO: f64 = 1e-8;

/// Room is made for so many pairs at once.
const USUAL: usize = 256;

impl Filter {
    /// From the violation at the start.
    pub(super) fn begin(&mut self, θ: f64) {
        self.pairs.clear();
        self.pairs.reserve(USUAL);
        (self.most, self.least) = (1e4 * θ.max(1.0), 1e-4 * θ.max(1.0));
    }

    pub(super) fn memory<F: Scalar>(&mut self, keeper: &mut Keeper<F>) {
        let mut pairs: Vec<f64> = self.pairs.iter().flat_map(|pair| [pair.0, pair.1]).collect();
        keeper.list("filter", &mut pairs, usize::MAX);
        self.pairs = pairs.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        keeper.number("filter_most", &mut self.most);
        keeper.number("filter_least", &mut self.least);
    }

    pub(super) fn clear(&mut self) {
        self.pairs.clear();
    }

    pub(super) fn add(&mut self, θ: f64, φ: f64) {
        self.pairs.push(((1.0 - MARGIN_VIOLATION) * θ, φ - MARGIN_VALUE * θ));
    }

    /// Whether no pair dominates this one.
    pub(super) fn takes(&self, θ: f64, φ: f64) -> bool {
        φ.is_finite()
            && θ <= self.most
            && self.pairs.iter().all(|(pair_θ, pair_φ)| θ < *pair_θ || φ < *pair_φ)
    }

    /// Whether a step of this length promises more by value than there is violation.
    fn switches(θ: f64, slope: f64, length: f64) -> bool {
        slope < 0.0 && length * (-slope).powf(POWER_SLOPE) > DELTA * θ.powf(POWER_VIOLATION)
    }

    pub(super) fn judge(
        &self,
        (θ, φ): (f64, f64),
        (θ_new, φ_new): (f64, f64),
        slope: f64,
        length: f64,
    ) -> Judged {
        let rounding = 10.0 * f64::EPSILON * φ.abs();
        let by_value = θ <= self.least && Self::switches(θ, slope, length);
        let enough = if by_value {
            φ_new - φ - rounding <= ARMIJO * length * slope
        } else {
            θ_new <= (1.0 - MARGIN_VIOLATION) * θ || φ_new - rounding <= φ - MARGIN_VALUE * θ
        };
        Judged { accepted: enough && self.takes(θ_new, φ_new), by_value }
    }

    /// The length below which no trial can be progress.
    pub(super) fn shortest(&self, θ: f64, slope: f64) -> f64 {
        if slope >= 0.0 {
            return MARGIN_VIOLATION;
        }
        let by_φ = MARGIN_VIOLATION.min(MARGIN_VALUE * θ / -slope);
        if θ <= self.least {
            by_φ.min(DELTA * θ.powf(POWER_VIOLATION) / (-slope).powf(POWER_SLOPE))
        } else {
            by_φ
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dominated_pairs_are_refused_and_others_taken() {
        let mut filter = Filter::default();
        filter.begin(1.0);
        filter.add(1.0, 5.0);
        assert!(!filter.takes(1.0, 5.0) && !filter.takes(2.0, 6.0) && !filter.takes(1e5, 0.0));
        assert!(filter.takes(0.5, 6.0) && filter.takes(2.0, 4.0));
        assert!(!filter.takes(0.5, f64::NAN));
    }

    #[test]
    fn a_feasible_point_is_left_only_for_a_lower_value() {
        let mut filter = Filter::default();
        filter.begin(0.0);
        let judged = filter.judge((0.0, 1.0), (0.0, 1.1), -1.0, 1.0);
        assert!(judged.by_value && !judged.accepted);
        assert!(filter.judge((0.0, 1.0), (0.0, 0.9), -1.0, 1.0).accepted);
    }
}
